import { err, ok, type Result } from "@portico/card-protocol";
import { type Account, availableFen, CAMPUS_LOSS, creditBalanceFen, debitBalanceFen, debtAccount, emptyAccount, REVIEW, walletAccount } from "./account.ts";
import { AMOUNT_FEN_MAX, type AmountRefusal, type KeptMovement, type KeptReview, type MoneyRefusal, type Order, type ReviewReason } from "./order.ts";
import type { OpenHold, Transfer, TransferStatus } from "./transfer.ts";

/** What the campus allows, from the services document. Fen. */
export interface MoneyLimits {
  /** A wallet holds no more by top-up. */
  readonly balanceFenMax: number;
  /** What a fact may leave a person owing; beyond it a person looks. */
  readonly debtFenMax: number;
}

/** What an order is judged by. */
export interface OrderFacts {
  readonly limits: MoneyLimits;
  readonly account: (id: string) => Account | undefined;
  /** The pending transfer of a movement that holds. */
  readonly holdOf: (movement: string) => OpenHold | undefined;
  readonly movement: (id: string) => KeptMovement | undefined;
  readonly review: (id: string) => KeptReview | undefined;
}

/** What an order comes to. */
export interface PlannedOrder {
  /** Empty: it changes nothing, and stands in the ledger all the same. */
  readonly legs: readonly Leg[];
  readonly amountFen: number;
  readonly wallet: string | null;
  readonly till: string | null;
  /** The movement that it goes back to. */
  readonly of: string | null;
  /** Opens a review of so much. */
  readonly review: { readonly why: ReviewReason; readonly openFen: number } | null;
  /** What a review still has open behind it; of 0 it is decided. */
  readonly reviewLeft: { readonly id: string; readonly openFen: number } | null;
  /** No transfer moves this wallet any more. */
  readonly closes: boolean;
}
/** A transfer without its id. */
export type Leg = Omit<Transfer, "id">;

/** Reads an amount. @param maxFen  what may be moved at once */
export function amountOf(value: unknown, maxFen: number = AMOUNT_FEN_MAX): Result<number, AmountRefusal> {
  if (typeof value !== "number" || !Number.isFinite(value)) return err("AmountNotANumber", "a number of fen is wanted");
  if (!Number.isInteger(value)) return err("AmountNotWhole", `${value} is no whole number of fen`);
  if (value <= 0) return err("AmountNotPositive", `${value} fen`);
  if (value > maxFen) return err("AmountOverLimit", `${value} fen is more than ${maxFen}`);
  return ok(value);
}

/** Every plan is a copy of it: whole from the beginning, for an object that is given further fields is made anew with each. */
const NOTHING: PlannedOrder = { legs: [], amountFen: 0, wallet: null, till: null, of: null, review: null, reviewLeft: null, closes: false };
const leg = (debit: string, credit: string, amountFen: number): Leg => ({ debit, credit, amountFen, flag: "posted", pendingId: null, expiresAt: null });
/** Without those that move nothing. */
const legs = (...all: readonly (readonly [debit: string, credit: string, amountFen: number])[]): Leg[] =>
  all.flatMap(([debit, credit, fen]) => (fen === 0 ? [] : [leg(debit, credit, fen)]));

/** Says which transfers an order means, or why it is refused. Whether each of them may be made is {@link judgeChain}'s to say. */
export function planOrder(order: Order, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  switch (order.kind) {
    case "topUp":
      return planTopUp(order, facts);
    case "charge":
    case "handBack": {
      const refused = walletRefusal(order.wallet, order.till, facts);
      if (refused !== undefined) return refused;
      const { wallet, till, amountFen } = order;
      return ok({ ...NOTHING, wallet, till, amountFen, legs: legs([walletAccount(wallet), till, amountFen]) });
    }
    case "hold": {
      const { wallet, till, amountFen, expiresAt } = order;
      const refused = walletRefusal(wallet, till, facts);
      if (refused !== undefined) return refused;
      return ok({ ...NOTHING, wallet, till, amountFen, legs: [{ ...leg(walletAccount(wallet), till, amountFen), flag: "pending", expiresAt }] });
    }
    case "post":
      return planPost(order, facts);
    case "void":
    case "expire":
      return planFree(order, facts);
    case "fact":
      return ok(planFact(order, facts));
    case "refund":
      return planRefund(order, facts);
    case "decide":
      return planDecision(order, facts);
    case "close":
      return planClosing(order, facts);
    // Both have happened: neither is refused, and the campus stands in between, so that each till has a day of its own.
    case "keep":
    case "payOut": {
      const { kind, wallet, till, amountFen } = order;
      if (facts.account(till) === undefined) return err("TillUnknown", till);
      return ok({ ...NOTHING, wallet, till, amountFen, legs: legs(kind === "keep" ? [till, CAMPUS_LOSS, amountFen] : [CAMPUS_LOSS, till, amountFen]) });
    }
  }
}

