import * as fc from "fast-check";
import { expect, test } from "vitest";
import { atLocal, dateOfDay, dayOfDate, formatLocal, instantsOf, localTime } from "./campus-time.ts";
import { calendarAlarm, EMPTY_CALENDAR, isOpenAt, nextOpening, rangesOn, type ScheduleContext, scheduleContext } from "./opening.ts";
import type { CampusCalendar, Schedule, TimeRange, Weekday } from "./schedule.ts";
import { unixSeconds } from "./units.ts";

const H = 3600;
const ZONE = "Asia/Shanghai";
const office: readonly TimeRange[] = [
  { startS: 9 * H, endS: 12 * H },
  { startS: 14 * H, endS: 17 * H },
];
const workdays: Schedule = {
  id: "workdays",
  weekly: { 1: office, 2: office, 3: office, 4: office, 5: office },
  specialDays: [
    { group: "open-days", periods: [{ startS: 10 * H, endS: 16 * H }] },
    { group: "long-nights", periods: [{ startS: 18 * H, endS: 20 * H }] },
    { group: "closed-days", periods: [] },
  ],
  follows: { holidays: true, makeUpDays: true, termPhases: ["teaching", "exams"] },
};
const dormitory: Schedule = { ...workdays, id: "dormitory", specialDays: [], follows: { holidays: false, makeUpDays: false } };
const night: Schedule = { id: "night", weekly: { 5: [{ startS: 22 * H, endS: 30 * H }] }, specialDays: [], follows: { holidays: true, makeUpDays: true } };
const calendar: CampusCalendar = {
  days: new Map([
    ["2026-10-01", { kind: "holiday" }],
    ["2026-10-02", { kind: "holiday" }],
    ["2026-10-10", { kind: "makeUpDay", runsAs: 4 }],
    ["2026-10-09", { kind: "holiday" }],
  ]),
  termPhases: [
    { phase: "teaching", from: "2026-09-01", until: "2026-12-20" },
    { phase: "exams", from: "2026-12-20", until: "2027-01-10" },
    { phase: "vacation", from: "2027-01-10", until: "2027-02-20" },
  ],
};
const context = scheduleContext(
  ZONE,
  [
    { id: "open-days", days: ["2026-09-06", "2026-10-01", "2027-01-16"] },
    { id: "long-nights", days: ["2026-09-06"] },
    { id: "closed-days", days: ["2026-09-08"] },
  ],
  calendar,
);
const at = (local: string, zone = ZONE) => {
  const [date, time] = local.split(" ") as [string, string];
  const [h, m, s] = time.split(":").map(Number) as [number, number, number?];
  return atLocal(zone, date, h * H + m * 60 + (s ?? 0));
};

test.each<[Schedule, string, boolean, string]>([
  [workdays, "2026-09-07 08:59:59", false, "before it opens"],
  [workdays, "2026-09-07 09:00", true, "at its start"],
  [workdays, "2026-09-07 11:59:59", true, "in its last second"],
  [workdays, "2026-09-07 12:00", false, "at its end"],
  [workdays, "2026-09-05 10:00", false, "on a Saturday without ranges"],
  [workdays, "2026-09-06 10:00", true, "on a Sunday that a special day opens"],
  [workdays, "2026-09-06 19:00", true, "in the other special day of the same date: union"],
  [workdays, "2026-09-06 17:00", false, "between the special days' periods"],
  [workdays, "2026-09-08 10:00", false, "on a Tuesday that a special day without periods closes"],
  [workdays, "2026-10-02 10:00", false, "on a holiday"],
  [workdays, "2026-10-01 10:00", true, "on a holiday that is a special day too: the special day wins"],
  [workdays, "2026-10-01 09:30", false, "outside the special day's periods, although weekly it would be open"],
  [dormitory, "2026-10-02 10:00", true, "on a holiday that does not concern it"],
  [workdays, "2026-10-10 10:00", true, "on a Saturday that runs as a Thursday"],
  [dormitory, "2026-10-10 10:00", false, "on a make-up day that does not concern it"],
  [workdays, "2026-12-21 10:00", true, "in the second of its term phases"],
  [workdays, "2027-01-11 10:00", false, "in a term phase that it does not name"],
  [workdays, "2027-01-16 11:00", true, "on a special day outside its term phases"],
  [workdays, "2026-08-31 10:00", false, "before the first term phase"],
  [night, "2026-09-05 05:59:59", true, "behind midnight of its first day"],
  [night, "2026-09-05 06:00", false, "at the end behind midnight"],
  [night, "2026-09-04 05:00", false, "behind midnight of a day without a range"],
  [night, "2026-10-10 01:00", false, "behind midnight of a Friday that is a holiday"],
  [{ ...night, weekly: { 4: night.weekly[5]! } }, "2026-10-02 01:00", false, "behind midnight of a Thursday that is a holiday"],
  [{ ...night, weekly: { 3: night.weekly[5]! } }, "2026-10-01 01:00", true, "on a holiday, in the range that belongs to the day before"],
])("%o at %s is open: %s (%s)", (schedule, local, open) => {
  expect(isOpenAt(schedule, context, at(local))).toBe(open);
});

