import { answered } from "./api-rig.ts";
import { type CaseWorld, CONTROLLER_KEY, NO_CREDENTIAL, one, type RouteCases, UNKNOWN } from "./case-world.ts";

const params = { id: "gate-house" };
const there = {
  parts: async ({ client }: CaseWorld) => {
    await answered(client.ask("PUT /v1/controllers/{id}", { params, body: { publicKey: CONTROLLER_KEY, zones: ["east"] } }));
    return { params };
  },
};

const captured = (who: (world: CaseWorld) => string, of: "phone" | "card" = "phone") => ({
  parts: (world: CaseWorld) => ({ params: { id: world[of] }, body: { person: who(world), what: "screenshot" } as const }),
});

/** The routes that tell of events and copies. */
export const EVENT_CASES: RouteCases<
  | "GET /v1/events"
  | "GET /v1/controllers/{id}/events/status"
  | "GET /v1/controllers/{id}/events/verify"
  | "GET /v1/controllers/{id}/events/checkpoints"
  | "GET /v1/events/retention"
  | "GET /v1/copies"
  | "POST /v1/credentials/{id}/captures"
  | "GET /v1/capture-policy"
  | "PUT /v1/capture-policy"
> = {
  "GET /v1/controllers/{id}/events/checkpoints": { good: there, refused: { ControllerUnknown: one(params) } },
  "GET /v1/events/retention": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/copies": { good: { parts: () => ({ query: { limit: 2 } }) }, refused: {} },
  "GET /v1/capture-policy": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/capture-policy": { good: { parts: () => ({ body: { first: "suspend", repeated: "freeze" } }) }, refused: {} },
  "POST /v1/credentials/{id}/captures": {
    good: captured(({ person }) => person),
    refused: {
      CredentialUnknown: { parts: ({ person }) => ({ params: { id: NO_CREDENTIAL }, body: { person, what: "screenshot" } }) },
      OwnerOnly: captured(() => UNKNOWN),
      QrOnly: captured(({ person }) => person, "card"),
    },
  },
  "GET /v1/events": { good: { parts: () => ({ query: { controller: "gate-house", names: "AccessDenied,DoorForcedOpen", limit: 2 } }) }, refused: {} },
  "GET /v1/controllers/{id}/events/status": { good: there, refused: { ControllerUnknown: one(params) } },
  "GET /v1/controllers/{id}/events/verify": { good: there, refused: { ControllerUnknown: one(params) } },
};
