import { expect, test } from "vitest";
import { FEED_STALE_POLICY, freshnessOf } from "./freshness.ts";

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
