import { type ChainEnd, CHAIN_START, SetupError } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { existsSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { type Loss, type MarkedEnd, markFile, readChainMark } from "./chain-mark.ts";
import { doorModes } from "./door-mode-rows.ts";
import { requireAccess } from "./file-access.ts";
import { APPLICATION_ID } from "./migrations.ts";
import { AlteredTable, CHECKED_TABLES, checkedMark, checkedRows, type Prepare, SPENT_CHECK } from "./row-check.ts";
import { lastRun } from "./run-row.ts";
import { walDamage } from "./wal-frames.ts";

/** Everything a decision reads, and the ends of what it appends to. The events' older pages are read by `event verify`: they are too many for a start. */
const CHECKED_AT_START = [
  ...CHECKED_TABLES,
  "spent_counter",
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

/** What a whole database says of itself. */
export interface Inspection {
  /** How many cards its list knows: found by the zone key alone. */
  readonly cards: number;
  /** Events that are missing from its log though they had been on the disk. */
  readonly losses: readonly Loss[];
}

/**
 * Looks at a database without changing a byte of it or of its WAL: is it ours, whole, and not newer than this program?
 *
 * Whole means: not cut off; every page of every table that a decision reads stands where its tree says; the small tables and the spent passes are as they were
 * written, by their checks; the modes of the doors are those that the events say; the WAL is not damaged in front of its last commit; the log reaches as far as
 * its mark says. A value that was altered within a row of the list shows in the list's digest, one of the events in their hashes.
 *
 * Behind a power cut a WAL may be torn anywhere, and a disk may have lost what it said it had kept: then the database is taken as it is, and the losses are told.
 *
 * @param versionMax  the newest layout that this program knows
 * @param bootId      names the machine's present boot. Absent: whether the last run was in it is not known, and it is taken for one behind a power cut
 * @throws SetupError
 */
export function inspectDatabase(path: string, versionMax: number, bootId?: string): Inspection {
  requireAccess(path);
  const size = statSync(path).size;
  if (size === 0) throw damaged(path, "it is empty");
  const walPath = `${path}-wal`;
  const walHoldsPages = existsSync(walPath) && statSync(walPath).size > 0; // asked before SQLite makes an empty one
  const brokenWal = walDamage(walPath);
  let sqlite: Database.Database | undefined;
  try {
    sqlite = openToLook(path, brokenWal === undefined);
    const number = (pragma: string): number => sqlite!.pragma(pragma, { simple: true }) as number;
    const prepare: Prepare = (sql) => sqlite!.prepare(sql);
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
    if (!tables.has("event")) return { cards: 0, losses: [] };
    for (const table of CHECKED_AT_START) {
      const finding = sqlite.pragma(`integrity_check('${table}')`, { simple: true }) as string;
      if (finding !== "ok") throw damaged(path, `table ${table}: ${finding.split("\n").find((line) => !line.startsWith("***")) ?? finding}`);
    }
    requireWholeRows(prepare);
    const run = lastRun(prepare);
    const wasUp = run !== undefined && run.bootId === bootId;
    if (brokenWal !== undefined && wasUp) throw damaged(walPath, brokenWal);
    const mark = readChainMark(markFile(path));
    const shortOf = mark === undefined || mark === "unreadable" ? undefined : lossBefore(prepare, mark);
    // A run that ended in order has all of it in the file: one that is short of its mark all the same is an older copy that somebody put there.
    if (shortOf !== undefined && wasUp && !run.endedClean)
      throw damaged(path, `${shortOf.cause}, and the machine has been up ever since: its -wal is missing, cut off or damaged`);
    const losses = lossesOf(mark);
    if (shortOf !== undefined) losses.unshift(shortOf);
    // Behind a run that did not end in order the start itself tells of a power cut.
    else if (brokenWal !== undefined && run?.endedClean !== false) losses.push({ cause: `the WAL was torn: ${brokenWal}`, firstSeq: null, lastSeq: null });
    return { cards: prepare<[], number>("SELECT count(*) FROM card_number").pluck().get()!, losses };
  } catch (error) {
    throw refusalOf(error, path);
  } finally {
    sqlite?.close();
  }
}

/**
 * Read-only: closing it does not move the WAL into a file that may be damaged. And only through SQLite: closing any other descriptor of this file would drop the
 * lock of a controller in this same process.
 *
 * A full disk has no room for the index by which others would read the WAL at the same time. Who has the file alone needs none; closing it moves the WAL, which
 * must therefore be whole.
 */
function openToLook(path: string, mayMoveWal: boolean): Database.Database {
  const shared = new Database(path, { readonly: true, timeout: 0 });
  try {
    shared.pragma("user_version");
    return shared;
  } catch (error) {
    shared.close();
    if (!mayMoveWal || !(error instanceof Database.SqliteError) || !/^SQLITE_(IOERR_SHM|CANTOPEN|FULL)/.test(error.code)) throw error;
  }
  const alone = new Database(path, { timeout: 0 });
  alone.pragma("locking_mode = EXCLUSIVE");
  return alone;
}

/** @throws AlteredTable */
function requireWholeRows(prepare: Prepare): void {
  for (const table of CHECKED_TABLES) checkedRows(prepare, table);
  for (const table of ["open_grant_mark", "spent_mark", "area_mark"] as const) checkedMark(prepare, table);
  const altered = prepare<[], number>(`SELECT count(*) FROM spent_counter WHERE row_check IS NOT ${SPENT_CHECK}`).pluck().get()!;
  if (altered > 0) throw new AlteredTable("spent_counter", `rows were altered: ${altered}`);
  doorModes(prepare, nodeSha256);
}

/** What the log has lost of what its mark says. */
function lossBefore(prepare: Prepare, mark: MarkedEnd): Loss | undefined {
  const end = prepare<[], ChainEnd>("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").get() ?? CHAIN_START;
  if (end.seq < mark.seq) return { cause: `the log ends at event ${end.seq}, but had come to ${mark.seq}`, firstSeq: end.seq + 1, lastSeq: mark.seq };
  const hash = prepare<[number], Uint8Array>("SELECT hash FROM event WHERE seq = ?").pluck().get(mark.seq);
  if (hash !== undefined && Buffer.compare(hash, mark.hash) === 0) return undefined;
  return { cause: `event ${mark.seq} is not the one that the log had come to`, firstSeq: null, lastSeq: mark.seq };
}

/** What the mark itself says of losses. */
function lossesOf(mark: ReturnType<typeof readChainMark>): Loss[] {
  if (mark === "unreadable") return [{ cause: "the mark beside the log was altered: how far it had come is not known", firstSeq: null, lastSeq: null }];
  return mark?.isSuspended === true ? [{ cause: "nothing could be recorded when the last run ended", firstSeq: null, lastSeq: null }] : [];
}

/**
 * What is lost where a folder has no database, but was a controller's.
 *
 * @param hadKey  a zone key lies there: only a run that had a database made one, unless it was copied from another controller of the zone
 * @throws SetupError where a WAL lies there: SQLite would write it into whatever database comes next
 */
export function missingDatabase(path: string, hadKey: boolean): Loss[] {
  const walPath = `${path}-wal`;
  if (existsSync(walPath) && statSync(walPath).size > 0)
    throw new SetupError(
      "there is a WAL without its database",
      walPath,
      "Put the database back that belongs to it; where that is lost, move the WAL out of the folder and keep it, restore a backup or start without.",
    );
  const mark = readChainMark(markFile(path));
  if (mark !== undefined && mark !== "unreadable")
    return [{ cause: `the database is missing: its log had come to event ${mark.seq}`, firstSeq: 1, lastSeq: mark.seq }, ...lossesOf(mark)];
  if (mark === undefined && !hadKey) return [];
  return [{ cause: "there is no database beside the zone key: this controller is new, or lost all its events", firstSeq: null, lastSeq: null }];
}

/** What SQLite says when it cannot open a file, as what the technician needs; other errors unchanged. The right to use it was asked for before. */
export function refusalOf(error: unknown, path: string): unknown {
  if (error instanceof AlteredTable) return damaged(path, error.message, { cause: error });
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
  if (error.code === "SQLITE_READONLY") return damaged(path, "its header says that it may not be written", because);
  if (/^SQLITE_(CANTOPEN|READONLY|PERM|AUTH)/.test(error.code))
    return new SetupError(
      `the database cannot be opened for writing: ${error.message}`,
      path,
      "Give the user who runs the controller the right to write to this folder and the files in it.",
      because,
    );
  if (error.code === "SQLITE_ERROR" && error.message.startsWith("no such "))
    return new SetupError(
      `the database has another layout than this version makes: ${error.message}`,
      path,
      "It was made by a version before the first release. Move the data folder away and start anew: lists are loaded, and a controller is enrolled, again.",
      because,
    );
  if (/^SQLITE_(FULL|IOERR)/.test(error.code))
    return new SetupError(`the disk refuses: ${error.message}`, path, "Free disk space; if there is enough, check the card or disk.", because);
  return error;
}

function damaged(path: string, finding: string, options?: ErrorOptions): SetupError {
  return new SetupError(`the database is damaged: ${finding}`, path, DAMAGED_REMEDY, options);
}
