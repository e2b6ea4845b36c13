import { ok, type Result } from "@portico/card-protocol";
import { refuse } from "../core/refusal.ts";
import type { Span } from "../core/reservations/span.ts";
import { unionOf } from "../core/validity.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { campusContext } from "./booking-facts.ts";
import { type CampusTimes, endCampusTimes, keepCampusTimes } from "./campus-times.ts";
import { keepLessons, type Lesson, timesByRoom } from "./lessons.ts";
import { toldFor } from "./offering.ts";
import { type Offerer, offerFree } from "./offers.ts";

/**
 * Makes a semester's timetable say this: its lessons keep their rooms, as the campus calendar makes them run; what it said before is given back. All of it
 * or nothing: where somebody has a room at the time of a lesson, the refusal names who. When the calendar changes, they move (docs/places.md).
 *
 * @param lessons  none: the timetable ends
 */
export function putTimetable(
  desk: Offerer,
  note: ChangeNote,
  id: string,
  lessons: readonly Lesson[],
): Promise<Result<Changed<{ readonly lessons: number; readonly times: number }>, "ResourceUnknown" | "BookingsInTheWay">> {
  const { cloud } = desk;
  return mutate(cloud, { ...note, target: `timetable ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const freed = await endCampusTimes(queries, { label: id, kind: "timetable" });
    const context = await campusContext(cloud, queries);
    let times = 0;
    for (const [resource, spans] of timesByRoom(lessons, context)) {
      const ahead = spans.filter(({ until }) => until > now);
      const kept = await keep(mutation, desk, { resource, kind: "timetable", label: id, actor: note.actor, spans: ahead });
      if (!kept.ok) return kept;
      times += kept.value.times;
    }
    await keepLessons(queries, id, lessons);
    for (const resource of freed) await offerFree(mutation, desk, resource);
    return ok({ lessons: lessons.length, times });
  });
}

/** Closes a place for a while, or makes the closure say this: an exercise, repairs, an open day. Refused where somebody has booked it. */
export function putClosure(
  desk: Offerer,
  note: ChangeNote,
  id: string,
  resource: string,
  spans: readonly Span[],
): Promise<Result<Changed<{ readonly times: number }>, "ResourceUnknown" | "BookingsInTheWay">> {
  return mutate(desk.cloud, { ...note, target: `closure ${id}` }, async (mutation) => {
    const freed = await endCampusTimes(mutation.queries, { label: id, kind: "closure" });
    const kept = await keep(mutation, desk, { resource, kind: "closure", label: id, actor: note.actor, spans: unionOf(spans) });
    if (kept.ok) for (const each of freed) await offerFree(mutation, desk, each);
    return kept;
  });
}

/** Ends a closure: the place can be booked again, by those first who wait for it. */
export function endClosure(desk: Offerer, note: ChangeNote, id: string): Promise<Result<Changed<null>, never>> {
  return mutate(desk.cloud, { ...note, target: `closure ${id}` }, async (mutation) => {
    for (const each of await endCampusTimes(mutation.queries, { label: id, kind: "closure" })) await offerFree(mutation, desk, each);
    return ok(null);
  });
}

async function keep(
  mutation: Mutation,
  { cloud, services }: Offerer,
  times: CampusTimes,
): Promise<Result<{ readonly times: number }, "ResourceUnknown" | "BookingsInTheWay">> {
  const row = await mutation.queries.selectFrom("resource").select(["kind", "campus_service"]).where("id", "=", times.resource).executeTakeFirst();
  if (row?.kind !== "place") return refuse("ResourceUnknown", times.resource);
  const kept = await keepCampusTimes(mutation, cloud, times);
  return kept.ok ? kept : toldFor(services, row.campus_service, kept);
}
