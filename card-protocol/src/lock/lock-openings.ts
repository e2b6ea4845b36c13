import { dateOfDay, dayOfDate, instantsOf, localTime, weekdayOfDay } from "../campus-time.ts";
import { rangesOn, type ScheduleContext } from "../opening.ts";
import type { Schedule } from "../schedule.ts";
import { type UnixSeconds, unixSeconds } from "../units.ts";
import type { LockOpening } from "./lock-list.ts";

/**
 * A schedule as a lock's list has it: the intervals of from ≤ t < until in which it is open, joined where they touch. Special days, calendar and changes of the
 * clocks are in them, so that a lock needs no time zone.
 */
export function lockOpenings(schedule: Schedule, context: ScheduleContext, from: UnixSeconds, until: UnixSeconds): readonly LockOpening[] {
  const all: LockOpening[] = [];
  const last = dayOfDate(localTime(context.zone, until).date);
  for (let day = dayOfDate(localTime(context.zone, from).date) - 2; day <= last; day++)
    for (const { startS, endS } of rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day))) all.push(...instantsOf(context.zone, day, startS, endS));
  const joined: LockOpening[] = [];
  for (const opening of all.toSorted((a, b) => a.from - b.from)) {
    const cut = { from: unixSeconds(Math.max(opening.from, from)), until: unixSeconds(Math.min(opening.until, until)) };
    if (cut.from >= cut.until) continue;
    const before = joined.at(-1);
    if (before === undefined || before.until < cut.from) joined.push(cut);
    else if (cut.until > before.until) joined[joined.length - 1] = { from: before.from, until: cut.until };
  }
  return joined;
}
