import type { Isolation } from "./cloud-database.ts";

/** Attempts of a transaction that lost against another: each round one gets through, and pauses are drawn at random. */
const CONFLICT_ATTEMPTS = 25;
/** Attempts of one that met a row which was not there, or was still there, when it looked: at the next look it sees it. */
const TAKEN_ATTEMPTS = 3;

const CONFLICTS: ReadonlySet<string> = new Set(["40001", "40P01", "23P01"]);
const TAKEN: ReadonlySet<string> = new Set(["23503", "23505"]);

/**
 * How often a transaction is tried in all that ended with this error. Serialization failures and deadlocks are nobody's mistake, nor is a stretch of time that another has taken
 * between look and write: of many who want a seat each round gives one to somebody; a unique or foreign key that
 * is violated in spite of a look at it is another's commit between look and write. Source: PostgreSQL 15, appendix A, and section 13.5.
 */
export function attemptsMax(error: unknown, isolation: Isolation): number {
  const { code } = error as { readonly code?: unknown };
  if (typeof code !== "string") return 1;
  if (CONFLICTS.has(code)) return CONFLICT_ATTEMPTS;
  return isolation === "serializable" && TAKEN.has(code) ? TAKEN_ATTEMPTS : 1;
}
