import { type RawBuilder, sql, type SqlBool } from "kysely";
import { walletAccount } from "../core/ledger/account.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { LedgerMovementTable } from "../store/ledger-tables.ts";

/** Whose statement: a wallet's by its key, or a till's. */
export type StatementOf = { readonly wallet: string } | { readonly till: string };

/** Which part of a statement. */
export interface StatementQuery {
  /** The number of the last line of the page before; undefined: from the newest on. */
  readonly before: number | undefined;
  readonly limit: number;
  /** Happened at from ≤ t < until. */
  readonly from?: number | undefined;
  readonly until?: number | undefined;
}

/** How far back a statement is walked. */
interface Walk {
  /** Where it begins, if that stands on the statement; undefined: at the newest. */
  readonly start?: number | undefined;
  /** A condition on `movement`: the one before it is looked at only where it holds. */
  readonly goesOn?: RawBuilder<SqlBool>;
  /** It ends with so many of these, by a condition on `movement`. */
  readonly enough?: { readonly of: RawBuilder<SqlBool>; readonly limit: number };
}

/**
 * `line (seq, found)`: the numbers of the movements on a statement, from the newest back, each found by the one behind it. As many rows are looked up as by an
 * index, and none is written for it. To be joined by `CROSS JOIN`: SQLite takes tables in their order then.
 */
function linesOf(of: StatementOf, { start, goesOn = sql`TRUE`, enough }: Walk = {}): RawBuilder<unknown> {
  const [side, key, account] = "wallet" in of ? (["wallet", of.wallet, walletAccount(of.wallet)] as const) : (["till", of.till, of.till] as const);
  const newest = sql`(SELECT newest FROM ledger_account WHERE id = ${account})`;
  const first = start === undefined ? newest : sql`COALESCE((SELECT seq FROM ledger_movement WHERE seq = ${start} AND ${sql.ref(side)} = ${key}), ${newest})`;
  const before = sql.ref(`movement.${side}_before`);
  const found = enough === undefined ? sql`line.found` : sql`line.found + CASE WHEN ${enough.of} THEN 1 ELSE 0 END`;
  return sql`line (seq, found) AS (
    SELECT ${first}, 0
    UNION ALL
    SELECT ${before}, ${found} FROM line CROSS JOIN ledger_movement AS movement
    WHERE movement.seq = line.seq AND ${before} IS NOT NULL AND ${goesOn} ${enough === undefined ? sql`` : sql`AND ${found} < ${enough.limit}`}
  )`;
}

/** Kinds that move nothing of anybody's yet: what is held is told beside the balance. */
const UNTOLD = ["hold", "void", "expire"] as const;

/** The newest entry first (rule 2.17): one that came late stands where it came, with the time at which it happened. */
export async function readStatement(
  queries: Queries,
  of: { readonly person: string } | { readonly till: string },
  { before, limit, from, until }: StatementQuery,
): Promise<LedgerMovementTable[]> {
  const statement = "till" in of ? of : await queries.selectFrom("wallet").select("wallet").where("person", "=", of.person).executeTakeFirst();
  if (statement === undefined) return [];
  const wanted = sql.join<SqlBool>(
    [
      sql`movement.kind NOT IN (${sql.join(UNTOLD)})`,
      ...(before === undefined ? [] : [sql`movement.seq < ${before}`]),
      ...(from === undefined ? [] : [sql`movement.happened_at >= ${from}`]),
      ...(until === undefined ? [] : [sql`movement.happened_at < ${until}`]),
    ],
    sql` AND `,
  );
  // Nothing was entered before it happened.
  const goesOn = from === undefined ? sql<SqlBool>`TRUE` : sql<SqlBool>`movement.at >= ${from}`;
  const lines = linesOf(statement, { start: before, goesOn, enough: { of: wanted, limit } });
  const { rows } = await sql<LedgerMovementTable>`WITH RECURSIVE ${lines}
    SELECT movement.* FROM line CROSS JOIN ledger_movement AS movement WHERE movement.seq = line.seq AND ${wanted} ORDER BY movement.seq DESC LIMIT ${limit}`.execute(queries); // prettier-ignore
  return rows;
}

/** All movements on the statement of a wallet, the oldest first. */
export async function movementsOf(queries: Queries, wallet: string): Promise<LedgerMovementTable[]> {
  const { rows } = await sql<LedgerMovementTable>`WITH RECURSIVE ${linesOf({ wallet })}
    SELECT movement.* FROM line CROSS JOIN ledger_movement AS movement WHERE movement.seq = line.seq ORDER BY movement.seq`.execute(queries);
  return rows;
}

/** Where the money of a wallet came from by top-up, the newest first. */
export async function sourcesOf(queries: Queries, wallet: string): Promise<readonly { readonly till: string; readonly amountFen: number }[]> {
  const { rows } = await sql<{ till: string; amountFen: number }>`WITH RECURSIVE ${linesOf({ wallet })}
    SELECT till, SUM(amount_fen) AS "amountFen" FROM line CROSS JOIN ledger_movement AS movement
    WHERE movement.seq = line.seq AND kind = 'topUp' GROUP BY till ORDER BY MAX(movement.seq) DESC`.execute(queries);
  return rows;
}

/** What a till has taken and given on some days. Fen. */
export interface DayTotals {
  readonly movements: number;
  readonly debits: number;
  readonly credits: number;
  /** Of the movements: those that came later than they happened. */
  readonly late: number;
}

/** What stands on a till's statement behind the movement `throughSeq` and is booked on the days behind `after` up to `day`. */
export async function totalsOf(queries: Queries, till: string, throughSeq: number, after: string, day: string): Promise<DayTotals> {
  const lines = linesOf({ till }, { goesOn: sql<SqlBool>`movement.till_before > ${throughSeq}` });
  const { rows } = await sql<DayTotals>`WITH RECURSIVE ${lines}
    SELECT COUNT(DISTINCT movement.seq) AS movements,
      COALESCE(SUM(CASE WHEN transfer.debit = ${till} THEN transfer.amount_fen ELSE 0 END), 0) AS debits,
      COALESCE(SUM(CASE WHEN transfer.credit = ${till} THEN transfer.amount_fen ELSE 0 END), 0) AS credits,
      COUNT(DISTINCT CASE WHEN movement.late = 1 THEN movement.seq END) AS late
    FROM line CROSS JOIN ledger_movement AS movement CROSS JOIN ledger_transfer AS transfer
    WHERE movement.seq = line.seq AND transfer.movement = movement.seq AND movement.seq > ${throughSeq} AND movement.day > ${after} AND movement.day <= ${day}
      AND transfer.flag IN ('posted', 'post') AND (transfer.debit = ${till} OR transfer.credit = ${till})`.execute(queries);
  return rows[0]!;
}
