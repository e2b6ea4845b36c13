import { PULSE_UNIT_MS, PULSE_UNITS_MAX } from "./modbus-frame.ts";

/** How much longer than asked for a relay may stay energised, counted from the first frame: rounding up to 100 ms, and a repeated frame. */
export const HOLD_EXCESS_MS = 300;
/** How long a frame may be under way (line, loop, board) without breaking the promise above. */
const UNDER_WAY_MS = 60;

/** The longest hold that a board times by itself, in milliseconds. */
export const HOLD_MS_MAX = PULSE_UNITS_MAX * PULSE_UNIT_MS;

/** True for a hold that a board can time: above 0, at most {@link HOLD_MS_MAX}. */
export const isTimeableHold = (holdMs: number): boolean => holdMs > 0 && holdMs <= HOLD_MS_MAX;

/**
 * How many units of 100 ms the next frame of a pulse may ask for, or undefined when it must not be sent any more.
 *
 * A frame without an answer may have acted: its answer was lost, or the frame was. So a repetition asks for no more than keeps the relay within
 * hold + {@link HOLD_EXCESS_MS} of the first frame, and none is sent that could arrive when the hold is over: that would open a door a second time.
 *
 *     first frame ├──────────── hold ────────────┤├ excess ┤
 *     repeated            ├────── what remains ───────────┤
 *     too late                                 ✗
 *
 * @param holdMs          as asked for; see {@link isTimeableHold}
 * @param sinceFirstMs    since the first frame went out; undefined: none has
 */
export function pulseUnits(holdMs: number, sinceFirstMs: number | undefined): number | undefined {
  const whole = Math.ceil(holdMs / PULSE_UNIT_MS);
  if (sinceFirstMs === undefined) return whole;
  if (sinceFirstMs + UNDER_WAY_MS > holdMs) return undefined;
  return Math.min(whole, Math.floor((holdMs + HOLD_EXCESS_MS - UNDER_WAY_MS - sinceFirstMs) / PULSE_UNIT_MS));
}
