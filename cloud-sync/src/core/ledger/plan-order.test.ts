import { expect, test } from "vitest";
import { type Account, emptyAccount } from "./account.ts";
import type { KeptMovement, KeptReview, Order } from "./order.ts";
import { type OrderFacts, planOrder } from "./plan-order.ts";

const account = (id: string, sums: Partial<Account> = {}): Account => ({ ...emptyAccount(id), ...sums });
const charge = (more: Partial<KeptMovement> = {}): KeptMovement => ({ id: "m", kind: "fact", body: "", wallet: "w", till: "merchant/a", amountFen: 100, refundedFen: 0, campusFen: 0, ...more }); // prettier-ignore
const hold = (amountFen: number) => ({ movement: "h", transfer: { id: "h/1", debit: "wallet/w", credit: "merchant/a", amountFen, flag: "pending", pendingId: null, expiresAt: null } }) as const; // prettier-ignore
interface Given {
  readonly balance?: number;
  readonly held?: number;
  readonly debt?: number;
  readonly movement?: KeptMovement;
  readonly review?: KeptReview;
  readonly holds?: number;
  readonly closed?: true;
}
const facts = ({ balance = 0, held = 0, debt = 0, movement, review, holds, closed }: Given): OrderFacts => ({
  limits: { balanceFenMax: 1_000, debtFenMax: 50 },
  account: (id) =>
    ({
      "wallet/w": account(id, { creditsPosted: balance, debitsPending: held, isClosed: closed === true }),
      "debt/w": account(id, { debitsPosted: debt }),
      "merchant/a": account(id),
      "cashDesk/d": account(id),
    })[id],
  holdOf: () => (holds === undefined ? undefined : hold(holds)),
  movement: () => movement,
  review: () => review,
});
const review: KeptReview = { id: "m", openFen: 60, wallet: "w", till: "merchant/a", isDecided: false };
const fact = (payer: Extract<Order, { kind: "fact" }>["payer"] = { kind: "holder" }, wallet: string | null = "w") => ({ kind: "fact", wallet, till: "merchant/a", amountFen: 100, payer }) as const; // prettier-ignore
const refund = (amountFen: number | null) => ({ kind: "refund", of: "m", amountFen }) as const;

