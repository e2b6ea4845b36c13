import type { MonotonicMs } from "@portico/card-protocol";

/** What a lock is meant to be. `until` undefined: released until something else is wished. `doubly`: both bolts, where the lock has two. */
export type LockWish = { readonly release: true; readonly until: MonotonicMs | undefined } | { readonly release: false; readonly doubly: boolean };

/**
 * What the shell has to do with a lock. `holdMs` undefined: released until the next effect. A machine that asks for a release of `holdMs` also asks for
 * `release: false` when it is over: boards that time a pulse relock twice, boards that do not relock once.
 */
export type LockEffect =
  | { readonly kind: "lock"; readonly release: true; readonly holdMs: number | undefined }
  | { readonly kind: "lock"; readonly release: false; readonly doubly: boolean };

/** `secure`: locked without current, releasing energises it. `safe`: free without current, releasing drops it. */
export type FailMode = "secure" | "safe";

/** What the relay of a lock does: a pulse that the board may time, or a state until the next command. */
export type RelayDrive = { readonly kind: "pulse"; readonly holdMs: number } | { readonly kind: "set"; readonly energized: boolean };

/**
 * The effect that leads from one wish to the next, or undefined where nothing changes. A new end of a release starts the hold anew.
 *
 * @param before  undefined: nobody knows what the lock was told, so it is told again
 */
export function lockEffect(before: LockWish | undefined, after: LockWish, at: MonotonicMs): LockEffect | undefined {
  const isSame = after.release ? before?.release === true && before.until === after.until : before?.release === false && before.doubly === after.doubly;
  return isSame ? undefined : freshLock(after, at);
}

/** The effect of a wish on a lock of which nobody knows what it was told. */
export function freshLock(wish: LockWish, at: MonotonicMs): LockEffect {
  if (!wish.release) return { kind: "lock", release: false, doubly: wish.doubly };
  return { kind: "lock", release: true, holdMs: wish.until === undefined ? undefined : wish.until - at };
}

/** How a relay carries the effect out. A fail-safe lock is released by dropping its relay, which no board times: there the machine's own end of the release counts. */
export function relayDrive(effect: LockEffect, fail: FailMode): RelayDrive {
  if (fail === "safe") return { kind: "set", energized: !effect.release };
  if (effect.release && effect.holdMs !== undefined) return { kind: "pulse", holdMs: effect.holdMs };
  return { kind: "set", energized: effect.release };
}
