import {
  dateOfDay,
  dayOfDate,
  instantsOf,
  type LocalDate,
  rangesOn,
  type Schedule,
  type ScheduleContext,
  type Weekday,
  weekdayOfDay,
} from "@portico/card-protocol";
import type { Span } from "./span.ts";

/** Something that comes again each week: a lesson of a timetable, or a booking. Seconds behind the campus's midnight; `endS` may pass 86,400. */
export interface Weekly {
  readonly weekday: Weekday;
  readonly startS: number;
  readonly endS: number;
  /** 1: each week; 2: every other week from that of `from` on. */
  readonly everyWeeks: number;
  /** Both days count. */
  readonly from: LocalDate;
  readonly until: LocalDate;
  /** As the campus calendar has it: not on holidays, and on the day that makes up for one (周日补周四的课). */
  readonly followsCalendar: boolean;
  /** On days of these term phases alone; empty: on all. */
  readonly termPhases: readonly string[];
}

/** Days on which it is looked for at most: three years. */
const DAYS_MAX = 1_100;
const mondayOf = (day: number): number => day - (weekdayOfDay(day) - 1);

/**
 * The stretches of something weekly, in order. A make-up working day belongs to the week in which it lies.
 */
export function occurrencesOf(weekly: Weekly, context: ScheduleContext): Span[] {
  const { weekday, startS, endS, everyWeeks, followsCalendar, termPhases } = weekly;
  const schedule: Schedule = {
    id: "weekly",
    weekly: { [weekday]: [{ startS, endS }] },
    specialDays: [],
    follows: { holidays: followsCalendar, makeUpDays: followsCalendar, ...(termPhases.length === 0 ? {} : { termPhases }) },
  };
  const first = dayOfDate(weekly.from);
  const last = Math.min(dayOfDate(weekly.until), first + DAYS_MAX);
  const found: Span[] = [];
  for (let day = first; day <= last; day++) {
    if (((mondayOf(day) - mondayOf(first)) / 7) % everyWeeks !== 0) continue;
    for (const range of rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day))) found.push(...instantsOf(context.zone, day, range.startS, range.endS));
  }
  return found;
}
