import { SetupError } from "@portico/card-protocol";
import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import Database, { type Statement } from "better-sqlite3";
import { type Inspection, inspectDatabase, refusalOf } from "./database-inspection.ts";
import { requireAccess } from "./file-access.ts";
import { APPLICATION_ID, type Migration, MIGRATIONS } from "./migrations.ts";
import { asRecordingFailed, RecordingFailed } from "./recording-failed.ts";

/**
 * How safe a transaction is when `transaction` returns.
 * `quick`: it outlives this process, and within {@link SYNC_WITHIN_MS} a power cut too. `durable`: it outlives a power cut.
 */
export type Commit = "quick" | "durable";

/** Passages are on the disk this long after their commit, in ms: what a power cut can take with it. See {@link Durability}. */
export const SYNC_WITHIN_MS = 200;

/** Memory for pages of the database, in KiB. With 100,000 credentials every page that decisions touch stays in it. */
const CACHE_KIB = 16_384;
/** The WAL is moved into the database from a timer. Only when no timer ran for this many pages (64 MiB) does a commit do it. */
const WAL_PAGES_MAX = 16_384;

export interface DatabaseOptions {
  /** Steps of the layout, oldest first. */
  readonly migrations?: readonly Migration[];
  /** A ceiling for the file in pages of 4 KiB; beyond it recording fails as on a full disk. Absent: none. */
  readonly pagesMax?: number;
  /** Names the machine's present boot: see `inspectDatabase`. */
  readonly bootId?: string | undefined;
  /** Called with what a database that is there says of itself, before anything is changed; what it throws refuses it. */
  readonly onInspected?: (found: Inspection) => void;
}

/**
 * The one SQLite file of a controller. Synchronous: between the begin and the end of a transaction nothing else happens.
 *
 * The file is locked for as long as it is open. The lock belongs to the process and dies with it, so it is never stale.
 */
export class ControllerDatabase {
  readonly path: string;
  readonly #sqlite: Database.Database;
  readonly #begin: Statement<[]>;
  readonly #commit: Statement<[]>;
  readonly #rollback: Statement<[]>;
  readonly #commitListeners = new Set<(commit: Commit) => void>();
  readonly #rollbackListeners = new Set<() => void>();
  #current: Commit | undefined;
  #sealed: RecordingFailed | undefined;

  private constructor(path: string, sqlite: Database.Database) {
    this.path = path;
    this.#sqlite = sqlite;
    this.#begin = sqlite.prepare("BEGIN IMMEDIATE");
    this.#commit = sqlite.prepare("COMMIT");
    this.#rollback = sqlite.prepare("ROLLBACK");
  }

  /**
   * Opens the file, or makes it where there is none, and brings its layout up to date.
   *
   * A damaged file, a newer layout, somebody else's file and a file in use are refused; the file is then left exactly as it was.
   *
   * @throws SetupError
   */
  static open(path: string, options: DatabaseOptions = {}): ControllerDatabase {
    const migrations = options.migrations ?? MIGRATIONS;
    if (existsSync(path)) {
      const found = inspectDatabase(path, migrations.length, options.bootId);
      options.onInspected?.(found);
    } else {
      requireAccess(path);
      makeEmpty(path, migrations);
    }
    const sqlite = openSqlite(path);
    try {
      requireWritable(sqlite);
      migrate(sqlite, migrations);
      syncFolder(dirname(path)); // the names of the file and of its WAL
      if (options.pagesMax !== undefined) sqlite.pragma(`max_page_count = ${options.pagesMax}`);
      return new ControllerDatabase(path, sqlite);
    } catch (error) {
      sqlite.close();
      throw refusalOf(error, path);
    }
  }

  /** Compiles a statement; it lives as long as the database. */
  prepare<Parameters extends unknown[], Row = unknown>(sql: string): Statement<Parameters, Row> {
    return this.#sqlite.prepare<Parameters, Row>(sql);
  }

  /** As {@link prepare}, for rows as arrays of columns: the faster shape. */
  prepareRaw<Parameters extends unknown[], Row extends readonly unknown[]>(sql: string): Statement<Parameters, Row> {
    return this.prepare<Parameters, Row>(sql).raw();
  }

