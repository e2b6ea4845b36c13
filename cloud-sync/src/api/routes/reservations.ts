import { z } from "@hono/zod-openapi";
import { dateOfDay, dayOfDate, localTime, ok, unixSeconds } from "@portico/card-protocol";
import { ATTENDANCES } from "../../core/reservations/attendance.ts";
import { occurrencesOf } from "../../core/reservations/recurrence.ts";
import { overlaps, type Span } from "../../core/reservations/span.ts";
import { RESERVATION_KINDS } from "../../core/reservations/terms.ts";
import { refuse } from "../../core/refusal.ts";
import { book } from "../../reservations/book.ts";
import type { Desk } from "../../reservations/booking.ts";
import { campusContext } from "../../reservations/booking-facts.ts";
import { cancel } from "../../reservations/cancel.ts";
import { approve, confirm, decline, modify } from "../../reservations/decide.ts";
import { offeringOf } from "../../reservations/offering.ts";
import { type Reservation, type ReservationRow, reservationRows, withTimes } from "../../reservations/reservation-rows.ts";
import { RESERVATION_STATES } from "../../store/reservation-tables.ts";
import { type Call, changed, published, route } from "../route.ts";
import { entityId, listId, localDate, page, pageOf, pageQuery, secondsOf, time, timeOf } from "../schemas.ts";
import { spanFrom, spanJson, spanSchema } from "./resources.ts";

export const reservation = z
  .object({
    id: entityId,
    resource: listId,
    person: entityId.nullable().openapi({ description: "Null: the campus's own: a timetable, a closure, a course's sessions" }),
    kind: z.enum(RESERVATION_KINDS),
    state: z.enum(RESERVATION_STATES).openapi({ description: "As of now: `lapsed` is what was held past its time" }),
    heldUntil: time.nullable(),
    label: z.string(),
    noticeVersion: z.int().nullable().openapi({ description: "The version of the notice that was accepted" }),
    createdAt: time,
    createdBy: z.string().openapi({ description: "Who booked it; where it has to be approved: who asked for it as it is now, having moved it" }),
    approvedBy: z.string().nullable(),
    revision: z.int().openapi({ description: "Rises with each modification" }),
    times: z.array(
      z.object({
        nth: z.int(),
        seat: z.int(),
        ...spanSchema.shape,
        isActive: z.boolean().openapi({ description: "False: it was given back" }),
        attendance: z.enum(ATTENDANCES).openapi({ description: "Judged now: `absent` is 爽约" }),
        signIn: spanSchema.nullable().openapi({ description: "When one signs in; null: nobody has to" }),
        signedInAt: time.nullable(),
        signedInBy: z.enum(["person", "desk", "gate"]).nullable(),
      }),
    ),
  })
  .openapi("Reservation");

export function reservationJson({ acceptedVersion, times, ...one }: Reservation): z.output<typeof reservation> {
  return {
    ...one,
    heldUntil: one.heldUntil === null ? null : timeOf(one.heldUntil),
    createdAt: timeOf(one.createdAt),
    noticeVersion: acceptedVersion,
    times: times.map(({ signIn, signedInAt, ...each }) => ({
      ...each,
      ...spanJson(each),
      signIn: signIn === null ? null : spanJson(signIn),
      signedInAt: signedInAt === null ? null : timeOf(signedInAt),
    })),
  };
}

export const reservationId = z.strictObject({ id: entityId });
export const ofPerson = { person: entityId.openapi({ description: "Whose it is: somebody else's is told like none" }) };
const noticeVersion = z.int().min(1).nullable().default(null).openapi({ description: "The version of the notice that the person has accepted; null: none" });
const times = z.array(spanSchema).max(200);

/** Whoever asks: a machine on somebody's behalf, or an operator at a desk (rule 5.8). */
export const deskOf = ({ cloud, services, authority }: Call): Desk => ({ cloud, services, isDesk: authority.isOperator });

