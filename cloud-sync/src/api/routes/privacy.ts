import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { correctPerson } from "../../privacy/correction.ts";
import { erasePerson } from "../../privacy/erasure.ts";
import { approveMovements, askForMovements, listMovementRequests, type MovementRequest } from "../../privacy/movements.ts";
import { exportPerson, type PersonRecord } from "../../privacy/person-record.ts";
import { changed, gone, nothing, published, reasonMissing, route } from "../route.ts";
import { entityId, secondsOf, time, timeOf, whole } from "../schemas.ts";
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
    changes: rows.openapi({ description: "What the audit holds of the person, their credentials and grants, and of requests about them" }),
  })
  .openapi("PersonRecord");
const recordJson = ({ tables, vouchesFor, changes }: PersonRecord): z.output<typeof personRecord> => ({
  tables: Object.fromEntries(Object.entries(tables).map(([table, list]) => [table, list.map((row) => ({ ...row }))])),
  vouchesFor: vouchesFor.map((row) => ({ ...row })),
  changes: changes.map((row) => ({ ...row })),
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
};
