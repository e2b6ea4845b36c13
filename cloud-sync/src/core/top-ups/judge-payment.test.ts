import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type JudgedTopUp, judgePayment, nextLookS, type PaymentSaid, type PaymentVerdict } from "./judge-payment.ts";

const END = 1_000;
const open: JudgedTopUp = { state: "open", amountFen: 5_000, endsAt: END, paid: null };
const over: JudgedTopUp = { ...open, state: "over" };
const credited: JudgedTopUp = { ...open, state: "paid", paid: { number: "4200-1", amountFen: 5_000 } };
const paid = (amountFen = 5_000, number = "4200-1"): PaymentSaid => ({ kind: "paid", amountFen, number, paidAt: unixSeconds(900) });

test.each<[what: string, topUp: JudgedTopUp, said: PaymentSaid, now: number, verdict: PaymentVerdict]>([
  ["paid as asked", open, paid(), 10, { kind: "credit" }],
  ["paid a second behind the end of its time", open, paid(), END + 1, { kind: "credit" }],
  ["paid though it was given up", over, paid(), 90_000, { kind: "credit" }],
  ["paid less", open, paid(4_999), 10, { kind: "review", why: "AmountDiffers" }],
  ["paid more, though it was given up", over, paid(5_001), 10, { kind: "review", why: "AmountDiffers" }],
  ["said again", credited, paid(), 10, { kind: "keep" }],
  ["paid by two payments", credited, paid(5_000, "4200-2"), 10, { kind: "contradiction" }],
  ["said again, with another amount", credited, paid(1), 10, { kind: "contradiction" }],
  ["not paid yet", open, { kind: "waiting" }, END - 1, { kind: "keep" }],
  ["not paid, and its time is over", open, { kind: "waiting" }, END, { kind: "end" }],
  ["ended by the provider", open, { kind: "ended" }, 10, { kind: "fail", why: "NotPaid" }],
  ["not known yet: the provider may hear of it this very moment", open, { kind: "unknown" }, END - 1, { kind: "keep" }],
  ["never known", open, { kind: "unknown" }, END, { kind: "fail", why: "ProviderKnowsNothing" }],
  ["ended behind its credit, as of an old notice", credited, { kind: "ended" }, END, { kind: "keep" }],
  ["waiting, though it was given up", over, { kind: "waiting" }, END, { kind: "keep" }],
])("%s", (_, topUp, said, now, verdict) => {
  expect(judgePayment(topUp, said, now)).toEqual(verdict);
});

test("a provider is asked less and less often, and never less than every ten minutes", () => {
  expect([0, 1, 2, 6, 7, 8, 1_000].map(nextLookS)).toEqual([5, 10, 20, 320, 600, 600, 600]);
});
