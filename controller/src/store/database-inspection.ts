import { SetupError } from "@portico/card-protocol";
import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { APPLICATION_ID } from "./migrations.ts";

/** Everything a decision reads, and the ends of what it appends to. The events' older pages are read by `event verify`: they are too many for a start. */
const CHECKED_AT_START = [
  "open_grant_mark",
  "replay_place",
  "spent_counter",
  "spent_mark",
  "run",
  "person",
  "holders_given",
  "credential",
  "card_number",
  "schedule",
  "special_day_group",
  "calendar_day",
  "term_phase",
  "access_profile",
  "access_policy",
  "list_version",
  "trust_list",
];

const DAMAGED_REMEDY =
  "Nothing in it was changed. Move the file and its -wal out of the folder and keep them, replace the card or disk if it is failing, restore a backup or start without, then load the list again.";

/**
 * Looks at a database without changing a byte of it or of its WAL: is it ours, whole, and not newer than this program?
 *
 * Whole means: not cut off, and every page of every table that a decision reads stands where its tree says. That a value was altered within a row
 * shows in the list's digest and the events' hashes.
 *
 * @param versionMax  the newest layout that this program knows
 * @throws SetupError
 */
export function inspectDatabase(path: string, versionMax: number): void {
  const size = statSync(path).size;
  if (size === 0) throw damaged(path, "it is empty");
  const walHoldsPages = existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0; // asked before SQLite makes an empty one
  let sqlite: Database.Database | undefined;
  try {
    // Read-only: closing it does not move the WAL into a file that may be damaged. And only through SQLite: closing any other descriptor
    // of this file would drop the lock of a controller in this same process.
    sqlite = new Database(path, { readonly: true, timeout: 0 });
    const number = (pragma: string): number => sqlite!.pragma(pragma, { simple: true }) as number;
    const version = number("user_version");
    if (number("application_id") !== APPLICATION_ID)
      throw new SetupError("this is not a controller's database", path, "Name the controller's own data folder with --data.");
    if (version > versionMax)
      throw new SetupError(
        `the database was written by a newer Portico (layout ${version}, this one knows ${versionMax})`,
        path,
        "Install the version that wrote it, or a newer one.",
      );
    const bytes = number("page_count") * number("page_size");
    if (!walHoldsPages && size < bytes) throw damaged(path, `it is cut off: ${size} of ${bytes} bytes`);
    const tables = new Set(sqlite.prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck().all());
    for (const table of CHECKED_AT_START) {
      if (!tables.has(table)) continue;
      const finding = sqlite.pragma(`integrity_check('${table}')`, { simple: true }) as string;
      if (finding !== "ok") throw damaged(path, `table ${table}: ${finding.split("\n")[0]}`);
    }
    if (tables.has("event")) sqlite.prepare("SELECT * FROM event ORDER BY seq DESC LIMIT 1").get();
  } catch (error) {
    throw refusalOf(error, path);
  } finally {
    sqlite?.close();
  }
}

/** What SQLite says when it cannot open a file, as what the technician needs; other errors unchanged. */
export function refusalOf(error: unknown, path: string): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const because = { cause: error };
  if (error.code.startsWith("SQLITE_BUSY") || error.code.startsWith("SQLITE_LOCKED"))
    return new SetupError(
      "another program has this database open",
      path,
      "Stop the controller that uses this data folder, or give this one a folder of its own with --data.",
      because,
    );
  if (/^SQLITE_(CORRUPT|NOTADB|IOERR_SHORT_READ)/.test(error.code)) return damaged(path, error.message, because);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(error.code))
    return new SetupError(
      `the database cannot be opened for writing: ${error.message}`,
      path,
      "Give the user who runs the controller the right to write to this folder and the files in it.",
      because,
    );
  if (/^SQLITE_(FULL|IOERR)/.test(error.code))
    return new SetupError(`the disk refuses: ${error.message}`, path, "Free disk space; if there is enough, check the card or disk.", because);
  return error;
}

function damaged(path: string, finding: string, options?: ErrorOptions): SetupError {
  return new SetupError(`the database is damaged: ${finding}`, path, DAMAGED_REMEDY, options);
}
