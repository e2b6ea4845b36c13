import type { MonotonicMs, UnixSeconds } from "./units.ts";

/** The wall clock and how far it may be off. `"untrusted"`: nobody vouches for it, or it may be off by more than {@link UNCERTAINTY_MAX_S}. */
export type WallTime = { readonly now: UnixSeconds; readonly uncertaintyS: number } | "untrusted";

/** Beyond this many seconds of uncertainty a clock counts as untrusted. Source: docs/card-format.md, verification step 4. */
export const UNCERTAINTY_MAX_S = 300;

/** The only way time enters this program. The real one is made in a `main.ts`, a simulated one everywhere else. */
export interface Clock {
  monotonic(): MonotonicMs;
  wall(): WallTime;
  /**
   * Calls back once, not before `delayMs` of monotonic time. Returns the cancel function; cancelling twice is harmless.
   *
   * @param isUrgent  somebody stands at the door meanwhile: the real one then keeps the delay to the fraction of a millisecond, at the price of a processor
   *                  for less than one. Absent: it may call one or two milliseconds late.
   */
  after(delayMs: number, callback: () => void, isUrgent?: boolean): () => void;
}
