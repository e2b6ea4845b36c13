import { crc32 } from "node:zlib";
import type { Statement } from "better-sqlite3";

/** What a value of a checked row may be. */
export type CheckedValue = string | number | null;

/** The small tables that a start goes by and that neither the list's digest nor the events' hashes cover. Their last column is {@link rowCheck} of the others. */
export const CHECKED_TABLES = [
  "door_mode",
  "replay_place",
  "run",
  "clock_record",
  "open_grant_mark",
  "spent_mark",
  "event_upload",
  "area_holder",
  "area_mark",
  "pin",
  "pin_tries",
  "lane_count",
  "commissioning",
  "charge",
  "print_release",
  "room_lock",
  "lock_deny_set",
] as const;
export type CheckedTable = (typeof CHECKED_TABLES)[number];

/** Compiles a statement: a database that is open for writing, or one that is only looked at. */
export type Prepare = <Parameters extends unknown[], Row>(sql: string) => Statement<Parameters, Row>;

/** A table says something else than what this program wrote into it: the disk or somebody altered it. */
export class AlteredTable extends Error {
  override readonly name = "AlteredTable";
  constructor(table: CheckedTable | "spent_counter", finding: string) {
    super(`table ${table}: ${finding}`);
  }
}

/**
 * CRC-32 of a row's values, in the order of its columns: kept beside them in a column of its own. It shows what a failing disk does, but for one alteration in
 * four billions; whoever alters a row on purpose can compute it as well.
 */
export const rowCheck = (...values: readonly CheckedValue[]): number => crc32(values.join(" "));

/**
 * The check of a row of `spent_counter`, as SQL over its columns: integers of 0..2³²−1, the credential's eight bytes as two of them. SQLite computes it, because
 * a start then looks through 100,000 rows within 20 ms. Weights and prime are such that one altered bit never leaves it as it was, in the row's key either.
 */
export const SPENT_CHECK = "((credential & 4294967295) * 3 + (credential >> 32 & 4294967295) * 5 + place * 7 + counter * 11 + signed_at * 13) % 4294967311";

/**
 * All rows of a table, without their checks.
 *
 * @throws AlteredTable where a row is not the one that was written
 */
export function checkedRows<Row extends readonly CheckedValue[]>(prepare: Prepare, table: CheckedTable): Row[] {
  return prepare<[], [...Row, check: number]>(`SELECT * FROM ${table}`)
    .raw()
    .all()
    .map((row) => {
      const values = row.slice(0, -1) as unknown as Row;
      if (row.at(-1) !== rowCheck(...values)) throw new AlteredTable(table, `row ${values[0]} was altered`);
      return values;
    });
}

/** The event that a mark of the database is set at. @throws AlteredTable where there is none, or another than was written */
export function checkedMark(prepare: Prepare, table: "open_grant_mark" | "spent_mark" | "area_mark"): number {
  const [row] = checkedRows<[only: number, seq: number]>(prepare, table);
  if (row === undefined) throw new AlteredTable(table, "its row is missing");
  return row[1];
}
