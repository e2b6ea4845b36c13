import { type Clock, monotonicMs, type WallTime } from "@portico/card-protocol";

/** The longest delay that one Node timer takes; longer ones are chained. */
const TIMER_MS_MAX = 2 ** 31 - 1;

/**
 * The machine's clock: monotonic time with sub-millisecond resolution, timers that never call early.
 *
 * Timers keep the process alive on purpose: a controller whose every wire is waiting to reopen must not end. Whoever sets a timer cancels it when closed,
 * so a process that does not end shows a device that was not closed.
 *
 * @param wall  who vouches for the wall clock and how well; asked at each call of `wall()`
 */
export function systemClock(wall: () => WallTime): Clock {
  const now = (): number => Number(process.hrtime.bigint()) / 1e6;
  return {
    monotonic: () => monotonicMs(now()),
    wall,
    after(delayMs, callback, isUrgent = false) {
      const setAt = now();
      const dueAt = setAt + delayMs;
      let timer: NodeJS.Timeout | undefined;
      let turn: NodeJS.Immediate | undefined;
      function wait(at: number): void {
        const leftMs = dueAt - at;
        // The loop turns for less than a millisecond: whatever arrives is read meanwhile.
        if (isUrgent && leftMs < 1) turn = setImmediate(ring);
        // Node's timers count whole milliseconds of this clock: the first one that is not early, so that nobody is woken only to wait again.
        else timer = setTimeout(ring, Math.min(isUrgent ? Math.floor(leftMs) : Math.ceil(dueAt) - Math.floor(at), TIMER_MS_MAX));
      }
      // The millisecond that Node counts from is that in which the loop last turned: it may ring early by what has been worked since.
      function ring(): void {
        const at = now();
        if (at < dueAt) wait(at);
        else callback();
      }
      wait(setAt);
      return () => {
        clearTimeout(timer);
        clearImmediate(turn);
      };
    },
  };
}
