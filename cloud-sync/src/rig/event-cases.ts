import { answered } from "./api-rig.ts";
import { type CaseWorld, CONTROLLER_KEY, one, type RouteCases } from "./case-world.ts";

const params = { id: "gate-house" };
const there = {
  parts: async ({ client }: CaseWorld) => {
    await answered(client.ask("PUT /v1/controllers/{id}", { params, body: { publicKey: CONTROLLER_KEY, zones: ["east"] } }));
    return { params };
  },
};

/** The routes that tell of events. */
export const EVENT_CASES: RouteCases<"GET /v1/events" | "GET /v1/controllers/{id}/events/status" | "GET /v1/controllers/{id}/events/verify"> = {
  "GET /v1/events": { good: { parts: () => ({ query: { controller: "gate-house", names: "AccessDenied,DoorForcedOpen", limit: 2 } }) }, refused: {} },
  "GET /v1/controllers/{id}/events/status": { good: there, refused: { ControllerUnknown: one(params) } },
  "GET /v1/controllers/{id}/events/verify": { good: there, refused: { ControllerUnknown: one(params) } },
};
