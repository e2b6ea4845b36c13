import type { outboxRoutes } from "../api/routes/outbox.ts";
import { keepMessages, listMessages, messageSent } from "../outbox/outbox.ts";
import { one, type CaseWorld, type RouteCases, UNKNOWN, WHY } from "./case-world.ts";

/** A message that waits, or was sent. */
const message = async ({ cloud, person }: CaseWorld, isSent = false): Promise<string> => {
  const { queries } = cloud.database;
  const to = { mail: "zhang@connect.example.edu", phone: null };
  const called = { zh: "已派单", en: "Dispatched" };
  await keepMessages(queries, cloud, [{ dedupe: "case:1:1:dispatched", kind: "repair.dispatched", person, to, subject: called, text: called, parameters: {} }]);
  const [row] = await listMessages(queries, { after: "", limit: 1 });
  if (isSent) await messageSent(queries, row!.id, cloud.now());
  return row!.id;
};
const BOUNCED = { problem: "550 5.1.1 user unknown" };

/** Mail and SMS. */
export const OUTBOX_CASES: RouteCases<keyof typeof outboxRoutes> = {
  "GET /v1/outbox": { good: { parts: async (world) => (await message(world), { query: { state: "waiting", kind: "repair.dispatched" } }) }, refused: {} },
  "POST /v1/outbox/{id}/retry": {
    good: { parts: async (world) => ({ params: { id: await message(world) } }) },
    refused: { MessageUnknown: one({ id: UNKNOWN }), MessageSettled: { parts: async (world) => ({ params: { id: await message(world, true) } }) } },
  },
  "POST /v1/outbox/{id}/bounce": {
    good: { parts: async (world) => ({ params: { id: await message(world, true) }, body: BOUNCED }) },
    refused: {
      MessageUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: BOUNCED }) },
      MessageSettled: {
        parts: async (world) => {
          const id = await message(world);
          await world.cloud.database.queries.updateTable("outbox_message").set({ state: "off" }).execute();
          return { params: { id }, body: BOUNCED };
        },
      },
    },
  },
  "GET /v1/message-kinds": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/message-kinds/{kind}": {
    good: { parts: () => ({ params: { kind: "repair.dispatched" }, body: { isOn: false } }), also: WHY },
    refused: {
      MessageKindUnknown: { parts: () => ({ params: { kind: "repair.eaten" }, body: { isOn: false } }), also: WHY },
      ReasonRequired: { parts: () => ({ params: { kind: "repair.dispatched" }, body: { isOn: true } }) },
    },
  },
};
