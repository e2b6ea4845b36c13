import type { Cloud } from "../cloud.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { keepCampusTimes } from "./campus-times.ts";

/** A lesson to whose time the calendar has moved it, while somebody else has the room. */
export interface LessonWithoutRoom extends Span {
  readonly timetable: string;
  readonly resource: string;
}

/** Who keeps a room for a lesson that had none, in the reservation that does. */
const ACTOR = "reservations";

/** In the order in which they would take place. @param resource  of one room; left out: of all */
export async function readWithoutRoom(queries: Queries, resource?: string): Promise<LessonWithoutRoom[]> {
  let query = queries.selectFrom("lesson_without_room").selectAll().orderBy("starts").orderBy("resource").orderBy("timetable");
  if (resource !== undefined) query = query.where("resource", "=", resource);
  return (await query.execute()).map(({ timetable, resource: room, starts, ends }) => ({ timetable, resource: room, ...span(starts, ends) }));
}

/** Gives a room to the lessons that had none when the calendar moved them, where it is free by now. Those that would have begun stand there no longer. */
export async function giveRoom(mutation: Mutation, cloud: Cloud, resource: string): Promise<void> {
  const { queries, now } = mutation;
  for (const { timetable, from, until } of await readWithoutRoom(queries, resource)) {
    const isAhead = from > now;
    if (isAhead && !(await keepCampusTimes(mutation, cloud, { resource, kind: "timetable", label: timetable, actor: ACTOR, spans: [span(from, until)] })).ok)
      continue;
    await queries.deleteFrom("lesson_without_room").where("timetable", "=", timetable).where("resource", "=", resource).where("starts", "=", from).execute();
  }
}
