import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import type { Span } from "../core/reservations/span.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { campusContext } from "./booking-facts.ts";
import { type CampusTimes, endCampusTimes, keepCampusTimes } from "./campus-times.ts";
import { keepLessons, type Lesson, timesByRoom } from "./lessons.ts";

/**
 * Makes a semester's timetable say this: its lessons keep their rooms, as the campus calendar makes them run; what it said before is given back. All of it
 * or nothing: where somebody has a room at the time of a lesson, the refusal names who. When the calendar changes, they move (docs/places.md).
 *
 * @param lessons  none: the timetable ends
 */
export function putTimetable(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  lessons: readonly Lesson[],
): Promise<Result<Changed<{ readonly lessons: number; readonly times: number }>, "ResourceUnknown" | "SlotTaken">> {
  return mutate(cloud, { ...note, target: `timetable ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    await endCampusTimes(queries, { label: id, kind: "timetable" });
    const context = await campusContext(cloud, queries);
    let times = 0;
    for (const [resource, spans] of timesByRoom(lessons, context)) {
      const ahead = spans.filter(({ until }) => until > now);
      const kept = await keep(mutation, cloud, { resource, kind: "timetable", label: id, actor: note.actor, spans: ahead });
      if (!kept.ok) return kept;
      times += kept.value.times;
    }
    await keepLessons(queries, id, lessons);
    return ok({ lessons: lessons.length, times });
  });
}

/** Closes a place for a while, or makes the closure say this: an exercise, repairs, an open day. Refused where somebody has booked it. */
export function putClosure(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  resource: string,
  spans: readonly Span[],
): Promise<Result<Changed<{ readonly times: number }>, "ResourceUnknown" | "SlotTaken">> {
  return mutate(cloud, { ...note, target: `closure ${id}` }, async (mutation) => {
    await endCampusTimes(mutation.queries, { label: id, kind: "closure" });
    return keep(mutation, cloud, { resource, kind: "closure", label: id, actor: note.actor, spans });
  });
}

/** Ends a closure: the place can be booked again. */
export function endClosure(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, never>> {
  return mutate(cloud, { ...note, target: `closure ${id}` }, async ({ queries }) => {
    await endCampusTimes(queries, { label: id, kind: "closure" });
    return ok(null);
  });
}

async function keep(mutation: Mutation, cloud: Cloud, times: CampusTimes): Promise<Result<{ readonly times: number }, "ResourceUnknown" | "SlotTaken">> {
  const row = await mutation.queries.selectFrom("resource").select("kind").where("id", "=", times.resource).executeTakeFirst();
  return row?.kind === "place" ? keepCampusTimes(mutation, cloud, times) : refuse("ResourceUnknown", times.resource);
}
