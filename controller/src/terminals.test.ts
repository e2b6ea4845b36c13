import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MemoryMoney } from "./money/memory-money.ts";
import type { Posting } from "./money/money-port.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { CREDENTIAL, heldPass } from "./rig/people.ts";

let rig: ControllerRig;
beforeEach(async () => {
  rig = new ControllerRig({ till: "limits = { per_payment_fen = 2000, total_fen = 3000, count = 5 }" });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ tills: ["till"], without: ["li"] });
  await rig.start();
});
afterEach(() => rig.end());

const params = { id: "canteen-1" };
const show = (person: "zhang" | "li", counter = 1): Promise<void> => rig.scan("gate-1-out", heldPass(person, rig.now(), { counter }));
const row = () => rig.ask("GET /v1/terminals/:id", { params });
const charge = (amountFen: unknown, wait = false) =>
  rig.controller.answers["POST /v1/terminals/:id/charge"]({ params, query: new URLSearchParams(), body: { amountFen, wait } });
const charges = () => rig.ask("GET /v1/terminals/:id/charges", { params });
const explained = (seq: number) => rig.ask("GET /v1/events/:seq/explain", { params: { seq: `${seq}` } });
const lastOf = (name: string): number => {
  let seq = 0;
  const stream = rig.controller.answers["GET /v1/events"]({ params: {}, query: new URLSearchParams({ name }), body: undefined });
  stream.start(
    (line) => (seq = line.seq),
    () => {},
  );
  return seq;
};

test("rule 2.10: a till asks for an amount over the control API, and whoever shows a code pays it: answer, receipt, posted, totals; the same code pays once", async () => {
  const answer = charge(1_250, true);
  await show("zhang");
  const { last, receipt, waiting } = await answer;
  expect([last?.kind, waiting, receipt?.slice(0, 3)]).toEqual(["charged", null, ["*** TEST ***", "North canteen", "PAYMENT ¥12.50"]]);
  await charge(100);
  await show("zhang");
  expect(row()).toMatchObject({ waiting: { amountFen: 100 }, exposure: { fen: 0, count: 0 }, isTest: true, trouble: null });
  await rig.time.pass(4_000);
  await show("zhang");
  expect(row().last).toMatchObject({ kind: "refused", reason: "PassReplayed" });
  expect(charges().map(({ amountFen, credential, state }) => [amountFen, credential, state])).toEqual([[1_250, CREDENTIAL.zhang, "posted"]]);
  expect(rig.ask("GET /v1/terminals/:id/totals", { params })).toMatchObject({ day: "2027-01-11", charges: 1, chargedFen: 1_250, netFen: 1_250, waiting: 0 });
});

test("rule 2.10: without a grant of the capability pay nobody pays, whatever the terminal's limits; what the limits refuse is explained with what to do", async () => {
  await charge(2_500);
  await show("li");
  expect(row().last).toMatchObject({ kind: "refused", reason: "Unauthorized" });
  await show("zhang");
  expect(row().last).toMatchObject({ kind: "refused", reason: "OverPerPayment", detail: "2500 fen, at most 2000 at once" });
  const why = explained(lastOf("ChargeRefused"));
  expect([why.denial?.reason, why.denial?.remedy, why.checks.map(({ outcome }) => outcome)]).toEqual([
    "OverPerPayment",
    "Take another way to pay; the card office sets the limit.",
    ["passed", "passed", "passed", "passed", "failed", "not reached", "not reached", "not reached"],
  ]);
  expect(charges()).toEqual([]);
});

test("a wrong amount, an unknown terminal and a refund without a reason are refused by name", async () => {
  await expect(charge(12.5)).rejects.toMatchObject({ problem: { status: 400, type: "/problems/AmountNotWhole" } });
  await expect(charge(-1)).rejects.toMatchObject({ problem: { type: "/problems/AmountNotPositive" } });
  expect(() => rig.ask("GET /v1/terminals/:id", { params: { id: "shop" } })).toThrow("There is no such terminal: shop");
  expect(() => rig.ask("POST /v1/terminals/:id/refund", { params, body: { by: "wang", reason: "", charge: 1, amountFen: null } })).toThrow(
    "A refund needs a reason",
  );
});

test("rule 2.10: a controller that dies behind a charge posts it after the restart, once; while money cannot be reached the limits hold", async () => {
  const postings: Posting[] = [];
  const kept = new MemoryMoney();
  let isReachable = false;
  rig.crash();
  rig.money = Object.assign(new MemoryMoney(), {
    book: async (posting: Posting) => {
      postings.push(posting);
      return isReachable ? kept.book(posting) : ({ kind: "unreachable", detail: "no route" } as const);
    },
  });
  await rig.start();
  await charge(2_000);
  await show("zhang");
  await rig.time.pass(4_000);
  await charge(1_001);
  await show("zhang", 2);
  expect(row()).toMatchObject({ last: { reason: "OverTotal" }, exposure: { fen: 2_000, count: 1 }, trouble: "no route" });
  rig.crash();
  isReachable = true;
  await rig.start();
  expect(row()).toMatchObject({ exposure: { fen: 0 }, waiting: null });
  expect(kept.postings.map(({ amountFen }) => amountFen)).toEqual([2_000]);
  expect(new Set(postings.map(({ id }) => id)).size).toBe(1);
});
