import type { ScheduleContext, Weekday } from "@portico/card-protocol";
import { portions } from "../core/portions.ts";
import { occurrencesOf, type Weekly } from "../core/reservations/recurrence.ts";
import type { Span } from "../core/reservations/span.ts";
import { unionOf } from "../core/validity.ts";
import type { Queries } from "../store/cloud-database.ts";

/** A lesson of a timetable: where, and when each week as the campus calendar has it. */
export interface Lesson extends Omit<Weekly, "followsCalendar"> {
  readonly resource: string;
}

/** Rows in one statement. */
const ROWS_MAX = 60;

/** Makes a timetable consist of these; none: it is gone. */
export async function keepLessons(queries: Queries, timetable: string, lessons: readonly Lesson[]): Promise<void> {
  await queries.deleteFrom("timetable_lesson").where("timetable", "=", timetable).execute();
  await queries.deleteFrom("lesson_without_room").where("timetable", "=", timetable).execute();
  const rows = lessons.map(({ resource, weekday, startS, endS, everyWeeks, from, until, termPhases }, nth) => ({
    timetable,
    nth,
    resource,
    weekday,
    start_s: startS,
    end_s: endS,
    every_weeks: everyWeeks,
    from_day: from,
    until_day: until,
    term_phases: JSON.stringify(termPhases),
  }));
  for (const some of portions(rows, ROWS_MAX)) await queries.insertInto("timetable_lesson").values(some).execute();
}

/** Every timetable's lessons, by its name. */
export async function readTimetables(queries: Queries): Promise<ReadonlyMap<string, readonly Lesson[]>> {
  const found = new Map<string, Lesson[]>();
  for (const row of await queries.selectFrom("timetable_lesson").selectAll().orderBy("timetable").orderBy("nth").execute()) {
    const lessons = found.get(row.timetable) ?? [];
    found.set(row.timetable, lessons);
    lessons.push({
      resource: row.resource,
      weekday: row.weekday as Weekday,
      startS: row.start_s,
      endS: row.end_s,
      everyWeeks: row.every_weeks,
      from: row.from_day,
      until: row.until_day,
      termPhases: JSON.parse(row.term_phases) as string[],
    });
  }
  return found;
}

/** When lessons have which room: what touches is one stretch. */
export function timesByRoom(lessons: readonly Lesson[], context: ScheduleContext): ReadonlyMap<string, readonly Span[]> {
  const rooms = new Map<string, Span[]>();
  for (const lesson of lessons) {
    const times = rooms.get(lesson.resource) ?? [];
    rooms.set(lesson.resource, times);
    times.push(...occurrencesOf({ ...lesson, followsCalendar: true }, context));
  }
  return new Map([...rooms].map(([resource, spans]) => [resource, unionOf(spans)]));
}
