import type { Result } from "@portico/card-protocol";
import type { MoneyRefusal } from "../core/ledger/order.ts";
import type { WalletKeys } from "../ledger/wallets.ts";
import type { ChangeNote } from "../mutation.ts";
import type { MoneyTerms } from "../services/money-terms.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";

/** What a top-up has of the campus's money: whose wallet is which, how much it may hold, and the credit itself. */
export interface Crediting {
  readonly terms: Pick<MoneyTerms, "balanceFenMax">;
  readonly wallets: Pick<WalletKeys, "of">;
  /** Credits the wallet of this key with what a provider has taken in. @param paidAt  Unix seconds */
  creditOf(
    note: ChangeNote,
    wallet: string,
    till: string,
    ask: { readonly id: string; readonly amountFen: number; readonly text: string },
    paidAt: number,
  ): Promise<Result<LedgerMovementTable, MoneyRefusal>>;
  /** Books what has happened at a till in place of a hand-back that a provider has refused. Again it is the same. */
  bookInstead(
    note: ChangeNote,
    kind: "keep" | "payOut",
    wallet: string,
    till: string,
    ask: { readonly id: string; readonly amountFen: number; readonly text: string },
  ): Promise<Result<LedgerMovementTable, MoneyRefusal>>;
}
