import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { escortFacts, escortGoes, escortStayed } from "./escort.ts";

const at = (ms: number): ReturnType<typeof monotonicMs> => monotonicMs(ms);
const AHEAD = escortGoes(7, 40, at(1_000), 20_000);

test.each([
  ["nobody has gone in front", undefined, 5, 1_000, false],
  ["the escort has just gone", AHEAD, 5, 1_000, true],
  ["the last moment", AHEAD, 5, 20_999, true],
  ["the time is over", AHEAD, 5, 21_000, false],
  ["the escort comes again, who needs one too", AHEAD, 7, 2_000, false],
] as const)("an escort counts for who follows within the time: %s", (_, ahead, holder, now, isHere) => {
  expect(escortFacts(ahead, holder, at(now), 20_000).isHere).toBe(isHere);
});

test("an escort whom nobody saw pass takes nobody in; another grant's end changes nothing", () => {
  expect(escortStayed(AHEAD, 40)).toBeUndefined();
  expect(escortStayed(AHEAD, 39)).toBe(AHEAD);
});
