import { EMPTY_CALENDAR, isOpenAt, type Schedule, scheduleContext, unixSeconds, type UnixSeconds } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { isBegun } from "./first-person.ts";

const MIDNIGHT = 1_799_596_800; // of Monday 2027-01-11 in Shanghai
const at = (hour: number, day = 0): UnixSeconds => unixSeconds(MIDNIGHT + day * 86_400 + hour * 3_600);
const range = (from: number, until: number): { readonly startS: number; readonly endS: number } => ({ startS: from * 3_600, endS: until * 3_600 });
const daily = (...ranges: readonly ReturnType<typeof range>[]): Schedule => ({
  id: "office",
  weekly: { 1: ranges, 2: ranges, 3: ranges, 4: ranges, 5: ranges, 6: ranges, 7: ranges },
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
});
const CONTEXT = scheduleContext("Asia/Shanghai", [], EMPTY_CALENDAR);
const begun = (schedule: Schedule, cameAt: UnixSeconds | undefined, now: UnixSeconds): boolean => isBegun(schedule, CONTEXT, cameAt, now);

test.each([
  ["nobody came", undefined, at(9), false],
  ["in the opening", at(8), at(9), true],
  ["at its very beginning, asked at once", at(8), at(8), true],
  ["too early", unixSeconds(at(8) - 1), at(9), false],
  ["yesterday", at(9, -1), at(9), false],
  ["asked when it is over", at(9), at(18), false],
  ["asked about before they came", at(10), at(9), false],
] as const)("somebody begins the opening in which they come, and no other: %s", (_, cameAt, now, expected) => {
  expect(begun(daily(range(8, 18)), cameAt, now)).toBe(expected);
});

test("ranges that overlap or touch are one opening, a pause begins another, and one over midnight is its first day's", () => {
  expect(begun(daily(range(8, 12), range(11, 14), range(14, 18)), at(8), at(17))).toBe(true);
  expect(begun(daily(range(8, 12), range(13, 18)), at(8), at(14))).toBe(false);
  expect(begun(daily(range(22, 30)), at(23, -1), at(5))).toBe(true);
  expect(begun(daily(range(0, 24)), at(12, -1), at(12))).toBe(false);
});

test("whatever the ranges, an opening is begun only while the schedule is open, and stays so until it closes", () => {
  const hours = fc.tuple(fc.nat(23), fc.integer({ min: 1, max: 24 })).map(([from, length]) => range(from, from + length));
  fc.assert(
    fc.property(fc.array(hours, { minLength: 1, maxLength: 4 }), fc.integer({ min: -30, max: 30 }), fc.nat(40), (ranges, came, later) => {
      const schedule = daily(...ranges);
      const [cameAt, now] = [at(came), at(came + later)];
      if (begun(schedule, cameAt, now)) expect([isOpenAt(schedule, CONTEXT, cameAt), isOpenAt(schedule, CONTEXT, now)]).toEqual([true, true]);
      if (isOpenAt(schedule, CONTEXT, cameAt)) expect(begun(schedule, cameAt, cameAt)).toBe(true);
      if (later > 0 && begun(schedule, cameAt, now)) expect(begun(schedule, cameAt, at(came + later - 1))).toBe(true);
    }),
  );
});
