import type Database from "better-sqlite3";
import type { SqliteDatabase, SqliteStatement } from "kysely";

/** Kept so many. The cloud's own are some hundreds; lists of values of any length make more. */
const KEPT_MAX = 500;

/** The database as a dialect of kysely takes it, which prepares each statement anew: here what was compiled once is kept, and the longest unused goes. */
export function compiledOnce(sqlite: Database.Database): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>();
  const compiled = (sql: string): SqliteStatement => {
    const statement = sqlite.prepare(sql);
    return {
      reader: statement.reader,
      all: (parameters) => statement.all(parameters),
      run: (parameters) => statement.run(parameters),
      // Rows that are read while others ask the same: a statement of its own.
      iterate: (parameters) => sqlite.prepare(sql).iterate(parameters),
    };
  };
  return {
    prepare(sql) {
      const statement = kept.get(sql) ?? compiled(sql);
      kept.delete(sql);
      kept.set(sql, statement);
      if (kept.size > KEPT_MAX) kept.delete(kept.keys().next().value!);
      return statement;
    },
    close: () => void sqlite.close(),
  };
}
