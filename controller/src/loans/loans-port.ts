import type { CredentialId, UnixSeconds } from "@portico/card-protocol";

/** Who borrows: no name, no card number. */
export interface Borrower {
  /** The zone whose list names the holder; empty: lists come from files. */
  readonly zone: string;
  /** Zone-local handle of the person, u32. */
  readonly holder: number;
  readonly credential: CredentialId;
}

/**
 * - `done`: lent, lent on or returned; `due`: when it has to be back, null where nobody says or nothing is lent any more
 * - `refused`: the library says no, and why
 * - `unreachable`: nobody knows whether it was done; the same may be asked again
 */
export type LoanAnswer =
  | { readonly kind: "done"; readonly due: UnixSeconds | null }
  | { readonly kind: "refused"; readonly detail: string }
  | { readonly kind: "unreachable"; readonly detail: string };

/** The library's loans. Asking twice is harmless: what somebody has already is lent on to them, what is back stays back. Never rejects. */
export interface LoansPort {
  /** No library is asked: answers say TEST. */
  readonly isTest: boolean;
  checkout(borrower: Borrower, item: string, now: UnixSeconds): Promise<LoanAnswer>;
  checkin(item: string): Promise<LoanAnswer>;
}
