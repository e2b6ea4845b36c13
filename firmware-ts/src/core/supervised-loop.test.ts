import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CONTACT_RESTS_MS, FAULT_RESTS_MS, type LoopReading, readLoop, stepLoop, type SupervisedLoop, UNREAD_LOOP } from "./supervised-loop.ts";

/** 10 kΩ to the supply, 10 kΩ in series, 10 kΩ across the contact. */
const LEVELS = { closed: 500, open: 667, tolerance: 60 };

test.each<[number, LoopReading]>([
  [0, "short"],
  [439, "short"],
  [440, "closed"],
  [560, "closed"],
  [583, "foreign"],
  [607, "open"],
  [727, "open"],
  [728, "cut"],
  [1000, "cut"],
])(
  // prettier-ignore
  "%i thousandths of the supply are %s",
  (thousandths, reading) => expect(readLoop(thousandths, LEVELS)).toBe(reading),
);

const SAMPLE_MS = 19;
const play = (voltages: readonly number[]): (LoopReading | undefined)[] => {
  let loop: SupervisedLoop = UNREAD_LOOP;
  return voltages.map((thousandths, index) => (loop = stepLoop(loop, thousandths, monotonicMs(index * SAMPLE_MS), LEVELS)).reading);
};

test("a contact counts when it has rested, and the moment of its moving is no fault", () => {
  expect(play([500, 500, 500, 500]).findIndex((reading) => reading === "closed") * SAMPLE_MS).toBeGreaterThanOrEqual(CONTACT_RESTS_MS);
  expect(new Set(play([...Array.from({ length: 5 }, () => 500), 1000, 200, 580, ...Array.from({ length: 5 }, () => 667)]))).toEqual(new Set([undefined, "closed", "open"])); // prettier-ignore
});

test("whatever is measured, nothing counts as a fault that has not rested, and what has rested counts", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 1, max: 20 })), { maxLength: 20 }), (runs) => {
      const voltages = runs.flatMap(([thousandths, times]) => Array.from({ length: times }, () => thousandths));
      const readings = play(voltages);
      const rested = FAULT_RESTS_MS / SAMPLE_MS + 2;
      readings.forEach((reading, index) => {
        const last = voltages.slice(Math.max(0, index - rested), index + 1).map((each) => readLoop(each, LEVELS));
        if (last.length > rested && new Set(last).size === 1) expect(reading).toBe(last[0]);
      });
    }),
    { numRuns: 200 },
  );
});
