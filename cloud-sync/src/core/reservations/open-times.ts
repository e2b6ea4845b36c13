import { dateOfDay, dayOfDate, instantsOf, localTime, rangesOn, type Schedule, type ScheduleContext, weekdayOfDay } from "@portico/card-protocol";
import { intersectionOf, unionOf } from "../validity.ts";
import type { Span } from "./span.ts";

/**
 * When something is open within a stretch: the schedule of its opening hours, as the campus calendar makes it run. Holidays and closing days are closed in a
 * schedule that follows them; a make-up working day runs as the weekday that it makes up for.
 *
 * @param schedule  undefined: at all hours
 */
export function openTimes(schedule: Schedule | undefined, context: ScheduleContext, within: Span): Span[] {
  if (schedule === undefined) return [within];
  const { zone } = context;
  const found: Span[] = [];
  const last = dayOfDate(localTime(zone, within.until).date);
  // What began the day before may cross midnight.
  for (let day = dayOfDate(localTime(zone, within.from).date) - 1; day <= last; day++)
    for (const { startS, endS } of rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day))) found.push(...instantsOf(zone, day, startS, endS));
  return intersectionOf(unionOf(found), [within]);
}
