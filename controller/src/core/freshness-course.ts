import { FRESHNESS, type Freshness, type UnixSeconds, type WallTime } from "@portico/card-protocol";
import type { ConfirmedHead } from "./feed-judgement.ts";
import { FEED_STALE_POLICY, type StalePolicy } from "./freshness.ts";

/**
 * When a list becomes what, in the order of `FRESHNESS`, as Unix seconds: each entry is the first second of that freshness, and none is before the one in front
 * of it. Where two are the same the list skips the first.
 */
export type FreshnessCourse = readonly number[];

/** How far a list may be believed now, since when, and what it becomes if nobody vouches for it meanwhile. */
export interface FreshnessNow {
  readonly freshness: Freshness;
  /** Unix seconds; null: nobody knows, because the clock is untrusted or no head was ever heard, or it has been so from the beginning. */
  readonly since: number | null;
  /** Null: nothing but a word of the cloud changes it, or the clock. */
  readonly next: { readonly freshness: Freshness; readonly at: number } | null;
}

const NEVER = Number.POSITIVE_INFINITY;
const ALWAYS = Number.NEGATIVE_INFINITY;

/** A list that does not age. */
export const AGELESS: FreshnessCourse = FRESHNESS.map((_, nth) => (nth === 0 ? ALWAYS : NEVER));

/** Of a partition: fresh while its head lasts, then by the head's age. @param confirmed  null: no head was ever heard, so nobody may pass by it */
export function headCourse(confirmed: Pick<ConfirmedHead, "issued" | "expires"> | null, policy: StalePolicy): FreshnessCourse {
  if (policy === "none") return AGELESS;
  if (confirmed === null) return FRESHNESS.map(() => ALWAYS);
  const { issued, expires } = confirmed;
  // A list that is past its head is at least as old as a fresh one may be.
  const from = (ageS: number): number => (ageS <= FEED_STALE_POLICY.freshS ? expires : Math.max(expires, issued + ageS));
  return [ALWAYS, expires, from(policy.staleOkS), from(policy.staleStrictS), from(policy.essentialS)];
}

/** Of what stands on a trust list: past its end it still counts, as a list that the feed has just ceased to renew. @param validUntil  undefined: there is none */
export function trustCourse(validUntil: UnixSeconds | undefined): FreshnessCourse {
  if (validUntil === undefined) return AGELESS;
  const { freshS, staleOkS, staleStrictS, essentialS } = FEED_STALE_POLICY;
  return [ALWAYS, validUntil, ...[staleOkS, staleStrictS, essentialS].map((ageS) => validUntil + ageS - freshS)];
}

/** The worst of several at each moment: the earliest beginning of each freshness. */
export const worstCourse = (courses: readonly FreshnessCourse[]): FreshnessCourse =>
  AGELESS.map((_, nth) => Math.min(...courses.map((course) => course[nth]!), AGELESS[nth]!));

/** Where a course is now. Without a clock nobody knows how old a list is: it counts as a strictly stale one, unless it is one that does not age or was never vouched for. */
export function freshnessNow(course: FreshnessCourse, wall: WallTime): FreshnessNow {
  if (wall === "untrusted") {
    const known = [...course].findLastIndex((at) => at === ALWAYS);
    const isTimeless = course.every((at) => at === ALWAYS || at === NEVER);
    return { freshness: isTimeless ? FRESHNESS[known]! : "stale-strict", since: null, next: null };
  }
  const nth = [...course].findLastIndex((at) => at <= wall.now);
  const after = course.slice(nth + 1).find((at) => at !== NEVER);
  const next = after === undefined ? undefined : [...course].lastIndexOf(after);
  return {
    freshness: FRESHNESS[nth]!,
    since: course[nth] === ALWAYS ? null : course[nth]!,
    next: next === undefined ? null : { freshness: FRESHNESS[next]!, at: course[next]! },
  };
}
