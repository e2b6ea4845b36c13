import { z } from "@hono/zod-openapi";
import { bytesToHex, hexToBytes, ok } from "@portico/card-protocol";
import { AUDIENCES } from "../../core/audience.ts";
import { refuse } from "../../core/refusal.ts";
import { applyStep, beginApply } from "../../push/push-apply.ts";
import { beginPush, dropPush, listPushes, type Push, readPush, receivePart } from "../../push/push-intake.ts";
import { planDigest, planPush } from "../../push/push-plan.ts";
import { PUSH_STATES, ROW_OUTCOMES } from "../../store/push-tables.ts";
import { guardOf, onItsWay, route, wayOf } from "../route.ts";
import { audience, entityId, hexBytes, listId, page, pageOf, pageQuery, time, timeOf } from "../schemas.ts";

const [ROWS_MAX, BYTES_MAX] = [1_000_000, 512 * 1024 * 1024];
const count = z.int().min(0);
const digest = hexBytes(32, 32).openapi({ description: "SHA-256", example: "5f2c1a9e".repeat(8) });
const told = {
  source: listId.openapi({ description: "Who keeps the list. A source takes away what it said itself, and nothing that others said", example: "registry" }),
  full: z.boolean().openapi({ description: "It says all of the source's people: whoever is not in it is removed. False: it says some, and removes nobody" }),
  rows: z.int().min(1).max(ROWS_MAX),
  bytes: z.int().min(2).max(BYTES_MAX),
  sha256: digest,
};
const push = z
  .object({
    id: entityId,
    ...told,
    state: z.enum(PUSH_STATES),
    receivedBytes: count.openapi({ description: "Where the next part begins" }),
    receivedRows: count,
    plannedRows: count.openapi({ description: "How far the plan has come" }),
    counts: z.object({
      added: count,
      changed: count,
      same: count,
      removed: count,
      refused: count,
      withheld: count.openapi({ description: "Would be removed, but a row whose key cannot be read might be any of them" }),
      ends: z.partialRecord(audience, count).openapi({ description: "People whose access would end, by audience" }),
    }),
    dueRows: count.openapi({ description: "Rows that are still to be done" }),
    plan: digest.nullable().openapi({ description: "What `apply` agrees to; null: there is no plan yet" }),
    openedBy: z.string(),
    openedAt: time,
    endedAt: time.nullable(),
  })
  .openapi("Push");
const plannedRow = z
  .object({
    row: z.int().openapi({ description: "Line of the list, from 1; removed ones come behind the last" }),
    key: z.string().nullable().openapi({ description: "Null: the line cannot be read so far" }),
    outcome: z.enum(ROW_OUTCOMES),
    fields: z.array(z.string()).openapi({ description: "Of changed ones: what differs" }),
    ends: z.array(audience).openapi({ description: "Audiences whose access ends" }),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).openapi({ description: "Of refused ones: every wrong field" }),
  })
  .openapi("PlannedRow");
const params = z.strictObject({ id: entityId });

const pushJson = (value: Push): z.output<typeof push> => ({
  id: value.id,
  source: value.source,
  full: value.isFull,
  rows: value.rows,
  bytes: value.bytes,
  sha256: bytesToHex(value.sha256),
  state: value.state,
  receivedBytes: value.receivedBytes,
  receivedRows: value.receivedRows,
  plannedRows: value.plannedRows,
  counts: { ...value.counts, ends: Object.fromEntries(AUDIENCES.flatMap((name) => (value.counts.ends[name] ? [[name, value.counts.ends[name]]] : []))) },
  dueRows: value.dueRows,
  plan: value.state === "receiving" || value.state === "planning" ? null : planDigest(value),
  openedBy: value.openedBy,
  openedAt: timeOf(value.openedAt),
  endedAt: value.endedAt === null ? null : timeOf(value.endedAt),
});

