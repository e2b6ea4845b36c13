import type { RouteName } from "../api/routes.ts";
import { answered } from "./api-rig.ts";
import type { CaseWorld, RouteCase } from "./case-world.ts";
import { TOP_UP_CASES } from "./top-up-cases.ts";
import { WALLET_CASES } from "./wallet-cases.ts";

const none = { parts: () => ({ params: { id: "none" } }) };
const HOOK = { url: "https://mini.example.edu/portico", kinds: [] };
const hooked = () => ({
  parts: async ({ client }: CaseWorld) => {
    await answered(client.ask("PUT /v1/webhooks/{id}", { params: { id: "mini" }, body: HOOK }));
    return { params: { id: "mini" } };
  },
});

/** Of the routes that tell callers what concerns them, and of those of money. */
export const NOTIFICATION_CASES = {
  ...WALLET_CASES,
  ...TOP_UP_CASES,
  "GET /v1/notifications": {
    good: { parts: () => ({ query: { after: 0, limit: 2, kind: "credential.expired" } }) },
    refused: { NotificationsGone: { parts: () => ({ query: { after: 999_999 } }) } },
  },
  "GET /v1/notifications/keys": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/webhooks": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/webhooks/{id}": {
    good: { parts: () => ({ params: { id: "mini" }, body: HOOK }) },
    refused: {
      RequestMalformed: { parts: () => ({ params: { id: "mini" }, body: { ...HOOK, url: "http://mini.example.edu/" } }) },
      IdTaken: {
        parts: async ({ second }) => {
          await answered(second.ask("PUT /v1/webhooks/{id}", { params: { id: "mini" }, body: HOOK }));
          return { params: { id: "mini" }, body: HOOK };
        },
      },
    },
  },
  "POST /v1/webhooks/{id}/test": { good: hooked(), refused: { WebhookUnknown: none } },
  "POST /v1/webhooks/{id}/resume": { good: hooked(), refused: { WebhookUnknown: none } },
  "DELETE /v1/webhooks/{id}": { good: hooked(), refused: { WebhookUnknown: none } },
} satisfies { readonly [R in RouteName]?: RouteCase<R> };
