import { dateOfDay, dayOfDate, type LocalDate, rangesOn, type Schedule, type ScheduleContext, type TimeRange, weekdayOfDay } from "@portico/card-protocol";

/** What holds at one line: its schedules together, read against their special days and the calendar. */
export interface OpenTime {
  readonly schedules: readonly Schedule[];
  readonly context: ScheduleContext;
}

/** So far is looked ahead, in portions of so many days each: what is lost for a month is lost, however the year looks. */
const PORTIONS = 13;
const PORTION_DAYS = 28;

/** Whether, in any four weeks of the coming year, less than half remains open of the time that was. */
export function losesMost(before: OpenTime, after: OpenTime, today: LocalDate): boolean {
  const first = dayOfDate(today);
  for (let portion = 0; portion < PORTIONS; portion++) {
    const from = first + portion * PORTION_DAYS;
    const was = openSeconds(before, from);
    if (was > 0 && openSeconds(after, from) * 2 < was) return true;
  }
  return false;
}

function openSeconds({ schedules, context }: OpenTime, from: number): number {
  let seconds = 0;
  for (let day = from; day < from + PORTION_DAYS; day++)
    seconds += lengthOf(schedules.flatMap((schedule) => rangesOn(schedule, context, dateOfDay(day), weekdayOfDay(day))));
  return seconds;
}

/** Of the union. */
function lengthOf(ranges: readonly TimeRange[]): number {
  let [length, end] = [0, 0];
  for (const { startS, endS } of [...ranges].sort((a, b) => a.startS - b.startS)) {
    length += Math.max(0, endS - Math.max(startS, end));
    end = Math.max(end, endS);
  }
  return length;
}
