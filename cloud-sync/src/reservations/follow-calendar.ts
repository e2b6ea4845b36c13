import type { Cloud } from "../cloud.ts";
import { portions } from "../core/portions.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import type { Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import { campusContext } from "./booking-facts.ts";
import { keepCampusTimes } from "./campus-times.ts";
import { takenNow } from "./lapse.ts";
import { readTimetables, timesByRoom } from "./lessons.ts";
import { type LessonWithoutRoom, readWithoutRoom } from "./lessons-without-room.ts";

/** What a change of the calendar did to lessons, in stretches. */
export interface LessonsMoved {
  readonly begun: number;
  readonly ended: number;
  /** Those that have no room now, whether by this change or an earlier one. */
  readonly without: readonly LessonWithoutRoom[];
}

/** Instants in one statement. */
const TIMES_MAX = 300;

/**
 * Moves the lessons of all timetables that are still to come to where the campus calendar has them now. What they leave is free; to what they need they are put
 * where nobody is. Nobody's booking is taken: such a lesson is told, stays without a room, and has it as soon as it is free ({@link giveRoom}).
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
    const put = await keepCampusTimes(mutation, cloud, { resource, kind: "timetable", label: timetable, actor, spans: free });
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

const timeKey = ({ from, until }: Span): string => `${from} ${until}`;
const keyOf = ({ timetable, resource, ...time }: LessonWithoutRoom): string => `${timetable} ${resource} ${timeKey(time)}`;
