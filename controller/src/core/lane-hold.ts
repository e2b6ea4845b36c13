import { monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { GuardUse } from "./door-operation.ts";

/** A guard holds a way open: everybody may pass, as if it were Unlocked. */
export interface LaneHold {
  readonly use: GuardUse;
  readonly until: MonotonicMs;
  /** So long the lock is released; renewed before, so that the board drops it soon when nobody renews it any more. */
  readonly lockUntil: MonotonicMs;
}

/** Why a hold ended: the guard said so, its time is over, its guard is signed out, somebody locked, blocked or locked down. */
export type HoldEnd = "guard" | "time" | "signed out" | "superseded";

/** A lock is released for so long at a time. */
const PIECE_MS = 60_000;
const RENEWED_BEFORE_MS = 30_000;

/** When something is due of a hold. */
export const holdDue = ({ until, lockUntil }: LaneHold): MonotonicMs => (lockUntil < until ? monotonicMs(lockUntil - RENEWED_BEFORE_MS) : until);

/** How long the lock is released next. */
export const lockPiece = (until: MonotonicMs, at: MonotonicMs): MonotonicMs => monotonicMs(Math.min(until, at + PIECE_MS));