test("a make-up day runs as its weekday, also where that weekday is closed", () => {
  const runsAs: CampusCalendar = { ...calendar, days: new Map([["2026-09-07", { kind: "makeUpDay", runsAs: 7 }]]) };
  expect(isOpenAt(workdays, { ...context, calendar: runsAs }, at("2026-09-07 10:00"))).toBe(false);
});

test("a special day group that nobody defined concerns no day", () => {
  const schedule: Schedule = { ...workdays, specialDays: [{ group: "nowhere", periods: [] }] };
  expect(isOpenAt(schedule, context, at("2026-09-07 10:00"))).toBe(true);
});

test("in the repeated hour of a clock put back a range is open twice, in the missing hour of one put forward not at all", () => {
  const half: Schedule = { id: "half", weekly: { 7: [{ startS: 1.5 * H, endS: 1.75 * H }] }, specialDays: [], follows: { holidays: false, makeUpDays: false } };
  const london: ScheduleContext = { ...context, zone: "Europe/London" };
  const openMinutes = (from: string, hours: number): number =>
    Array.from({ length: hours * 60 }, (_, i) => isOpenAt(half, london, unixSeconds(Date.parse(from) / 1000 + i * 60))).filter(Boolean).length;
  expect(openMinutes("2026-10-24T12:00:00Z", 24)).toBe(30);
  expect(openMinutes("2026-03-28T12:00:00Z", 24)).toBe(0);
  expect(openMinutes("2026-06-27T12:00:00Z", 24)).toBe(15);
  const second = Date.parse("2026-10-25T01:30:00Z") / 1000;
  expect(nextOpening(half, london, unixSeconds(second - 1800))).toBe(second);
});

test("where a clock is put back over midnight, the next day's range may come before the last of this day", () => {
  const saturday: TimeRange = { startS: 23.5 * H, endS: 23.75 * H };
  const schedule: Schedule = { ...night, weekly: { 6: [saturday], 7: [{ startS: 0, endS: 30 }] } };
  const stJohns: ScheduleContext = { ...context, zone: "America/St_Johns" }; // on 2010-11-07 at 00:01 it was 23:01 of the day before again
  const afterFirst = unixSeconds(at("2010-11-06 23:45", "America/St_Johns"));
  const midnight = nextOpening(schedule, stJohns, afterFirst)!;
  expect(midnight - afterFirst).toBe(15 * 60);
  expect(nextOpening(schedule, stJohns, unixSeconds(midnight + 30))).toBe(midnight + 60 + 29 * 60);
});

test.each<[Schedule, string, string | undefined]>([
  [workdays, "2026-09-07 10:30", "2026-09-07 10:30"],
  [workdays, "2026-09-07 12:00", "2026-09-07 14:00"],
  [workdays, "2026-09-04 17:00", "2026-09-06 10:00"],
  [workdays, "2026-09-07 17:00", "2026-09-09 09:00"],
  [workdays, "2026-10-01 16:00", "2026-10-05 09:00"],
  [workdays, "2027-01-08 17:00", "2027-01-16 10:00"],
  [workdays, "2027-01-16 16:00", undefined],
  [night, "2026-09-05 06:00", "2026-09-11 22:00"],
  [{ ...dormitory, weekly: {} }, "2026-09-05 06:00", undefined],
])("%o opens next after %s at %s", (schedule, local, expected) => {
  const next = nextOpening(schedule, context, at(local));
  expect(next === undefined ? undefined : formatLocal(ZONE, next)).toBe(expected);
});

