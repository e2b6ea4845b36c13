import { ok, type Result } from "@portico/card-protocol";
import { refuse } from "../core/refusal.ts";
import { hullOf, type Span, span } from "../core/reservations/span.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ReservationState } from "../store/reservation-tables.ts";
import { type BookRefusal, bodyOf, bookable, type Desk, grantedOf, oneOf, slotTaken, spansOf } from "./booking.ts";
import { tooLate } from "./cancel-window.ts";
import { type OfferingWithContact, refuseFor } from "./offering.ts";
import { refusalOf } from "./booking-facts.ts";
import { ACTIVE, stateAt } from "./lapse.ts";
import { offerFree } from "./offers.ts";
import { endGrants, grantTimes } from "./reservation-grants.ts";
import type { Reservation, ReservationRow } from "./reservation-rows.ts";
import type { Resource } from "./resource-rows.ts";
import { freeSeat, putTimes } from "./seats.ts";
import { waitNoMore } from "./waiting-rows.ts";

/** A reservation that somebody acts upon. */
export interface Found {
  readonly row: ReservationRow & { readonly person: string };
  readonly resource: Resource & { readonly number: number };
  readonly offering: OfferingWithContact;
  /** The times that were not given back. */
  readonly times: readonly (Span & { readonly nth: number; readonly signedInAt: number | null; readonly leaveAt: number | null })[];
}
/** What was right when it was asked for is so no more: `NotBookable` says by which reason. */
export type SettleRefusal = ActRefusal | "NotBookable";
type ModifyRefusal = Exclude<BookRefusal, "PersonUnknown"> | ActRefusal | "WindowClosed";
export type ActRefusal = "ReservationUnknown" | "ReservationOver";

/**
 * Finds a reservation in one of these states. @param person  whose it has to be: somebody else's is told like none; null: anybody's
 */
export async function findReservation(
  { queries, now }: Pick<Mutation, "queries" | "now">,
  { services }: Pick<Desk, "services">,
  id: string,
  person: string | null,
  states: readonly ReservationState[],
): Promise<Result<Found, ActRefusal>> {
  const row = await queries.selectFrom("reservation").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined || row.person === null || (person !== null && row.person !== person)) return refuse("ReservationUnknown", id);
  const found = await bookable(queries, services, row.resource);
  if (!found.ok) return refuse("ReservationOver", found.detail);
  const { offering } = found.value;
  const state = stateAt(row, now);
  if (!states.includes(state)) return refuseFor(offering, "ReservationOver", `it is ${state}`, offering.terms.rule);
  return ok({ row: { ...row, person: row.person }, ...found.value, times: await activeTimes(queries, id) });
}

async function activeTimes(queries: Queries, id: string): Promise<Found["times"]> {
  const rows = await queries.selectFrom("reserved_time").selectAll().where("reservation", "=", id).where(ACTIVE).orderBy("nth").execute();
  return rows.map(({ nth, starts, ends, signed_in_at, leave_at }) => ({ nth, ...span(starts, ends), signedInAt: signed_in_at, leaveAt: leave_at }));
}

/** Books what was held. All that stood against it is looked at again. */
export function confirm(desk: Desk, note: ChangeNote, id: string, person: string): Promise<Result<Changed<Reservation>, SettleRefusal>> {
  return mutate<Reservation, SettleRefusal>(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const found = await findReservation(mutation, desk, id, person, ["held"]);
    return found.ok ? settle(mutation, desk, found.value, found.value.offering.terms.needsApproval ? "waiting" : "booked", null) : found;
  });
}

/** Approves what waits, as somebody else than who booked it, or moved it last. What was right when it was asked for need not be so any more: all of it is judged again. */
export function approve(desk: Desk, note: ChangeNote, id: string): Promise<Result<Changed<Reservation>, SettleRefusal | "SameOperator">> {
  return mutate<Reservation, SettleRefusal | "SameOperator">(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const found = await findReservation(mutation, desk, id, null, ["waiting"]);
    if (!found.ok) return found;
    const { row, offering } = found.value;
    if (row.created_by === note.actor) return refuseFor(offering, "SameOperator", note.actor, offering.terms.rule);
    return settle(mutation, desk, found.value, "booked", note.actor);
  });
}

async function settle(
  mutation: Mutation,
  desk: Desk,
  { row, resource, offering, times }: Found,
  state: "waiting" | "booked",
  approvedBy: string | null,
): Promise<Result<Reservation, SettleRefusal>> {
  const { queries, now } = mutation;
  const refused = await refusalOf(
    desk.cloud,
    queries,
    desk.services,
    offering,
    { resource, person: row.person, spans: times, acceptedVersion: row.accepted_version, except: row.id },
    now,
  );
  if (refused !== undefined) return refuseFor(offering, "NotBookable", `${refused.reason}: ${refused.detail}`, refused.rule);
  const settled: ReservationRow = { ...row, state, held_until: state === "waiting" ? hullOf(times).from : null, approved_by: approvedBy };
  const { held_until, approved_by } = settled;
  await queries.updateTable("reservation").set({ state, held_until, approved_by }).where("id", "=", row.id).execute();
  if (state === "booked") await grantTimes(mutation, desk.cloud, offering, resource.opens, grantedOf(settled));
  mutation.notify({ kind: state === "booked" ? "reservation.booked" : "reservation.waiting", person: row.person, body: bodyOf(row, hullOf(times)) });
  return ok(await oneOf(queries, settled, offering, now));
}

