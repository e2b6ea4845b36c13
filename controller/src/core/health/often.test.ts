import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { happened, isTooOften, type Times } from "./often.ts";

const RULE = { count: 3, withinMs: 1_000 };
const times = (...at: number[]): Times => at.reduce<Times>((known, one) => happened(known, monotonicMs(one), RULE), []);

test.each<[at: number[], now: number, isIt: boolean]>([
  [[0, 500], 500, false],
  [[0, 500, 1_000], 1_000, true],
  [[0, 500, 1_001], 1_001, false],
  [[0, 500, 1_001, 1_400], 1_400, true],
  [[0, 500, 1_000], 1_001, false],
])("three within a second: %j at %i is %s", (at, now, isIt) => {
  expect(isTooOften(times(...at), monotonicMs(now), RULE)).toBe(isIt);
});

test("no more times are kept than are counted", () => {
  expect(times(...Array.from({ length: 50 }, (_, nth) => nth))).toHaveLength(3);
});
