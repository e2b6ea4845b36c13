import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { countRefusal, flushRefusals, NO_REFUSALS, REFUSAL_WAIT_MS } from "./refusal-count.ts";

test("refusals are written once the first has waited, one event a reason, in the order of precedence", () => {
  let count = NO_REFUSALS;
  for (const [at, reason] of [
    [10, "SignatureInvalid"],
    [20, "PassMalformed"],
    [30, "PassMalformed"],
  ] as const)
    count = countRefusal(count, reason, monotonicMs(at));
  expect(count.dueAt).toBe(10 + REFUSAL_WAIT_MS);
  expect(flushRefusals(count, "gate-1-in", monotonicMs(9 + REFUSAL_WAIT_MS))).toEqual({ count, events: [] });
  expect(flushRefusals(count, "gate-1-in", monotonicMs(10 + REFUSAL_WAIT_MS))).toEqual({
    count: NO_REFUSALS,
    events: [
      { name: "ScansRefused", fields: { accessPoint: "gate-1-in", reason: "PassMalformed", count: 2 } },
      { name: "ScansRefused", fields: { accessPoint: "gate-1-in", reason: "SignatureInvalid", count: 1 } },
    ],
  });
});

test("nothing refused is nothing to write, and at a stop everything is", () => {
  expect(flushRefusals(NO_REFUSALS, "gate-1-in", monotonicMs(Number.POSITIVE_INFINITY))).toEqual({ count: NO_REFUSALS, events: [] });
  expect(flushRefusals(countRefusal(NO_REFUSALS, "PassExpired", monotonicMs(0)), "gate-1-in", monotonicMs(Number.POSITIVE_INFINITY)).events).toHaveLength(1);
});
