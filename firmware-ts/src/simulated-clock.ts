import { type Clock, monotonicMs, unixSeconds, type WallTime } from "@portico/card-protocol";

/** How many promise turns {@link SimulatedClock.settle} grants: more than any chain of awaits in this program is long. */
const PROMISE_TURNS = 64;
/** {@link SimulatedClock.until} asks its condition at least so often. */
const IDLE_STEP_MS = 10;
/** 2027-01-11T00:00:00Z: a Monday in term. */
const DEFAULT_START = 1_799_625_600;

/** Time that moves only when told. Callbacks due at the same instant run in the order they were set. */
export interface SimulatedClock extends Clock {
  /** Moves time and calls back whatever falls due, without a promise turn in between. */
  advance(ms: number): void;
  /** Lets every promise that can settle now settle; time stands still. Callbacks due now (delay 0) run too. */
  settle(): Promise<void>;
  /** Moves time from one due callback to the next and settles after each: how time passes for code that awaits. */
  pass(ms: number): Promise<void>;
  /**
   * Passes time until the condition holds; false when it does not hold within `withinMs`. It is asked in whole milliseconds, but for those in which nothing is
   * due: what changes with time alone is seen up to 10 ms late.
   */
  until(condition: () => boolean, withinMs: number): Promise<boolean>;
  /** From now on the wall clock says this; it goes on with monotonic time. */
  setWall(wall: WallTime): void;
  /** Callbacks that are set and not yet called: 0 shows that a device let go of its timers. */
  readonly pending: number;
}

/**
 * A simulated clock at monotonic 0.
 *
 * @param startUnix  what the wall clock says at monotonic 0, in seconds; a Monday in January 2027 by default. Uncertainty 0 until {@link SimulatedClock.setWall}
 */
export function simulatedClock(startUnix: number = DEFAULT_START): SimulatedClock {
  let now = 0;
  let order = 0;
  let due: { readonly at: number; readonly order: number; readonly callback: () => void }[] = [];
  let wall: { readonly unixAtZero: number; readonly uncertaintyS: number } | "untrusted" = { unixAtZero: startUnix, uncertaintyS: 0 };

  /** Calls the next callback due by `until`; false when there is none. */
  function callNext(until: number): boolean {
    let next = due[0];
    for (const entry of due) if (next === undefined || entry.at < next.at || (entry.at === next.at && entry.order < next.order)) next = entry;
    if (next === undefined || next.at > until) return false;
    due = due.filter((entry) => entry !== next);
    now = Math.max(now, next.at);
    next.callback();
    return true;
  }

  const nextAt = (): number => due.reduce((soonest, { at }) => Math.min(soonest, at), Infinity);

  async function settle(): Promise<void> {
    do for (let turn = 0; turn < PROMISE_TURNS; turn++) await Promise.resolve();
    while (callNext(now));
  }

  const clock: SimulatedClock = {
    monotonic: () => monotonicMs(now),
    wall: () => (wall === "untrusted" ? wall : { now: unixSeconds(Math.floor(wall.unixAtZero + now / 1000)), uncertaintyS: wall.uncertaintyS }),
    after(delayMs, callback) {
      const entry = { at: now + Math.max(0, delayMs), order: order++, callback };
      due.push(entry);
      return () => void (due = due.filter((other) => other !== entry));
    },
    advance(ms) {
      const until = now + ms;
      while (callNext(until));
      now = until;
    },
    settle,
    async pass(ms) {
      const until = now + ms;
      await settle();
      while (callNext(until)) await settle();
      now = until;
      await settle();
    },
    async until(condition, withinMs) {
      const until = now + withinMs;
      await settle();
      while (!condition()) {
        if (now >= until) return false;
        const due = Math.ceil(nextAt() - now);
        await clock.pass(Math.min(Math.max(due, 1), IDLE_STEP_MS, until - now));
      }
      return true;
    },
    setWall(next) {
      wall = next === "untrusted" ? next : { unixAtZero: next.now - now / 1000, uncertaintyS: next.uncertaintyS };
    },
    get pending() {
      return due.length;
    },
  };
  return clock;
}
