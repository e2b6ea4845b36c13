import type { Selectable } from "kysely";
import type { Queries } from "./cloud-database.ts";
import type { Schema } from "./schema.ts";
import { isPostgres, type Plain, rowsOf, type Several, Statement } from "./statement.ts";

/** Rows without what the store counts by itself. */
type Row<Table extends keyof Schema, Column extends keyof Schema[Table]> = Pick<Selectable<Schema[Table]>, Column & keyof Selectable<Schema[Table]>>;

export interface RowSetShape<Table extends keyof Schema, Column extends keyof Schema[Table] & string> {
  readonly table: Table;
  /** All that is put: texts and whole numbers, no bytes. */
  readonly columns: readonly Column[];
  /** A row that is there under this key has these set. Left out: it is an error. */
  readonly conflict?: { readonly key: Column; readonly sets: readonly Column[] };
}

interface Finding<Row> {
  readonly one: Statement<Row>;
  readonly several: Statement<Row>;
}

/** The most rows of one statement on SQLite. */
const ROWS_MAX = 64;

/**
 * Rows of a table that are put and found many at a time. Its statements have one text, or few, however many rows there are: each is put together once, and
 * compiled once. On SQLite rows go by powers of two, keys as a JSON array; PostgreSQL takes rows as JSON, keys as an array, and parses a short text.
 */
export class RowSet<Table extends keyof Schema, Column extends keyof Schema[Table] & string> {
  readonly #shape: RowSetShape<Table, Column>;
  /** By how many rows they put. */
  readonly #texts = new Map<number, string>();
  readonly #finding = new Map<Column, Finding<Selectable<Schema[Table]>>>();

  constructor(shape: RowSetShape<Table, Column>) {
    this.#shape = shape;
  }

  /** Puts them in their order. */
  async put(queries: Queries, rows: readonly Row<Table, Column>[]): Promise<void> {
    const { table, columns } = this.#shape;
    if (rows.length === 0) return;
    if (isPostgres(queries)) {
      const names = columns.join(", ");
      const text = `INSERT INTO ${table} (${names}) SELECT ${names} FROM json_populate_recordset(NULL::${table}, $1)${this.#conflict}`;
      await rowsOf(queries, text, [JSON.stringify(rows)]);
      return;
    }
    for (let from = 0, size = ROWS_MAX; from < rows.length; from += size) {
      while (size > rows.length - from) size /= 2;
      const values: Plain[] = [];
      for (let nth = from; nth < from + size; nth++)
        for (const column of columns) values.push((rows[nth] as unknown as Readonly<Record<string, Plain>>)[column]!);
      await rowsOf(queries, this.#textOf(size), values);
    }
  }

  /** Rows that have one of these keys in a column; each once, in no order. */
  having(queries: Queries, column: Column, keys: Several): Promise<Selectable<Schema[Table]>[]> {
    if (keys.length === 0) return Promise.resolve([]);
    const ofColumn = this.#finding.get(column) ?? this.#findingBy(column);
    return keys.length === 1 ? ofColumn.one.rows(queries, keys[0]!) : ofColumn.several.rows(queries, keys);
  }

  /** One key is looked up without a list: on SQLite that takes half the time. */
  #findingBy(column: Column): Finding<Selectable<Schema[Table]>> {
    const text = `SELECT * FROM ${this.#shape.table} WHERE ${column}`;
    const finding = { one: new Statement<Selectable<Schema[Table]>>(`${text} = ?`), several: new Statement<Selectable<Schema[Table]>>(`${text} ??`) };
    this.#finding.set(column, finding);
    return finding;
  }

  #textOf(rows: number): string {
    const known = this.#texts.get(rows);
    if (known !== undefined) return known;
    const { table, columns } = this.#shape;
    const row = `(${columns.map(() => "?").join(", ")})`;
    const text = `INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array.from({ length: rows }, () => row).join(", ")}${this.#conflict}`;
    this.#texts.set(rows, text);
    return text;
  }

  get #conflict(): string {
    const { conflict } = this.#shape;
    return conflict === undefined ? "" : ` ON CONFLICT (${conflict.key}) DO UPDATE SET ${conflict.sets.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  }
}
