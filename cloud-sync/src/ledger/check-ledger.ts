import { sql } from "kysely";
import { ACCOUNT_KIND } from "../core/ledger/account.ts";
import type { CloudDatabase, Queries } from "../store/cloud-database.ts";

/** How much was added up, and what is not as it must be. */
export interface LedgerCheck {
  readonly accounts: number;
  readonly movements: number;
  readonly broken: string[];
}

/** Adds up the ledger anew, from its transfers alone, as of one instant. */
export const checkLedger = (database: Pick<CloudDatabase, "transact">): Promise<LedgerCheck> => database.transact(check, "repeatable read");

interface Sums {
  dp: number;
  d: number;
  cp: number;
  c: number;
}
const OPEN = sql`flag = 'pending' AND NOT EXISTS (SELECT 1 FROM ledger_transfer AS ending WHERE ending.ends = ledger_transfer.movement)`;

async function check(queries: Queries): Promise<LedgerCheck> {
  const derived = await sumsOf(queries);
  const accounts = await queries.selectFrom("ledger_account").selectAll().orderBy("id").execute();
  const broken: string[] = [];
  for (const { id, kind, debits_pending: dp, debits_posted: d, credits_pending: cp, credits_posted: c } of accounts) {
    const is = derived.get(id) ?? { dp: 0, d: 0, cp: 0, c: 0 };
    derived.delete(id);
    if (is.dp !== dp || is.d !== d || is.cp !== cp || is.c !== c) broken.push(`${id} is not the sum of its transfers`);
    if (Math.min(dp, d, cp, c) < 0) broken.push(`${id} has a sum below nothing`);
    if (ACCOUNT_KIND[kind].debitsMustNotExceedCredits && dp + d > c) broken.push(`${id} is overdrawn`);
    if (ACCOUNT_KIND[kind].creditsMustNotExceedDebits && cp + c > d) broken.push(`${id} was given more than it is owed`);
  }
  for (const id of derived.keys()) broken.push(`${id} has transfers and no account`);
  const sum = (of: (account: (typeof accounts)[number]) => number): number => accounts.reduce((total, account) => total + of(account), 0);
  if (sum((one) => one.debits_posted) !== sum((one) => one.credits_posted)) broken.push("posted debits are not posted credits");
  if (sum((one) => one.debits_pending) !== sum((one) => one.credits_pending)) broken.push("pending debits are not pending credits");
  const { rows: open } = await sql<{ id: string }>`
    SELECT movement.id FROM ledger_transfer JOIN ledger_movement AS movement ON movement.seq = ledger_transfer.movement WHERE ${OPEN} ORDER BY movement.id`.execute(
    queries,
  );
  const holds = await queries.selectFrom("ledger_hold").select("movement").orderBy("movement").execute();
  if (open.map(({ id }) => id).join() !== holds.map(({ movement }) => movement).join())
    broken.push("what is listed as held is not what pending transfers hold");
  const { fen } = await queries.selectFrom("ledger_review").select(({ fn }) => fn.sum<number | null>("open_fen").as("fen")).executeTakeFirstOrThrow(); // prettier-ignore
  const review = accounts.find(({ id }) => id === "review");
  if ((fen ?? 0) !== (review === undefined ? 0 : review.debits_posted - review.credits_posted)) broken.push("open reviews are not what nobody has paid");
  const { rows: strayed } = await sql<{ id: string }>`
    SELECT id FROM (
      SELECT id, balance_fen - debt_fen AS told, SUM(net_fen) OVER (PARTITION BY wallet ORDER BY seq) AS added FROM ledger_movement WHERE wallet IS NOT NULL
    ) AS line WHERE told <> added ORDER BY id`.execute(queries);
  for (const { id } of strayed) broken.push(`the balance behind ${id} is not the sum of the statement`);
  await checkChains(queries, broken);
  const { movements } = await queries.selectFrom("ledger_movement").select(({ fn }) => fn.countAll<number>().as("movements")).executeTakeFirstOrThrow(); // prettier-ignore
  return { accounts: accounts.length, movements, broken };
}

/** A statement is its chain: from the newest, which the account names, each movement names the one before it. */
async function checkChains(queries: Queries, broken: string[]): Promise<void> {
  for (const [side, account] of [
    ["wallet", sql`'wallet/' || wallet`],
    ["till", sql`till`],
  ] as const) {
    const named = sql.ref(`${side}_before`);
    const { rows: loose } = await sql<{ id: string }>`
      SELECT id FROM (
        SELECT id, ${named} AS named, LAG(seq) OVER (PARTITION BY ${sql.ref(side)} ORDER BY seq) AS earlier FROM ledger_movement WHERE ${sql.ref(side)} IS NOT NULL
      ) AS line WHERE COALESCE(named, 0) <> COALESCE(earlier, 0) ORDER BY id`.execute(queries);
    for (const { id } of loose) broken.push(`${id} does not name the movement before it on the statement of its ${side}`);
    const { rows: unnamed } = await sql<{ account: string }>`
      SELECT account FROM (SELECT ${account} AS account, MAX(seq) AS seq FROM ledger_movement WHERE ${sql.ref(side)} IS NOT NULL GROUP BY ${sql.ref(side)}) AS last
        LEFT JOIN ledger_account ON ledger_account.id = last.account
      WHERE COALESCE(ledger_account.newest, 0) <> last.seq ORDER BY account`.execute(queries);
    for (const { account: id } of unnamed) broken.push(`${id} does not name the newest movement on its statement`);
  }
}

/** The four sums of each account, from its transfers. */
async function sumsOf(queries: Queries): Promise<Map<string, Sums>> {
  const sums = new Map<string, Sums>();
  const of = (id: string): Sums => {
    const known = sums.get(id) ?? { dp: 0, d: 0, cp: 0, c: 0 };
    sums.set(id, known);
    return known;
  };
  for (const side of ["debit", "credit"] as const) {
    const account = sql.ref(side);
    const { rows } = await sql<{ account: string; open: number; posted: number }>`
      SELECT ${account} AS account, SUM(CASE WHEN ${OPEN} THEN amount_fen ELSE 0 END) AS open, SUM(CASE WHEN flag IN ('posted', 'post') THEN amount_fen ELSE 0 END) AS posted
      FROM ledger_transfer GROUP BY ${account}`.execute(queries);
    for (const { account: id, open, posted } of rows) Object.assign(of(id), side === "debit" ? { dp: open, d: posted } : { cp: open, c: posted });
  }
  return sums;
}
