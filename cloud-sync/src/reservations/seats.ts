import type { UnixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { nearbyOf, type NearbySlot } from "../core/reservations/nearby.ts";
import { portions } from "../core/portions.ts";
import { hullOf, overlaps, type Span } from "../core/reservations/span.ts";
import { bookableIn } from "../core/reservations/timeline.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { OfferingWithContact } from "./offering.ts";
import { takenNow } from "./lapse.ts";
import type { Resource } from "./resources.ts";
import { timelinesOf } from "./timelines.ts";

type Numbered = Resource & { readonly number: number };

/** Rows in one statement. */
const ROWS_MAX = 60;
/** Other places that are looked at for what is free nearby. */
const OTHERS_MAX = 10;

/** The first seat that is free for all of these; where there is none, the first of them that is taken. Holds past their time are let go of first. */
export async function freeSeat(
  queries: Queries,
  { number, seats }: Numbered,
  spans: readonly Span[],
  now: UnixSeconds,
): Promise<{ readonly seat: number } | { readonly taken: Span }> {
  const there = (await takenNow(queries, number, hullOf(spans), now)).filter((each) => spans.some((wanted) => overlaps(each, wanted)));
  const used = new Set(there.map(({ seat }) => seat));
  let seat = 1;
  while (used.has(seat)) seat++;
  return seat <= seats ? { seat } : { taken: spans.find((wanted) => there.some((each) => overlaps(each, wanted)))! };
}

/** Puts the times of a reservation on a seat. */
export async function putTimes(queries: Queries, { number, seats }: Numbered, seat: number, reservation: string, spans: readonly Span[]): Promise<void> {
  const rows = spans.map(({ from, until }, nth) => ({
    reservation,
    nth,
    resource_number: number,
    seats,
    seat,
    starts: from,
    ends: until,
    active: 1,
    signed_in_at: null,
    signed_in_by: null,
    leave_at: null,
  }));
  for (const some of portions(rows, ROWS_MAX)) await queries.insertInto("reserved_time").values(some).execute();
}

/** What is free in the place of what is taken: other places of the same service and type at that time, and that place at other times of the day. */
export async function freeNearby(
  cloud: Cloud,
  queries: Queries,
  offering: OfferingWithContact,
  resource: Numbered,
  wanted: Span,
  now: UnixSeconds,
): Promise<{ readonly sameTime: NearbySlot[]; readonly sameResource: NearbySlot[] }> {
  if (resource.kind === "course") return { sameTime: [], sameResource: [] };
  const rows = await queries
    .selectFrom("resource")
    .selectAll()
    .where("campus_service", "=", offering.id)
    .where("type", "=", resource.type)
    .where("kind", "=", "place")
    .where("id", "<>", resource.id)
    .where("capacity", ">=", resource.capacity)
    .orderBy("capacity")
    .orderBy("id")
    .limit(OTHERS_MAX)
    .execute();
  const own = await queries.selectFrom("resource").selectAll().where("id", "=", resource.id).executeTakeFirstOrThrow();
  const timelines = await timelinesOf(cloud, queries, [own, ...rows], wanted, () => offering, now);
  const [mine, ...others] = timelines.map((each) => ({ resource: each.resource, bookable: bookableIn(each.parts) }));
  return nearbyOf({ resource: resource.id, ...wanted }, mine!.bookable, others, offering.terms.stepS);
}
