import { unixSeconds, type UnixSeconds } from "@portico/card-protocol";
import type { Borrower, LoanAnswer, LoansPort } from "./loans-port.ts";

const LOAN_S = 30 * 86_400;

/** Keeps loans in memory and forgets them when the program ends. Every item is there and lent for 30 days. */
export class MemoryLoans implements LoansPort {
  readonly isTest = true;
  readonly #lent = new Map<string, { readonly to: string; readonly due: UnixSeconds }>();

  /** What is lent, and when it has to be back. */
  get lent(): ReadonlyMap<string, { readonly to: string; readonly due: UnixSeconds }> {
    return this.#lent;
  }

  checkout({ zone, holder }: Borrower, item: string, now: UnixSeconds): Promise<LoanAnswer> {
    const to = `${zone}/${holder}`;
    if ((this.#lent.get(item)?.to ?? to) !== to) return Promise.resolve({ kind: "refused", detail: "somebody else has it" });
    const due = unixSeconds(now + LOAN_S);
    this.#lent.set(item, { to, due });
    return Promise.resolve({ kind: "done", due });
  }

  checkin(item: string): Promise<LoanAnswer> {
    this.#lent.delete(item);
    return Promise.resolve({ kind: "done", due: null });
  }
}
