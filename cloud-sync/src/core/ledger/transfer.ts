import { err, ok, type Result } from "@portico/card-protocol";
import { type Account, ACCOUNT_KIND, accountKindOf, FEN_MAX } from "./account.ts";

/** `pending` holds; `post` takes all or part of what is held and frees the rest; `void` and `expire` free all of it. */
export const TRANSFER_FLAGS = ["posted", "pending", "post", "void", "expire"] as const;
export type TransferFlag = (typeof TRANSFER_FLAGS)[number];

/** One movement from one account to another. Written once and never changed. */
export interface Transfer {
  /** Chosen before it is written: `<movement>/<leg>`. */
  readonly id: string;
  readonly debit: string;
  readonly credit: string;
  /** 1..2⁵³−1. Of `void` and `expire`: what was held. */
  readonly amountFen: number;
  readonly flag: TransferFlag;
  /** Of `post`, `void`, `expire`: the pending transfer that it ends. */
  readonly pendingId: string | null;
  /** Of `pending`: from then on it counts as free, Unix seconds. */
  readonly expiresAt: number | null;
}

/** A pending transfer that nothing has ended. */
export interface OpenHold {
  readonly transfer: Transfer;
  /** The movement that it belongs to. */
  readonly movement: string;
}

/** What a transfer is judged by. */
export interface TransferFacts {
  readonly account: (id: string) => Account | undefined;
  /** Undefined: there is no such pending transfer, or it has ended. */
  readonly hold: (transfer: string) => OpenHold | undefined;
}

/** Why a transfer is not made, in the order in which it is asked. */
export const TRANSFER_STATUSES = [
  "AmountOutOfRange",
  "AccountsSame",
  "DebitAccountUnknown",
  "CreditAccountUnknown",
  "WalletClosed",
  "HoldUnknown",
  "HoldOver",
  "HoldDiffers",
  "AmountOverHold",
  "HoldEndsBeforeItBegins",
  "SumTooLarge",
  "ExceedsCredits",
  "ExceedsDebits",
] as const;
export type TransferStatus = (typeof TRANSFER_STATUSES)[number];

/** The two accounts as a transfer leaves them. */
export interface Moved {
  readonly debit: Account;
  readonly credit: Account;
}

/** Judges one transfer at an instant, Unix seconds, and says what it makes of its accounts. Nothing else changes. */
export function judgeTransfer(transfer: Transfer, facts: TransferFacts, at: number): Result<Moved, TransferStatus> {
  const { debit: debitId, credit: creditId, amountFen, flag, pendingId, expiresAt } = transfer;
  if (!Number.isSafeInteger(amountFen) || amountFen < 1) return err("AmountOutOfRange", `${amountFen} fen`);
  if (debitId === creditId) return err("AccountsSame", debitId);
  const [debit, credit] = [facts.account(debitId), facts.account(creditId)];
  if (debit === undefined || accountKindOf(debitId) === undefined) return err("DebitAccountUnknown", debitId);
  if (credit === undefined || accountKindOf(creditId) === undefined) return err("CreditAccountUnknown", creditId);
  const frees = flag === "void" || flag === "expire";
  const closed = [debit, credit].find(({ id, isClosed }) => isClosed && accountKindOf(id) === "wallet");
  if (closed !== undefined && !frees) return err("WalletClosed", closed.id);
  let heldFen = 0;
  if (flag === "post" || frees) {
    const hold = pendingId === null ? undefined : facts.hold(pendingId);
    if (hold === undefined) return err("HoldUnknown", pendingId ?? "");
    const held = hold.transfer;
    if (flag !== "expire" && held.expiresAt !== null && held.expiresAt <= at) return err("HoldOver", held.id);
    if (held.debit !== debitId || held.credit !== creditId || (frees && held.amountFen !== amountFen)) return err("HoldDiffers", held.id);
    if (amountFen > held.amountFen) return err("AmountOverHold", `${amountFen} fen, ${held.amountFen} are held`);
    heldFen = held.amountFen;
  } else if (flag === "pending" && expiresAt !== null && expiresAt <= at) return err("HoldEndsBeforeItBegins", transfer.id);
  const pendingFen = flag === "pending" ? amountFen : -heldFen;
  const postedFen = flag === "posted" || flag === "post" ? amountFen : 0;
  const moved: Moved = {
    debit: { ...debit, debitsPending: debit.debitsPending + pendingFen, debitsPosted: debit.debitsPosted + postedFen },
    credit: { ...credit, creditsPending: credit.creditsPending + pendingFen, creditsPosted: credit.creditsPosted + postedFen },
  };
  if (moved.debit.debitsPending + moved.debit.debitsPosted > FEN_MAX || moved.credit.creditsPending + moved.credit.creditsPosted > FEN_MAX)
    return err("SumTooLarge", `${debitId}, ${creditId}`);
  // What frees or takes what is held already never makes an account worse.
  const { debitsMustNotExceedCredits } = ACCOUNT_KIND[accountKindOf(debitId)!];
  if (debitsMustNotExceedCredits && moved.debit.debitsPending + moved.debit.debitsPosted > moved.debit.creditsPosted)
    return err("ExceedsCredits", `${debitId}: ${debit.creditsPosted - debit.debitsPosted - debit.debitsPending} fen, ${amountFen} are wanted`);
  const { creditsMustNotExceedDebits } = ACCOUNT_KIND[accountKindOf(creditId)!];
  if (creditsMustNotExceedDebits && moved.credit.creditsPending + moved.credit.creditsPosted > moved.credit.debitsPosted)
    return err("ExceedsDebits", `${creditId}: ${credit.debitsPosted - credit.creditsPosted - credit.creditsPending} fen, ${amountFen} are wanted`);
  return ok(moved);
}

/** What a chain of transfers, all or none, makes of accounts and holds. */
export interface Chained {
  readonly accounts: ReadonlyMap<string, Account>;
}

/** Judges transfers that belong together: the first that is refused refuses all. */
export function judgeChain(transfers: readonly Transfer[], facts: TransferFacts, at: number): Result<Chained, TransferStatus> {
  const accounts = new Map<string, Account>();
  const ended = new Set<string>();
  const within: TransferFacts = {
    account: (id) => accounts.get(id) ?? facts.account(id),
    hold: (id) => (ended.has(id) ? undefined : facts.hold(id)),
  };
  for (const transfer of transfers) {
    const moved = judgeTransfer(transfer, within, at);
    if (!moved.ok) return moved;
    accounts.set(moved.value.debit.id, moved.value.debit);
    accounts.set(moved.value.credit.id, moved.value.credit);
    if (transfer.pendingId !== null) ended.add(transfer.pendingId);
  }
  return ok({ accounts });
}
