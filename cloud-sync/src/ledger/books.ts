import type { LocalDate } from "@portico/card-protocol";
import { type Account, accountKindOf, CAMPUS_LOSS, emptyAccount, walletAccount } from "../core/ledger/account.ts";
import type { KeptMovement, KeptReview } from "../core/ledger/order.ts";
import type { MoneyLimits, OrderFacts, PlannedOrder } from "../core/ledger/plan-order.ts";
import type { Chained, OpenHold, Transfer, TransferFacts } from "../core/ledger/transfer.ts";
import type { LedgerMovementTable, LedgerReviewTable } from "../store/ledger-tables.ts";

/** Of a charge: what was taken back, and what the campus has paid of it and still stands for. */
export interface ChargeState {
  readonly refundedFen: number;
  readonly campusFen: number;
}

/** What the store holds of everything that a batch may touch. */
export interface BooksContent {
  readonly limits: MoneyLimits;
  readonly accounts: ReadonlyMap<string, Account>;
  /** The number of the newest movement on an account's statement; null or absent: none. */
  readonly newest: ReadonlyMap<string, number | null>;
  /** The last day that is closed, by account; absent: none. */
  readonly closedThrough: ReadonlyMap<string, string>;
  readonly movements: readonly LedgerMovementTable[];
  /** By movement. */
  readonly holds: ReadonlyMap<string, OpenHold>;
  readonly charges: ReadonlyMap<string, ChargeState>;
  readonly reviews: ReadonlyMap<string, LedgerReviewTable>;
}

/** What a movement adds to the ledger. */
export interface Entry {
  readonly movement: LedgerMovementTable;
  /** `ends`: of what ends a hold, the number of the movement that holds. */
  readonly transfers: readonly (Transfer & { readonly day: string; readonly ends: number | null })[];
}

/** The part of the ledger that a batch works on: what one order leaves the next one finds. Nothing reaches the store before the batch is over. */
export class Books implements OrderFacts, TransferFacts {
  readonly limits: MoneyLimits;
  readonly #accounts: Map<string, Account>;
  readonly #newest: Map<string, number | null>;
  readonly #closedThrough: ReadonlyMap<string, string>;
  readonly #movements: Map<string, LedgerMovementTable>;
  readonly #holds: Map<string, OpenHold>;
  readonly #holdsByTransfer: Map<string, OpenHold>;
  readonly #charges: Map<string, ChargeState>;
  readonly #reviews: Map<string, LedgerReviewTable>;
  readonly #changed = { accounts: new Set<string>(), holds: new Set<string>(), charges: new Set<string>(), reviews: new Set<string>() };
  readonly entries: Entry[] = [];

  constructor({ limits, accounts, newest, closedThrough, movements, holds, charges, reviews }: BooksContent) {
    this.limits = limits;
    this.#accounts = new Map(accounts);
    this.#newest = new Map(newest);
    this.#closedThrough = closedThrough;
    this.#movements = new Map(movements.map((row) => [row.id, row]));
    this.#holds = new Map(holds);
    this.#holdsByTransfer = new Map([...holds.values()].map((hold) => [hold.transfer.id, hold]));
    this.#charges = new Map(charges);
    this.#reviews = new Map(reviews);
  }

  /** Wallets and debts are there as soon as they are spoken of. */
  account(id: string): Account | undefined {
    const known = this.#accounts.get(id);
    if (known !== undefined) return known;
    const kind = accountKindOf(id);
    return kind === "wallet" || kind === "debt" ? emptyAccount(id) : undefined;
  }

  /** Whether a movement of this batch has moved it. */
  isChanged(account: string): boolean {
    return this.#changed.accounts.has(account);
  }

  hold(transfer: string): OpenHold | undefined {
    return this.#holdsByTransfer.get(transfer);
  }

  holdOf(movement: string): OpenHold | undefined {
    return this.#holds.get(movement);
  }

  /** As the store has it. */
  row(id: string): LedgerMovementTable | undefined {
    return this.#movements.get(id);
  }

