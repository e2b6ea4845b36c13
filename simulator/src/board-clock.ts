import type { Clock } from "@portico/card-protocol";
import type { BoardTime } from "@portico/firmware-ts/uhppote";

/** The clock of a virtual board: it goes on from what it was set to, and knows no time zone. */
export interface BoardClock {
  now(): BoardTime;
  set(time: BoardTime): void;
}

/** Begins with the year 2026. */
export function boardClock(clock: Pick<Clock, "monotonic">): BoardClock {
  let setTo = Date.UTC(2026, 0, 1);
  let setAt = clock.monotonic();
  return {
    now() {
      const at = new Date(setTo + clock.monotonic() - setAt);
      const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth() + 1, at.getUTCDate()];
      return { year, month, day, hour: at.getUTCHours(), minute: at.getUTCMinutes(), second: at.getUTCSeconds() };
    },
    set({ year, month, day, hour, minute, second }) {
      setTo = Date.UTC(year, month - 1, day, hour, minute, second);
      setAt = clock.monotonic();
    },
  };
}
