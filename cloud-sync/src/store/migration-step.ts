/** The stores there are: one text of every query serves both, and what differs is spelled out in {@link WORDS} alone. */
export type Dialect = "sqlite" | "postgres";

/** Rows of a table that have the same numbers and share an instant of from ≤ t < until: there are never two of them. */
export interface Exclusion {
  readonly table: string;
  /** The primary key: by it a row is not compared with itself. */
  readonly key: readonly string[];
  /** Columns of whole numbers. */
  readonly same: readonly string[];
  readonly from: string;
  readonly until: string;
  /** A column: rows in which it is 1 exclude each other, others nobody. */
  readonly where: string;
}

/** SQLite has no exclusion constraint: a trigger looks before each row is written. One transaction writes at a time, so nothing comes between. */
function overlapTriggers({ table, key, same, from, until, where }: Exclusion): string[] {
  const isSame = same.map((column) => `${column} = NEW.${column}`).join(" AND ");
  const isItself = key.map((column) => `${column} = NEW.${column}`).join(" AND ");
  const other = `SELECT 1 FROM ${table} WHERE ${where} = 1 AND ${isSame} AND ${until} > NEW.${from} AND ${from} < NEW.${until} AND NOT (${isItself})`;
  return ["INSERT", "UPDATE"].map(
    (act) =>
      `CREATE TRIGGER ${table}_overlap_${act.toLowerCase()} BEFORE ${act} ON ${table} WHEN NEW.${where} = 1 AND EXISTS (${other}) BEGIN SELECT RAISE(ABORT, '${table} overlaps'); END`,
  );
}

/** Numbers are compared as ranges of one number: so no extension is needed. PostgreSQL 15, section 5.4.6. */
const exclusionConstraint = ({ table, same, from, until, where }: Exclusion): string[] => [
  `ALTER TABLE ${table} ADD CONSTRAINT ${table}_overlap EXCLUDE USING gist (${same.map((column) => `int8range(${column}, ${column}, '[]') WITH &&`).join(", ")}, int8range(${from}, ${until}) WITH &&) WHERE (${where} = 1)`,
];

/** What the steps call a column type, and the end of a table. */
export interface Words {
  readonly int: string;
  readonly bytes: string;
  /** A number that rises from row to row and is given once. */
  readonly counted: string;
  /** The same, of a table whose last rows may go: their numbers may be given again. SQLite keeps no count of them elsewhere. */
  readonly ordered: string;
  readonly end: string;
  /** Of a table whose rows lie by their key and have no other. */
  readonly keyedEnd: string;
  /** Statements behind which rows of a table are neither changed nor deleted: what stands there is history. */
  readonly appendOnly: (table: string) => readonly string[];
  /** Statements that lift it, for a step that puts something beside what stands there. */
  readonly changeable: (table: string) => readonly string[];
  /** Statements by which the store itself refuses rows whose times overlap. */
  readonly noOverlap: (exclusion: Exclusion) => readonly string[];
  /** Statements behind which a row is refused of which a condition on `NEW` holds. @param name  of the refusal, snake_case */
  readonly refusesInsert: (table: string, name: string, condition: string) => readonly string[];
  /** Statements that lift it, for a step that puts the condition otherwise. */
  readonly takesInsert: (table: string, name: string) => readonly string[];
}
export const WORDS: Readonly<Record<Dialect, Words>> = {
  sqlite: {
    int: "INTEGER",
    bytes: "BLOB",
    counted: "INTEGER PRIMARY KEY AUTOINCREMENT",
    ordered: "INTEGER PRIMARY KEY",
    end: "STRICT",
    keyedEnd: "STRICT, WITHOUT ROWID",
    appendOnly: appendOnlySqlite,
    changeable: (table) => [`DROP TRIGGER ${table}_refuses_update`, `DROP TRIGGER ${table}_refuses_delete`],
    noOverlap: overlapTriggers,
    refusesInsert: refusesInsertSqlite,
    takesInsert: (table, name) => [`DROP TRIGGER ${table}_${name}`],
  },
  postgres: {
    int: "BIGINT",
    bytes: "BYTEA",
    counted: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    ordered: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    end: "",
    keyedEnd: "",
    appendOnly: appendOnlyPostgres,
    changeable: (table) => [`DROP TRIGGER ${table}_append_only ON ${table}`],
    noOverlap: exclusionConstraint,
    refusesInsert: refusesInsertPostgres,
    takesInsert: (table, name) => [`DROP TRIGGER ${table}_${name} ON ${table}`],
  },
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

/** A function of PostgreSQL outlives its table: one that is laid out anew takes it over. */
function appendOnlyPostgres(table: string): readonly string[] {
  return [
    `CREATE OR REPLACE FUNCTION ${table}_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${table} is append-only'; END $$`,
    `CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_is_append_only()`,
  ];
}

function refusesInsertSqlite(table: string, name: string, condition: string): readonly string[] {
  return [`CREATE TRIGGER ${table}_${name} BEFORE INSERT ON ${table} WHEN ${condition} BEGIN SELECT RAISE(ABORT, '${table}: ${name}'); END`];
}

function refusesInsertPostgres(table: string, name: string, condition: string): readonly string[] {
  return [
    `CREATE OR REPLACE FUNCTION ${table}_${name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF ${condition} THEN RAISE EXCEPTION '${table}: ${name}'; END IF; RETURN NEW; END $$`,
    `CREATE TRIGGER ${table}_${name} BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION ${table}_${name}()`,
  ];
}
