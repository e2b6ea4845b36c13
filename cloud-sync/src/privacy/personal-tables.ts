import { sql } from "kysely";
import type { Queries } from "../store/cloud-database.ts";

/** A row as it is told: bytes by their length alone. */
export type PlainRow = Readonly<Record<string, string | number | null>>;

/** Derived from other tables, or what keeps somebody out: these go when what they stand on has gone. */
const DERIVED = new Set(["feed_item", "owed_expansion", "removed_credential"]);
/** Columns that open something, or by which a card could be copied. */
const SECRET = /key|hash|token|secret|number|seed/;

/**
 * The tables that hold rows of a person, by their column `person`: whatever part of the cloud keeps something of people is exported and erased with them, without
 * having to be named here.
 */
export async function personalTables(queries: Queries): Promise<string[]> {
  const tables = await queries.introspection.getTables();
  return tables
    .filter(({ name, columns }) => !DERIVED.has(name) && columns.some((column) => column.name === "person"))
    .map(({ name }) => name)
    .sort();
}

/** Every row of a person in a table. Secrets are named, never told. */
export async function rowsOf(queries: Queries, table: string, column: string, person: string): Promise<PlainRow[]> {
  const { rows } = await sql<Record<string, unknown>>`SELECT * FROM ${sql.table(table)} WHERE ${sql.ref(column)} = ${person}`.execute(queries);
  return rows.map(plainRow);
}

/** A row without what is secret in it. */
export const plainRow = (row: object): PlainRow => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(name, value)]));

/** Takes every row of a person out of a table. */
export async function forgetRows(queries: Queries, table: string, person: string): Promise<void> {
  await sql`DELETE FROM ${sql.table(table)} WHERE person = ${person}`.execute(queries);
}

function plain(name: string, value: unknown): string | number | null {
  if (value === null || typeof value === "number") return value;
  if (value instanceof Uint8Array) return `(kept, ${value.length} bytes)`;
  return SECRET.test(name) || typeof value !== "string" ? "(kept)" : value;
}
