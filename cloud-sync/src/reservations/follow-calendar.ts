import { ok } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { portions } from "../core/portions.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import { mutate, type Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { campusContext } from "./booking-facts.ts";
import { keepCampusTimes } from "./campus-times.ts";
import { ACTIVE, takenNow } from "./lapse.ts";
import { readTimetables, timesByRoom } from "./lessons.ts";

/** A lesson to whose time the calendar has moved it, while somebody else has the room. */
export interface LessonWithoutRoom extends Span {
  readonly timetable: string;
  readonly resource: string;
}

/** What a change of the calendar did to lessons, in stretches. */
export interface LessonsMoved {
  readonly begun: number;
  readonly ended: number;
  /** Those that have no room now, whether by this change or an earlier one. */
  readonly without: readonly LessonWithoutRoom[];
}

/** Instants in one statement. */
const TIMES_MAX = 300;
/** Lessons that are tried in one look. */
const TRIED_MAX = 100;

/**
 * Moves the lessons of all timetables that are still to come to where the campus calendar has them now. What they leave is free; to what they need they are put
 * where nobody is. Nobody's booking is taken: such a lesson is told, stays without a room, and has it as soon as it is free ({@link findRooms}).
 */
export async function followCalendar(mutation: Mutation, cloud: Cloud, actor: string): Promise<LessonsMoved> {
  const { queries, now, notify } = mutation;
  const timetables = await readTimetables(queries);
  if (timetables.size === 0) return { begun: 0, ended: 0, without: [] };
  const context = await campusContext(cloud, queries);
  const kept = await keptAhead(queries, now);
  const told = new Set((await readWithoutRoom(queries)).map(keyOf));
  await queries.deleteFrom("lesson_without_room").execute();
  const wanted = [...timetables].flatMap(([timetable, lessons]) =>
    [...timesByRoom(lessons, context)].map(([resource, spans]) => ({ timetable, resource, spans: spans.filter(({ from }) => from > now) })),
  );
  let [begun, ended] = [0, 0];
  // All that ends goes first: a lesson may move to where another one was.
  for (const { timetable, resource, spans } of wanted) {
    const stay = new Set(spans.map(timeKey));
    const over = (kept.get(`${timetable} ${resource}`) ?? []).filter((each) => !stay.has(timeKey(each)));
    await endTimes(queries, timetable, resource, over);
    ended += over.length;
  }
  const without: LessonWithoutRoom[] = [];
  for (const { timetable, resource, spans } of wanted) {
    const had = new Set((kept.get(`${timetable} ${resource}`) ?? []).map(timeKey));
    const added = spans.filter((each) => !had.has(timeKey(each)));
    if (added.length === 0) continue;
    const { number } = await queries.selectFrom("resource").select("number").where("id", "=", resource).executeTakeFirstOrThrow();
    const taken = await takenNow(queries, number, hullOf(added), now);
    const free = added.filter((each) => !taken.some((other) => overlaps(each, other)));
    const put = await keepLesson(mutation, cloud, { timetable, resource, spans: free, actor });
    if (!put.ok) throw new Error(`${put.detail}: free a moment ago, in the same transaction`);
    begun += free.length;
    for (const each of added) if (!free.includes(each)) without.push({ timetable, resource, ...each });
  }
  for (const each of without) {
    const { timetable, resource, from, until } = each;
    await queries.insertInto("lesson_without_room").values({ timetable, resource, starts: from, ends: until }).execute();
    if (!told.has(keyOf(each))) notify({ kind: "timetable.without-room", person: null, body: { timetable, resource, from, until } });
  }
  return { begun, ended, without };
}

/** Gives rooms to lessons that had none when the calendar moved them, where they are free by now. */
export async function findRooms(cloud: Cloud): Promise<void> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  for (const lesson of (await readWithoutRoom(queries)).slice(0, TRIED_MAX)) {
    if (lesson.from > now && (await isTaken(queries, lesson, now))) continue;
    const { timetable, resource } = lesson;
    const note = { actor: "reservations", action: "timetable find-room", reason: "", target: `timetable ${timetable}` };
    await mutate(cloud, note, async (mutation) => {
      const waiting = mutation.queries.deleteFrom("lesson_without_room").where("timetable", "=", timetable).where("resource", "=", resource).where("starts", "=", lesson.from); // prettier-ignore
      const { numDeletedRows } = await waiting.executeTakeFirstOrThrow();
      if (numDeletedRows === 0n || lesson.from <= mutation.now) return ok({ times: 0 }); // somebody else has found one, or it is over
      return keepLesson(mutation, cloud, { timetable, resource, spans: [span(lesson.from, lesson.until)], actor: note.actor });
    });
  }
}

/** In the order in which they would take place. */
export async function readWithoutRoom(queries: Queries): Promise<LessonWithoutRoom[]> {
  const rows = await queries.selectFrom("lesson_without_room").selectAll().orderBy("starts").orderBy("resource").orderBy("timetable").execute();
  return rows.map(({ timetable, resource, starts, ends }) => ({ timetable, resource, ...span(starts, ends) }));
}

/** What timetables keep and has not begun, by timetable and place. */
async function keptAhead(queries: Queries, now: number): Promise<ReadonlyMap<string, readonly Span[]>> {
  const rows = await queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .select(["label", "resource", "starts", "ends"])
    .distinct()
    .where("kind", "=", "timetable")
    .where("starts", ">", now)
    .execute();
  const kept = new Map<string, Span[]>();
  for (const { label, resource, starts, ends } of rows) {
    const key = `${label} ${resource}`;
    const spans = kept.get(key) ?? [];
    kept.set(key, spans);
    spans.push(span(starts, ends));
  }
  return kept;
}

async function endTimes(queries: Queries, timetable: string, resource: string, spans: readonly Span[]): Promise<void> {
  if (spans.length === 0) return;
  const own = queries.selectFrom("reservation").select("id").where("kind", "=", "timetable").where("label", "=", timetable).where("resource", "=", resource);
  for (const some of portions(spans, TIMES_MAX)) {
    const starts = some.map(({ from }) => from);
    await queries.deleteFrom("reserved_time").where("reservation", "in", own).where("starts", "in", starts).execute();
  }
}

function keepLesson(
  mutation: Mutation,
  cloud: Cloud,
  { timetable, resource, spans, actor }: { timetable: string; resource: string; spans: readonly Span[]; actor: string },
) {
  return keepCampusTimes(mutation, cloud, { resource, kind: "timetable", label: timetable, actor, spans });
}

async function isTaken(queries: Queries, { resource, from, until }: LessonWithoutRoom, now: number): Promise<boolean> {
  const row = await queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .innerJoin("resource", "resource.number", "reserved_time.resource_number")
    .select("reserved_time.reservation")
    .where("resource.id", "=", resource)
    .where(ACTIVE)
    .where("ends", ">", from)
    .where("starts", "<", until)
    .where((where) => where.or([where("held_until", "is", null), where("held_until", ">", now)]))
    .executeTakeFirst();
  return row !== undefined;
}

const timeKey = ({ from, until }: Span): string => `${from} ${until}`;
const keyOf = ({ timetable, resource, ...time }: LessonWithoutRoom): string => `${timetable} ${resource} ${timeKey(time)}`;
