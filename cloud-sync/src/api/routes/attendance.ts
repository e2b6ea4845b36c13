import { z } from "@hono/zod-openapi";
import { ok, unixSeconds } from "@portico/card-protocol";
import { leave, readAbsences, signIn } from "../../reservations/attend.ts";
import { endCalendarLink, makeCalendarLink } from "../../reservations/calendar-links.ts";
import { stopWaiting, waitFor } from "../../reservations/waiting-list.ts";
import { listWaiting, type WaitingRow } from "../../reservations/waiting-rows.ts";
import { span } from "../../core/reservations/span.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { entityId, listId, page, pageOf, pageQuery, time, timeOf, whole } from "../schemas.ts";
import { deskOf, ofPerson, reservation, reservationId, reservationJson } from "./reservations.ts";
import { spanFrom, spanJson, spanSchema } from "./resources.ts";

const session = z.strictObject({
  ...ofPerson,
  nth: z.int().min(0).nullable().default(null).openapi({ description: "Which session; null: the one whose window is open" }),
});
const waiting = z
  .object({
    id: entityId,
    number: z.int().openapi({ description: "Who has the lower one is offered first" }),
    resource: listId,
    person: entityId,
    time: spanSchema.nullable().openapi({ description: "Null: a seat of a course" }),
    since: time,
  })
  .openapi("Waiting");
const waitingJson = ({ id, number, resource, person, starts, ends, created_at }: WaitingRow): z.output<typeof waiting> => ({
  id,
  number,
  resource,
  person,
  time: ends === 0 ? null : spanJson(span(starts, ends)),
  since: timeOf(created_at),
});
const absences = z.object({
  service: listId,
  absences: z.array(
    z.object({
      reservation: entityId,
      resource: listId,
      nth: z.int(),
      ...spanSchema.shape,
      at: time.openapi({ description: "When it was too late to sign in" }),
    }),
  ),
  counted: z.int().openapi({ description: "So many count now" }),
  blockedUntil: time.nullable().openapi({ description: "Nothing of the service can be booked before; null: it can" }),
});

export const attendanceRoutes = {
  "POST /v1/reservations/{id}/sign-in": route({
    scope: "reservations:write",
    action: "reservation sign-in",
    summary: "Sign in to a session, in its window (rule 5.5); a front desk until the session is over (rule 5.8). Again changes nothing",
    params: reservationId,
    body: session,
    example: { person: "01990246-a5d0-7000-8000-0123456789ab", nth: null },
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "WindowClosed", "NotCheckedIn"],
    act: async (call, { params: { id }, body: { person, nth } }) => published(call, await signIn(deskOf(call), call.note, id, person, nth), reservationJson),
  }),
  "POST /v1/reservations/{id}/leave": route({
    scope: "reservations:write",
    action: "reservation leave",
    summary: "Ask leave from one session of a course, in its window (rule 5.5, 请假): the seat stays, the door stays shut for it",
    params: reservationId,
    body: session,
    example: { person: "01990246-a5d0-7000-8000-0123456789ab", nth: 1 },
    answer: changed(reservation),
    refusals: ["ReservationUnknown", "ReservationOver", "WindowClosed", "NotCheckedIn"],
    act: async (call, { params: { id }, body: { person, nth } }) => published(call, await leave(deskOf(call), call.note, id, person, nth), reservationJson),
  }),
  "GET /v1/persons/{id}/absences": route({
    scope: "reservations:read",
    action: null,
    summary: "Where a person was absent (爽约), judged now, and what follows (rule 5.6)",
    params: reservationId,
    answer: pageOf(absences),
    refusals: ["PersonUnknown"],
    act: async ({ cloud, services }, { params: { id } }) => {
      const found = await readAbsences(cloud, services, id, unixSeconds(Math.floor(cloud.nowMs() / 1000)));
      if (!found.ok) return found;
      const told = found.value.map(({ campusService, absences: all, standing: { counted, blockedUntil } }) => ({
        service: campusService,
        absences: all.map(({ at, from, until, ...each }) => ({ ...each, ...spanJson({ from, until }), at: timeOf(at) })),
        counted,
        blockedUntil: blockedUntil === null ? null : timeOf(blockedUntil),
      }));
      return ok(whole(told));
    },
  }),
  "POST /v1/waiting-list": route({
    scope: "reservations:write",
    action: "waiting join",
    summary: "Wait for what somebody has: when it is free it is held for who waits longest, and he is told (`reservation.offered`)",
    body: z.strictObject({
      resource: listId,
      ...ofPerson,
      time: spanSchema.nullable().default(null).openapi({ description: "Of a place; null: a course" }),
      noticeVersion: z.int().min(1).nullable().default(null),
    }),
    example: {
      resource: "court-1",
      person: "01990246-a5d0-7000-8000-0123456789ab",
      time: { from: "2026-09-02T18:00:00+08:00", until: "2026-09-02T19:00:00+08:00" },
      noticeVersion: 1,
    },
    answer: changed(waiting),
    status: 201,
    refusals: ["ResourceUnknown", "PersonUnknown", "NotBookable", "NothingToWaitFor"],
    act: async (call, { body: { resource, person, time: wanted, noticeVersion } }) => {
      const ask = { resource, person, spans: wanted === null ? [] : [spanFrom(wanted)], acceptedVersion: noticeVersion };
      return published(call, await waitFor(deskOf(call), call.note, ask), waitingJson);
    },
  }),
  "GET /v1/waiting-list": route({
    scope: "reservations:read",
    action: null,
    summary: "Who waits for what, the first who came first",
    query: pageQuery.extend({
      person: entityId.optional(),
      resource: listId.optional(),
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).optional().openapi({ description: "`next` of the page before" }),
    }),
    answer: pageOf(waiting),
    refusals: [],
    act: async ({ cloud }, { query: { after, limit, ...by } }) =>
      ok(page((await listWaiting(cloud.database.queries, by, after ?? 0, limit)).map(waitingJson), limit, (one) => String(one.number))),
  }),
  "DELETE /v1/waiting-list/{id}": route({
    scope: "reservations:write",
    action: "waiting end",
    summary: "Wait no longer",
    params: reservationId,
    answer: changed(gone),
    refusals: ["ReservationUnknown"],
    act: async (call, { params: { id } }) => published(call, await stopWaiting(call, call.note, id), nothing),
  }),
  "POST /v1/persons/{id}/calendar-link": route({
    scope: "reservations:write",
    action: "calendar-link make",
    summary: "Make the link by which a person's calendar is followed (RFC 5545), and end the one before",
    description:
      "Whoever has the link reads what the person has booked; nobody can guess it. What a place is taken by is never told: `/calendars/places/{id}.ics` says when, to anybody.",
    keepsAnswer: false,
    params: reservationId,
    answer: changed(z.object({ path: z.string().openapi({ example: "/calendars/….ics" }) })),
    status: 201,
    refusals: ["PersonUnknown"],
    act: async (call, { params: { id } }) => published(call, await makeCalendarLink(call.cloud, call.note, id), (link) => ({ ...link })),
  }),
  "DELETE /v1/persons/{id}/calendar-link": route({
    scope: "reservations:write",
    action: "calendar-link end",
    summary: "End the link of a person's calendar",
    params: reservationId,
    answer: changed(gone),
    refusals: ["PersonUnknown"],
    act: async (call, { params: { id } }) => published(call, await endCalendarLink(call.cloud, call.note, id), nothing),
  }),
};