/** Says no to what waits to be approved: it is free again. */
export function decline(desk: Desk, note: ChangeNote, id: string): Promise<Result<Changed<Reservation>, ActRefusal>> {
  return mutate<Reservation, ActRefusal>(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const found = await findReservation(mutation, desk, id, null, ["waiting"]);
    if (!found.ok) return found;
    const { row, resource, offering, times } = found.value;
    const { queries, now } = mutation;
    const ended: ReservationRow = { ...row, state: "refused", held_until: null };
    await queries.updateTable("reservation").set({ state: "refused", held_until: null }).where("id", "=", id).execute();
    await queries.updateTable("reserved_time").set({ active: 0 }).where("reservation", "=", id).execute();
    mutation.notify({ kind: "reservation.refused", person: row.person, body: bodyOf(row, hullOf(times)) });
    await offerFree(mutation, desk, resource.id);
    return ok(await oneOf(queries, ended, offering, now));
  });
}

/** Moves a reservation to other times, or another place, all at once: it has the old ones or the new ones, and its grants go with it (rules 11.2 and 11.7). */
export function modify(
  desk: Desk,
  note: ChangeNote,
  id: string,
  person: string,
  to: { readonly resource: string | null; readonly spans: readonly Span[]; readonly acceptedVersion: number | null },
): Promise<Result<Changed<Reservation>, ModifyRefusal>> {
  return mutate<Reservation, ModifyRefusal>(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const found = await findReservation(mutation, desk, id, person, ["held", "waiting", "booked"]);
    if (!found.ok) return found;
    const { row, resource: before, offering, times } = found.value;
    if (before.kind === "course") return refuseFor(offering, "ReservationOver", "a course has its sessions: leave it, and join another", offering.terms.rule);
    // Moving gives the old times back: who may not cancel them any more may not put them off either.
    const late = tooLate(desk, offering, row, { id: "cancel", of: times[0]!, first: times[0]! }, now);
    if (late !== undefined) return late;
    if (times.some(({ from }) => from <= now)) return refuseFor(offering, "ReservationOver", "it has begun", offering.terms.rule);
    const target = await bookable(queries, desk.services, to.resource ?? before.id);
    if (!target.ok) return target;
    const { resource } = target.value;
    if (resource.kind === "course" || resource.campusService !== offering.id)
      return refuseFor(offering, "ResourceUnknown", `${resource.id} is no place of ${offering.id}`, offering.terms.rule);
    const spans = spansOf(resource, to.spans, now);
    const acceptedVersion = to.acceptedVersion ?? row.accepted_version;
    const isWaitedFor = await offerFree(mutation, desk, resource.id, { person, spans });
    const refused = await refusalOf(desk.cloud, queries, desk.services, offering, { resource, person, spans, acceptedVersion, except: id }, now);
    if (refused !== undefined) return refuseFor(offering, refused.reason, refused.detail, refused.rule);
    await queries.deleteFrom("reserved_time").where("reservation", "=", id).execute();
    const seat = await freeSeat(queries, resource, spans, now);
    if ("taken" in seat) return slotTaken(desk.cloud, queries, offering, resource, seat.taken, now);
    await putTimes(queries, resource, seat.seat, id, spans);
    // What somebody has approved is something else now.
    const state = row.state === "booked" && offering.terms.needsApproval ? "waiting" : row.state;
    const held_until = state === "waiting" ? hullOf(spans).from : row.held_until;
    const moved: ReservationRow = {
      ...row,
      resource: resource.id,
      state,
      held_until,
      accepted_version: acceptedVersion,
      // Who has moved it has asked for what is approved now: he does not approve it as well.
      created_by: state === "waiting" ? note.actor : row.created_by,
      approved_by: state === "waiting" ? null : row.approved_by,
      revision: row.revision + 1,
    };
    const { created_by, approved_by, accepted_version, revision } = moved;
    await queries
      .updateTable("reservation")
      .set({ resource: resource.id, state, held_until, created_by, approved_by, accepted_version, revision })
      .where("id", "=", id)
      .execute();
    if (state === "booked") await grantTimes(mutation, desk.cloud, offering, resource.opens, grantedOf(moved));
    else await endGrants(mutation, id, person);
    mutation.notify({ kind: "reservation.moved", person, body: bodyOf(moved, hullOf(spans)) });
    if (isWaitedFor) await waitNoMore(queries, resource.id, person, spans);
    await offerFree(mutation, desk, before.id);
    return ok(await oneOf(queries, moved, offering, now));
  });
}
