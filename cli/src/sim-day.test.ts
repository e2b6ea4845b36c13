import type { DayEnd } from "@portico/simulator";
import { expect, test } from "vitest";
import { dayLines, isGoodDay, storyLine } from "./sim-day.ts";

const GOOD: DayEnd = { lines: [], rules: ["2.9", "2.10"], findings: [], chains: [{ controller: "gate-house", holds: true }] };
const finding = { time: "12:00:01", what: "zhang at canteen-3", wanted: '"granted"', found: '"refused"' };

test("a sentence has its time in front and the rules that it is about in a column of their own", () => {
  expect(storyLine({ time: "08:40:01", text: "li comes in by card", rules: ["2.6", "2.1"] })).toMatch(/^08:40:01 {2}li comes in by card {80,}2\.6 2\.1\n$/);
  expect(storyLine({ time: "11:50:00", text: "201 meals", rules: [] })).toBe("11:50:00  201 meals\n");
});

test("a day is good where nothing was found and every chain holds; what was not so is named", () => {
  expect([isGoodDay(GOOD), dayLines(GOOD)]).toEqual([
    true,
    ["rules touched  2: 2.9 2.10", "chains         1 controllers, every chain of events holds", "findings       0"],
  ]);
  const broken = { ...GOOD, chains: [{ controller: "gate-house", holds: false }] };
  expect([isGoodDay(broken), dayLines(broken)[1]]).toEqual([false, "chains         BROKEN at gate-house"]);
  const bad = { ...GOOD, findings: [finding] };
  expect([isGoodDay(bad), dayLines(bad).at(-1)]).toEqual([false, '               12:00:01 zhang at canteen-3: "refused", where it had to be "granted"']);
});