export async function reservationsJson({ cloud, services }: Call, rows: readonly ReservationRow[]): Promise<z.output<typeof reservation>[]> {
  const { queries } = cloud.database;
  const ids = [...new Set(rows.map((row) => row.resource))];
  const resources = ids.length === 0 ? [] : await queries.selectFrom("resource").select(["id", "campus_service"]).where("id", "in", ids).execute();
  const byId = new Map(resources.map((row) => [row.id, offeringOf(services, row.campus_service)]));
  const now = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  return (await withTimes(queries, rows, (id) => byId.get(id), now)).map(reservationJson);
}

/** What is asked for, and again each week where it is weekly. */
async function spansAsked(
  { cloud }: Call,
  asked: readonly z.output<typeof spanSchema>[],
  weekly: { readonly until: string; readonly everyWeeks: number; readonly followsCalendar: boolean } | null,
): Promise<Span[]> {
  const spans = asked.map(spanFrom);
  if (weekly === null) return spans;
  const context = await campusContext(cloud, cloud.database.queries);
  return spans.flatMap((first) => {
    const { date, weekday, secondOfDay } = localTime(cloud.timeZone, first.from);
    const rule = {
      weekday,
      startS: secondOfDay,
      endS: secondOfDay + (first.until - first.from),
      from: dateOfDay(dayOfDate(date) + 1),
      termPhases: [],
      ...weekly,
    };
    // The first is what was asked, whatever day it is; weeks are counted from it.
    return [first, ...occurrencesOf({ ...rule, from: date }, context).filter((each) => each.from > first.from && !overlaps(each, first))];
  });
}

/** What stands against times that somebody wants, whether they are booked or moved to. */
const JUDGED = [
  "ServiceNotForYou",
  "TimesRefused",
  "TooFarAhead",
  "NotOpen",
  "NoticeNotAccepted",
  "AlreadyBooked",
  "AbsencesTooMany",
  "QuotaReached",
  "SlotTaken",
] as const;

