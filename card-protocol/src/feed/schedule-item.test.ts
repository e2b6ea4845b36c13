import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import type { TimeRange } from "../schedule.ts";
import { MALFORMED_ITEMS } from "../vectors/feed-item-cases.ts";
import { FEED_TABLE } from "./feed-item.ts";
import { decodeSchedule, decodeSpecialDays, encodeSchedule, encodeSpecialDays, type NumberedSchedule } from "./schedule-item.ts";

const range = (startS: number, endS: number): TimeRange => ({ startS, endS });
const schedule = (change: Partial<NumberedSchedule>): NumberedSchedule => ({
  id: "library",
  weekly: {},
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
  ...change,
});

test.each<[string, Partial<NumberedSchedule>]>([
  ["nothing", {}],
  ["one day", { weekly: { 7: [range(0, 86_400)] } }],
  ["every day", { weekly: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((day) => [day, [range(day, 100), range(101, 200)]])) }],
  ["a range into the next day", { weekly: { 5: [range(86_399, 172_800)] } }],
  ["special days, one of them shut", { specialDays: [{ group: 0, periods: [] }, { group: 65_535, periods: [range(1, 2)] }] }], // prettier-ignore
  ["holidays alone", { follows: { holidays: true, makeUpDays: false } }],
  ["make-up days alone", { follows: { holidays: false, makeUpDays: true } }],
  ["two term phases", { follows: { holidays: true, makeUpDays: true, termPhases: ["exam", "teaching"] } }],
  ["no term phase at all", { follows: { holidays: false, makeUpDays: false, termPhases: [] } }],
])("a schedule of %s reads back", (_, change) => {
  expect(decodeSchedule(encodeSchedule(schedule(change)))).toEqual(schedule(change));
});

test.each<[string, Partial<NumberedSchedule>, Partial<NumberedSchedule>]>([
  ["ranges out of order", { weekly: { 1: [range(50, 60), range(10, 20)] } }, { weekly: { 1: [range(10, 20), range(50, 60)] } }],
  ["ranges that overlap", { weekly: { 1: [range(10, 30), range(20, 40)] } }, { weekly: { 1: [range(10, 40)] } }],
  ["ranges that touch", { weekly: { 1: [range(20, 30), range(10, 20)] } }, { weekly: { 1: [range(10, 30)] } }],
  ["a range inside another", { weekly: { 1: [range(10, 40), range(20, 30)] } }, { weekly: { 1: [range(10, 40)] } }],
  ["a range twice", { weekly: { 1: [range(10, 40), range(10, 40)] } }, { weekly: { 1: [range(10, 40)] } }],
  ["an empty range", { weekly: { 1: [range(10, 40), range(50, 50)] } }, { weekly: { 1: [range(10, 40)] } }],
  ["a day without a range", { weekly: { 1: [] } }, {}],
  ["a day with empty ranges alone", { weekly: { 1: [range(10, 10), range(9, 3)] } }, {}],
  [
    "special days that are named twice",
    {
      specialDays: [
        { group: 2, periods: [range(5, 6)] },
        { group: 1, periods: [] },
        { group: 2, periods: [range(1, 5)] },
      ],
    },
    {
      specialDays: [
        { group: 1, periods: [] },
        { group: 2, periods: [range(1, 6)] },
      ],
    },
  ],
  [
    "term phases out of order and twice",
    { follows: { holidays: true, makeUpDays: false, termPhases: ["teaching", "exam", "teaching"] } },
    { follows: { holidays: true, makeUpDays: false, termPhases: ["exam", "teaching"] } },
  ],
])("a schedule with %s is the same bytes as the plain one", (_, given, plain) => {
  const bytes = encodeSchedule(schedule(given));
  expect(bytes).toEqual(encodeSchedule(schedule(plain)));
  expect(decodeSchedule(bytes)).toEqual(schedule(plain));
});

test("two schedules that are open at the same times are the same bytes, and read as one that is open then", () => {
  const ranges = fc.array(fc.tuple(fc.nat(30), fc.nat(30)).map(([start, length]) => range(start, start + length)), { maxLength: 8 }); // prettier-ignore
  const openAt = (of: readonly TimeRange[]): number[] => Array.from({ length: 61 }, (_, t) => t).filter((t) => of.some(({ startS, endS }) => startS <= t && t < endS)); // prettier-ignore
  fc.assert(
    fc.property(ranges, (given) => {
      const bytes = encodeSchedule(schedule({ weekly: { 3: given } }));
      const bySecond = openAt(given).map((t) => range(t, t + 1));
      expect(bytes).toEqual(encodeSchedule(schedule({ weekly: { 3: bySecond.reverse() } })));
      expect(openAt(decodeSchedule(bytes)?.weekly[3] ?? [])).toEqual(openAt(given));
    }),
  );
});

test("any value is a schedule that is written the same again, or none", () => {
  const number = fc.oneof(fc.nat(9), fc.constantFrom(65_535, 65_536, 86_399, 86_400, 172_800, 172_801));
  const ranges = fc.array(fc.oneof({ arbitrary: fc.tuple(number, number), weight: 9 }, { arbitrary: fc.constant(0), weight: 1 }), { maxLength: 2 });
  const rows = fc.array(fc.tuple(number, ranges), { maxLength: 2 });
  const phases = fc.oneof(fc.constant(null), fc.array(fc.constantFrom("exam", "teaching", "="), { maxLength: 2 }));
  let good = 0;
  fc.assert(
    fc.property(rows, rows, fc.nat(5), phases, (days, groups, follows, named) => {
      const value = encodeCbor(["library", days, groups, follows, named]);
      const read = decodeSchedule(value);
      if (read !== undefined) good++;
      if (read !== undefined) expect(encodeSchedule(read)).toEqual(value);
    }),
    { numRuns: 3_000 },
  );
  expect(good).toBeGreaterThan(100);
});

const spoilt = (table: number) => MALFORMED_ITEMS.filter(({ key, value, flags }) => key[0] === table && value.length > 0 && !flags.includes("Key"));
test.each(spoilt(FEED_TABLE.schedule))("$comment is read as no schedule, whoever compares with what is written again", ({ value }) => {
  expect(decodeSchedule(value)).toBeUndefined();
});

test.each(spoilt(FEED_TABLE.specialDays))("$comment is read as no special days", ({ value }) => {
  expect(decodeSpecialDays(value)).toBeUndefined();
});

test("special days read back, each once and in order", () => {
  const bytes = encodeSpecialDays("open-days", ["2027-01-01", "2026-10-01", "2027-01-01"]);
  expect(decodeSpecialDays(bytes)).toEqual({ id: "open-days", days: ["2026-10-01", "2027-01-01"] });
  expect(decodeSpecialDays(encodeSpecialDays("none", []))).toEqual({ id: "none", days: [] });
});
