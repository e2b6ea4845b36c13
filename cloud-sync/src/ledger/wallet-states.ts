import { debitBalanceFen, debtAccount } from "../core/ledger/account.ts";
import { recordChange } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LedgerTables } from "../store/ledger-tables.ts";
import type { Books } from "./books.ts";

export type WalletRow = LedgerTables["wallet"];

/**
 * Writes down which wallets a batch has blocked, lets pay again, or has closed: the list says what their owners may pay where nobody can be asked. In the
 * transaction of the movements, so that no crash leaves somebody blocked who has paid, or paying who owes as much as may be owed.
 *
 * @param wallets  those that the batch has moved and that belong to somebody, as they were
 */
export async function keepWalletStates(queries: Queries, books: Books, wallets: readonly WalletRow[], at: number): Promise<void> {
  for (const { person, wallet, closed_at, blocked: before } of wallets) {
    if (closed_at !== null) continue;
    const moved = books.entries.filter(({ movement }) => movement.wallet === wallet).map(({ movement }) => movement);
    const isClosed = moved.some(({ kind }) => kind === "close");
    const blocked = isBlocked(books, wallet) ? 1 : 0;
    if (!isClosed && blocked === before) continue;
    await queries.updateTable("wallet").set(isClosed ? { closed_at: at } : { blocked }).where("wallet", "=", wallet).execute(); // prettier-ignore
    const { acted_by: actor, reason } = moved.at(-1)!;
    const action = isClosed ? "wallet close" : blocked === 1 ? "wallet block" : "wallet unblock";
    await recordChange(queries, { actor, action, target: `wallet of person ${person}`, reason }, at, [{ kind: "person", id: person }]);
  }
}

/** Owes as much as may be owed. */
function isBlocked(books: Books, wallet: string): boolean {
  const debt = books.account(debtAccount(wallet));
  const debtFen = debt === undefined ? 0 : debitBalanceFen(debt);
  return debtFen > 0 && debtFen >= books.limits.debtFenMax;
}
