import { dateOfDay, DAY_S, dayOfDate, instantsOf, localTime, weekdayOfDay } from "./campus-time.ts";
import type { CampusCalendar, LocalDate, Schedule, SpecialDayGroup, TimeRange, Weekday } from "./schedule.ts";
import { type UnixSeconds, unixSeconds } from "./units.ts";

/** What a schedule is read against: made once for each list by {@link scheduleContext}. */
export interface ScheduleContext {
  /** IANA name for which `isTimeZone` holds. */
  readonly zone: string;
  /** The days of each special day group, by the group's id. */
  readonly specialDays: ReadonlyMap<string, ReadonlySet<LocalDate>>;
  readonly calendar: CampusCalendar;
}

/** A calendar without any day: for a campus that keeps none. */
export const EMPTY_CALENDAR: CampusCalendar = { days: new Map(), termPhases: [] };
/** How far ahead {@link nextOpening} looks: what opens yearly is found in any year. */
const LOOK_AHEAD_DAYS = 400;
const CLOSED: readonly TimeRange[] = [];

/** Prepares special day groups and calendar for looking up. */
export function scheduleContext(zone: string, groups: readonly SpecialDayGroup[], calendar: CampusCalendar): ScheduleContext {
  return { zone, specialDays: new Map(groups.map(({ id, days }) => [id, new Set(days)])), calendar };
}

/**
 * The ranges that belong to a day. What comes first decides alone:
 *
 * 1. **special days**: any special day of the schedule whose group holds the date: the union of the periods of all of these; none: closed all day
 * 2. **term phases**: a schedule that names phases is closed on a day in none of them
 * 3. **campus calendar**: a holiday closes a schedule that follows holidays; a make-up working day runs as its weekday W in one that follows those
 * 4. **weekly**: the ranges of the weekday
 *
 * Ranges may overlap and are in no order.
 */
export function rangesOn(schedule: Schedule, context: ScheduleContext, date: LocalDate, weekday: Weekday): readonly TimeRange[] {
  const { calendar } = context;
  const { follows } = schedule;
  if (schedule.specialDays.length > 0) {
    const special = schedule.specialDays.filter(({ group }) => context.specialDays.get(group)?.has(date));
    if (special.length > 0) return special.flatMap(({ periods }) => periods);
  }
  if (
    follows.termPhases !== undefined &&
    !calendar.termPhases.some(({ phase, from, until }) => from <= date && date < until && follows.termPhases!.includes(phase))
  )
    return CLOSED;
  const day = calendar.days.get(date);
  if (day?.kind === "holiday" && follows.holidays) return CLOSED;
  return schedule.weekly[day?.kind === "makeUpDay" && follows.makeUpDays ? day.runsAs : weekday] ?? CLOSED;
}

/**
 * True while the wall of the campus shows a time within a range of today, or within one of yesterday that crosses midnight: such a range belongs
 * to its first day, so neither a holiday nor a special day on the second cuts it. In the hour that a DST change repeats the wall shows everything
 * twice; what stands in the hour that it skips does not happen.
 */
export function isOpenAt(schedule: Schedule, context: ScheduleContext, at: UnixSeconds): boolean {
  const { date, weekday, secondOfDay } = localTime(context.zone, at);
  for (const { startS, endS } of rangesOn(schedule, context, date, weekday)) if (startS <= secondOfDay && secondOfDay < endS) return true;
  const yesterday = rangesOn(schedule, context, dateOfDay(dayOfDate(date) - 1), weekday === 1 ? 7 : ((weekday - 1) as Weekday));
  for (const { startS, endS } of yesterday) if (startS <= secondOfDay + DAY_S && secondOfDay + DAY_S < endS) return true;
  return false;
}

/** `at` itself while open, else the first instant behind it that is; undefined when there is none within 400 days. */
export function nextOpening(schedule: Schedule, context: ScheduleContext, at: UnixSeconds): UnixSeconds | undefined {
  const today = dayOfDate(localTime(context.zone, at).date);
  let best = Number.POSITIVE_INFINITY;
  let lastDay = today + LOOK_AHEAD_DAYS;
  for (let day = today - 2; day <= lastDay; day++)
    for (const { startS, endS } of rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day)))
      for (const { from, until } of instantsOf(context.zone, day, startS, endS)) {
        if (until <= at || from >= best) continue;
        best = Math.max(from, at);
        lastDay = Math.min(lastDay, day + 1); // a clock put back may show the day before once more
      }
  return best === Number.POSITIVE_INFINITY ? undefined : unixSeconds(best);
}

/**
 * The first year whose list of days is missing although it should be there: this year's always, next year's from 1 December. Undefined: nothing is
 * missing. Concerns a campus where a schedule follows holidays or make-up days.
 */
export function calendarAlarm(calendar: CampusCalendar, zone: string, at: UnixSeconds): { readonly missingYear: number } | undefined {
  const { date } = localTime(zone, at);
  const year = Number(date.slice(0, 4));
  const due = date.slice(5) >= "12-01" ? [year, year + 1] : [year];
  const days = [...calendar.days.keys()];
  const missingYear = due.find((y) => !days.some((day) => day.startsWith(`${y}-`)));
  return missingYear === undefined ? undefined : { missingYear };
}
