import { isListId, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { overlaps } from "../core/reservations/span.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { offeringOf, toldFor } from "./offering.ts";
import { endCampusTimes, keepCampusTimes } from "./campus-times.ts";
import { ACTIVE } from "./lapse.ts";
import { type Offerer, offerFree } from "./offers.ts";
import { readResource, type Resource, rowOf } from "./resource-rows.ts";

type PutRefusal =
  | "RequestMalformed"
  | "ServiceUnknown"
  | "ScheduleUnknown"
  | "AccessPointUnknown"
  | "SecondOperatorRequired"
  | "ResourceUnknown"
  | "StillInUse"
  | "BookingsInTheWay";

/** Makes a place or a course, or makes it say this. What is booked stays booked: fewer seats than are taken, or other sessions than were booked, are refused. */
export function putResource(cloud: Cloud, services: ServiceDocument, note: ChangeNote, resource: Resource): Promise<Result<Changed<Resource>, PutRefusal>> {
  return mutate<Resource, PutRefusal>(cloud, { ...note, target: `resource ${resource.id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const refused = malformed(resource) ?? (await unknownPart(queries, services, resource));
    if (refused !== undefined) return refused;
    const before = await readResource(queries, resource.id);
    if (before !== undefined) {
      const inUse = await againstBookings(queries, before, resource, now);
      if (inUse !== undefined) return inUse;
    }
    const row = rowOf(resource);
    if (before === undefined) {
      const { last } = await queries
        .selectFrom("resource")
        .select(({ fn }) => fn.max<number | null>("number").as("last"))
        .executeTakeFirstOrThrow();
      await queries
        .insertInto("resource")
        .values({ ...row, number: (last ?? 0) + 1 })
        .execute();
    } else await queries.updateTable("resource").set(row).where("id", "=", resource.id).execute();
    if (resource.kind === "course" && !isSame(before, resource)) {
      const kept = await keepSessions(mutation, note.actor, cloud, resource);
      if (!kept.ok) return toldFor(services, resource.campusService, kept);
    }
    // More seats than before, or a course that is held elsewhere or at other times.
    for (const id of [resource.id, before?.place]) if (before !== undefined && id) await offerFree(mutation, { cloud, services }, id);
    return ok(resource);
  });
}

/** Takes a place or a course away of which nothing is booked any more. */
export function removeResource(desk: Offerer, note: ChangeNote, id: string): Promise<Result<Changed<null>, "ResourceUnknown" | "StillInUse">> {
  return mutate(desk.cloud, { ...note, target: `resource ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const resource = await readResource(queries, id);
    if (resource === undefined) return refuse("ResourceUnknown", id);
    const booked = await bookingAhead(queries, id, now);
    if (booked !== undefined) return refuse("StillInUse", `reservation ${booked}`);
    const course = await queries.selectFrom("resource").select("id").where("place", "=", id).executeTakeFirst();
    if (course !== undefined) return refuse("StillInUse", `course ${course.id}`);
    await endCampusTimes(queries, { label: sessionsLabel(id), kind: "sessions" });
    await queries.deleteFrom("waiting_place").where("resource", "=", id).execute();
    await queries.deleteFrom("reservation").where("resource", "=", id).execute();
    await queries.deleteFrom("resource").where("id", "=", id).execute();
    if (resource.place !== null) await offerFree(mutation, desk, resource.place);
    return ok(null);
  });
}

function malformed({ id, kind, sessions, schedule, place }: Resource) {
  if (!isListId(id)) return refuse("RequestMalformed", "id: a name for a list");
  if (kind === "place" && (sessions.length > 0 || place !== null)) return refuse("RequestMalformed", "sessions: of a course alone");
  if (kind === "course" && sessions.length === 0) return refuse("RequestMalformed", "sessions: a course has one at least");
  if (kind === "course" && schedule !== null) return refuse("RequestMalformed", "schedule: a course has its sessions");
  if (sessions.some(({ from, until }) => until <= from)) return refuse("RequestMalformed", "sessions: one ends before it begins");
  if (sessions.some((each, nth) => nth > 0 && (each.from < sessions[nth - 1]!.from || overlaps(each, sessions[nth - 1]!)))) return refuse("RequestMalformed", "sessions: ascending, none overlapping another"); // prettier-ignore
  return undefined;
}

async function unknownPart(queries: Queries, services: ServiceDocument, { campusService, schedule, opens, place }: Resource) {
  const offering = offeringOf(services, campusService);
  if (offering === undefined) return refuse("ServiceUnknown", campusService);
  if (schedule !== null && (await queries.selectFrom("schedule").select("id").where("id", "=", schedule).executeTakeFirst()) === undefined) return refuse("ScheduleUnknown", schedule); // prettier-ignore
  for (const { accessPoint } of opens) {
    const row = await queries.selectFrom("access_point").select("high").where("id", "=", accessPoint).executeTakeFirst();
    if (row === undefined) return refuse("AccessPointUnknown", accessPoint);
    // Nobody opens it alone: then somebody has to approve each booking.
    if (row.high === 1 && !offering.terms.needsApproval) return refuse("SecondOperatorRequired", accessPoint);
  }
  if (place === null) return undefined;
  const found = await queries.selectFrom("resource").select("kind").where("id", "=", place).executeTakeFirst();
  return found?.kind === "place" ? undefined : refuse("ResourceUnknown", place);
}

/** What stands against a change, where something is booked. */
async function againstBookings(queries: Queries, before: Resource & { readonly number: number }, after: Resource, now: UnixSeconds) {
  if (before.kind !== after.kind) return refuse("StillInUse", `it is a ${before.kind}`);
  const beyond = await queries
    .selectFrom("reserved_time")
    .select("reservation")
    .where("resource_number", "=", before.number)
    .where("seat", ">", after.seats)
    .limit(1)
    .executeTakeFirst();
  if (beyond !== undefined) return refuse("StillInUse", `reservation ${beyond.reservation} has a seat beyond ${after.seats}`);
  const campus = after.seats === before.seats ? undefined : await campusAhead(queries, before.number, now);
  if (campus !== undefined) return refuse("StillInUse", `${campus.kind} ${campus.label} keeps all ${before.seats} seats`);
  if (isSame(before, after)) return undefined;
  const booked = await bookingAhead(queries, before.id, now);
  return booked === undefined ? undefined : refuse("StillInUse", `reservation ${booked}`);
}

const isSame = (before: Resource | undefined, after: Resource): boolean =>
  before !== undefined && before.place === after.place && JSON.stringify(before.sessions) === JSON.stringify(after.sessions);

async function bookingAhead(queries: Queries, resource: string, now: UnixSeconds): Promise<string | undefined> {
  const row = await queries
    .selectFrom("reservation")
    .innerJoin("reserved_time", "reserved_time.reservation", "reservation.id")
    .select("reservation.id")
    .where("resource", "=", resource)
    .where("reservation.kind", "=", "booking")
    .where(ACTIVE)
    .where("ends", ">", now)
    .where((where) => where.or([where("held_until", "is", null), where("held_until", ">", now)]))
    .limit(1)
    .executeTakeFirst();
  return row?.id;
}

const campusAhead = (queries: Queries, number: number, now: UnixSeconds) =>
  queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .select(["kind", "label"])
    .where("resource_number", "=", number)
    .where(ACTIVE)
    .where("ends", ">", now)
    .where("kind", "<>", "booking")
    .limit(1)
    .executeTakeFirst();

const sessionsLabel = (course: string): string => course;

/** A course's sessions, and its place for as long. */
async function keepSessions(mutation: Mutation, actor: string, cloud: Cloud, { id, place, sessions }: Resource) {
  const { queries } = mutation;
  await queries.deleteFrom("course_session").where("course", "=", id).execute();
  for (const [nth, { from, until }] of sessions.entries())
    await queries.insertInto("course_session").values({ course: id, nth, starts: from, ends: until }).execute();
  await endCampusTimes(queries, { label: sessionsLabel(id), kind: "sessions" });
  const spans = place === null ? [] : sessions.filter(({ until }) => until > mutation.now).map(({ from, until }) => ({ from: unixSeconds(from), until }));
  return keepCampusTimes(mutation, cloud, { resource: place ?? id, kind: "sessions", label: sessionsLabel(id), actor, spans });
}
