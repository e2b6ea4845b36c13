import { createPublicKey, type KeyObject, verify } from "node:crypto";
import { externalAad, sigStructure1 } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { seededRandom } from "@portico/firmware-ts";
import { PEOPLE, SITE } from "../campus.ts";
import { withGate } from "../gate.ts";
import { type Goal, pairedMediansUs } from "../goal.ts";
import { PassQueue } from "../queue.ts";

const ROUNDS = 4_000;
const WARM_UP_ROUNDS = 8_000;
const FEW = 1_000;
const MANY = 1_000_000;
const GARBAGE_BYTES = 4_096;

const signer = nodeSigner(new Uint8Array(32).fill(9));
const message = sigStructure1(new Uint8Array(13), externalAad("passH", SITE), new Uint8Array(13));
const signature = signer.sign(message);
const imported: KeyObject = createPublicKey({
  key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(signer.publicKey).toString("base64url") },
  format: "jwk",
});
/** What nobody can do without: a signature verified with the 32 bytes of a key. */
const oneVerify = (): void => void nodeVerifier.verify(signer.publicKey, message, signature);

/** Text → decision, event and spent row, by the shipped access point. */
export const DECISION: Goal = {
  name: "decision",
  what: `QR text to decision, event and spent row with ${PEOPLE.toLocaleString("en")} credentials, against one Ed25519 verify of the same run`,
  unit: "×",
  goal: 1.3,
  measure: (note) =>
    withGate(PEOPLE, async (gate) => {
      const queue = new PassQueue(gate, PEOPLE);
      const [ours, native, bare] = await pairedMediansUs({
        rounds: ROUNDS,
        warmUpRounds: WARM_UP_ROUNDS,
        prepare: (first, rounds) => queue.prepare(first, rounds),
        work: [(round) => queue.scan(round), oneVerify, () => void verify(null, message, imported, signature)],
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
          start = first;
          scans = Array.from({ length: rounds }, () => Uint8Array.from({ length: GARBAGE_BYTES }, () => Math.floor(random() * 256)));
          alike = scans.map((_, nth) => {
            const scan = tail.slice();
            new DataView(scan.buffer).setUint32(GARBAGE_BYTES - 4, first + nth);
            return scan;
          });
        },
        work: [(round) => refused(scans[round - start]), (round) => refused(alike[round - start]), oneVerify],
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
