import { seededRandom } from "@portico/firmware-ts";
import { PEOPLE } from "../campus.ts";
import { withGate } from "../gate.ts";
import { type Goal, pairedMediansUs } from "../goal.ts";
import { NativeVerify } from "../native-verify.ts";
import { PassQueue } from "../queue.ts";

const ROUNDS = 4_000;
const WARM_UP_ROUNDS = 8_000;
const FEW = 1_000;
const MANY = 1_000_000;
const GARBAGE_BYTES = 4_096;

/** Text → decision, its event committed and the pass spent, by the shipped access point. */
export const DECISION: Goal = {
  name: "decision",
  what: `QR text to decision, its event committed and the pass spent, with ${PEOPLE.toLocaleString("en")} credentials, against one Ed25519 verify of the same run`,
  unit: "×",
  goal: 1.3,
  measure: (note) =>
    withGate(PEOPLE, async (gate) => {
      const queue = new PassQueue(gate, PEOPLE);
      const one = new NativeVerify();
      const [ours, native, bare] = await pairedMediansUs({
        rounds: ROUNDS,
        warmUpRounds: WARM_UP_ROUNDS,
        prepare: (first, rounds) => {
          if (first === WARM_UP_ROUNDS) gate.moveWal(); // a controller that has run for ten seconds has done it
          queue.prepare(first, rounds);
          one.prepare(first, rounds);
        },
        work: [(round) => queue.scan(round), (round) => one.verify(round), (round) => one.verifyImported(round)],
      });
      queue.checkSpent(WARM_UP_ROUNDS + ROUNDS - 1);
      note(`${ours!.toFixed(1)} µs against ${native!.toFixed(1)} µs; ${bare!.toFixed(1)} µs with a key that is imported already`);
      return ours! / native!;
    }),
};

/** What a stranger's scan costs. */
export const DECISION_GARBAGE: Goal = {
  name: "decision-garbage",
  what: "4,096 arbitrary bytes refused by the same access point, against one Ed25519 verify of the same run",
  unit: "×",
  goal: 0.02,
  measure: (note) =>
    withGate(PEOPLE, async (gate) => {
      const one = new NativeVerify();
      const random = seededRandom(20_260_901);
      const tail = Uint8Array.from({ length: GARBAGE_BYTES }, () => Math.floor(random() * 256));
      let scans: Uint8Array[] = [];
      let alike: Uint8Array[] = [];
      let start = 0;
      const refused = (scan: Uint8Array | undefined): void => {
        if (gate.scan(scan!)?.decision.kind !== "denied") throw new Error("arbitrary bytes were not refused");
      };
      const [ours, worst, native] = await pairedMediansUs({
        rounds: ROUNDS,
        warmUpRounds: WARM_UP_ROUNDS,
        prepare: (first, rounds) => {
          one.prepare(first, rounds);
          start = first;
          scans = Array.from({ length: rounds }, () => Uint8Array.from({ length: GARBAGE_BYTES }, () => Math.floor(random() * 256)));
          alike = scans.map((_, nth) => {
            const scan = tail.slice();
            new DataView(scan.buffer).setUint32(GARBAGE_BYTES - 4, first + nth);
            return scan;
          });
        },
        work: [(round) => refused(scans[round - start]), (round) => refused(alike[round - start]), (round) => one.verify(round)],
      });
      note(
        `${ours!.toFixed(2)} µs against ${native!.toFixed(1)} µs; ${worst!.toFixed(2)} µs where each scan differs from the one before in its last bytes alone`,
      );
      return ours! / native!;
    }),
};

/** A list of a million people costs a decision no more than one of a thousand. */
export const DECISION_FLAT: Goal = {
  name: "decision-flat",
  what: `the same decision with ${MANY.toLocaleString("en")} credentials, against ${FEW.toLocaleString("en")}`,
  unit: "×",
  goal: 1.2,
  measure: (note) =>
    withGate(MANY, (large) =>
      withGate(FEW, async (small) => {
        const many = new PassQueue(large, MANY);
        const few = new PassQueue(small, FEW);
        const [slow, fast] = await pairedMediansUs({
          rounds: ROUNDS,
          warmUpRounds: WARM_UP_ROUNDS,
          prepare: (first, rounds) => {
            many.prepare(first, rounds);
            few.prepare(first, rounds);
          },
          work: [(round) => many.scan(round), (round) => few.scan(round)],
        });
        many.checkSpent(WARM_UP_ROUNDS + ROUNDS - 1);
        few.checkSpent(WARM_UP_ROUNDS + ROUNDS - 1);
        note(`${slow!.toFixed(1)} µs against ${fast!.toFixed(1)} µs`);
        return slow! / fast!;
      }),
    ),
};
