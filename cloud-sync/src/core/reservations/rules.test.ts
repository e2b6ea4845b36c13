import { atLocal, type CampusCalendar, formatLocal, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { absenceStanding, attendanceOf } from "./attendance.ts";
import { calendarText } from "./calendar-text.ts";
import { judgeBooking, type BookingFacts } from "./judge-booking.ts";
import { nearbyOf } from "./nearby.ts";
import { openTimes } from "./open-times.ts";
import { type BookedTime, quotaReached } from "./quota.ts";
import { occurrencesOf, type Weekly } from "./recurrence.ts";
import { span } from "./span.ts";
import type { Offering, Quota } from "./terms.ts";

const ZONE = "Asia/Shanghai";
const H = 3600;
const at = (date: string, hour: number) => atLocal(ZONE, date, Math.round(hour * H));
const hours = (date: string, from: number, until: number) => span(at(date, from), at(date, until));
const CALENDAR: CampusCalendar = {
  days: new Map([
    ["2026-10-01", { kind: "holiday" }],
    ["2026-09-27", { kind: "makeUpDay", runsAs: 4 }],
  ]),
  termPhases: [{ phase: "teaching", from: "2026-09-01", until: "2026-10-20" }],
};
const CONTEXT = scheduleContext(ZONE, [], CALENDAR);
const local = (spans: readonly { readonly from: number }[]): string[] => spans.map(({ from }) => formatLocal(ZONE, unixSeconds(from)));

const SERVICE: Offering = {
  id: "sports-hall",
  names: { zh: "体育馆预约", en: "Sports hall booking" },
  terms: {
    rule: "5.2",
    stepS: 1800,
    minS: 1800,
    maxS: 2 * H,
    aheadS: 7 * 86_400,
    holdS: 600,
    needsApproval: false,
    notices: {},
    absences: { rule: "5.6", limit: 3, withinS: 30 * 86_400, blockedS: 7 * 86_400 },
  },
  windows: [],
  quotas: [],
  notices: [],
};
const NOW = at("2026-09-07", 9);
const NOTICE = { id: "entry-notice", rule: "5.2", version: 2, names: { zh: "入场须知", en: "Entry notice" } };
const GOOD: BookingFacts = {
  now: NOW,
  zone: ZONE,
  kind: "place",
  spans: [hours("2026-09-08", 18, 19)],
  open: [hours("2026-09-08", 8, 22)],
  acceptedVersion: 2,
  notice: NOTICE,
  own: undefined,
  absences: { counted: 2, blockedUntil: null },
  quota: undefined,
};
const QUOTA: Quota = { id: "courts-per-day", rule: "5.2", limit: 1, unit: "pieces", per: "personAndDay" };

test("what is in order is booked, and each thing that is not is refused by its own name", () => {
  expect(judgeBooking(GOOD, SERVICE)).toBeUndefined();
  const spoiled: [Partial<BookingFacts>, string, RegExp][] = [
    [{ spans: [span(at("2026-09-08", 19), at("2026-09-08", 18))] }, "TimesRefused", /ends before it begins/],
    [{ spans: [hours("2026-09-07", 8, 9)] }, "TimesRefused", /in the past/],
    [{ spans: [hours("2026-09-08", 18, 18.25)] }, "TimesRefused", /shorter than 30 minutes/],
    [{ spans: [hours("2026-09-08", 18, 21)] }, "TimesRefused", /longer than 120 minutes/],
    [{ spans: [hours("2026-09-08", 18.25, 19.25)] }, "TimesRefused", /whole 30 minutes/],
    [{ spans: [hours("2026-09-08", 18, 19), hours("2026-09-08", 18.5, 19.5)] }, "TimesRefused", /two of the times overlap/],
    [{ spans: [hours("2026-09-14", 9, 10)] }, "TooFarAhead", /7 days/],
    [{ open: [hours("2026-09-08", 8, 18.5)] }, "NotOpen", /not open/],
    [{ acceptedVersion: 1 }, "NoticeNotAccepted", /入场须知.*version 2/],
    [{ acceptedVersion: null }, "NoticeNotAccepted", /version 2/],
    [{ own: "r-1" }, "AlreadyBooked", /reservation r-1/],
    [{ absences: { counted: 3, blockedUntil: at("2026-09-09", 9) } }, "AbsencesTooMany", /3 times absent; again from 2026-09-09 09:00/],
    [{ quota: { quota: QUOTA, on: "2026-09-08" } }, "QuotaReached", /courts-per-day: at most 1 pieces, 2026-09-08/],
  ];
  for (const [fault, reason, detail] of spoiled)
    expect(judgeBooking({ ...GOOD, ...fault }, SERVICE)).toMatchObject({ reason, detail: expect.stringMatching(detail), rule: expect.any(String) });
});

test("a course may have begun, and is as long and lies as it does", () => {
  const facts: BookingFacts = { ...GOOD, kind: "course", spans: [hours("2026-09-07", 8.9, 12), hours("2026-12-24", 8.1, 12)], open: [] };
  expect(judgeBooking(facts, SERVICE)).toBeUndefined();
});

test.each<[Quota["per"], Quota["unit"], number, boolean]>([
  ["person", "pieces", 3, false],
  ["person", "pieces", 2, true],
  ["personAndDay", "pieces", 2, false],
  ["personAndDay", "pieces", 1, true],
  ["personAndWeek", "minutes", 180, false],
  ["personAndWeek", "minutes", 179, true],
  ["personAndResourceAndDay", "pieces", 1, false],
  ["personAndResourceAndWeek", "pieces", 1, true],
  ["resourceAndDay", "pieces", 1, true],
  ["resourceAndWeek", "pieces", 3, false],
  ["day", "pieces", 2, true],
  ["week", "pieces", 4, false],
  ["payment", "fen", 1, false],
])("a quota of %s in %s of %i is reached: %s", (per, unit, limit, isReached) => {
  const wanted: BookedTime = { ...hours("2026-09-08", 18, 19), person: "p", resource: "court-1" };
  const booked: BookedTime[] = [
    { ...hours("2026-09-08", 8, 9), person: "p", resource: "court-2" },
    { ...hours("2026-09-13", 8, 9), person: "p", resource: "court-1" },
    { ...hours("2026-09-08", 12, 13), person: "q", resource: "court-1" },
    { ...hours("2026-09-06", 12, 13), person: "p", resource: "court-1" }, // the week before
  ];
  const reached = quotaReached(ZONE, [{ ...QUOTA, per, unit, limit }], booked, [wanted], NOW);
  expect(reached !== undefined).toBe(isReached);
});

test("several times of one booking count together", () => {
  const wanted = [8, 9, 10].map((hour): BookedTime => ({ ...hours("2026-09-08", hour, hour + 1), person: "p", resource: "court-1" }));
  expect(quotaReached(ZONE, [{ ...QUOTA, limit: 2 }], [], wanted, NOW)).toMatchObject({ on: "2026-09-08" });
  expect(quotaReached(ZONE, [{ ...QUOTA, limit: 3 }], [], wanted, NOW)).toBeUndefined();
});

test("what is weekly follows the campus calendar: not on a holiday, and on the Sunday that makes up for a Thursday", () => {
  const thursdays: Weekly = {
    weekday: 4,
    startS: 9 * H,
    endS: 10 * H,
    everyWeeks: 1,
    from: "2026-09-21",
    until: "2026-10-09",
    followsCalendar: true,
    termPhases: [],
  };
  expect(local(occurrencesOf(thursdays, CONTEXT))).toEqual(["2026-09-24 09:00", "2026-09-27 09:00", "2026-10-08 09:00"]);
  expect(local(occurrencesOf({ ...thursdays, followsCalendar: false }, CONTEXT))).toEqual(["2026-09-24 09:00", "2026-10-01 09:00", "2026-10-08 09:00"]);
  expect(local(occurrencesOf({ ...thursdays, followsCalendar: false, everyWeeks: 2 }, CONTEXT))).toEqual(["2026-09-24 09:00", "2026-10-08 09:00"]);
  expect(local(occurrencesOf({ ...thursdays, until: "2026-12-01", termPhases: ["teaching"] }, CONTEXT)).at(-1)).toBe("2026-10-15 09:00");
});

test("a place is open as its schedule runs, on a make-up day as on the day that it makes up for", () => {
  const schedule = {
    id: "s",
    weekly: { 4: [{ startS: 8 * H, endS: 22 * H }], 6: [{ startS: 20 * H, endS: 26 * H }] },
    specialDays: [],
    follows: { holidays: true, makeUpDays: true },
  };
  const openOn = (date: string) =>
    openTimes(schedule, CONTEXT, hours(date, 0, 24)).map(({ from, until }) => [(from - at(date, 0)) / H, (until - at(date, 0)) / H]);
  expect([openOn("2026-09-24"), openOn("2026-10-01"), openOn("2026-09-27"), openOn("2026-09-26")]).toEqual([[[8, 22]], [], [[0, 2], [8, 22]], [[20, 24]]]); // prettier-ignore
  expect(openTimes(undefined, CONTEXT, hours("2026-10-01", 0, 24))).toEqual([hours("2026-10-01", 0, 24)]);
});

test("attendance is what it is when it is read", () => {
  const window = span(100, 200);
  const kept = { ...span(150, 300), signedInAt: null, leaveAt: null };
  const judged = [99, 100, 199, 200].map((now) => attendanceOf(kept, window, unixSeconds(now)));
  expect(judged).toEqual(["upcoming", "signInOpen", "signInOpen", "absent"]);
  expect(attendanceOf({ ...kept, signedInAt: 120 }, window, unixSeconds(500))).toBe("present");
  expect(attendanceOf({ ...kept, leaveAt: 20 }, window, unixSeconds(500))).toBe("excused");
  expect(attendanceOf(kept, undefined, unixSeconds(500))).toBe("notAsked");
});

test("absences block from the last of enough of them on, and not for ever", () => {
  const terms = SERVICE.terms.absences;
  const days = (...all: number[]) => all.map((day) => unixSeconds(NOW - day * 86_400));
  expect(absenceStanding(terms, days(1, 2), NOW)).toEqual({ counted: 2, blockedUntil: null });
  expect(absenceStanding(terms, days(1, 2, 3), NOW)).toEqual({ counted: 3, blockedUntil: NOW + 6 * 86_400 });
  expect(absenceStanding(terms, days(8, 9, 10), NOW)).toEqual({ counted: 3, blockedUntil: null });
  expect(absenceStanding(terms, days(1, 2, 31), NOW)).toEqual({ counted: 2, blockedUntil: null });
  expect(absenceStanding(null, days(1, 2, 3), NOW)).toEqual({ counted: 0, blockedUntil: null });
});

test("what is free nearby: other places at that time, that place at the nearest other times", () => {
  const wanted = { resource: "a", ...span(1000, 1100) };
  const others = [
    { resource: "b", bookable: [span(900, 1099)] },
    { resource: "c", bookable: [span(900, 1100)] },
  ];
  const found = nearbyOf(wanted, [span(500, 1000), span(1100, 1350)], others, 50);
  expect(found.sameTime).toEqual([{ resource: "c", ...span(1000, 1100) }]);
  expect(found.sameResource.map(({ from, until }) => [from, until])).toEqual([[900, 1000], [1100, 1200], [850, 950]]); // prettier-ignore
});

test("a calendar is written as RFC 5545 has it: escaped, folded at 75 octets, lines ended by CR LF", () => {
  const text = calendarText("预约", [{ ...hours("2026-09-08", 18, 19), uid: "r-1/0", summary: `羽毛球, ${"场".repeat(40)}; \\`, location: "" }], NOW);
  expect(text.endsWith("END:VCALENDAR\r\n")).toBe(true);
  const lines = text.split("\r\n");
  for (const line of lines) expect(new TextEncoder().encode(line).length).toBeLessThanOrEqual(75);
  expect(text.replaceAll("\r\n ", "")).toContain(`SUMMARY:羽毛球\\, ${"场".repeat(40)}\\; \\\\`);
  expect(lines).toEqual(expect.arrayContaining(["DTSTART:20260908T100000Z", "DTEND:20260908T110000Z", "UID:r-1/0@portico.invalid"]));
});
