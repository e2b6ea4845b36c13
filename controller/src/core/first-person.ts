import {
  dateOfDay,
  dayOfDate,
  instantsOf,
  localTime,
  rangesOn,
  type Schedule,
  type ScheduleContext,
  type UnixSeconds,
  weekdayOfDay,
} from "@portico/card-protocol";

interface Opening {
  readonly from: number;
  readonly until: number;
}

/**
 * Whether the opening of a schedule that holds `at` has been begun by somebody who came in at `cameAt`: in it, and not later than `at`. Ranges of a day that
 * overlap or touch are one opening; each day begins anew, and one that crosses midnight belongs to its first day.
 */
export function isBegun(schedule: Schedule, context: ScheduleContext, cameAt: UnixSeconds | undefined, at: UnixSeconds): boolean {
  if (cameAt === undefined || cameAt > at) return false;
  const today = dayOfDate(localTime(context.zone, at).date);
  return [today - 2, today - 1, today].some((day) => openingsOn(schedule, context, day).some(({ from, until }) => from <= cameAt && at < until));
}

function openingsOn(schedule: Schedule, context: ScheduleContext, day: number): readonly Opening[] {
  const instants = rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day))
    .flatMap(({ startS, endS }): readonly Opening[] => instantsOf(context.zone, day, startS, endS))
    .toSorted((a, b) => a.from - b.from);
  return instants.reduce<Opening[]>((openings, { from, until }) => {
    const last = openings.at(-1);
    if (last === undefined || from > last.until) return [...openings, { from, until }];
    return [...openings.slice(0, -1), { from: last.from, until: Math.max(last.until, until) }];
  }, []);
}
