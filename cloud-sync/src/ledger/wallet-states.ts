import { debitBalanceFen, debtAccount } from "../core/ledger/account.ts";
import { recordChange } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";
import type { Books } from "./books.ts";
import { WALLETS } from "./wallets.ts";

/**
 * Writes down which wallets a batch has blocked, lets pay again, or has closed: the list says what their owners may pay where nobody can be asked. In the
 * transaction of the movements, so that no crash leaves somebody blocked who has paid, or paying who owes as much as may be owed.
 */
export async function keepWalletStates(queries: Queries, books: Books, at: number): Promise<void> {
  const moved = new Map<string, LedgerMovementTable[]>();
  for (const { movement } of books.entries) if (movement.wallet !== null && mayChange(books, movement)) moved.set(movement.wallet, [...(moved.get(movement.wallet) ?? []), movement]); // prettier-ignore
  for (const { person, wallet, closed_at, blocked: before } of await WALLETS.having(queries, "wallet", [...moved.keys()])) {
    if (closed_at !== null) continue;
    const own = moved.get(wallet)!;
    const isClosed = own.some(({ kind }) => kind === "close");
    const blocked = isBlocked(books, wallet) ? 1 : 0;
    if (!isClosed && blocked === before) continue;
    await queries.updateTable("wallet").set(isClosed ? { closed_at: at } : { blocked }).where("wallet", "=", wallet).execute(); // prettier-ignore
    const { acted_by: actor, reason } = own.at(-1)!;
    const action = isClosed ? "wallet close" : blocked === 1 ? "wallet block" : "wallet unblock";
    await recordChange(queries, { actor, action, target: `wallet of person ${person}`, reason }, at, [{ kind: "person", id: person }]);
  }
}

/** Who owes nothing, and did not before, is not blocked: so a plain payment asks nothing of this. */
const mayChange = (books: Books, { kind, wallet }: LedgerMovementTable): boolean =>
  kind === "close" || books.isChanged(debtAccount(wallet!)) || debtOf(books, wallet!) > 0;

const debtOf = (books: Books, wallet: string): number => {
  const debt = books.account(debtAccount(wallet));
  return debt === undefined ? 0 : debitBalanceFen(debt);
};

/** Owes as much as may be owed. */
function isBlocked(books: Books, wallet: string): boolean {
  const debtFen = debtOf(books, wallet);
  return debtFen > 0 && debtFen >= books.limits.debtFenMax;
}
