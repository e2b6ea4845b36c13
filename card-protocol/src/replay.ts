import type { VerifiedPass } from "./pass.ts";
import type { UnixSeconds } from "./units.ts";

/** The last pass spent for one credential, replay class and replay group. */
export interface SpentCounter {
  readonly counter: number;
  readonly signedAt: UnixSeconds;
}

/**
 * Step 9: a pass is spent once. A new one has a counter strictly greater **and** a signed time not smaller than the last spent for the same
 * credential, {@link replayClass} and replay group. Never keyed on signature bytes or text.
 *
 * @param last  undefined: nothing spent yet
 */
export function isReplayed(last: SpentCounter | undefined, pass: Pick<VerifiedPass, "counter" | "signedAt">): boolean {
  return last !== undefined && !(pass.counter > last.counter && pass.signedAt >= last.signedAt);
}
