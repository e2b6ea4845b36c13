import { FRESHNESS, unixSeconds, zonePartition } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { partitionFreshness } from "./feed-judgement.ts";
import { AGELESS, freshnessNow, headCourse, trustCourse, worstCourse } from "./freshness-course.ts";
import { FEED_STALE_POLICY, trustFreshness, worstFreshness } from "./freshness.ts";

const ISSUED = 1_800_000_000;
const HEAD = { issued: unixSeconds(ISSUED), expires: unixSeconds(ISSUED + 600) };
const COURSE = headCourse(HEAD, FEED_STALE_POLICY);
const at = (ageS: number) => ({ now: unixSeconds(ISSUED + ageS), uncertaintyS: 1 });

test.each([
  [0, { freshness: "fresh", since: null, next: { freshness: "stale-ok", at: ISSUED + 600 } }],
  [600, { freshness: "stale-ok", since: ISSUED + 600, next: { freshness: "stale-strict", at: ISSUED + 86_400 } }],
  [90_000, { freshness: "stale-strict", since: ISSUED + 86_400, next: { freshness: "essential", at: ISSUED + 604_800 } }],
  [604_800, { freshness: "essential", since: ISSUED + 604_800, next: { freshness: "expired", at: ISSUED + 2_592_000 } }],
  [2_592_000, { freshness: "expired", since: ISSUED + 2_592_000, next: null }],
] as const)("%s s behind the last head it is told what the list is, since when, and what comes next", (ageS, wanted) => {
  expect(freshnessNow(COURSE, at(ageS))).toEqual(wanted);
});

test("a policy that leaves a step out is told by the step behind it", () => {
  const course = headCourse(HEAD, { freshS: 600, staleOkS: 0, staleStrictS: 7_200, essentialS: 7_200 });
  expect(freshnessNow(course, at(599))).toEqual({ freshness: "fresh", since: null, next: { freshness: "stale-strict", at: ISSUED + 600 } });
  expect(freshnessNow(course, at(600)).next).toEqual({ freshness: "expired", at: ISSUED + 7_200 });
});

test("without a clock a list is strictly stale for as long as nobody says the time; one that was never vouched for lets nobody in, one from files does not age", () => {
  const now = (course: typeof COURSE) => freshnessNow(course, "untrusted");
  expect(now(COURSE)).toEqual({ freshness: "stale-strict", since: null, next: null });
  expect(now(headCourse(null, FEED_STALE_POLICY)).freshness).toBe("expired");
  expect(now(AGELESS).freshness).toBe("fresh");
});

test("what is told is what decides: at any age, by any policy, for the worst of head and trust list", () => {
  const hours = fc.integer({ min: 0, max: 8_760 }).map((h) => h * 3_600);
  const policy = fc
    .tuple(hours, hours, hours)
    .map((steps) => [...steps].sort((a, b) => a - b))
    .map(([staleOkS, staleStrictS, essentialS]) => ({
      freshS: FEED_STALE_POLICY.freshS,
      staleOkS: staleOkS!,
      staleStrictS: staleStrictS!,
      essentialS: essentialS!,
    }));
  const head = fc.record({ issued: fc.integer({ min: ISSUED, max: ISSUED + 100 }), life: fc.integer({ min: 1, max: 600 }) });
  fc.assert(
    fc.property(
      policy,
      head,
      fc.integer({ min: -1_000, max: 40_000_000 }),
      fc.integer({ min: -100_000, max: 40_000_000 }),
      (stale, { issued, life }, ageS, endS) => {
        const confirmed = { issued: unixSeconds(issued), expires: unixSeconds(issued + life), publish: 1, globalVersion: null };
        const held = { partition: zonePartition("east"), epoch: 1, version: 1, digest: new Uint8Array(32), confirmed };
        const validUntil = unixSeconds(ISSUED + endS);
        const wall = at(ageS);
        const told = freshnessNow(worstCourse([headCourse(confirmed, stale), trustCourse(validUntil)]), wall);
        expect(told.freshness).toBe(worstFreshness([partitionFreshness(held, wall, stale), trustFreshness(validUntil, wall)]));
        if (told.since !== null) expect(told.since).toBeLessThanOrEqual(wall.now);
        if (told.next !== null) {
          expect(told.next.at).toBeGreaterThan(wall.now);
          expect(FRESHNESS.indexOf(told.next.freshness)).toBeGreaterThan(FRESHNESS.indexOf(told.freshness));
          const then = { now: unixSeconds(told.next.at), uncertaintyS: 1 };
          expect(worstFreshness([partitionFreshness(held, then, stale), trustFreshness(validUntil, then)])).toBe(told.next.freshness);
        }
      },
    ),
  );
});
