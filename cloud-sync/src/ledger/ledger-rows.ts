import type { Account } from "../core/ledger/account.ts";
import { accountKindOf, CAMPUS_LOSS, debtAccount, REVIEW, walletAccount } from "../core/ledger/account.ts";
import type { MoneyLimits } from "../core/ledger/plan-order.ts";
import type { OpenHold } from "../core/ledger/transfer.ts";
import type { Order } from "../core/ledger/order.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import { RowSet } from "../store/row-set.ts";
import { isPostgres, Statement } from "../store/statement.ts";
import type { LedgerAccountTable, LedgerMovementTable } from "../store/ledger-tables.ts";
import { Books } from "./books.ts";
import type { Ordered } from "./judge-batch.ts";

const MOVEMENTS = new RowSet({
  table: "ledger_movement",
  columns: ["seq", "id", "kind", "body", "wallet", "till", "amount_fen", "refers_to", "at", "happened_at", "day", "late", "said", "acted_by", "reason", "origin", "credential", "net_fen", "balance_fen", "debt_fen", "wallet_before", "till_before"], // prettier-ignore
});
const TRANSFERS = new RowSet({
  table: "ledger_transfer",
  columns: ["movement", "leg", "debit", "credit", "amount_fen", "flag", "ends", "expires_at", "day"],
});
const ACCOUNTS = new RowSet({
  table: "ledger_account",
  columns: ["id", "kind", "debits_pending", "debits_posted", "credits_pending", "credits_posted", "closed", "closed_through", "newest"],
  conflict: { key: "id", sets: ["debits_pending", "debits_posted", "credits_pending", "credits_posted", "closed", "newest"] },
});
const HOLDS = new RowSet({ table: "ledger_hold", columns: ["movement", "transfer", "debit", "credit", "amount_fen", "expires_at"] });
const CHARGES = new RowSet({
  table: "ledger_charge",
  columns: ["movement", "refunded_fen", "campus_fen"],
  conflict: { key: "movement", sets: ["refunded_fen", "campus_fen"] },
});
const REVIEWS = new RowSet({
  table: "ledger_review",
  columns: ["movement", "why", "wallet", "till", "opened_at", "asked_fen", "open_fen", "decided_by"],
  conflict: { key: "movement", sets: ["open_fen", "decided_by"] },
});
/** Ids in one statement. */
const IDS_MAX = 400;

/**
 * Whoever books waits until this transaction is committed. On SQLite everybody does anyway. Elsewhere the row is written, not only locked: a transaction that
 * saw the store before somebody else booked has to be begun anew.
 */
export async function holdLedger(queries: Queries): Promise<void> {
  if (isPostgres(queries)) await HOLD.rows(queries);
}
const HOLD = new Statement<never>("UPDATE ledger_turn SET one_row = one_row");

/** Where the ledger stands. */
export interface LedgerHead {
  /** Number and time of the newest movement; where there is none 0. Neither ever goes back. */
  readonly seq: number;
  readonly at: number;
  /** When the first of all holds is over; null: none will be. */
  readonly first_end: number | null;
}

/** Told by what stands in it, so that nothing is written for it. */
export async function readHead(queries: Queries): Promise<LedgerHead> {
  return (await HEAD.row(queries)) ?? { seq: 0, at: 0, first_end: null };
}
const HEAD = new Statement<LedgerHead>("SELECT seq, at, (SELECT MIN(expires_at) FROM ledger_hold) AS first_end FROM ledger_movement ORDER BY seq DESC LIMIT 1");

/** Reads of the store everything that these orders may touch. */
export async function readBooks(queries: Queries, limits: MoneyLimits, all: readonly Ordered[]): Promise<Books> {
  const referred = distinct(all.flatMap(({ order }) => refersTo(order) ?? []));
  const movements = await MOVEMENTS.having(queries, "id", distinct([...all.map(({ id }) => id), ...referred]));
  const holds = await HOLDS.having(queries, "movement", referred);
  const charges = await CHARGES.having(queries, "movement", referred);
  const reviews = await REVIEWS.having(queries, "movement", referred);
  const accounts = await ACCOUNTS.having(queries, "id", accountsOf(all, movements));
  return new Books({
    limits,
    accounts: new Map(accounts.map((row) => [row.id, accountOf(row)])),
    newest: new Map(accounts.map(({ id, newest }) => [id, newest])),
    closedThrough: new Map(accounts.flatMap(({ id, closed_through }) => (closed_through === "" ? [] : [[id, closed_through]]))),
    movements,
    holds: new Map(holds.map((row) => [row.movement, holdOf(row)])),
    charges: new Map(charges.map(({ movement, refunded_fen, campus_fen }) => [movement, { refundedFen: refunded_fen, campusFen: campus_fen }])),
    reviews: new Map(reviews.map((row) => [row.movement, row])),
  });
}