  movement(id: string): KeptMovement | undefined {
    const row = this.#movements.get(id);
    if (row === undefined) return undefined;
    const { kind, body, wallet, till, amount_fen: amountFen } = row;
    return { id, kind, body, wallet, till, amountFen, ...(this.#charges.get(id) ?? { refundedFen: 0, campusFen: 0 }) };
  }

  review(id: string): KeptReview | undefined {
    const row = this.#reviews.get(id);
    return row && { id, openFen: row.open_fen, wallet: row.wallet, till: row.till, isDecided: row.open_fen === 0 };
  }

  /** The number of the newest movement on the account's statement; null: there is none. */
  newest(account: string): number | null {
    return this.#newest.get(account) ?? null;
  }

  /** The last closed day of a till; empty: none is closed. */
  closedThrough(account: string | null): LocalDate {
    return account === null ? "" : (this.#closedThrough.get(account) ?? "");
  }

  /** Takes a movement in, with all that follows from it. */
  add(entry: Entry, plan: PlannedOrder, chained: Chained): void {
    const { movement, transfers } = entry;
    this.entries.push(entry);
    this.#movements.set(movement.id, movement);
    for (const [id, account] of chained.accounts) this.#putAccount(account, id);
    if (plan.closes) this.#putAccount({ ...this.account(walletAccount(movement.wallet!))!, isClosed: true }, walletAccount(movement.wallet!));
    // It stands on their statements also where it moves neither.
    for (const account of statementsOf(movement)) {
      this.#putAccount(this.account(account)!, account);
      this.#newest.set(account, movement.seq);
    }
    for (const transfer of transfers) {
      if (transfer.flag === "pending") this.#putHold(movement.id, { transfer, movement: movement.id });
      if (transfer.pendingId !== null) this.#dropHold(transfer.pendingId);
    }
    this.#keepCharge(entry);
    this.#keepReview(movement, plan);
  }

  /** What was changed since the store was read. Holds that have ended are undefined. */
  get changed() {
    const of = <T>(ids: ReadonlySet<string>, map: ReadonlyMap<string, T>): (readonly [string, T | undefined])[] => [...ids].map((id) => [id, map.get(id)]);
    return {
      accounts: [...this.#changed.accounts].map((id) => this.#accounts.get(id)!),
      holds: of(this.#changed.holds, this.#holds),
      charges: of(this.#changed.charges, this.#charges),
      reviews: of(this.#changed.reviews, this.#reviews),
    };
  }

  #putAccount(account: Account, id: string): void {
    this.#accounts.set(id, account);
    this.#changed.accounts.add(id);
  }

  #putHold(movement: string, hold: OpenHold): void {
    this.#holds.set(movement, hold);
    this.#holdsByTransfer.set(hold.transfer.id, hold);
    this.#changed.holds.add(movement);
  }

  #dropHold(transfer: string): void {
    const { movement } = this.#holdsByTransfer.get(transfer)!;
    this.#holds.delete(movement);
    this.#holdsByTransfer.delete(transfer);
    this.#changed.holds.add(movement);
  }

  #addToCharge(id: string, { refundedFen, campusFen }: ChargeState): void {
    if (refundedFen === 0 && campusFen === 0) return;
    const before = this.#charges.get(id) ?? { refundedFen: 0, campusFen: 0 };
    this.#charges.set(id, { refundedFen: before.refundedFen + refundedFen, campusFen: before.campusFen + campusFen });
    this.#changed.charges.add(id);
  }

  #keepCharge({ movement: { id, kind, refers_to, amount_fen, till }, transfers }: Entry): void {
    const campusFen = sumOf(transfers, ({ debit }) => debit === CAMPUS_LOSS) - sumOf(transfers, ({ credit }) => credit === CAMPUS_LOSS);
    if (kind === "refund") return this.#addToCharge(refers_to!, { refundedFen: amount_fen, campusFen });
    if (kind !== "decide") return this.#addToCharge(id, { refundedFen: 0, campusFen });
    // Where the merchant pays, it is as if the charge were taken back.
    const refundedFen = sumOf(transfers, ({ debit }) => debit === till);
    this.#addToCharge(refers_to!, { refundedFen, campusFen });
  }

  #keepReview({ id, kind, wallet, till, at }: LedgerMovementTable, { review, reviewLeft }: PlannedOrder): void {
    if (review !== null) {
      const { why, openFen } = review;
      const row = { movement: id, why, wallet, till: till!, opened_at: at, asked_fen: openFen, open_fen: openFen, decided_by: null };
      this.#reviews.set(id, row);
      this.#changed.reviews.add(id);
    }
    if (reviewLeft === null) return;
    const { id: of, openFen } = reviewLeft;
    this.#reviews.set(of, { ...this.#reviews.get(of)!, open_fen: openFen, decided_by: kind === "decide" || openFen === 0 ? id : null });
    this.#changed.reviews.add(of);
  }
}

/** The accounts on whose statements a movement stands. */
const statementsOf = ({ wallet, till }: LedgerMovementTable): string[] => [
  ...(wallet === null ? [] : [walletAccount(wallet)]),
  ...(till === null ? [] : [till]),
];

const sumOf = (transfers: readonly Transfer[], which: (transfer: Transfer) => boolean): number =>
  transfers.reduce((sum, transfer) => sum + (which(transfer) ? transfer.amountFen : 0), 0);
