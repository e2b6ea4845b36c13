import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { maskedAddress, MESSAGE_CHANNELS, MESSAGE_STATES } from "../../core/outbox/message.ts";
import { refuse } from "../../core/refusal.ts";
import { bounceMessage, kindsOff, listMessages, retryMessage, switchKind } from "../../outbox/outbox.ts";
import type { OutboxFace } from "../../outbox/message-kinds.ts";
import type { OutboxMessageTable } from "../../store/outbox-tables.ts";
import { reasonMissing, route } from "../route.ts";
import { entityId, listId, names, page, pageOf, pageQuery, text, time, timeOf, whole } from "../schemas.ts";

const state = z.enum(MESSAGE_STATES);
const message = z
  .object({
    id: entityId,
    kind: z.string(),
    channel: z.enum(MESSAGE_CHANNELS),
    to: z.string().openapi({ description: "The address, as much of it as recognises it", example: "zh…@connect.example.edu" }),
    person: entityId.nullable(),
    subject: z.string(),
    state,
    why: z.string().openapi({ description: "Why it waits, failed or is off; empty: it was sent" }),
    tries: z.int(),
    nextTry: time.nullable().openapi({ description: "Not before; null: it is not tried" }),
    createdAt: time,
    settledAt: time.nullable(),
  })
  .openapi("Message");
const kindAnswer = z.object({ kind: listId, names, isOn: z.boolean(), offSince: time.nullable(), offBy: z.string().nullable() }).openapi("MessageKind");
const params = z.strictObject({ id: entityId });
const plainChange = <Value extends z.ZodType>(value: Value) =>
  z.object({ value, change: z.int().openapi({ description: "Number of the change in the audit" }) });

function whyOf({ state: is, channel, tries, problem }: OutboxMessageTable, { channels }: OutboxFace): string {
  if (is === "sent") return "";
  if (is !== "waiting") return problem;
  if (!channels.includes(channel)) return channel === "mail" ? "no mail server is configured" : "no SMS provider is configured";
  return tries === 0 && problem === "" ? "it is sent next" : `tried ${tries} times without success: ${problem}`;
}
const messageJson = (row: OutboxMessageTable, face: OutboxFace): z.output<typeof message> => ({
  id: row.id,
  kind: row.kind,
  channel: row.channel,
  to: maskedAddress(row.address),
  person: row.person,
  subject: row.subject,
  state: row.state,
  why: whyOf(row, face),
  tries: row.tries,
  nextTry: row.state === "waiting" && row.next_at > 0 ? timeOf(Math.ceil(row.next_at / 1000)) : null,
  createdAt: timeOf(row.created_at),
  settledAt: row.settled_at === null ? null : timeOf(row.settled_at),
});

export const outboxRoutes = {
  "GET /v1/outbox": route({
    scope: "outbox:read",
    action: null,
    summary: "Mail and SMS: what waits and why, what was sent, what failed",
    query: pageQuery.extend({ state: state.optional(), kind: listId.optional() }),
    answer: pageOf(message),
    refusals: [],
    act: async ({ cloud, outbox }, { query: { after = "", limit, ...which } }) => {
      const rows = await listMessages(cloud.database.queries, { after, limit, ...which });
      return ok(page(rows.map((row) => messageJson(row, outbox)), limit, ({ id }) => id)); // prettier-ignore
    },
  }),
  "POST /v1/outbox/{id}/retry": route({
    scope: "outbox:write",
    action: "outbox retry",
    changes: false,
    summary: "Try a message again now that waits or has failed, as the same message",
    params,
    answer: plainChange(message),
    refusals: ["MessageUnknown", "MessageSettled"],
    act: async ({ cloud, note, outbox }, { params: { id } }) => {
      const made = await retryMessage(cloud, note, id);
      return made.ok ? ok({ value: messageJson(made.value.value, outbox), change: made.value.change }) : made;
    },
  }),
  "POST /v1/outbox/{id}/bounce": route({
    scope: "outbox:write",
    action: "outbox bounce",
    changes: false,
    summary: "A message that was sent has come back; the reason is what the return says",
    description: "Callers are told `message.failed`, once. Its id is what stands before the @ of the Message-ID, or the OutId of an SMS's receipt.",
    params,
    body: z.strictObject({ problem: text(1, 200).openapi({ description: "Without the address", example: "550 5.1.1 user unknown" }) }),
    example: { problem: "550 5.1.1 user unknown" },
    answer: plainChange(message),
    refusals: ["MessageUnknown", "MessageSettled"],
    act: async ({ cloud, note, outbox }, { params: { id }, body: { problem } }) => {
      const made = await bounceMessage(cloud, note, id, problem);
      return made.ok ? ok({ value: messageJson(made.value.value, outbox), change: made.value.change }) : made;
    },
  }),
  "GET /v1/message-kinds": route({
    scope: "outbox:read",
    action: null,
    summary: "Every kind of message, and which are switched off",
    answer: pageOf(kindAnswer),
    refusals: [],
    act: async ({ cloud, outbox }) => {
      const off = new Map((await kindsOff(cloud.database.queries)).map((row) => [row.kind, row]));
      const items = outbox.kinds.map(({ kind, names: called }) => {
        const row = off.get(kind);
        return { kind, names: called, isOn: row === undefined, offSince: row === undefined ? null : timeOf(row.since), offBy: row?.actor ?? null };
      });
      return ok(whole(items));
    },
  }),
  "PUT /v1/message-kinds/{kind}": route({
    scope: "outbox:write",
    action: "message-kind switch",
    changes: false,
    summary: "Switch a kind of message off, with those that wait, or on again",
    params: z.strictObject({ kind: listId }),
    body: z.strictObject({ isOn: z.boolean() }),
    example: { isOn: false },
    answer: plainChange(z.object({ kind: listId, isOn: z.boolean() })),
    refusals: ["MessageKindUnknown", "ReasonRequired"],
    act: async (call, { params: { kind }, body: { isOn } }) => {
      if (!call.outbox.kinds.some((each) => each.kind === kind)) return refuse("MessageKindUnknown", kind);
      return reasonMissing(call) ?? switchKind(call.cloud, call.note, kind, isOn);
    },
  }),
};
