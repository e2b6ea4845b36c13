import { bytesToHex, ok } from "@portico/card-protocol";
import { z } from "@hono/zod-openapi";
import { refuse } from "../../core/refusal.ts";
import { NOTIFICATION_KINDS, notificationRange, readNotifications } from "../../notifications/notification.ts";
import { keySet, securityEventToken } from "../../notifications/security-event-token.ts";
import { listWebhooks, putWebhook, removeWebhook, resumeWebhook, tryWebhook, type Webhook } from "../../notifications/webhooks.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { listId, pageOf, text, time, timeOf, whole } from "../schemas.ts";

const kind = z.enum(NOTIFICATION_KINDS);
const notification = z
  .object({
    seq: z.int().openapi({ description: "Without gaps" }),
    kind,
    token: z.string().openapi({ description: "The notification as a signed JWT (RFC 8417), for your key alone" }),
  }) // prettier-ignore
  .openapi("Notification");
const webhook = z
  .object({
    id: listId,
    url: z.string(),
    kinds: z.array(kind),
    state: z
      .enum(["active", "stopped"])
      .openapi({ description: "Stopped: after three days of failures, a 410, or with its key; resume goes on where it stopped" }),
    delivered: z.int().openapi({ description: "Everything up to this number was taken" }),
    failingSince: time.nullable(),
    problem: z.string().openapi({ description: "Of the last try; empty: it was taken" }),
  })
  .openapi("Webhook");
const params = z.strictObject({ id: listId });
const WAIT_S_MAX = 25;

const webhookJson = ({ id, url, kinds, state, delivered, failingSince, problem }: Webhook): z.output<typeof webhook> => ({
  id,
  url,
  kinds: [...kinds],
  state,
  delivered,
  failingSince: failingSince === null ? null : timeOf(failingSince),
  problem,
});

export const notificationRoutes = {
  "GET /v1/notifications": route({
    scope: "notifications:read",
    action: null,
    summary: "What concerns the callers, in order, signed, from any number on; waits for news",
    description: "Ask again with `after` = `next`. With `waitS` the answer comes when there is something, at the latest after so many seconds.",
    query: z.strictObject({
      after: z.coerce.number().int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).openapi({ description: "`next` of the answer before" }),
      limit: z.coerce.number().int().min(1).max(500).default(100),
      waitS: z.coerce.number().int().min(0).max(WAIT_S_MAX).default(0),
      kind: kind.optional().openapi({ description: "This kind alone" }),
    }),
    answer: z.object({ items: z.array(notification), next: z.int().openapi({ description: "`after` of the next question: there always is one" }) }),
    refusals: ["NotificationsGone"],
    act: async ({ cloud, notifier, apiKey }, { query: { after, limit, waitS, kind: only } }) => {
      const { queries } = cloud.database;
      const { seq, gone: past } = await notificationRange(queries);
      if (after < past && after > 0) return refuse("NotificationsGone", `go on from ${past}`);
      if (after > seq) return refuse("NotificationsGone", `${after} was never told: a backup was restored; go on from ${seq}`);
      await notifier.news(after, waitS * 1000);
      const { items, upTo } = await readNotifications(queries, { after, limit, kinds: only === undefined ? [] : [only] });
      const parties = { site: cloud.site, audience: bytesToHex(apiKey!.publicKey), signer: notifier.signer };
      return ok({ items: items.map((item) => ({ seq: item.seq, kind: item.kind, token: securityEventToken(item, parties) })), next: upTo });
    },
  }),
  "GET /v1/notifications/keys": route({
    scope: "none",
    action: null,
    summary: "The keys that notifications are signed with (RFC 7517)",
    answer: z.object({
      keys: z.array(z.object({ kty: z.string(), crv: z.string(), use: z.string(), alg: z.string(), kid: z.string(), x: z.string() })),
    }),
    refusals: [],
    act: ({ notifier }) => Promise.resolve(ok(keySet(notifier.signer))),
  }),
  "GET /v1/webhooks": route({
    scope: "notifications:read",
    action: null,
    summary: "Where notifications are pushed to, and how that goes",
    answer: pageOf(webhook),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listWebhooks(cloud.database.queries)).map(webhookJson))),
  }),
  "PUT /v1/webhooks/{id}": route({
    scope: "notifications:write",
    action: "webhook put",
    summary: "Have notifications pushed to a URL (RFC 8935), from now on; yours alone",
    description: "A change goes on where it stood, also when it was stopped.",
    params,
    body: z.strictObject({
      url: text(1, 500).openapi({ description: "https; http on the cloud's own machine alone" }),
      kinds: z.array(kind).max(NOTIFICATION_KINDS.length).openapi({ description: "Empty: every kind" }),
    }),
    example: { url: "https://mini.example.edu/portico", kinds: [] },
    answer: changed(webhook),
    refusals: ["RequestMalformed", "IdTaken"],
    act: async (call, { params: { id }, body }) => published(call, await putWebhook(call.cloud, call.note, call.apiKey!.id, { id, ...body }), webhookJson),
  }),
  "POST /v1/webhooks/{id}/test": route({
    scope: "notifications:write",
    action: "webhook test",
    summary: "Push one notification of kind webhook.test there",
    params,
    answer: changed(webhook),
    refusals: ["WebhookUnknown"],
    act: async (call, { params: { id } }) => published(call, await tryWebhook(call.cloud, call.note, id), webhookJson),
  }),
  "POST /v1/webhooks/{id}/resume": route({
    scope: "notifications:write",
    action: "webhook resume",
    summary: "Try again now, from where it stopped",
    params,
    answer: changed(webhook),
    refusals: ["WebhookUnknown"],
    act: async (call, { params: { id } }) => published(call, await resumeWebhook(call.cloud, call.note, id), webhookJson),
  }),
  "DELETE /v1/webhooks/{id}": route({
    scope: "notifications:write",
    action: "webhook remove",
    summary: "Push nothing there any more",
    params,
    answer: changed(gone),
    refusals: ["WebhookUnknown"],
    act: async (call, { params: { id } }) => published(call, await removeWebhook(call.cloud, call.note, id), nothing),
  }),
};