export const reservationRoutes = {
  "GET /v1/reservations": route({
    scope: "reservations:read",
    action: null,
    summary: "Reservations in the order of their ids, of a person, of a place, in a state",
    query: pageQuery.extend({
      person: entityId.optional(),
      resource: listId.optional(),
      state: z.enum(RESERVATION_STATES).optional(),
      from: time.optional().openapi({ description: "Those that are not over then" }),
    }),
    answer: pageOf(reservation),
    refusals: [],
    act: async (call, { query: { from, after, ...by } }) => {
      const now = unixSeconds(Math.floor(call.cloud.nowMs() / 1000));
      const rows = await reservationRows(
        call.cloud.database.queries,
        { ...by, after: after ?? "", from: from === undefined ? undefined : secondsOf(from, 0) },
        now,
      );
      return ok(page(await reservationsJson(call, rows), by.limit, (one) => one.id));
    },
  }),
  "GET /v1/reservations/{id}": route({
    scope: "reservations:read",
    action: null,
    summary: "One reservation",
    params: reservationId,
    answer: reservation,
    refusals: ["ReservationUnknown"],
    act: async (call, { params: { id } }) => {
      const row = await call.cloud.database.queries.selectFrom("reservation").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? refuse("ReservationUnknown", id) : ok((await reservationsJson(call, [row]))[0]!);
    },
  }),
  "POST /v1/reservations": route({
    scope: "reservations:write",
    action: "reservation book",
    summary: "Book a place or a course for a person, or hold it for a while; a 409 names what is free nearby",
    description:
      "The slot, what it opens and that it is told are one transaction. A course is booked without times: with all its sessions. Where the service asks for approval it opens nothing before.",
    body: z.strictObject({
      resource: listId,
      ...ofPerson,
      times: times.default([]).openapi({ description: "Of a place; of a course none" }),
      weekly: z
        .strictObject({
          until: localDate,
          everyWeeks: z.int().min(1).max(8).default(1),
          followsCalendar: z.boolean().default(true).openapi({ description: "Not on holidays, and on the days that make up for its weekday" }),
        })
        .nullable()
        .default(null)
        .openapi({ description: "Again each week, up to that day; all of them or none" }),
      noticeVersion,
      hold: z.boolean().default(false).openapi({ description: "Held until it is confirmed, for as long as the service says" }),
    }),
    example: {
      resource: "court-1",
      person: "01990246-a5d0-7000-8000-0123456789ab",
      times: [{ from: "2026-09-02T18:00:00+08:00", until: "2026-09-02T19:00:00+08:00" }],
      weekly: null,
      noticeVersion: 1,
      hold: false,
    },
    answer: changed(reservation),
    status: 201,
    refusals: ["RequestMalformed", "ResourceUnknown", "PersonUnknown", ...JUDGED],
    act: async (call, { body: { resource, person, times: asked, weekly, noticeVersion: acceptedVersion, hold } }) => {
      const first = asked[0];
      if (weekly !== null && first !== undefined && weekly.until < localTime(call.cloud.timeZone, spanFrom(first).from).date)
        return refuse("RequestMalformed", "weekly.until: before the first time");
      const spans = await spansAsked(call, asked, weekly);
      return published(call, await book(deskOf(call), call.note, { resource, person, spans, acceptedVersion, isHold: hold }), reservationJson);
    },
  }),
  "POST /v1/reservations/{id}/confirm": route({
    scope: "reservations:write",
    action: "reservation confirm",
    summary: "Book what was held; everything is judged again",
    params: reservationId,
    body: z.strictObject(ofPerson),
    example: { person: "01990246-a5d0-7000-8000-0123456789ab" },
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "NotBookable"],
    act: async (call, { params: { id }, body }) => published(call, await confirm(deskOf(call), call.note, id, body.person), reservationJson),
  }),
  "POST /v1/reservations/{id}/approve": route({
    scope: "reservations:approve",
    action: "reservation approve",
    summary: "Approve what waits, as somebody else than who booked it; everything is judged again",
    params: reservationId,
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "NotBookable", "SameOperator"],
    act: async (call, { params: { id } }) => published(call, await approve(deskOf(call), call.note, id), reservationJson),
  }),
  "POST /v1/reservations/{id}/decline": route({
    scope: "reservations:approve",
    action: "reservation decline",
    summary: "Say no to what waits to be approved: it is free again",
    params: reservationId,
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver"],
    act: async (call, { params: { id } }) => published(call, await decline(deskOf(call), call.note, id), reservationJson),
  }),
  "POST /v1/reservations/{id}/modify": route({
    scope: "reservations:write",
    action: "reservation modify",
    summary: "Move a reservation to other times or another place, all at once; its grants go with it (rules 11.2 and 11.7)",
    params: reservationId,
    body: z.strictObject({
      ...ofPerson,
      resource: listId.nullable().default(null).openapi({ description: "Null: the same" }),
      times: times.min(1),
      noticeVersion,
    }),
    example: {
      person: "01990246-a5d0-7000-8000-0123456789ab",
      resource: null,
      times: [{ from: "2026-09-02T18:00:00+08:00", until: "2026-09-02T19:00:00+08:00" }],
      noticeVersion: 1,
    },
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "ResourceUnknown", "WindowClosed", ...JUDGED],
    act: async (call, { params: { id }, body: { person, resource, times: asked, noticeVersion: acceptedVersion } }) =>
      published(call, await modify(deskOf(call), call.note, id, person, { resource, spans: asked.map(spanFrom), acceptedVersion }), reservationJson),
  }),
  "POST /v1/reservations/{id}/cancel": route({
    scope: "reservations:write",
    action: "reservation cancel",
    summary: "Give back what lies ahead, and its grants with it (rule 5.3); of several times one, where it is named",
    params: reservationId,
    body: z.strictObject({ ...ofPerson, nth: z.int().min(0).nullable().default(null) }),
    example: { person: "01990246-a5d0-7000-8000-0123456789ab", nth: null },
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "WindowClosed", "TimesRefused"],
    act: async (call, { params: { id }, body: { person, nth } }) => published(call, await cancel(deskOf(call), call.note, id, person, nth), reservationJson),
  }),
};