export const pushRoutes = {
  "POST /v1/pushes": route({
    scope: "people:push",
    action: "push begin",
    changes: false,
    summary: "Announce a list of people, one JSON object a line, with its own count and SHA-256: nothing follows from a list that ended early",
    description: "Then send its parts, plan, look at the plan, and apply it. A push that nobody goes on with is dropped after 7 days.",
    body: z.strictObject(told).openapi("PushAnnouncement"),
    example: { source: "registry", full: true, rows: 100_000, bytes: 24_000_000, sha256: "5f2c1a9e".repeat(8) },
    answer: push,
    status: 201,
    refusals: ["PushesOpen"],
    act: async ({ cloud, note }, { body }) => {
      const begun = await beginPush(cloud, note, { ...body, isFull: body.full, sha256: hexToBytes(body.sha256)! });
      return begun.ok ? ok(pushJson(begun.value)) : begun;
    },
  }),
  "GET /v1/pushes": route({
    scope: "people:push",
    action: null,
    summary: "Pushes, the oldest first, of one source or of all",
    query: pageQuery.extend({ source: listId.optional() }),
    answer: pageOf(push),
    refusals: [],
    act: async ({ cloud }, { query: { source, after, limit } }) =>
      ok(page((await listPushes(cloud.database.queries, source, after ?? "", limit)).map(pushJson), limit, ({ id }) => id)),
  }),
  "GET /v1/pushes/{id}": route({
    scope: "people:push",
    action: null,
    summary: "How far a push is: what has landed, what the plan says, what is done",
    params,
    answer: push,
    refusals: ["PushUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const found = await readPush(cloud.database.queries, id);
      return found === undefined ? refuse("PushUnknown", id) : ok(pushJson(found));
    },
  }),
  "POST /v1/pushes/{id}/parts": route({
    scope: "people:push",
    action: "push receive",
    changes: false,
    summary: "Send the next part of the list: whole lines, at most 1 MiB, from where the part before ended",
    description: "The same part again changes nothing: whoever was cut off asks where the push stands, and goes on.",
    params,
    query: z.strictObject({ offset: z.coerce.number().int().min(0).max(BYTES_MAX).openapi({ description: "Byte of the list with which the part begins" }) }),
    body: z.string().openapi({ description: "Lines of PushRow" }),
    bodyType: "application/x-ndjson",
    example:
      '{"key":"20260001","account":"zhang@connect.example.edu","name":"张三","phone":null,"mail":null,"audiences":[{"audience":"student","validity":{"from":"2026-09-01T00:00:00+08:00","until":null},"sponsor":null}],"groups":["class-1"],"cards":["04a1b2c3d4e5f6"],"qr":true}\n',
    answer: push,
    refusals: ["PushUnknown", "PushState", "PushOffset", "PushDiffers", "RequestMalformed"],
    act: async ({ cloud }, { params: { id }, query, body }) => {
      const received = await receivePart(cloud, id, query.offset, new TextEncoder().encode(body));
      return received.ok ? ok(pushJson(received.value)) : received;
    },
  }),
  "POST /v1/pushes/{id}/plan": route({
    scope: "people:push",
    action: "push plan",
    changes: false,
    summary: "Go on with the plan: what would be added, changed, removed and refused; nobody is changed. Ask again while the state is `planning`",
    params,
    answer: push,
    refusals: ["PushUnknown", "PushState", "PushIncomplete", "PushDiffers"],
    act: async ({ cloud }, { params: { id } }) => {
      const planned = await planPush(cloud, id);
      return planned.ok ? ok(pushJson(planned.value)) : planned;
    },
  }),
  "GET /v1/pushes/{id}/rows": route({
    scope: "people:push",
    action: null,
    summary: "The plan row by row, of one outcome or of all: refused ones with every wrong field",
    params,
    query: pageQuery.extend({
      after: z.coerce
        .number()
        .int()
        .min(0)
        .max(2 * ROWS_MAX)
        .optional()
        .openapi({ description: "`next` of the page before" }),
      outcome: z.enum(ROW_OUTCOMES).optional(),
    }),
    answer: pageOf(plannedRow),
    refusals: ["PushUnknown"],
    act: async ({ cloud }, { params: { id }, query: { after, limit, outcome } }) => {
      const { queries } = cloud.database;
      if ((await readPush(queries, id)) === undefined) return refuse("PushUnknown", id);
      let query = queries
        .selectFrom("push_row")
        .selectAll()
        .where("push", "=", id)
        .where("row_number", ">", after ?? 0)
        .orderBy("row_number")
        .limit(limit);
      if (outcome !== undefined) query = query.where("outcome", "=", outcome);
      const rows = (await query.execute()).map((row): z.output<typeof plannedRow> => ({
        row: row.row_number,
        key: row.key,
        outcome: row.outcome,
        fields: row.outcome === "refused" ? [] : (JSON.parse(row.fields) as string[]),
        ends: JSON.parse(row.ends) as z.output<typeof audience>[],
        errors: row.outcome === "refused" ? (JSON.parse(row.fields) as { pointer: string; detail: string }[]) : [],
      }));
      return ok(page(rows, limit, ({ row }) => String(row)));
    },
  }),
  "POST /v1/pushes/{id}/apply": route({
    scope: "people:push",
    action: "push apply",
    changes: false,
    summary: "Go on with doing what the plan says, as its digest agrees to. Ask again while the state is `applying`",
    description:
      "What would end the access of more than 2 % of an audience is held until another operator releases it. Each step is answered when its publication is on its way to the doors: `publish`.",
    params,
    body: z.strictObject({ plan: digest }).openapi("PlanAgreed"),
    example: { plan: "5f2c1a9e".repeat(8) },
    answer: push.extend({ ...onItsWay, publish: onItsWay.publish.openapi({ description: "The publication of this step; null: it changed nobody, or notice says why" }) }), // prettier-ignore
    refusals: ["PushUnknown", "PushState", "PlanChanged", "RemovalHeld"],
    act: async (call, { params: { id }, body }) => {
      const begun = await beginApply(guardOf(call), id, body.plan);
      if (!begun.ok) return begun;
      const done = begun.value.state === "applying" ? await applyStep(call.cloud, call.note, id) : { push: begun.value, change: null };
      const way = done.change === null ? { publish: null, notice: null, doors: null } : await wayOf(call, done.change);
      return ok({ ...pushJson(done.push), ...way });
    },
  }),
  "POST /v1/pushes/{id}/drop": route({
    scope: "people:push",
    action: "push drop",
    changes: false,
    summary: "Give a push up of which nothing has been applied; its rows go, its plan's outcome stays",
    params,
    answer: push,
    refusals: ["PushUnknown", "PushState"],
    act: async ({ cloud }, { params: { id } }) => {
      const dropped = await dropPush(cloud, id);
      return dropped.ok ? ok(pushJson(dropped.value)) : dropped;
    },
  }),
};
