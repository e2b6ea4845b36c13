import { expect, test } from "vitest";
import { type MemoryWirePair, memoryWirePair, type WireFaults } from "./memory-wire.ts";
import { seededRandom } from "./seeded-random.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";

function rig(faults: WireFaults = {}, seed = 1, baud?: number): { clock: SimulatedClock; line: MemoryWirePair; got: { bytes: number[]; at: number }[] } {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "line", clock, random: seededRandom(seed), faults, ...(baud === undefined ? {} : { baud }) });
  const got: { bytes: number[]; at: number }[] = [];
  line.far.onBytes((bytes) => got.push({ bytes: [...bytes], at: clock.monotonic() }));
  return { clock, line, got };
}

test("bytes arrive whole and in order, on the clock's turn and not within the write", () => {
  const { clock, line, got } = rig();
  expect([line.near.write(Uint8Array.of(1, 2)), line.near.write(Uint8Array.of(3))]).toEqual([true, true]);
  expect(got).toEqual([]);
  clock.advance(0);
  expect(got.map(({ bytes }) => bytes)).toEqual([[1, 2], [3]]);
});

test("at a baud rate bytes take their time", () => {
  const { clock, line, got } = rig({}, 1, 9_600);
  line.near.write(new Uint8Array(96));
  line.near.write(new Uint8Array(96));
  clock.advance(1_000);
  expect(got.map(({ at }) => at)).toEqual([100, 200]);
});

test("split and delayed chunks stay in order and complete", () => {
  const { clock, line, got } = rig({ split: 1, delayMsMax: 50 });
  const all = Array.from({ length: 200 }, (_, index) => index);
  for (let start = 0; start < 200; start += 20) line.near.write(Uint8Array.from(all.slice(start, start + 20)));
  clock.advance(10_000);
  expect(got.flatMap(({ bytes }) => bytes)).toEqual(all);
  expect(got.length).toBeGreaterThan(10);
});

test.each<[keyof WireFaults, (bytes: number[][]) => void]>([
  ["drop", (got) => expect(got).toEqual([])],
  [
    "duplicate",
    (got) =>
      expect(got).toEqual([
        [1, 2],
        [1, 2],
      ]),
  ],
  [
    "flipBit",
    (got) =>
      expect(
        got
          .flat()
          .map((byte, index) => byte ^ (index + 1))
          .filter((bits) => bits !== 0),
      ).toHaveLength(1),
  ],
  ["disconnect", (got) => expect(got).toEqual([])],
])("%s does what it says", (fault, judge) => {
  const { clock, line, got } = rig({ [fault]: 1 });
  line.near.write(Uint8Array.of(1, 2));
  clock.advance(100);
  judge(got.map(({ bytes }) => bytes));
});

test("cut, both ends close and bytes under way are lost; mended, both are open and new bytes flow", () => {
  const { clock, line, got } = rig({ delayMsMax: 10 });
  const states: string[] = [];
  line.near.onState((state) => states.push(`near ${state}`));
  line.far.onState((state) => states.push(`far ${state}`));
  line.near.write(Uint8Array.of(1));
  line.cut();
  expect([line.near.write(Uint8Array.of(2)), line.near.trouble]).toEqual([false, "unplugged"]);
  line.mend();
  line.near.write(Uint8Array.of(3));
  clock.advance(100);
  expect(got.map(({ bytes }) => bytes)).toEqual([[3]]);
  expect(states).toEqual(["near closed", "far closed", "near open", "far open"]);
});

test("a line that broke by itself comes back after its outage", () => {
  const { clock, line } = rig({ disconnect: 1, outageMs: 300 });
  line.near.write(Uint8Array.of(1));
  clock.advance(299);
  expect(line.near.state).toBe("closed");
  clock.advance(1);
  expect(line.near.state).toBe("open");
});

test("an end closed for good stays closed, and the other end says why", async () => {
  const { line } = rig();
  await line.near.close();
  line.mend();
  expect([line.near.state, line.near.trouble, line.far.state, line.far.trouble]).toEqual(["closed", "closed", "closed", "the other end closed"]);
});

test("the same seed gives the same line", () => {
  const run = (seed: number): unknown => {
    const { clock, line, got } = rig({ drop: 0.3, flipBit: 0.3, split: 0.5, delayMsMax: 20 }, seed);
    for (let index = 0; index < 50; index++) {
      line.near.write(Uint8Array.of(index, index + 1, index + 2));
      clock.advance(5);
    }
    return got;
  };
  expect(run(7)).toEqual(run(7));
  expect(run(7)).not.toEqual(run(8));
});