const range = fc.tuple(fc.nat(86_399), fc.integer({ min: 1, max: 172_800 })).map(([startS, endS]) => ({ startS, endS: Math.max(startS + 1, endS) }));
const ranges = fc.array(range, { maxLength: 2 });
const dates = fc.integer({ min: dayOfDate("2026-03-20"), max: dayOfDate("2026-04-10") }).map(dateOfDay);
const weekday = fc.integer({ min: 1, max: 7 }) as fc.Arbitrary<Weekday>;
const schedules: fc.Arbitrary<Schedule> = fc.record({
  id: fc.constant("any"),
  weekly: fc.dictionary(weekday.map(String), ranges, { maxKeys: 3 }) as fc.Arbitrary<Schedule["weekly"]>,
  specialDays: fc.array(fc.record({ group: fc.constantFrom("a", "b"), periods: ranges }), { maxLength: 2 }),
  follows: fc.record({ holidays: fc.boolean(), makeUpDays: fc.boolean() }),
});
const contexts: fc.Arbitrary<ScheduleContext> = fc
  .record({
    zone: fc.constantFrom("Asia/Shanghai", "Europe/London", "Australia/Lord_Howe", "America/New_York"),
    a: fc.array(dates, { maxLength: 5 }),
    b: fc.array(dates, { maxLength: 5 }),
    holidays: fc.array(dates, { maxLength: 5 }),
    makeUpDays: fc.array(fc.tuple(dates, weekday), { maxLength: 5 }),
  })
  .map(({ zone, a, b, holidays, makeUpDays }) =>
    scheduleContext(
      zone,
      [
        { id: "a", days: a },
        { id: "b", days: b },
      ],
      {
        days: new Map<string, { kind: "holiday" } | { kind: "makeUpDay"; runsAs: Weekday }>([
          ...holidays.map((day) => [day, { kind: "holiday" }] as const),
          ...makeUpDays.map(([day, runsAs]) => [day, { kind: "makeUpDay", runsAs }] as const),
        ]),
        termPhases: [],
      },
    ),
  );
const instants = fc.integer({ min: Date.parse("2026-03-26T00:00:00Z") / 1000, max: Date.parse("2026-04-07T00:00:00Z") / 1000 }).map(unixSeconds);

test("open is exactly: an instant at which the wall shows a range of some day", () => {
  fc.assert(
    fc.property(schedules, contexts, instants, (schedule, given, instant) => {
      const today = dayOfDate(localTime(given.zone, instant).date);
      const shown = [-3, -2, -1, 0, 1].some((by) => {
        const day = today + by;
        const date = dateOfDay(day);
        return rangesOn(schedule, given, date, (((day + 3) % 7) + 1) as Weekday).some(({ startS, endS }) =>
          instantsOf(given.zone, day, startS, endS).some(({ from, until }) => from <= instant && instant < until),
        );
      });
      expect(isOpenAt(schedule, given, instant)).toBe(shown);
    }),
    { numRuns: 500 },
  );
});

test("the next opening is open, the second before it is not, and nothing between is", () => {
  fc.assert(
    fc.property(schedules, contexts, instants, (schedule, given, instant) => {
      const next = nextOpening(schedule, given, instant);
      if (isOpenAt(schedule, given, instant)) expect(next).toBe(instant);
      const until = Math.min(next ?? Number.POSITIVE_INFINITY, instant + 4 * 86_400);
      for (let t = instant as number; t < until; t += 600) expect(isOpenAt(schedule, given, unixSeconds(t))).toBe(false);
      if (next === undefined) return;
      expect(isOpenAt(schedule, given, next)).toBe(true);
      if (next > instant) expect(isOpenAt(schedule, given, unixSeconds(next - 1))).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test.each([
  ["2026-11-30 23:59", undefined],
  ["2026-12-01 00:00", 2027],
  ["2027-01-01 00:00", 2027],
])("at %s the missing year of a calendar that ends with 2026 is %s", (local, missingYear) => {
  expect(calendarAlarm(calendar, ZONE, at(local))?.missingYear).toBe(missingYear);
});

test("a calendar without any day misses this year", () => {
  expect(calendarAlarm(EMPTY_CALENDAR, ZONE, at("2026-05-01 12:00"))).toEqual({ missingYear: 2026 });
});
