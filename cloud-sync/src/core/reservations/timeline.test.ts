import * as fc from "fast-check";
import { expect, test } from "vitest";
import { type Span, span } from "./span.ts";
import { type Taken, TIMELINE_STATE_ZH, TIMELINE_STATES, timelineOf } from "./timeline.ts";

const WITHIN = span(1000, 1100);
const anySpan = fc.tuple(fc.integer({ min: 950, max: 1150 }), fc.integer({ min: 1, max: 60 })).map(([from, length]): Span => span(from, from + length));
const anyTaken = fc.tuple(anySpan, fc.constantFrom("locked" as const, "occupied" as const)).map(([times, state]): Taken => ({ ...times, state }));
const facts = fc.record({
  within: fc.constant(WITHIN),
  seats: fc.integer({ min: 1, max: 3 }),
  taken: fc.array(anyTaken, { maxLength: 8 }),
  open: fc.array(anySpan, { maxLength: 4 }),
  bookable: anySpan,
});
const has = (all: readonly Span[], at: number): boolean => all.some(({ from, until }) => from <= at && at < until);

test("every instant of the day has exactly one of the four states, and it is the one that the rules say", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const parts = timelineOf(given);
      for (let at = WITHIN.from; at < WITHIN.until; at++) {
        const here = parts.filter((part) => part.from <= at && at < part.until);
        expect(here.length).toBe(1);
        const there = given.taken.filter((each) => each.from <= at && at < each.until);
        const isFull = there.length >= given.seats;
        const expected = isFull ? (there.some(({ state }) => state === "locked") ? "locked" : "occupied") : has(given.open, at) && has([given.bookable], at) ? "bookable" : "unavailable"; // prettier-ignore
        expect(here[0]!.state).toBe(expected);
        expect(here[0]!.free).toBe(expected === "bookable" ? given.seats - there.length : 0);
      }
    }),
    { numRuns: 150 },
  );
});

test("the parts of a day lie end to end, from its beginning to its end, and no two neighbours are alike", () => {
  fc.assert(
    fc.property(facts, (given) => {
      const parts = timelineOf(given);
      expect([parts[0]!.from, parts.at(-1)!.until]).toEqual([WITHIN.from, WITHIN.until]);
      for (const [nth, part] of parts.entries()) {
        expect(part.from).toBeLessThan(part.until);
        const next = parts[nth + 1];
        if (next !== undefined) expect([part.until, part.state === next.state && part.free === next.free]).toEqual([next.from, false]);
      }
    }),
    { numRuns: 150 },
  );
});

test("the four states are called as the guide calls them", () => {
  expect(TIMELINE_STATES.map((state) => TIMELINE_STATE_ZH[state])).toEqual(["锁定", "已占用", "可预定", "不可预定"]);
});
