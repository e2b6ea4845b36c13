import { EMPTY_CALENDAR, type Schedule, scheduleContext, type TimeRange, type Weekday } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { losesMost, type OpenTime } from "./open-time.ts";

const TODAY = "2026-09-01";
const open = (weekdays: readonly Weekday[], from: number, until: number, special: readonly string[] = []): OpenTime => {
  const ranges: readonly TimeRange[] = [{ startS: from * 3600, endS: until * 3600 }];
  const schedule: Schedule = {
    id: "s",
    weekly: Object.fromEntries(weekdays.map((weekday) => [weekday, ranges])),
    specialDays: [{ group: "closed", periods: [] }],
    follows: { holidays: false, makeUpDays: false },
  };
  return { schedules: [schedule], context: scheduleContext("Asia/Shanghai", [{ id: "closed", days: special }], EMPTY_CALENDAR) };
};
const ALL: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];
const WORKING: readonly Weekday[] = [1, 2, 3, 4, 5];
const of = (...all: readonly OpenTime[]): OpenTime => ({ schedules: all.flatMap(({ schedules }) => schedules), context: all[0]!.context });
const days = (first: string, count: number): string[] =>
  Array.from({ length: count }, (_, nth) => new Date(Date.parse(first) + nth * 86_400_000).toISOString().slice(0, 10));

test.each<[what: string, before: OpenTime, after: OpenTime, loses: boolean]>([
  ["nothing changes", open(WORKING, 7, 22), open(WORKING, 7, 22), false],
  ["more is open", open(WORKING, 7, 22), open(ALL, 0, 24), false],
  ["half is open", open(ALL, 0, 24), open(ALL, 6, 18), false],
  ["a minute less than half is open", open(ALL, 0, 24), open(ALL, 6, 18 - 1 / 60), true],
  ["nothing is open", open(WORKING, 7, 22), open([], 0, 24), true],
  ["nothing was open before either", open([], 0, 24), open([], 0, 24), false],
  ["a day is closed", open(WORKING, 7, 22), open(WORKING, 7, 22, ["2026-10-01"]), false],
  ["a week of a month is closed", open(ALL, 7, 22), open(ALL, 7, 22, days("2026-10-01", 7)), false],
  ["a month of next summer is closed", open(ALL, 7, 22), open(ALL, 7, 22, days("2027-07-01", 31)), true],
  ["a second schedule remains", of(open(ALL, 0, 12), open(ALL, 0, 12)), open(ALL, 0, 12), false],
  ["halves that overlap are not counted twice", of(open(ALL, 0, 12), open(ALL, 6, 18)), open(ALL, 0, 9), false],
])("where %s", (_, before, after, loses) => {
  expect(losesMost(before, after, TODAY)).toBe(loses);
});
