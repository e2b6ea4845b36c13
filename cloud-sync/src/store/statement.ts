import { CompiledQuery, PostgresAdapter } from "kysely";
import { atOnceOf } from "./at-once.ts";
import type { Queries } from "./cloud-database.ts";

/** What a statement takes for each `?`. */
export type Plain = string | number | Uint8Array | null;
/** What it takes for each `??`. */
export type Several = readonly (string | number)[];

/** Rows of a text that is put together already. */
export async function rowsOf<Row>(queries: Queries, text: string, values: readonly unknown[]): Promise<Row[]> {
  const atOnce = atOnceOf(queries);
  if (atOnce !== undefined) return atOnce(text, values) as Row[];
  return (await queries.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
}

/** Whether these are of a PostgreSQL database. */
export const isPostgres = (queries: Queries): boolean => queries.getExecutor().adapter instanceof PostgresAdapter;

/**
 * A statement that is asked so often that putting its text together would take longer than the database does. One text for both stores: each `?` is a value,
 * each `??` behind a column says that it is one of several, in their order. What an index is for alone (`active = 1`) stands in it as a number: of a value that
 * comes later SQLite cannot know that the index has it.
 */
export class Statement<Row> {
  readonly #text: string;
  readonly #numbered: string;

  constructor(text: string) {
    let nth = 0;
    this.#text = text.replaceAll("??", "IN (SELECT value FROM json_each(?))");
    this.#numbered = text.replaceAll(/\?\??/g, (mark) => (mark === "?" ? `$${++nth}` : `= ANY ($${++nth})`));
  }

  rows(queries: Queries, ...values: readonly (Plain | Several)[]): Promise<Row[]> {
    const isNumbered = isPostgres(queries);
    const given = isNumbered ? values : values.map((value) => (Array.isArray(value) ? JSON.stringify(value) : value));
    return rowsOf(queries, isNumbered ? this.#numbered : this.#text, given);
  }

  /** Of statements that find one row at the most. */
  async row(queries: Queries, ...values: readonly (Plain | Several)[]): Promise<Row | undefined> {
    return (await this.rows(queries, ...values))[0];
  }
}
