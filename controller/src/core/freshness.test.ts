import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { FEED_STALE_POLICY, freshnessOf, trustFreshness } from "./freshness.ts";

test.each([
  [0, "fresh"],
  [599, "fresh"],
  [600, "stale-ok"],
  [86_399, "stale-ok"],
  [86_400, "stale-strict"],
  [604_799, "stale-strict"],
  [604_800, "essential"],
  [2_591_999, "essential"],
  [2_592_000, "expired"],
  [Number.NaN, "expired"],
  ["unknown", "stale-strict"],
] as const)("a list %s s old is %s", (ageS, wanted) => {
  expect(freshnessOf(ageS, FEED_STALE_POLICY)).toBe(wanted);
  expect(freshnessOf(ageS, "none")).toBe("fresh");
});

test.each([
  [-1, "fresh"],
  [0, "stale-ok"],
  [85_799, "stale-ok"],
  [85_800, "stale-strict"],
  [604_200, "essential"],
  [2_591_400, "expired"],
] as const)("%s s behind the end of the trust list every list is %s", (behindS, wanted) => {
  const end = unixSeconds(1_800_000_000);
  expect(trustFreshness(end, { now: unixSeconds(end + behindS), uncertaintyS: 1 })).toBe(wanted);
});

test("without a clock a trust list may be old, and without a trust list there is nothing to age", () => {
  expect(trustFreshness(unixSeconds(1_800_000_000), "untrusted")).toBe("stale-strict");
  expect(trustFreshness(undefined, "untrusted")).toBe("fresh");
});
