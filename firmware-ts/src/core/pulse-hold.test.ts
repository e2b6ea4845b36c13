import fc from "fast-check";
import { expect, test } from "vitest";
import { HOLD_EXCESS_MS, HOLD_MS_MAX, isTimeableHold, pulseUnits } from "./pulse-hold.ts";

test.each([
  ["the first frame asks for the whole hold", 700, undefined, 7],
  ["a hold between two units is rounded up", 701, undefined, 8],
  ["the shortest hold is one unit", 1, undefined, 1],
  ["an early repetition may ask for the whole again", 5_000, 100, 50],
  ["a later one asks for what remains", 5_000, 2_000, 32],
  ["one that might arrive after the hold is not sent", 300, 241, undefined],
  ["one at the last moment still ends in time", 300, 240, 3],
  ["one after the hold is not sent", 300, 400, undefined],
  ["a hold of one unit is hardly ever repeated", 100, 100, undefined],
])("%s", (_, holdMs, sinceFirstMs, units) => {
  expect(pulseUnits(holdMs, sinceFirstMs)).toBe(units);
});

test("whenever a frame is repeated, the relay drops within hold + 300 ms of the first and never opens a second time", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: HOLD_MS_MAX }),
      fc.integer({ min: 0, max: 10_000 }),
      fc.integer({ min: 0, max: 60 }),
      (holdMs, sinceMs, underWayMs) => {
        const units = pulseUnits(holdMs, sinceMs);
        if (units === undefined) return;
        expect(units).toBeGreaterThan(0);
        expect(sinceMs + underWayMs + units * 100).toBeLessThanOrEqual(holdMs + HOLD_EXCESS_MS);
        expect(sinceMs + underWayMs).toBeLessThanOrEqual(holdMs);
      },
    ),
  );
});

test("a board times holds above nothing and up to its longest", () => {
  expect([0, -1, Number.NaN, HOLD_MS_MAX + 1, Infinity].map(isTimeableHold)).toEqual([false, false, false, false, false]);
  expect([1, 300, HOLD_MS_MAX].map(isTimeableHold)).toEqual([true, true, true]);
});