  /**
   * Runs `work` and keeps all of what it wrote, or nothing. Inside another transaction it becomes a part of it.
   *
   * @param work  synchronous; what it throws undoes the transaction and is thrown on
   * @throws RecordingFailed when the disk refuses; nothing was written then
   */
  transaction<T>(commit: Commit, work: () => T): T {
    if (this.#current !== undefined) {
      if (commit === "durable" && this.#current === "quick") throw new RangeError("a durable transaction inside a quick one would not be durable");
      return work();
    }
    return this.#run(commit, work, true);
  }

  /** As a quick {@link transaction}, for work that writes one statement: SQLite makes a transaction of it by itself, and somebody waits at the door. */
  statement<T>(work: () => T): T {
    return this.#current === undefined ? this.#run("quick", work, false) : work();
  }

  #run<T>(commit: Commit, work: () => T, isBracketed: boolean): T {
    if (this.#sealed !== undefined) throw this.#sealed;
    this.#current = commit;
    let value: T;
    try {
      if (commit === "durable") this.#sqlite.pragma("synchronous = FULL");
      if (isBracketed) this.#begin.run();
      value = work();
      if (isBracketed) this.#commit.run();
    } catch (error) {
      if (this.#sqlite.inTransaction) this.#rollback.run();
      for (const listener of this.#rollbackListeners) listener();
      throw asRecordingFailed(error);
    } finally {
      this.#current = undefined;
      if (commit === "durable") this.#sqlite.pragma("synchronous = NORMAL");
    }
    for (const listener of this.#commitListeners) listener(commit);
    return value;
  }

  /** Called after each transaction that was kept, outside of it. Returns the function that removes the listener. */
  onCommit(listener: (commit: Commit) => void): () => void {
    this.#commitListeners.add(listener);
    return () => this.#commitListeners.delete(listener);
  }

  /** Called after each transaction that was undone: whoever remembers what stood in it must forget. Returns the function that removes the listener. */
  onRollback(listener: () => void): () => void {
    this.#rollbackListeners.add(listener);
    return () => this.#rollbackListeners.delete(listener);
  }

  /**
   * Moves what the WAL holds into the database, so that the WAL is written from its beginning again. Waits for the disk: never call it within a decision.
   *
   * @returns false when the disk refused; nothing is lost then, the WAL only goes on growing
   */
  checkpoint(): boolean {
    try {
      this.#sqlite.pragma("wal_checkpoint(PASSIVE)");
      return true;
    } catch (error) {
      if (asRecordingFailed(error) instanceof RecordingFailed) return false;
      throw error;
    }
  }

  /** From now on nothing is recorded: the disk failed to keep what was written before, and only a fresh start reads what it did keep. */
  seal(cause: RecordingFailed): void {
    this.#sealed = cause;
  }

  /** Closes the file and lets go of the lock. Closing twice is harmless. */
  close(): void {
    this.#sqlite.close();
  }
}

/** A file that was cut off while it was being made must not look like one that lost its contents: it gets its name when it is whole. */
function makeEmpty(path: string, migrations: readonly Migration[]): void {
  const unfinished = `${path}.new`;
  for (const leftover of [unfinished, `${unfinished}-wal`, `${unfinished}-shm`]) removeLeftover(leftover);
  const sqlite = openSqlite(unfinished);
  try {
    sqlite.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(sqlite, migrations);
  } finally {
    sqlite.close();
  }
  renameSync(unfinished, path);
}

function removeLeftover(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw new SetupError(`this is in the way and cannot be removed: ${(error as Error).message}`, path, "Move it out of the folder.", { cause: error });
  }
}

/** A flag of the file's header can forbid writing, which SQLite says only to who writes. Nothing is kept of this. @throws SqliteError */
function requireWritable(sqlite: Database.Database): void {
  const version = sqlite.pragma("user_version", { simple: true }) as number;
  sqlite.exec("BEGIN IMMEDIATE");
  try {
    sqlite.pragma(`user_version = ${version}`);
  } finally {
    sqlite.exec("ROLLBACK");
  }
}

/** Opens with the lock taken before anything is read: the WAL's index then lives in our memory, and a commit costs no lock of its own. */
function openSqlite(path: string): Database.Database {
  let sqlite: Database.Database | undefined;
  try {
    sqlite = new Database(path, { timeout: 0 });
    sqlite.pragma("locking_mode = EXCLUSIVE");
    sqlite.pragma("journal_mode = WAL");
    sqlite.pragma("synchronous = NORMAL");
    sqlite.pragma("foreign_keys = ON");
    sqlite.pragma("recursive_triggers = ON"); // else REPLACE deletes past the triggers that forbid it
    sqlite.pragma(`cache_size = -${CACHE_KIB}`);
    sqlite.pragma(`wal_autocheckpoint = ${WAL_PAGES_MAX}`);
    sqlite.exec("BEGIN IMMEDIATE; COMMIT"); // takes the lock
    return sqlite;
  } catch (error) {
    sqlite?.close();
    throw refusalOf(error, path);
  }
}

function syncFolder(path: string): void {
  const descriptor = openSync(path, "r");
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function migrate(sqlite: Database.Database, migrations: readonly Migration[]): void {
  const had = sqlite.pragma("user_version", { simple: true }) as number;
  for (const [index, { what, sql }] of migrations.entries()) {
    if (index < had) continue;
    try {
      sqlite.transaction(() => {
        sqlite.exec(sql);
        sqlite.pragma(`user_version = ${index + 1}`);
      })();
    } catch (error) {
      throw new SetupError(
        `the database could not be brought up to date (${what}): ${error instanceof Error ? error.message : String(error)}`,
        sqlite.name,
        "Nothing was changed. Free disk space, then start again.",
        { cause: error },
      );
    }
  }
}
