import type { Clock } from "@portico/card-protocol";

/** A callback this late shows that the loop stood still. */
const LATE_MS = 5;
/** Time for bytes that waited in the kernel to be read once the loop turns again. */
const GRACE_MS = 10;

/**
 * Like `clock.after`, for silences: when the callback comes late because the loop stood still, it waits 10 ms more, so that bytes which arrived meanwhile
 * are read before silence is believed. Returns the cancel function.
 */
export function afterSilence(clock: Clock, delayMs: number, callback: () => void): () => void {
  const dueAt = clock.monotonic() + delayMs;
  let cancel = clock.after(delayMs, () => {
    if (clock.monotonic() - dueAt > LATE_MS) cancel = clock.after(GRACE_MS, callback);
    else callback();
  });
  return () => cancel();
}
