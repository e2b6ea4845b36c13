/** The stores there are: one text of every query serves both, and what differs is spelled out in {@link WORDS} alone. */
export type Dialect = "sqlite" | "postgres";

/** What the steps call a column type, and the end of a table. */
export interface Words {
  readonly int: string;
  readonly bytes: string;
  readonly counted: string;
  readonly end: string;
  /** Statements behind which rows of a table are neither changed nor deleted: what stands there is history. */
  readonly appendOnly: (table: string) => readonly string[];
}
export const WORDS: Readonly<Record<Dialect, Words>> = {
  sqlite: { int: "INTEGER", bytes: "BLOB", counted: "INTEGER PRIMARY KEY AUTOINCREMENT", end: "STRICT", appendOnly: appendOnlySqlite },
  postgres: { int: "BIGINT", bytes: "BYTEA", counted: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", end: "", appendOnly: appendOnlyPostgres },
};

/**
 * A statement of a step as a store takes it. Texts are compared by their bytes everywhere: pages and digests must not depend on how a server was set up.
 */
export const statementFor = (dialect: Dialect, statement: string): string =>
  dialect === "postgres" ? statement.replaceAll(/\bTEXT\b/g, 'TEXT COLLATE "C"') : statement;

/** One forward step of the layout. A step that was ever released is never changed: the next one mends it. */
export type Step = (words: Words) => readonly string[];

function appendOnlySqlite(table: string): readonly string[] {
  return ["UPDATE", "DELETE"].map(
    (change) =>
      `CREATE TRIGGER ${table}_refuses_${change.toLowerCase()} BEFORE ${change} ON ${table} BEGIN SELECT RAISE(ABORT, '${table} is append-only'); END`,
  );
}

function appendOnlyPostgres(table: string): readonly string[] {
  return [
    `CREATE FUNCTION ${table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${table} is append-only'; END $$`,
    `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_is_append_only()`,
  ];
}