test.each<[what: string, given: Given, order: Order, legs: string[] | string]>([
  ["a fact that the balance covers", { balance: 100 }, fact(), ["wallet/w>merchant/a 100"]],
  ["a fact: what is held is not there", { balance: 100, held: 70 }, fact(), ["wallet/w>merchant/a 30", "debt/w>merchant/a 50", "review>merchant/a 20"]],
  ["a fact of somebody who owes all that may be owed", { debt: 50 }, fact(), ["review>merchant/a 100"]],
  ["a fact of nobody known", {}, fact({ kind: "holder" }, null), ["review>merchant/a 100"]],
  ["a fact of a closed wallet", { closed: true }, fact(), ["review>merchant/a 100"]],
  ["a fact without evidence", { balance: 100 }, fact({ kind: "review", why: "EvidenceMissing" }), ["review>merchant/a 100"]],
  ["a lost card's", { balance: 100 }, fact({ kind: "campus" }), ["campusLoss>merchant/a 100"]],
  [
    "a top-up of somebody who owes",
    { debt: 30 },
    { kind: "topUp", wallet: "w", till: "cashDesk/d", amountFen: 100 },
    ["cashDesk/d>debt/w 30", "cashDesk/d>wallet/w 70"],
  ],
  ["what a provider keeps", { closed: true }, { kind: "keep", wallet: "w", till: "cashDesk/d", amountFen: 30 }, ["cashDesk/d>campusLoss 30"]],
  ["what a desk pays out in its place", { closed: true }, { kind: "payOut", wallet: "w", till: "cashDesk/d", amountFen: 30 }, ["campusLoss>cashDesk/d 30"]],
  ["a pay-out of no till", {}, { kind: "payOut", wallet: "w", till: "cashDesk/x", amountFen: 30 }, "TillUnknown"],
  ["a top-up beyond the limit", { balance: 901 }, { kind: "topUp", wallet: "w", till: "cashDesk/d", amountFen: 100 }, "BalanceOverLimit"],
  ["a post of less than was held", { holds: 100 }, { kind: "post", hold: "h", amountFen: 40 }, "HoldUnknown"],
  [
    "a post of less, of a hold",
    { holds: 100, movement: charge({ kind: "hold" }) },
    { kind: "post", hold: "h", amountFen: 40 },
    ["wallet/w>merchant/a 40 post"],
  ],
  [
    "a post of more",
    { holds: 100, balance: 120, held: 100, movement: charge({ kind: "hold" }) },
    { kind: "post", hold: "h", amountFen: 180 },
    ["wallet/w>merchant/a 100 post", "wallet/w>merchant/a 20", "debt/w>merchant/a 50", "review>merchant/a 10"],
  ],
  ["a refund of all", { movement: charge() }, refund(null), ["merchant/a>wallet/w 100"]],
  ["a refund to somebody who owes", { debt: 30, movement: charge() }, refund(null), ["merchant/a>debt/w 30", "merchant/a>wallet/w 70"]],
  ["a refund of what nobody pays yet", { movement: charge(), review }, refund(70), ["merchant/a>review 60", "merchant/a>wallet/w 10"]],
  ["a refund of what the campus paid", { movement: charge({ campusFen: 80 }) }, refund(90), ["merchant/a>campusLoss 80", "merchant/a>wallet/w 10"]],
  ["a refund of the rest", { movement: charge({ refundedFen: 30 }) }, refund(null), ["merchant/a>wallet/w 70"]],
  ["a refund beyond the rest", { movement: charge({ refundedFen: 30 }) }, refund(71), "RefundOverCharge"],
  ["a refund of a top-up", { movement: charge({ kind: "topUp" }) }, refund(1), "NotRefundable"],
  ["a review that the holder pays", { balance: 20, review }, { kind: "decide", review: "m", payer: "holder" }, ["wallet/w>review 20", "debt/w>review 40"]],
  ["a review that the campus pays", { review }, { kind: "decide", review: "m", payer: "campus" }, ["campusLoss>review 60"]],
  ["a review that the merchant pays", { review }, { kind: "decide", review: "m", payer: "merchant" }, ["merchant/a>review 60"]],
  ["a review that is decided", { review: { ...review, openFen: 0, isDecided: true } }, { kind: "decide", review: "m", payer: "campus" }, "MoneyReviewDecided"],
  ["a closing", { balance: 100, debt: 30 }, { kind: "close", wallet: "w", till: "cashDesk/d" }, ["wallet/w>debt/w 30", "wallet/w>cashDesk/d 70"]],
  ["a closing of somebody who owes more than is there", { balance: 20, debt: 30 }, { kind: "close", wallet: "w", till: "cashDesk/d" }, "DebtOutstanding"],
  ["a closing with something held", { balance: 20, held: 1 }, { kind: "close", wallet: "w", till: "cashDesk/d" }, "HoldsOpen"],
])("%s", (_, given, order, wanted) => {
  const planned = planOrder(order, facts(given));
  if (!planned.ok) return expect(planned.error).toBe(wanted);
  const { legs, review: opened, amountFen } = planned.value;
  expect(legs.map(({ debit, credit, amountFen: fen, flag }) => `${debit}>${credit} ${fen}${flag === "posted" ? "" : ` ${flag}`}`)).toEqual(wanted);
  const unpaid = legs.filter(({ debit }) => debit === "review").reduce((sum, leg) => sum + leg.amountFen, 0);
  expect(opened?.openFen ?? 0, "what nobody pays is under review").toBe(unpaid);
  if (order.kind === "fact")
    expect(
      legs.reduce((sum, leg) => sum + leg.amountFen, 0),
      "a fact is paid in any case",
    ).toBe(amountFen);
});
