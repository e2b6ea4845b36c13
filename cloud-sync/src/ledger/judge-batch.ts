import { dateOfDay, dayOfDate, err, type LocalDate, localTime, ok, type Result, unixSeconds } from "@portico/card-protocol";
import { creditBalanceFen, debitBalanceFen, debtAccount, walletAccount } from "../core/ledger/account.ts";
import type { MoneyRefusal, Order } from "../core/ledger/order.ts";
import { planOrder, refusalOfStatus } from "../core/ledger/plan-order.ts";
import { judgeChain, type Transfer } from "../core/ledger/transfer.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";
import type { Books } from "./books.ts";

/** An order with the caller's id, and what stands beside it in the ledger. */
export interface Ordered {
  /** 8 to 64 letters, digits and `_ . -`: the same id with the same body is the same movement, however often it is asked for. */
  readonly id: string;
  readonly order: Order;
  /** What the caller asked for, as text. */
  readonly body: string;
  /** For people. */
  readonly said: string;
  readonly by: string;
  readonly reason: string;
  /** When it happened, where that was before it was told; null: now. Unix seconds. */
  readonly happenedAt: number | null;
  /** `<controller>/<terminal>`. */
  readonly origin: string | null;
  readonly credential: string | null;
}

/** A movement that stands, and whether it did before. */
export interface Posted {
  readonly movement: LedgerMovementTable;
  readonly isRepeated: boolean;
}
export type PostedResult = Result<Posted, MoneyRefusal>;

/** When a batch is judged. */
export interface Moment {
  readonly at: number;
  readonly timeZone: string;
  /** What came so much later than it happened is marked late, seconds. */
  readonly lateAfterS: number;
}

/** Judges orders one after the other; what one leaves the next one finds. @param nextSeq  gives the next movement's number */
export function judgeOrder(books: Books, ordered: Ordered, moment: Moment, nextSeq: () => number): PostedResult {
  const { id, order, body, happenedAt } = ordered;
  const before = books.row(id);
  if (before !== undefined)
    return before.body === body && before.kind === order.kind
      ? ok({ movement: before, isRepeated: true })
      : err("MovementIdTaken", `${id} stands for another ${before.kind}`);
  const plan = planOrder(order, books);
  if (!plan.ok) return plan;
  const { legs, wallet, till, amountFen, of } = plan.value;
  const transfers = legs.map((leg, nth): Transfer => ({ ...leg, id: `${id}/${nth + 1}` }));
  const chained = judgeChain(transfers, books, moment.at);
  if (!chained.ok) {
    const refused = refusalOfStatus(chained.error);
    if (refused === undefined) throw new Error(`movement ${id}, ${order.kind}: ${chained.error}, ${chained.detail}`);
    return err(refused, chained.detail);
  }
  const happened = Math.min(happenedAt ?? moment.at, moment.at);
  const late = moment.at - happened > moment.lateAfterS;
  const day = bookedOn(moment.timeZone, happened, books.closedThrough(till));
  const after = (account: string, balance: typeof creditBalanceFen): number => {
    const found = chained.value.accounts.get(account) ?? books.account(account);
    return found === undefined ? 0 : balance(found);
  };
  const movement: LedgerMovementTable = {
    seq: nextSeq(),
    id,
    kind: order.kind,
    body,
    wallet,
    till,
    amount_fen: amountFen,
    refers_to: of,
    at: moment.at,
    happened_at: happened,
    day,
    late: late ? 1 : 0,
    said: ordered.said,
    acted_by: ordered.by,
    reason: ordered.reason,
    origin: ordered.origin,
    credential: ordered.credential,
    net_fen: wallet === null ? null : netOf(wallet, transfers),
    balance_fen: wallet === null ? null : after(walletAccount(wallet), creditBalanceFen),
    debt_fen: wallet === null ? null : after(debtAccount(wallet), debitBalanceFen),
    wallet_before: wallet === null ? null : books.newest(walletAccount(wallet)),
    till_before: till === null ? null : books.newest(till),
  };
  const endsOf = (pending: string | null): number | null => (pending === null ? null : books.row(books.hold(pending)!.movement)!.seq);
  books.add({ movement, transfers: transfers.map((transfer) => ({ ...transfer, day, ends: endsOf(transfer.pendingId) })) }, plan.value, chained.value);
  return ok({ movement, isRepeated: false });
}

/** What transfers add to a wallet and take from its debts. */
function netOf(wallet: string, transfers: readonly Transfer[]): number {
  const own = new Set([walletAccount(wallet), debtAccount(wallet)]);
  return transfers.reduce((sum, { debit, credit, amountFen, flag }) => {
    if (flag !== "posted" && flag !== "post") return sum;
    return sum + (own.has(credit) ? amountFen : 0) - (own.has(debit) ? amountFen : 0);
  }, 0);
}

/** The day on which it happened, or where that is closed at the till the first one that is not. */
function bookedOn(timeZone: string, happenedAt: number, closedThrough: LocalDate): LocalDate {
  const { date } = localTime(timeZone, unixSeconds(happenedAt));
  return closedThrough === "" || date > closedThrough ? date : dateOfDay(dayOfDate(closedThrough) + 1);
}
