import { FRESHNESS, type Freshness, type UnixSeconds, type WallTime } from "@portico/card-protocol";

/** The worst of several; of none the best. `fresh` and `stale-ok`: everybody · `stale-strict`: no visitors and no payments · `essential`: the emergency group alone · `expired`: nobody. */
export const worstFreshness = (list: readonly Freshness[]): Freshness => FRESHNESS[Math.max(0, ...list.map((freshness) => FRESHNESS.indexOf(freshness)))]!;

/**
 * Up to which age, in seconds, a list is what. Each number is the first age that is not. `"none"`: lists of this access point are loaded by hand and do
 * not age.
 */
export type StalePolicy = { readonly freshS: number; readonly staleOkS: number; readonly staleStrictS: number; readonly essentialS: number } | "none";

/** Ten minutes, a day, a week, thirty days: a list that the feed renews. */
export const FEED_STALE_POLICY = { freshS: 600, staleOkS: 86_400, staleStrictS: 7 * 86_400, essentialS: 30 * 86_400 } as const satisfies StalePolicy;

/**
 * What the trust list's age makes of every list that stands on it. Past its end it still counts, as one that the feed has just ceased to renew; without a
 * clock nobody knows.
 *
 * @param validUntil  undefined: this controller goes by no trust list
 */
export function trustFreshness(validUntil: UnixSeconds | undefined, wall: WallTime): Freshness {
  if (validUntil === undefined) return "fresh";
  if (wall === "untrusted") return "stale-strict";
  return wall.now < validUntil ? "fresh" : freshnessOf(FEED_STALE_POLICY.freshS + wall.now - validUntil, FEED_STALE_POLICY);
}

/**
 * The freshness of a list.
 *
 * @param ageS  seconds since the cloud vouched for it; `"unknown"` while the clock is untrusted: then the list is as good as a strictly stale one
 */
export function freshnessOf(ageS: number | "unknown", policy: StalePolicy): Freshness {
  if (policy === "none") return "fresh";
  if (ageS === "unknown") return "stale-strict";
  if (ageS < policy.freshS) return "fresh";
  if (ageS < policy.staleOkS) return "stale-ok";
  if (ageS < policy.staleStrictS) return "stale-strict";
  return ageS < policy.essentialS ? "essential" : "expired";
}
