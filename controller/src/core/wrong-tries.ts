import { type MonotonicMs, monotonicMs } from "@portico/card-protocol";

/** How many wrong tries are taken in a row, and how long none is taken afterwards. */
export interface TryRules {
  readonly triesMax: number;
  readonly lockOutMs: number;
}

/** Wrong tries of one holder, or at one reader, in a row. */
export interface WrongTries {
  readonly count: number;
  readonly lastAt: MonotonicMs;
  /** No try is taken before; undefined: the next is. */
  readonly lockedUntil: MonotonicMs | undefined;
}

/**
 * One wrong try more. Tries are forgotten once no wrong one has been made for as long as a lock-out lasts.
 *
 * ```
 *   none ──wrong──▶ 1 ──wrong──▶ … ──wrong──▶ locked out ──time, or a named operator──▶ none
 *     ▲             │ right, or time           │
 *     └─────────────┘                          └ no try is taken, none is counted
 * ```
 */
export function wrongTry(tries: WrongTries | undefined, { triesMax, lockOutMs }: TryRules, at: MonotonicMs): WrongTries {
  const standing = triesNow(tries, { triesMax, lockOutMs }, at);
  if (standing?.lockedUntil !== undefined) return standing;
  const count = (standing?.count ?? 0) + 1;
  return { count, lastAt: at, lockedUntil: count >= triesMax ? monotonicMs(at + lockOutMs) : undefined };
}

/** What of the tries still counts; undefined: nothing. */
export function triesNow(tries: WrongTries | undefined, { lockOutMs }: TryRules, at: MonotonicMs): WrongTries | undefined {
  if (tries === undefined) return undefined;
  return at < (tries.lockedUntil ?? tries.lastAt + lockOutMs) ? tries : undefined;
}
