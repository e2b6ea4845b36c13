import { z } from "@hono/zod-openapi";
import { DENY_REASONS, ok } from "@portico/card-protocol";
import { lastRefusals, LOOK_BACK_S } from "../../events/last-refusals.ts";
import { correctPerson } from "../../privacy/correction.ts";
import { erasePerson } from "../../privacy/erasure.ts";
import { approveMovements, askForMovements, listMovementRequests, type MovementRequest } from "../../privacy/movements.ts";
import { readMovements } from "../../privacy/movement-reading.ts";
import { exportPerson, type PersonRecord } from "../../privacy/person-record.ts";
import { help } from "../help.ts";
import { changed, gone, nothing, published, reasonMissing, route } from "../route.ts";
import { entityId, listId, pageOf, secondsOf, time, timeOf, whole } from "../schemas.ts";
import { person, personContent, personId, personJson } from "./persons.ts";

const { account, name, phone, mail } = personContent;
const correction = z
  .strictObject({ account, name, phone, mail })
  .partial()
  .refine((body) => Object.keys(body).length > 0, "says nothing")
  .openapi("Correction", { description: "What is not there stays as it is" });

const range = {
  from: time,
  until: time.openapi({ description: "from ≤ t < until" }),
};
const rangeBody = z
  .strictObject(range)
  .refine(({ from, until }) => Date.parse(from) < Date.parse(until), { path: ["until"], message: "not behind from" })
  .openapi("MovementRange");
const movementRequest = z
  .object({
    id: entityId,
    person: entityId,
    ...range,
    reason: z.string(),
    askedBy: z.string(),
    askedAt: time,
    approvedBy: z.string().nullable().openapi({ description: "The second operator; null: none yet, and nothing is told" }),
    approvedAt: time.nullable(),
  })
  .openapi("MovementRequest");
const movement = z
  .object({
    at: time,
    controller: z.string(),
    accessPoint: z.string(),
    credential: z.string(),
    outcome: z.enum(["granted", "denied"]),
    reason: z.enum(DENY_REASONS).nullable(),
    passed: z.boolean().nullable().openapi({ description: "Whether somebody went through; null: refused, or the door does not tell" }),
    floors: z.array(z.string()).nullable().openapi({ description: "In a lift the floors that were chosen, as far as its buttons are seen; null: it is no lift, or nobody was let in", example: ["lift-1/3"] }), // prettier-ignore
    count: z.int().openapi({ description: "More than 1: so many like refusals that the controller counted" }),
  })
  .openapi("Movement");
const toldRefusal = z
  .object({
    at: time,
    controller: z.string(),
    accessPoint: z.string(),
    reason: z.enum(DENY_REASONS),
    detail: z.string(),
    credential: z.string().nullable(),
    presentation: z.string().openapi({ description: "card, T, H or HC; empty where they were counted" }),
    count: z.int(),
    help,
  })
  .openapi("ToldRefusal");
const requestId = z.strictObject({ id: entityId });

const requestJson = ({ range: { from, until }, askedAt, approvedAt, ...request }: MovementRequest): z.output<typeof movementRequest> => ({
  ...request,
  from: timeOf(from),
  until: timeOf(until),
  askedAt: timeOf(askedAt),
  approvedAt: approvedAt === null ? null : timeOf(approvedAt),
});

const rows = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()])));
const personRecord = z
  .object({
    tables: z
      .record(z.string(), rows)
      .openapi({ description: "Every row of the person, by table. Times are seconds since 1970; secrets and numbers of cards are named, never told" }),
    vouchesFor: rows,
    events: z.int().openapi({ description: "Events that name the credentials: what they say a movement request alone tells" }),
    changes: rows.openapi({ description: "What the audit holds of the person, their credentials and grants, and of requests about them" }),
  })
  .openapi("PersonRecord");
const recordJson = ({ tables, vouchesFor, changes, events }: PersonRecord): z.output<typeof personRecord> => ({
  tables: Object.fromEntries(Object.entries(tables).map(([table, list]) => [table, list.map((row) => ({ ...row }))])),
  vouchesFor: vouchesFor.map((row) => ({ ...row })),
  changes: changes.map((row) => ({ ...row })),
  events,
});

