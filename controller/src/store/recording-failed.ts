import Database from "better-sqlite3";

/**
 * Nothing was recorded and nothing spent, because the disk refused. Whoever asked to record acts as if nothing had been shown: nobody is let in.
 * The next attempt may succeed: the store heals by itself once the disk takes writes again.
 */
export class RecordingFailed extends Error {
  override readonly name = "RecordingFailed";
  /** The disk's word for it, e.g. `SQLITE_FULL`. */
  readonly trouble: string;

  constructor(trouble: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.trouble = trouble;
  }
}

/** Result codes that speak of the disk and not of a mistake in this program. Source: sqlite.org/rescode.html. */
const DISK_TROUBLE = /^SQLITE_(FULL|IOERR|READONLY|CORRUPT|NOTADB|CANTOPEN|NOLFS)/;

/** The error as {@link RecordingFailed} when it speaks of the disk; any other error unchanged: a broken invariant, which ends the program. */
export function asRecordingFailed(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError) || !DISK_TROUBLE.test(error.code)) return error;
  return new RecordingFailed(error.code, error.message, { cause: error });
}