const balances = (wallet: string, facts: Pick<OrderFacts, "account">) => {
  const [own, debt] = [walletAccount(wallet), debtAccount(wallet)].map((id) => facts.account(id) ?? emptyAccount(id)) as [Account, Account];
  return { own, debt, availableFen: availableFen(own), balanceFen: creditBalanceFen(own), debtFen: debitBalanceFen(debt) };
};

function walletRefusal(wallet: string, till: string, facts: OrderFacts) {
  if (facts.account(till) === undefined) return err("TillUnknown" as const, till);
  if (facts.account(till)!.isClosed) return err("TillEnded" as const, till);
  return balances(wallet, facts).own.isClosed ? err("WalletClosed" as const, "") : undefined;
}

/** Debts first. */
function planTopUp({ wallet, till, amountFen }: Extract<Order, { readonly kind: "topUp" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const refused = walletRefusal(wallet, till, facts);
  if (refused !== undefined) return refused;
  const { debtFen, balanceFen } = balances(wallet, facts);
  const repaidFen = Math.min(amountFen, debtFen);
  const addedFen = amountFen - repaidFen;
  const { balanceFenMax } = facts.limits;
  if (balanceFen + addedFen > balanceFenMax) return err("BalanceOverLimit", `${balanceFen + addedFen} fen, at most ${balanceFenMax}`);
  return ok({ ...NOTHING, wallet, till, amountFen, legs: legs([till, debtAccount(wallet), repaidFen], [till, walletAccount(wallet), addedFen]) });
}

function planPost({ hold: id, amountFen }: Extract<Order, { readonly kind: "post" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const held = facts.movement(id);
  if (held?.kind !== "hold") return err("HoldUnknown", id);
  const { wallet, till } = held;
  const hold = facts.holdOf(id);
  if (hold === undefined) return err("HoldOver", id);
  const { debit, credit, amountFen: heldFen } = hold.transfer;
  const takenFen = Math.min(amountFen, heldFen);
  const post: Leg = { debit, credit, amountFen: takenFen, flag: "post", pendingId: hold.transfer.id, expiresAt: null };
  const whole = { ...NOTHING, wallet, till, amountFen, of: id, legs: [post] };
  if (takenFen === amountFen) return ok(whole);
  const more = planFact({ kind: "fact", wallet, till: till!, amountFen: amountFen - takenFen, payer: { kind: "holder" } }, facts);
  return ok({ ...whole, legs: [post, ...more.legs], review: more.review });
}

function planFree({ hold: id, kind }: Extract<Order, { readonly kind: "void" | "expire" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const held = facts.movement(id);
  if (held?.kind !== "hold") return err("HoldUnknown", id);
  const hold = facts.holdOf(id);
  if (hold === undefined) return err("HoldOver", id);
  const { debit, credit, amountFen, id: pendingId } = hold.transfer;
  const { wallet, till } = held;
  return ok({ ...NOTHING, wallet, till, amountFen, of: id, legs: [{ debit, credit, amountFen, flag: kind, pendingId, expiresAt: null }] });
}

/** Balance, then debt up to its limit, then a person looks: it has happened, so the till is paid in any case. */
function planFact({ wallet, till, amountFen, payer }: Extract<Order, { readonly kind: "fact" }>, facts: OrderFacts): PlannedOrder {
  const fact = { ...NOTHING, wallet, till, amountFen };
  const reviewed = (why: ReviewReason): PlannedOrder => ({ ...fact, legs: legs([REVIEW, till, amountFen]), review: { why, openFen: amountFen } });
  if (payer.kind === "campus") return { ...fact, legs: legs([CAMPUS_LOSS, till, amountFen]) };
  if (payer.kind === "review") return reviewed(payer.why);
  if (wallet === null) return reviewed("HolderUnknown");
  const { own, availableFen: available, debtFen } = balances(wallet, facts);
  if (own.isClosed) return reviewed("WalletClosed");
  const paidFen = Math.min(available, amountFen);
  const owedFen = Math.min(amountFen - paidFen, Math.max(0, facts.limits.debtFenMax - debtFen));
  const openFen = amountFen - paidFen - owedFen;
  return {
    ...fact,
    legs: legs([walletAccount(wallet), till, paidFen], [debtAccount(wallet), till, owedFen], [REVIEW, till, openFen]),
    review: openFen === 0 ? null : { why: "ShortBalance", openFen },
  };
}

/** What nobody has paid yet goes back first, then what the campus has paid, then debts, and the rest to the wallet. */
function planRefund({ of, amountFen: asked }: Extract<Order, { readonly kind: "refund" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const charge = facts.movement(of);
  if (charge === undefined) return err("MovementUnknown", of);
  const { kind, wallet, till, amountFen: chargedFen, refundedFen, campusFen } = charge;
  if (kind !== "charge" && kind !== "fact" && kind !== "post") return err("NotRefundable", `${of} is a ${kind}`);
  const leftFen = chargedFen - refundedFen;
  const amountFen = asked ?? leftFen;
  if (amountFen > leftFen || amountFen === 0) return err("RefundOverCharge", `${amountFen} fen, ${leftFen} of ${chargedFen} are left`);
  const review = facts.review(of);
  const openFen = review === undefined || review.isDecided ? 0 : review.openFen;
  const fromReview = Math.min(amountFen, openFen);
  const fromCampus = Math.min(amountFen - fromReview, campusFen);
  const ownFen = amountFen - fromReview - fromCampus;
  const { own, debtFen } = wallet === null ? { own: undefined, debtFen: 0 } : balances(wallet, facts);
  if (ownFen > 0 && (own === undefined || own.isClosed)) return err("WalletClosed", of);
  const toDebt = Math.min(ownFen, debtFen);
  const back = legs([till!, REVIEW, fromReview], [till!, CAMPUS_LOSS, fromCampus]);
  const own_ = wallet === null ? [] : legs([till!, debtAccount(wallet), toDebt], [till!, walletAccount(wallet), ownFen - toDebt]);
  const reviewLeft = fromReview === 0 ? null : { id: of, openFen: openFen - fromReview };
  return ok({ ...NOTHING, wallet, till, amountFen, of, legs: [...back, ...own_], reviewLeft });
}

function planDecision({ review: id, payer }: Extract<Order, { readonly kind: "decide" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const review = facts.review(id);
  if (review === undefined) return err("MoneyReviewUnknown", id);
  if (review.isDecided) return err("MoneyReviewDecided", id);
  const { wallet, till, openFen: amountFen } = review;
  const decided = { ...NOTHING, wallet, till, amountFen, of: id, reviewLeft: { id, openFen: 0 } };
  if (payer === "campus") return ok({ ...decided, legs: legs([CAMPUS_LOSS, REVIEW, amountFen]) });
  if (payer === "merchant") return ok({ ...decided, legs: legs([till, REVIEW, amountFen]) });
  if (wallet === null || balances(wallet, facts).own.isClosed) return err("WalletClosed", id);
  const paidFen = Math.min(amountFen, balances(wallet, facts).availableFen);
  return ok({ ...decided, legs: legs([walletAccount(wallet), REVIEW, paidFen], [debtAccount(wallet), REVIEW, amountFen - paidFen]) });
}

function planClosing({ wallet, till }: Extract<Order, { readonly kind: "close" }>, facts: OrderFacts): Result<PlannedOrder, MoneyRefusal> {
  const refused = walletRefusal(wallet, till, facts);
  if (refused !== undefined) return refused;
  const { own, availableFen: available, debtFen } = balances(wallet, facts);
  if (own.debitsPending > 0) return err("HoldsOpen", `${own.debitsPending} fen are held`);
  if (debtFen > available) return err("DebtOutstanding", `${debtFen - available} fen`);
  const amountFen = available - debtFen;
  return ok({ ...NOTHING, wallet, till, amountFen, legs: legs([walletAccount(wallet), debtAccount(wallet), debtFen], [walletAccount(wallet), till, amountFen]), closes: true }); // prettier-ignore
}

/** How a refusal of a transfer is told of the order that wanted it; undefined: a mistake of ours. */
export function refusalOfStatus(status: TransferStatus): MoneyRefusal | undefined {
  switch (status) {
    case "ExceedsCredits":
      return "InsufficientFunds";
    case "HoldEndsBeforeItBegins":
    case "HoldOver":
    case "HoldUnknown":
    case "WalletClosed":
      return status;
    case "CreditAccountUnknown":
    case "DebitAccountUnknown":
      return "TillUnknown";
    case "SumTooLarge":
    case "AmountOutOfRange":
      return "AmountOverLimit";
    case "AccountsSame":
    case "AmountOverHold":
    case "ExceedsDebits":
    case "HoldDiffers":
      return undefined;
  }
}
