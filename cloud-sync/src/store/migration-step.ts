/** The stores there are: one text of every query serves both, and what differs is spelled out in {@link WORDS} alone. */
export type Dialect = "sqlite" | "postgres";

/** What the steps call a column type, and the end of a table. */
export interface Words {
  readonly int: string;
  readonly bytes: string;
  readonly counted: string;
  readonly end: string;
}
export const WORDS: Readonly<Record<Dialect, Words>> = {
  sqlite: { int: "INTEGER", bytes: "BLOB", counted: "INTEGER PRIMARY KEY AUTOINCREMENT", end: "STRICT" },
  postgres: { int: "BIGINT", bytes: "BYTEA", counted: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", end: "" },
};

/**
 * A statement of a step as a store takes it. Texts are compared by their bytes everywhere: pages and digests must not depend on how a server was set up.
 */
export const statementFor = (dialect: Dialect, statement: string): string =>
  dialect === "postgres" ? statement.replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"') : statement;

/** One forward step of the layout. A step that was ever released is never changed: the next one mends it. */
export type Step = (words: Words) => readonly string[];
