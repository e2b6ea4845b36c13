import { existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { SetupError } from "@portico/card-protocol";
import { Kysely, Migrator, sql, type Transaction } from "kysely";
import { type AtOnce, runAtOnce } from "./at-once.ts";
import { compiledOnce } from "./compiled-statements.ts";
import { FirstComeSqlite } from "./first-come.ts";
import { type Hints, LocalHints } from "./hints.ts";
import type { Dialect } from "./migration-step.ts";
import { migrationsFor } from "./migrations.ts";
import { quietCheckpoints } from "./quiet-checkpoints.ts";
import type { Schema } from "./schema.ts";

/** What reads and writes: the database, or a transaction on it. Transactions begin by {@link CloudDatabase.transact} alone. */
export type Queries = Omit<Kysely<Schema>, "transaction" | "startTransaction">;
export type { Transaction };

/** What a transaction sees of others, as PostgreSQL names it. SQLite runs one at a time: there each sees all. */
export type Isolation = "serializable" | "repeatable read" | "read committed";
/** Runs in a transaction; may be run again from its beginning, for it left nothing. @param attempt  from 1 */
export type TransactionAct<T> = (queries: Transaction<Schema>, attempt: number) => Promise<T>;

/** The cloud's store: one SQLite file for one program, or a PostgreSQL database for any number of them. */
export interface CloudDatabase {
  readonly dialect: Dialect;
  /** Other programs may have it open as well. */
  readonly isShared: boolean;
  /** For single statements. Statements that belong together run in {@link transact}. */
  readonly queries: Queries;
  readonly hints: Hints;
  /**
   * Runs as one transaction: all of it is there afterwards, or nothing. One that loses against another is run again, up to a bound.
   *
   * @param isolation  `serializable` where none is named: as if nobody else were there. `repeatable read`: all statements see one instant. `read committed`:
   *                   for statements that are right whatever others do between them
   */
  readonly transact: <T>(act: TransactionAct<T>, isolation?: Isolation) => Promise<T>;
  /** Waits for what another program does. At once where there is none. */
  readonly pause: (ms: number) => Promise<void>;
  /** To be called now and then, by one who can wait for the disk. Absent where the database tidies up by itself. */
  readonly tidy?: () => void;
  close(): Promise<void>;
}

const IN_MEMORY = ":memory:";
/** The first store in memory, laid out and empty: all others begin as a copy of it, which takes a tenth of the time. */
let emptyStore: Buffer | undefined;

/** Memory for pages of the database, in KiB. */
const CACHE_KIB = 65_536;

/**
 * Opens the file, or makes it where there is none, and brings its layout up to date. The file is locked for as long as it is open; what is committed
 * outlives a power cut.
 *
 * @param path  `:memory:` for a store that is gone when it is closed; the bytes of a file for one that begins as a copy of it
 * @throws SetupError for a file in use, of a newer layout, or that is no database of ours
 */
export async function openSqlite(path: string | Buffer): Promise<CloudDatabase> {
  const laidOut = path === IN_MEMORY ? emptyStore : undefined;
  const sqlite = openFile(laidOut ?? path);
  const compiled = compiledOnce(sqlite);
  const dialect = new FirstComeSqlite({ database: compiled });
  const queries = new Kysely<Schema>({ dialect });
  const atOnce: AtOnce = (text, values) => {
    const statement = compiled.prepare(text);
    if (statement.reader) return statement.all(values);
    statement.run(values);
    return [];
  };
  runAtOnce(queries, () => (dialect.isFree ? atOnce : undefined));
  try {
    if (laidOut === undefined) {
      // Kysely's migrator takes no transaction on SQLite: one that is cut off leaves the layout as it was.
      sqlite.exec("BEGIN");
      await migrate(queries, "sqlite", placeOf(path));
      sqlite.exec("COMMIT");
    }
  } catch (error) {
    await queries.destroy();
    throw error;
  }
  if (path === IN_MEMORY) emptyStore ??= sqlite.serialize();
  return {
    dialect: "sqlite",
    isShared: false,
    queries,
    hints: new LocalHints(),
    pause: () => Promise.resolve(),
    transact: (act) =>
      queries.transaction().execute((transaction) => {
        runAtOnce(transaction, () => atOnce);
        return act(transaction, 1);
      }),
    ...(placeOf(path) === IN_MEMORY ? {} : { tidy: quietCheckpoints(sqlite) }),
    close: () => queries.destroy(),
  };
}

/** @throws SetupError where a step fails, or the store has steps that this program does not know */
export async function migrate(queries: Kysely<Schema>, dialect: Dialect, where: string): Promise<void> {
  const provider = migrationsFor(dialect);
  if (await isLaidOut(queries, Object.keys(await provider.getMigrations()))) return;
  const migrator = new Migrator({ db: queries, provider });
  const { error } = await migrator.migrateToLatest();
  if (error === undefined) return;
  const reason = (error as Error).message;
  if (reason.includes("previously executed migration"))
    throw new SetupError("the store was written by a newer version", where, "Run that version, or restore the backup from before it.", { cause: error });
  throw new SetupError(`the store's layout cannot be brought up to date: ${reason}`, where, "Restore the last backup and report this.", { cause: error });
}

/** Whether exactly these steps were taken: one question, where the migrator asks many. */
async function isLaidOut(queries: Kysely<Schema>, steps: readonly string[]): Promise<boolean> {
  try {
    const { rows } = await sql<{ name: string }>`SELECT name FROM kysely_migration ORDER BY name`.execute(queries);
    return rows.map(({ name }) => name).join() === [...steps].sort().join();
  } catch {
    return false; // a store without a layout has no such table
  }
}

const placeOf = (path: string | Buffer): string => (typeof path === "string" ? path : IN_MEMORY);

function openFile(given: string | Buffer): Database.Database {
  const path = placeOf(given);
  const inMemory = path === IN_MEMORY;
  if (!inMemory && !existsSync(dirname(path))) mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(given, { timeout: 0 });
    sqlite.pragma("locking_mode = EXCLUSIVE");
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = FULL");
    sqlite.pragma("foreign_keys = ON");
    sqlite.pragma(`cache_size = -${CACHE_KIB}`);
    // What a statement would put back if it failed: in a file that is locked SQLite keeps writing it to another file once it was large.
    sqlite.pragma("temp_store = MEMORY");
    // The lock is taken now, not when the first caller is waiting for an answer.
    sqlite.exec("BEGIN EXCLUSIVE; COMMIT");
    return sqlite;
  } catch (error) {
    sqlite?.close();
    const { code } = error as { readonly code?: string };
    if (code === "SQLITE_BUSY") throw new SetupError("another process has the store open", path, "Stop it first; one cloud serves one file.", { cause: error });
    if (code === "SQLITE_NOTADB")
      throw new SetupError("the file is no database", path, "Move it away, or name another file in the configuration.", { cause: error });
    throw new SetupError(
      `the store cannot be opened: ${(error as Error).message}`,
      path,
      "See that this user may write the folder and that the disk has room.",
      {
        cause: error,
      },
    );
  }
}
