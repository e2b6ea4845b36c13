import { ok, type Result } from "@portico/card-protocol";
import { type CalendarRange, writeCalendar } from "./calendar.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";
import { followCalendar, type LessonsMoved } from "./reservations/follow-calendar.ts";
import { offerAllFree, type Offerer } from "./reservations/offers.ts";

/** What a change of the calendar comes to. */
export interface CalendarChanged {
  /** How many of each there are in the range now. */
  readonly days: number;
  readonly termPhases: number;
  readonly lessons: LessonsMoved;
}

/** Replaces what the calendar says of a range of days. In the same transaction the lessons of timetables move to where it has them now (周日补周四的课), and what they leave is offered to who waits for it. */
export function putCalendar(desk: Offerer, note: ChangeNote, range: CalendarRange): Promise<Result<Changed<CalendarChanged>, "RequestMalformed">> {
  const { cloud } = desk;
  return mutate(cloud, { ...note, target: `calendar ${range.from} to ${range.until}` }, async (mutation) => {
    const written = await writeCalendar(mutation, range);
    if (!written.ok) return written;
    const lessons = await followCalendar(mutation, cloud, note.actor);
    await offerAllFree(mutation, desk);
    return ok({ ...written.value, lessons });
  });
}
