import { formatLocal, ok, type Result, type UnixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse, type RefusalFacts } from "../core/refusal.ts";
import type { BookingRefusal } from "../core/reservations/judge-booking.ts";
import { hullOf, type Span } from "../core/reservations/span.ts";
import { bookingRule } from "../core/reservations/terms.ts";
import type { Mutation } from "../mutation.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import type { ReservationState } from "../store/reservation-tables.ts";
import { type OfferingWithContact, offeringOf, refuseFor } from "./offering.ts";
import { refusalOf } from "./booking-facts.ts";
import { grantTimes } from "./reservation-grants.ts";
import { type Reservation, type ReservationRow, withTimes } from "./reservation-rows.ts";
import { readResource, type Resource } from "./resource-rows.ts";
import { freeNearby, freeSeat, putTimes } from "./seats.ts";

/** What somebody wants to book. */
export interface BookingAsk {
  readonly resource: string;
  readonly person: string;
  /** Of a place: when, at least once. Of a course: nothing, its sessions are booked. */
  readonly spans: readonly Span[];
  /** Of the notice that was shown; null: none was. */
  readonly acceptedVersion: number | null;
  /** Held for a while, until it is confirmed. */
  readonly isHold: boolean;
}

/** What every act on a reservation works with. */
export interface Desk {
  readonly cloud: Cloud;
  readonly services: ServiceDocument;
  /** Whoever asks stands at a desk and acts for the person there (rule 5.8). */
  readonly isDesk: boolean;
}

export type BookRefusal = BookingRefusal | "ResourceUnknown" | "PersonUnknown" | "ServiceNotForYou" | "SlotTaken";
type Refused<E extends string> = Extract<Result<never, E>, { readonly ok: false }> & { readonly facts?: RefusalFacts };

const PERSON = new Statement<{ readonly id: string }>("SELECT id FROM person WHERE id = ?");

/** Books, or holds, within a transaction: the times, the grants, and that it is told. Where somebody else has it, the refusal names what is free nearby. */
export async function bookWithin(
  mutation: Mutation,
  { cloud, services }: Pick<Desk, "cloud" | "services">,
  actor: string,
  id: string,
  ask: BookingAsk,
): Promise<Result<Reservation, BookRefusal>> {
  const { queries, now } = mutation;
  const asked = await bookable(queries, services, ask.resource);
  if (!asked.ok) return asked;
  const { resource, offering } = asked.value;
  if ((await PERSON.row(queries, ask.person)) === undefined) return refuse("PersonUnknown", ask.person);
  const spans = spansOf(resource, ask.spans, now);
  const refused = await refusalOf(cloud, queries, services, offering, { ...ask, resource, spans, except: null }, now);
  if (refused !== undefined) return refuseFor(offering, refused.reason, refused.detail, refused.rule);
  const { holdS, needsApproval } = offering.terms;
  const state: ReservationState = ask.isHold ? "held" : needsApproval ? "waiting" : "booked";
  const heldUntil = state === "held" ? Math.min(now + holdS, hullOf(spans).until) : state === "waiting" ? hullOf(spans).from : null;
  const row: ReservationRow = {
    id,
    resource: resource.id,
    person: ask.person,
    kind: "booking",
    state,
    held_until: heldUntil,
    label: "",
    accepted_version: ask.acceptedVersion,
    created_at: now,
    created_by: actor,
    approved_by: null,
    revision: 1,
  };
  const found = await freeSeat(queries, resource, spans, now);
  if ("taken" in found) return slotTaken(cloud, queries, offering, resource, found.taken, now);
  await queries.insertInto("reservation").values(row).execute();
  await putTimes(queries, resource, found.seat, id, spans);
  if (state === "booked") await grantTimes(mutation, cloud, offering, resource.opens, grantedOf(row));
  if (state !== "held")
    mutation.notify({ kind: state === "booked" ? "reservation.booked" : "reservation.waiting", person: ask.person, body: bodyOf(row, hullOf(spans)) });
  return ok(await oneOf(queries, row, offering, now));
}

/** A place or course, and the service by whose terms it is booked. */
export async function bookable(queries: Queries, services: ServiceDocument, id: string) {
  const resource = await readResource(queries, id);
  if (resource === undefined) return refuse("ResourceUnknown", id);
  const offering = offeringOf(services, resource.campusService);
  // The service document may have changed since.
  return offering === undefined ? refuse("ResourceUnknown", `${id}: nothing of ${resource.campusService} is booked any more`) : ok({ resource, offering });
}

/** Of a course all sessions that are not over, whatever was asked. */
export const spansOf = ({ kind, sessions }: Resource, asked: readonly Span[], now: UnixSeconds): readonly Span[] =>
  kind === "course" ? sessions.filter(({ until }) => until > now) : [...asked].sort((a, b) => a.from - b.from);

export async function slotTaken(
  cloud: Cloud,
  queries: Queries,
  offering: OfferingWithContact,
  resource: Resource & { readonly number: number },
  wanted: Span,
  now: UnixSeconds,
): Promise<Refused<"SlotTaken">> {
  const nearby = await freeNearby(cloud, queries, offering, resource, wanted, now);
  const rule = bookingRule(offering, resource.kind);
  return refuseFor(
    offering,
    "SlotTaken",
    resource.kind === "course" ? `${resource.id}: all ${resource.seats} seats are taken` : `${resource.id}, ${formatLocal(cloud.timeZone, wanted.from)}`,
    rule,
    nearby,
  );
}

export const grantedOf = ({ id, person, created_at, created_by, approved_by }: ReservationRow) => ({
  id,
  person: person!,
  bookedAt: created_at,
  bookedBy: created_by,
  approvedBy: approved_by,
});

/** What callers are told of a reservation. */
export const bodyOf = ({ id, resource }: Pick<ReservationRow, "id" | "resource">, { from, until }: Span) => ({ reservation: id, resource, from, until });

export async function oneOf(queries: Queries, row: ReservationRow, offering: OfferingWithContact, now: UnixSeconds): Promise<Reservation> {
  const [one] = await withTimes(queries, [row], () => offering, now);
  return one!;
}