/** Writes what a batch has come to. */
export async function writeBooks(queries: Queries, books: Books): Promise<void> {
  const { accounts, holds, charges, reviews } = books.changed;
  const { entries } = books;
  await MOVEMENTS.put(queries, entries.map(({ movement }) => movement)); // prettier-ignore
  const transfers = entries.flatMap(({ movement, transfers: own }) =>
    own.map(({ debit, credit, amountFen, flag, ends, expiresAt, day }, nth) => ({
      movement: movement.seq,
      leg: nth + 1,
      debit,
      credit,
      amount_fen: amountFen,
      flag,
      ends,
      expires_at: expiresAt,
      day,
    })),
  );
  await TRANSFERS.put(queries, transfers);
  await ACCOUNTS.put(queries, accounts.map((account) => rowOf(account, books.newest(account.id)))); // prettier-ignore
  const ended = holds.filter(([, hold]) => hold === undefined).map(([id]) => id);
  for (const ids of portions(ended, IDS_MAX)) await queries.deleteFrom("ledger_hold").where("movement", "in", ids).execute();
  const begun = holds.flatMap(([movement, hold]) => {
    if (hold === undefined) return [];
    const { id: transfer, debit, credit, amountFen: amount_fen, expiresAt: expires_at } = hold.transfer;
    return [{ movement, transfer, debit, credit, amount_fen, expires_at }];
  });
  await HOLDS.put(queries, begun);
  await CHARGES.put(queries, charges.map(([movement, charge]) => ({ movement, refunded_fen: charge!.refundedFen, campus_fen: charge!.campusFen }))); // prettier-ignore
  await REVIEWS.put(queries, reviews.map(([, review]) => review!)); // prettier-ignore
}

export const accountOf = (row: LedgerAccountTable): Account => ({
  id: row.id,
  debitsPending: row.debits_pending,
  debitsPosted: row.debits_posted,
  creditsPending: row.credits_pending,
  creditsPosted: row.credits_posted,
  isClosed: row.closed === 1,
});

/** A new row has no closed day; of one that is there all but that is put. */
const rowOf = ({ id, debitsPending, debitsPosted, creditsPending, creditsPosted, isClosed }: Account, newest: number | null): LedgerAccountTable => ({
  id,
  kind: accountKindOf(id)!,
  debits_pending: debitsPending,
  debits_posted: debitsPosted,
  credits_pending: creditsPending,
  credits_posted: creditsPosted,
  closed: isClosed ? 1 : 0,
  closed_through: "",
  newest,
});

const holdOf = (row: { movement: string; transfer: string; debit: string; credit: string; amount_fen: number; expires_at: number | null }): OpenHold => ({
  movement: row.movement,
  transfer: {
    id: row.transfer,
    debit: row.debit,
    credit: row.credit,
    amountFen: row.amount_fen,
    flag: "pending",
    pendingId: null,
    expiresAt: row.expires_at,
  },
});

/** The movement that an order is about. */
function refersTo(order: Order): string | undefined {
  switch (order.kind) {
    case "post":
    case "void":
    case "expire":
      return order.hold;
    case "refund":
      return order.of;
    case "decide":
      return order.review;
    case "topUp":
    case "charge":
    case "hold":
    case "fact":
    case "handBack":
    case "close":
    case "keep":
    case "payOut":
      return undefined;
  }
}

/** Every account that these orders may move: named by themselves, or by what they are about, in the store or in the same batch. */
function accountsOf(all: readonly Ordered[], movements: readonly LedgerMovementTable[]): string[] {
  const ids = new Set<string>();
  const addWallet = (wallet: string | null): void => {
    if (wallet !== null) ids.add(walletAccount(wallet)).add(debtAccount(wallet));
  };
  for (const { wallet, till } of movements) {
    addWallet(wallet);
    if (till !== null) ids.add(till);
  }
  for (const { order } of all) {
    if ("wallet" in order) addWallet(order.wallet);
    if ("till" in order) ids.add(order.till);
    if (order.kind !== "topUp" && order.kind !== "charge" && order.kind !== "hold") ids.add(REVIEW).add(CAMPUS_LOSS);
  }
  return [...ids];
}

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)];
