import * as fc from "fast-check";
import { expect, test } from "vitest";
import {
  atLocal,
  dateOfDay,
  dayOfDate,
  endOfDay,
  formatLocal,
  instantsOf,
  isLocalDate,
  isTimeZone,
  localTime,
  startOfDay,
  weekdayOfDay,
} from "./campus-time.ts";
import { U32_MAX, type UnixSeconds, unixSeconds } from "./units.ts";

const ZONES = [
  "Asia/Shanghai",
  "Europe/London",
  "America/New_York",
  "America/Santiago",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Pacific/Apia",
  "Asia/Kathmandu",
  "Africa/Cairo",
  "Africa/Casablanca",
  "UTC",
];
const utc = (iso: string): UnixSeconds => unixSeconds(Date.parse(iso) / 1000);

/** Local time by another route: one formatter of date, time and weekday as text. */
function byIntl(zone: string, at: number): { date: string; weekday: number; secondOfDay: number } {
  const format = new Intl.DateTimeFormat("sv-SE", { timeZone: zone, dateStyle: "short", timeStyle: "medium" });
  const [date, time] = format.format(at * 1000).split(" ") as [string, string];
  const [h, m, s] = time.split(":").map(Number) as [number, number, number];
  const day = new Intl.DateTimeFormat("en-US", { timeZone: zone, weekday: "short" }).format(at * 1000);
  return { date, weekday: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"].indexOf(day) + 1, secondOfDay: h * 3600 + m * 60 + s };
}

test.each(ZONES)("%s: local time is what Intl says, at any second of 1970 to 2106", (zone) => {
  fc.assert(
    fc.property(fc.nat(U32_MAX), (at) => {
      expect(localTime(zone, unixSeconds(at))).toEqual(byIntl(zone, at));
    }),
    { numRuns: 60 },
  );
});

/** Every change of the offset in three years, to the second. */
function changesOf(zone: string): number[] {
  const offset = (at: number): number => localTime(zone, unixSeconds(at)).secondOfDay - (at % 86_400);
  const changes: number[] = [];
  for (let at = utc("2024-01-01T00:00:00Z") as number; at < utc("2027-01-01T00:00:00Z"); at += 1800)
    if ((offset(at) - offset(at + 1800)) % 86_400 !== 0) changes.push(at + 1800);
  return changes;
}

test.each(ZONES)("%s: around each change of the clock every second is what Intl says", (zone) => {
  const changes = changesOf(zone);
  expect(changes.length).toBe({ "Asia/Shanghai": 0, "Asia/Kathmandu": 0, UTC: 0, "Pacific/Apia": 0 }[zone] ?? 6);
  const around = changes.flatMap((change) => [-90_000, -3600, -1801, -1800, -1, 0, 1, 60, 1799, 1800, 3599, 3600, 90_000].map((by) => change + by));
  expect(around.map((at) => localTime(zone, unixSeconds(at)))).toEqual(around.map((at) => byIntl(zone, at)));
});

test("the repeated hour counts twice and the missing one never", () => {
  const seen = (zone: string, from: string, hours: number): string[] =>
    Array.from({ length: hours * 2 }, (_, i) => formatLocal(zone, unixSeconds(utc(from) + i * 1800)).slice(11));
  expect(seen("Europe/London", "2026-10-25T00:00:00Z", 2)).toEqual(["01:00", "01:30", "01:00", "01:30"]);
  expect(seen("Europe/London", "2026-03-29T00:00:00Z", 2)).toEqual(["00:00", "00:30", "02:00", "02:30"]);
  expect(seen("Australia/Lord_Howe", "2026-04-04T14:00:00Z", 2)).toEqual(["01:00", "01:30", "01:30", "02:00"]);
  expect(instantsOf("Europe/London", dayOfDate("2026-10-25"), 1.5 * 3600, 1.75 * 3600)).toEqual([
    { from: utc("2026-10-25T00:30:00Z"), until: utc("2026-10-25T00:45:00Z") },
    { from: utc("2026-10-25T01:30:00Z"), until: utc("2026-10-25T01:45:00Z") },
  ]);
  expect(instantsOf("Europe/London", dayOfDate("2026-03-29"), 3600, 7200)).toEqual([]);
  expect(instantsOf("Europe/London", dayOfDate("2026-10-25"), 0, 86_400)).toEqual([{ from: utc("2026-10-24T23:00:00Z"), until: utc("2026-10-26T00:00:00Z") }]);
});

test.each(ZONES)("%s: an instant lies in a range exactly when the wall shows a time in it", (zone) => {
  const day = fc.integer({ min: dayOfDate("2025-01-01"), max: dayOfDate("2027-01-01") });
  fc.assert(
    fc.property(day, fc.nat(86_399), fc.nat(86_399), fc.integer({ min: -100_000, max: 200_000 }), (on, startS, lengthS, offset) => {
      const at = unixSeconds(on * 86_400 + offset);
      const wall = localTime(zone, at);
      const wallS = (dayOfDate(wall.date) - on) * 86_400 + wall.secondOfDay;
      const inside = instantsOf(zone, on, startS, startS + lengthS).some(({ from, until }) => from <= at && at < until);
      expect(inside).toBe(startS <= wallS && wallS < startS + lengthS);
    }),
  );
});

test.each([
  ["Asia/Shanghai", "2026-09-01", "2026-08-31T16:00:00Z"],
  ["America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"],
  ["America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"],
  ["America/Santiago", "2026-09-06", "2026-09-06T04:00:00Z"],
  ["Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z"],
  ["Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z"],
])("%s: %s starts at %s, midnight or what comes behind it", (zone, date, iso) => {
  expect(startOfDay(zone, date)).toBe(utc(iso));
});

test("a validity that names a last day covers all of it", () => {
  const end = endOfDay("America/New_York", "2026-11-01");
  expect(localTime("America/New_York", unixSeconds(end - 1))).toEqual({ date: "2026-11-01", weekday: 7, secondOfDay: 86_399 });
  expect(localTime("America/New_York", end)).toEqual({ date: "2026-11-02", weekday: 1, secondOfDay: 0 });
});

test("a local time that is skipped is the end of the gap, one that is repeated its first occurrence", () => {
  expect(atLocal("Europe/London", "2026-03-29", 5400)).toBe(utc("2026-03-29T01:00:00Z"));
  expect(atLocal("Europe/London", "2026-10-25", 5400)).toBe(utc("2026-10-25T00:30:00Z"));
  expect(formatLocal("Europe/London", unixSeconds(utc("2026-10-25T00:30:00Z") + 7))).toBe("2026-10-25 01:30:07");
});

test("day numbers and dates belong to each other, and weekdays follow one another", () => {
  expect([dayOfDate("1970-01-01"), dayOfDate("2000-02-29"), dateOfDay(0), weekdayOfDay(0), weekdayOfDay(-4)]).toEqual([0, 11_016, "1970-01-01", 4, 7]);
  for (let day = 0; day <= 49_710; day++) {
    const date = dateOfDay(day);
    if (dayOfDate(date) !== day || new Date(day * 86_400_000).toISOString().slice(0, 10) !== date) expect(`${day} ${date}`).toBe("the same day");
  }
  expect(weekdayOfDay(dayOfDate("2026-11-23"))).toBe(1);
});

test.each([
  ["2026-02-28", true],
  ["2026-02-29", false],
  ["2028-02-29", true],
  ["2100-02-29", false],
  ["2026-13-01", false],
  ["2026-00-10", false],
  ["2026-1-1", false],
  ["1969-12-31", false],
  ["2026-01-01T00:00", false],
  ["２０２６-01-01", false],
])("%s is a day: %s", (text, is) => {
  expect(isLocalDate(text)).toBe(is);
});

test("zones are those of the IANA database", () => {
  expect(["Asia/Shanghai", "Europe/London", "UTC"].map(isTimeZone)).toEqual([true, true, true]);
  expect(["", "Asia/Nowhere", "Shanghai", "../etc"].map(isTimeZone)).toEqual([false, false, false, false]);
  expect(() => localTime("Asia/Nowhere", unixSeconds(0))).toThrow(RangeError);
});
