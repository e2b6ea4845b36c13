import type { Account } from "../core/ledger/account.ts";
import { accountKindOf, CAMPUS_LOSS, debtAccount, REVIEW, walletAccount } from "../core/ledger/account.ts";
import type { MoneyLimits } from "../core/ledger/plan-order.ts";
import type { OpenHold } from "../core/ledger/transfer.ts";
import type { Order } from "../core/ledger/order.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LedgerAccountTable, LedgerMovementTable } from "../store/ledger-tables.ts";
import { Books } from "./books.ts";
import type { Ordered } from "./judge-batch.ts";

/** Ids in one statement, and rows in one. */
const IDS_MAX = 400;
const ROWS_MAX = 100;

/** Reads of the store everything that these orders may touch. */
export async function readBooks(queries: Queries, limits: MoneyLimits, all: readonly Ordered[]): Promise<Books> {
  const referred = all.flatMap(({ order }) => refersTo(order) ?? []);
  const movements: LedgerMovementTable[] = [];
  for (const ids of portions(distinct([...all.map(({ id }) => id), ...referred]), IDS_MAX))
    movements.push(...(await queries.selectFrom("ledger_movement").selectAll().where("id", "in", ids).execute()));
  const holds = new Map<string, OpenHold>();
  const charges = new Map<string, { refundedFen: number; campusFen: number }>();
  const reviews = new Map();
  for (const ids of portions(distinct(referred), IDS_MAX)) {
    for (const row of await queries.selectFrom("ledger_hold").selectAll().where("movement", "in", ids).execute()) holds.set(row.movement, holdOf(row));
    for (const row of await queries.selectFrom("ledger_charge").selectAll().where("movement", "in", ids).execute())
      charges.set(row.movement, { refundedFen: row.refunded_fen, campusFen: row.campus_fen });
    for (const row of await queries.selectFrom("ledger_review").selectAll().where("movement", "in", ids).execute()) reviews.set(row.movement, row);
  }
  const accounts = new Map<string, Account>();
  const closedThrough = new Map<string, string>();
  for (const ids of portions(accountsOf(all, movements), IDS_MAX))
    for (const row of await queries.selectFrom("ledger_account").selectAll().where("id", "in", ids).execute()) {
      accounts.set(row.id, accountOf(row));
      if (row.closed_through !== "") closedThrough.set(row.id, row.closed_through);
    }
  return new Books({ limits, accounts, closedThrough, movements, holds, charges, reviews });
}

/** Writes what a batch has come to. */
export async function writeBooks(queries: Queries, books: Books): Promise<void> {
  const { accounts, holds, charges, reviews } = books.changed;
  const { entries } = books;
  for (const portion of portions(entries, ROWS_MAX)) await queries.insertInto("ledger_movement").values(portion.map(({ movement }) => movement)).execute(); // prettier-ignore
  const transfers = entries.flatMap(({ movement, transfers: own }) =>
    own.map(({ id, debit, credit, amountFen, flag, pendingId, expiresAt, day }) => ({
      id,
      movement: movement.seq,
      debit,
      credit,
      amount_fen: amountFen,
      flag,
      pending_id: pendingId,
      expires_at: expiresAt,
      day,
    })),
  );
  for (const portion of portions(transfers, ROWS_MAX)) await queries.insertInto("ledger_transfer").values(portion).execute();
  for (const portion of portions(accounts, ROWS_MAX))
    await queries
      .insertInto("ledger_account")
      .values(portion.map((account) => rowOf(account)))
      .onConflict((conflict) =>
        conflict.column("id").doUpdateSet((each) => ({
          debits_pending: each.ref("excluded.debits_pending"),
          debits_posted: each.ref("excluded.debits_posted"),
          credits_pending: each.ref("excluded.credits_pending"),
          credits_posted: each.ref("excluded.credits_posted"),
          closed: each.ref("excluded.closed"),
        })),
      )
      .execute();
  const ended = holds.filter(([, hold]) => hold === undefined).map(([id]) => id);
  for (const ids of portions(ended, IDS_MAX)) await queries.deleteFrom("ledger_hold").where("movement", "in", ids).execute();
  const begun = holds.flatMap(([movement, hold]) => {
    if (hold === undefined) return [];
    const { id: transfer, debit, credit, amountFen: amount_fen, expiresAt: expires_at } = hold.transfer;
    return [{ movement, transfer, debit, credit, amount_fen, expires_at }];
  });
  for (const portion of portions(begun, ROWS_MAX)) await queries.insertInto("ledger_hold").values(portion).execute();
  for (const [movement, charge] of charges) {
    const sums = { refunded_fen: charge!.refundedFen, campus_fen: charge!.campusFen };
    await queries.insertInto("ledger_charge").values({ movement, ...sums }).onConflict((conflict) => conflict.column("movement").doUpdateSet(sums)).execute(); // prettier-ignore
  }
  for (const [, review] of reviews) {
    const { open_fen, decided_by } = review!;
    await queries.insertInto("ledger_review").values(review!).onConflict((conflict) => conflict.column("movement").doUpdateSet({ open_fen, decided_by })).execute(); // prettier-ignore
  }
}

export const accountOf = (row: LedgerAccountTable): Account => ({
  id: row.id,
  debitsPending: row.debits_pending,
  debitsPosted: row.debits_posted,
  creditsPending: row.credits_pending,
  creditsPosted: row.credits_posted,
  isClosed: row.closed === 1,
});

/** A new row has no closed day; of one that is there only the sums and whether it is closed are put. */
const rowOf = ({ id, debitsPending, debitsPosted, creditsPending, creditsPosted, isClosed }: Account): LedgerAccountTable => ({
  id,
  kind: accountKindOf(id)!,
  debits_pending: debitsPending,
  debits_posted: debitsPosted,
  credits_pending: creditsPending,
  credits_posted: creditsPosted,
  closed: isClosed ? 1 : 0,
  closed_through: "",
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
