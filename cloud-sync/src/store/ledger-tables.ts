import type { AccountKind } from "../core/ledger/account.ts";
import type { OrderKind, ReviewReason } from "../core/ledger/order.ts";
import type { TransferFlag } from "../core/ledger/transfer.ts";

/** The ledger. Amounts are whole fen. Nothing but `wallet` says whose anything is. */
export interface LedgerTables {
  /** Whoever writes holds this row, where several programs share the store. */
  ledger_turn: { one_row: number };
  /** The last movement of which callers were told. */
  ledger_told_mark: { one_row: number; seq: number };
  ledger_account: LedgerAccountTable;
  ledger_movement: LedgerMovementTable;
  ledger_transfer: LedgerTransferTable;
  /** Pending transfers that nothing has ended, one of a movement. */
  ledger_hold: { movement: string; transfer: string; debit: string; credit: string; amount_fen: number; expires_at: number | null };
  ledger_charge: { movement: string; refunded_fen: number; campus_fen: number };
  ledger_review: LedgerReviewTable;
  ledger_day: LedgerDayTable;
  /** Blocked: the list lets its owner pay nothing where the balance cannot be asked. */
  wallet: { person: string; wallet: string; opened_at: number; closed_at: number | null; blocked: number };
  /** JSON of the services document's `money.offline`, as the expansion goes by it. */
  offline_terms: { one_row: number; terms: string };
  till: { id: string; name_zh: string; name_en: string; ended_at: number | null };
  till_terminal: { terminal: string; till: string };
  card_loss: { credential: string; lost_at: number; back_at: number | null };
}

export interface LedgerAccountTable {
  id: string;
  kind: AccountKind;
  debits_pending: number;
  debits_posted: number;
  credits_pending: number;
  credits_posted: number;
  closed: number;
  /** The last day of the campus that is closed; empty: none. */
  closed_through: string;
  /** The number of the newest movement on its statement: of wallets and tills; null: none. */
  newest: number | null;
}

/** What one caller's id stands for. Append-only. */
export interface LedgerMovementTable {
  /** In the one order of all movements. */
  seq: number;
  id: string;
  kind: OrderKind;
  /** What was asked: the same id with another body is refused. */
  body: string;
  /** Key of the wallet that it concerns. */
  wallet: string | null;
  /** Account of the merchant, desk or provider. */
  till: string | null;
  amount_fen: number;
  /** The movement that it takes back, ends or decides. */
  refers_to: string | null;
  at: number;
  happened_at: number;
  /** The day of the campus on which it is booked. */
  day: string;
  /** It came later than it happened. */
  late: number;
  /** For people: what was paid for. */
  said: string;
  acted_by: string;
  reason: string;
  /** `<controller>/<terminal>`. */
  origin: string | null;
  credential: string | null;
  /** What it adds to balance less debt. */
  net_fen: number | null;
  /** Of the wallet, behind it. */
  balance_fen: number | null;
  debt_fen: number | null;
  /** The number of the movement before it on the wallet's statement, and on the till's; null: none. */
  wallet_before: number | null;
  till_before: number | null;
}

/** Append-only. */
export interface LedgerTransferTable {
  movement: number;
  /** Of the movement, from 1. */
  leg: number;
  debit: string;
  credit: string;
  amount_fen: number;
  flag: TransferFlag;
  /** Of what ends a hold: the movement that holds. No hold ends twice. */
  ends: number | null;
  expires_at: number | null;
  day: string;
}

export interface LedgerReviewTable {
  movement: string;
  why: ReviewReason;
  wallet: string | null;
  till: string;
  opened_at: number;
  asked_fen: number;
  /** 0: decided, or taken back. */
  open_fen: number;
  /** The movement that decided it. */
  decided_by: string | null;
}

/** A till's day that is closed. Append-only; no transfer is booked on it any more. */
export interface LedgerDayTable {
  account: string;
  day: string;
  /** The day that was closed before it: everything booked behind that is in it. */
  after_day: string;
  movements: number;
  debits: number;
  credits: number;
  /** Of the movements: those that came later than they happened. */
  late: number;
  /** The ledger's number when it was closed: what has a higher one is booked behind the day. */
  through_seq: number;
  closed_at: number;
  closed_by: string;
}
