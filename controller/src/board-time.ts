import { type Clock, localTime } from "@portico/card-protocol";
import type { BoardTime } from "@portico/firmware-ts/uhppote";

/** What the clock of a board shall show: the campus's time; undefined while nobody vouches for the clock here. */
export function boardTime(clock: Clock, timeZone: string): BoardTime | undefined {
  const wall = clock.wall();
  if (wall === "untrusted") return undefined;
  const { date, secondOfDay } = localTime(timeZone, wall.now);
  const [year = 0, month = 0, day = 0] = date.split("-").map(Number);
  return { year, month, day, hour: Math.floor(secondOfDay / 3600), minute: Math.floor(secondOfDay / 60) % 60, second: secondOfDay % 60 };
}
