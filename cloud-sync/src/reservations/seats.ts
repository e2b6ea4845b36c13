import type { UnixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { nearbyOf, type NearbySlot } from "../core/reservations/nearby.ts";
import { portions } from "../core/portions.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import { bookableIn } from "../core/reservations/timeline.ts";
import { intersectionOf } from "../core/validity.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import type { OfferingWithContact } from "./offering.ts";
import { takenNow, type TakenSeat } from "./lapse.ts";
import type { Resource } from "./resource-rows.ts";
import { daysOf, openings, timelinesOf } from "./timelines.ts";

type Numbered = Resource & { readonly number: number };

/** Rows in one statement. */
const ROWS_MAX = 60;
/** Other places that are looked at for what is free nearby. */
const OTHERS_MAX = 10;

/** The first seat that is free for all of these; where there is none, the first of them that is taken. Holds past their time are let go of first. */
export async function freeSeat(
  queries: Queries,
  resource: Numbered,
  spans: readonly Span[],
  now: UnixSeconds,
): Promise<{ readonly seat: number } | { readonly taken: Span }> {
  const taken = await takenNow(queries, resource.number, hullOf(spans), now);
  const seat = firstFreeSeat(resource, taken, spans);
  return seat === undefined ? { taken: spans.find((wanted) => taken.some((each) => overlaps(each, wanted)))! } : { seat };
}

/** The first seat that nobody has at any of these; undefined: there is none. @param taken  who has which, at these times at least */
export function firstFreeSeat({ seats }: Pick<Resource, "seats">, taken: readonly TakenSeat[], spans: readonly Span[]): number | undefined {
  const used = new Set(taken.filter((each) => spans.some((wanted) => overlaps(each, wanted))).map(({ seat }) => seat));
  let seat = 1;
  while (used.has(seat)) seat++;
  return seat <= seats ? seat : undefined;
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

/** Places of a service and type, the smallest that are large enough first, of which a seat is free for all of a stretch. */
const FREE_OTHERS = new Statement<{ readonly id: string; readonly schedule: string | null }>(
  `SELECT id, schedule FROM (
      SELECT id, number, seats, schedule, capacity FROM resource
        WHERE campus_service = ? AND type = ? AND kind = 'place' AND capacity >= ? AND id <> ? ORDER BY capacity, id LIMIT ${OTHERS_MAX}
    ) AS other
    WHERE seats > (
      SELECT COUNT(DISTINCT seat) FROM reserved_time JOIN reservation ON reservation.id = reserved_time.reservation
        WHERE resource_number = other.number AND active = 1 AND ends > ? AND starts < ? AND (held_until IS NULL OR held_until > ?)
    )
    ORDER BY capacity, id`,
);

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
  const { id, type, capacity } = resource;
  const rows = await FREE_OTHERS.rows(queries, offering.id, type, capacity, id, wanted.from, wanted.until, now);
  const openOf = await openings(cloud, queries, rows, daysOf(cloud.timeZone, wanted));
  const bookable = span(now, now + offering.terms.aheadS);
  const others = rows.map((row) => ({ resource: row.id, bookable: intersectionOf(openOf(row), [bookable]) }));
  const [own] = await timelinesOf(cloud, queries, [resource], wanted, () => offering, now);
  return nearbyOf({ resource: id, ...wanted }, bookableIn(own!.parts), others, offering.terms.stepS);
}
