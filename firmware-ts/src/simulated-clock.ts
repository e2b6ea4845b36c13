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

/** A callback that was set, and when it falls due; of one instant the one that was set first comes first. */
interface Due {
  readonly at: number;
  readonly order: number;
  readonly callback: () => void;
}

const KEPT = Promise.resolve();
/** As so many awaits one behind the other, at half their cost: whole days are simulated in them. */
function promiseTurns(): Promise<void> {
  return new Promise((resolve) => {
    let left = PROMISE_TURNS;
    const turn = (): void => (--left === 0 ? resolve() : void KEPT.then(turn));
    void KEPT.then(turn);
  });
}

/**
 * A simulated clock at monotonic 0.
 *
 * @param startUnix  what the wall clock says at monotonic 0, in seconds; a Monday in January 2027 by default. Uncertainty 0 until {@link SimulatedClock.setWall}
 */
export function simulatedClock(startUnix: number = DEFAULT_START): SimulatedClock {
  let now = 0;
  let order = 0;
  /** The soonest last. */
  const due: Due[] = [];
  let wall: { readonly unixAtZero: number; readonly uncertaintyS: number } | "untrusted" = { unixAtZero: startUnix, uncertaintyS: 0 };

  /** Where in `due` it stands, or would stand. */
  function placeOf({ at, order }: Due): number {
    let [from, to] = [0, due.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      const other = due[middle]!;
      if (other.at > at || (other.at === at && other.order > order)) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Calls the next callback due by `until`; false when there is none. */
  function callNext(until: number): boolean {
    if (nextAt() > until) return false;
    const next = due.pop()!;
    now = Math.max(now, next.at);
    next.callback();
    return true;
  }

  const nextAt = (): number => due.at(-1)?.at ?? Infinity;

  async function settle(): Promise<void> {
    do await promiseTurns();
    while (callNext(now));
  }

  const clock: SimulatedClock = {
    monotonic: () => monotonicMs(now),
    wall: () => (wall === "untrusted" ? wall : { now: unixSeconds(Math.floor(wall.unixAtZero + now / 1000)), uncertaintyS: wall.uncertaintyS }),
    after(delayMs, callback) {
      const entry = { at: now + Math.max(0, delayMs), order: order++, callback };
      due.splice(placeOf(entry), 0, entry);
      return () => {
        const place = placeOf(entry);
        if (due[place] === entry) due.splice(place, 1);
      };
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
        const dueInMs = Math.ceil(nextAt() - now);
        await clock.pass(Math.min(Math.max(dueInMs, 1), IDLE_STEP_MS, until - now));
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
