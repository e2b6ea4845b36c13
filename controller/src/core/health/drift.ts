import { DRIFT, type Mark } from "../clock-state.ts";

/** How far the computer's own time has run away from the time frames since the first of them. */
export interface Drift {
  readonly anchor: Mark;
  /** Parts per million; positive: the computer is slow. */
  readonly ppm: number;
  readonly isIll: boolean;
}

/** A frame tells whole seconds, and some of the way to here. */
const FRAME_ERROR_MS = 1_500;
/** The anchor is set anew after so long: heat of the day and cold of the night are one figure. */
const ANCHOR_MS = 86_400_000;
/** A clock that drifted is not well again because little time has passed since the anchor. */
const JUDGED_WELL_MS = 6 * 3_600_000;

/** A time frame came. Drift is ill above what a crystal may drift, 100 ppm, and what frames may be off. */
export function frameCame(drift: Drift | undefined, frame: Mark): Drift {
  if (drift === undefined) return { anchor: frame, ppm: 0, isIll: false };
  const elapsedMs = frame.at - drift.anchor.at;
  if (elapsedMs <= 0) return drift;
  const errorMs = frame.wallMs - drift.anchor.wallMs - elapsedMs;
  const isTooFar = Math.abs(errorMs) > FRAME_ERROR_MS + DRIFT * elapsedMs;
  const isIll = isTooFar || (drift.isIll && elapsedMs < JUDGED_WELL_MS);
  const ppm = Math.round((errorMs / elapsedMs) * 1e6);
  return { anchor: elapsedMs >= ANCHOR_MS ? frame : drift.anchor, ppm, isIll };
}