export const privacyRoutes = {
  "POST /v1/persons/{id}/export": route({
    scope: "people:export",
    action: "person export",
    summary: "Everything that is kept of a person, with a reason; that it was given stands in the audit",
    description: "Where the person went is told by a movement request alone, which needs a second operator.",
    params: personId,
    answer: changed(personRecord),
    refusals: ["PersonUnknown", "ReasonRequired"],
    act: async (call, { params }) => published(call, await exportPerson(call.cloud, call.note, params.id), recordJson),
  }),
  "POST /v1/persons/{id}/correct": route({
    scope: "people:erase",
    action: "person correct",
    summary: "Put right what is kept of a person, with a reason; the audit names the fields, not what stands there",
    params: personId,
    body: correction,
    example: { name: "张三", phone: null },
    answer: changed(person),
    refusals: ["PersonUnknown", "AccountTaken", "ReasonRequired"],
    act: async (call, { params, body }) => published(call, await correctPerson(call.cloud, call.note, params.id, body), personJson),
  }),
  "POST /v1/persons/{id}/erase": route({
    scope: "people:erase",
    action: "person erase",
    summary: "Take away everything that says who somebody is, with a reason; a second time changes nothing",
    description:
      "Credentials stay revoked everywhere. Ids stay in the audit and in events, where they lead to nobody; the chain verifies as before. Refused while something stands against it; the detail says what.",
    params: personId,
    answer: changed(gone),
    refusals: ["PersonUnknown", "ObligationsStand", "ReasonRequired"],
    act: async (call, { params }) => reasonMissing(call) ?? published(call, await erasePerson(call.cloud, call.note, params.id), nothing),
  }),
  "POST /v1/persons/{id}/movement-requests": route({
    scope: "movements:read",
    action: "movements ask",
    summary: "Ask to read where a person went, with a reason; nothing is told before another operator agrees",
    params: personId,
    body: rangeBody,
    example: { from: "2026-09-01T00:00:00+08:00", until: "2026-09-02T00:00:00+08:00" },
    answer: changed(movementRequest),
    status: 201,
    refusals: ["PersonUnknown", "ReasonRequired"],
    act: async (call, { params, body }) => {
      const asked = { from: secondsOf(body.from, 0), until: secondsOf(body.until, 0) };
      return published(call, await askForMovements(call.cloud, call.note, params.id, asked), requestJson);
    },
  }),
  "POST /v1/refusals": route({
    scope: "refusals:read",
    action: "refusals look",
    summary: "The last refusals of a person or at a place, at most of a day, the oldest first; that somebody looked stands in the audit",
    body: z.strictObject({
      subject: z
        .discriminatedUnion("kind", [z.strictObject({ kind: z.literal("person"), id: entityId }), z.strictObject({ kind: z.literal("place"), id: listId })])
        .openapi({ description: "A place is an access point, or all whose ids begin with it and a slash" }),
      lastS: z.int().min(1).max(LOOK_BACK_S),
      limit: z.int().min(1).max(1000),
    }),
    example: { subject: { kind: "place", id: "gate-1" }, lastS: 600, limit: 100 },
    answer: changed(z.array(toldRefusal)),
    refusals: ["PersonUnknown"],
    act: async (call, { body: { subject, lastS, limit } }) =>
      published(call, await lastRefusals(call.cloud, call.note, subject, lastS, limit, call.services), (list) =>
        list.map(({ at, ...rest }) => ({ at: timeOf(at), ...rest })),
      ),
  }),
  "GET /v1/movement-requests": route({
    scope: "movements:approve",
    action: null,
    summary: "Who asked to read where people went, the newest 100 first",
    query: z.strictObject({ person: entityId.optional() }),
    answer: z.object({ items: z.array(movementRequest), next: z.null() }),
    refusals: [],
    act: async ({ cloud }, { query }) => ok(whole((await listMovementRequests(cloud.database.queries, query.person, 100)).map(requestJson))),
  }),
  "POST /v1/movement-requests/{id}/approve": route({
    scope: "movements:approve",
    action: "movements approve",
    summary: "Agree as the second operator, with a reason: whoever asked may read it for a day",
    params: requestId,
    answer: changed(movementRequest),
    refusals: ["MovementRequestUnknown", "SameOperator", "ReasonRequired"],
    act: async (call, { params }) => published(call, await approveMovements(call.cloud, call.note, params.id), requestJson),
  }),
  "POST /v1/movement-requests/{id}/read": route({
    scope: "movements:read",
    action: "movements read",
    summary: "Where the person went, page by page in the order of time, for a day once another operator has agreed; each reading stands in the audit",
    description: "What a controller recorded without knowing the time is in no range, and not told.",
    params: requestId,
    body: z.strictObject({
      after: z.string().max(64).nullable().openapi({ description: "`next` of the page before; null: from the beginning" }),
      limit: z.int().min(1).max(500),
    }),
    example: { after: null, limit: 100 },
    answer: changed(
      pageOf(movement).extend({
        droppedBefore: time.nullable().openapi({
          description: "Some of what came before is not kept any more, for its time was over: a range that begins earlier is told in part. Null: nothing was ever dropped", // prettier-ignore
        }),
      }),
    ),
    refusals: ["MovementRequestUnknown", "MovementsNotApproved", "RequestMalformed"],
    act: async (call, { params, body }) => {
      const found = await readMovements(call.cloud, call.note, params.id, body.after ?? "", body.limit);
      return published(call, found, ({ items, next, droppedBefore }) => ({
        items: items.map(({ at, floors, ...rest }) => ({ at: timeOf(at), ...rest, floors: floors && [...floors] })),
        next,
        droppedBefore: droppedBefore === undefined ? null : timeOf(droppedBefore),
      }));
    },
  }),
};
