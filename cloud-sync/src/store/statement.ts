import { CompiledQuery, PostgresAdapter } from "kysely";
import type { Queries } from "./cloud-database.ts";

/** What a statement takes for each `?`. */
export type Plain = string | number | null;

/** Whether these are of a PostgreSQL database. */
export const isPostgres = (queries: Queries): boolean => queries.getExecutor().adapter instanceof PostgresAdapter;

/**
 * A statement that is asked so often that putting its text together would take longer than the database does. One text for both stores: each `?` is a value, in
 * their order.
 */
export class Statement<Row> {
  readonly #text: string;
  readonly #numbered: string;

  constructor(text: string) {
    let nth = 0;
    this.#text = text;
    this.#numbered = text.replaceAll("?", () => `$${++nth}`);
  }

  async rows(queries: Queries, ...values: readonly Plain[]): Promise<Row[]> {
    const text = isPostgres(queries) ? this.#numbered : this.#text;
    return (await queries.executeQuery<Row>(CompiledQuery.raw(text, [...values]))).rows;
  }
}
