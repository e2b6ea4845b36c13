import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import type { RouteName } from "../api/routes.ts";
import { answered } from "./api-rig.ts";
import type { CaseWorld, RouteCases } from "./case-world.ts";
import { waitingMachine } from "./waiting-machine.ts";

const KEY = bytesToHex(nodeSigner(new Uint8Array(32).fill(0x31)).publicKey);
const OTHER_KEY = bytesToHex(nodeSigner(new Uint8Array(32).fill(0x32)).publicKey);
const NO_ENROLMENT = "01990246-a5d0-7000-8000-0123456789ab";
/** Six words of the list, which no machine here shows. */
const OTHER_WORDS = "zoo zoo zoo zoo zoo zoo";
const EAST = ["east"];

const params = { id: "gate-house" };
const put = (publicKey: string, zones = EAST) => ({ params, body: { publicKey, zones } });
const configured = { params, body: { text: "W3NpdGVdCg==" } };
const putIn = async ({ client }: CaseWorld): Promise<void> => void (await answered(client.ask("PUT /v1/controllers/{id}", put(KEY))));
const planIn = async (world: CaseWorld): Promise<void> => {
  await putIn(world);
  await answered(world.client.ask("PUT /v1/controllers/{id}/configuration", configured));
};

interface Given {
  readonly words?: string;
  readonly before?: (world: CaseWorld) => Promise<unknown>;
}
const approving = (zones: readonly string[], { words, before }: Given = {}) => ({
  parts: async (world: CaseWorld) => {
    const machine = await waitingMachine(world.cloud, "gate-house", 0x32);
    await before?.(world);
    return { params: { id: machine.id }, body: { words: words ?? machine.words, zones: [...zones] } };
  },
});
const replacing = ({ words, before }: Given = {}) => ({
  parts: async (world: CaseWorld) => {
    const machine = await waitingMachine(world.cloud, "gate-house", 0x32);
    await before?.(world);
    return { params: { id: machine.id }, body: { words: words ?? machine.words } };
  },
});
/** Somebody gives the machine's key to another controller while it waits. */
const keyGiven = ({ client }: CaseWorld) =>
  answered(client.ask("PUT /v1/controllers/{id}", { params: { id: "library" }, body: { publicKey: OTHER_KEY, zones: EAST } }));

type ControllerRoute = Extract<
  RouteName,
  | "GET /v1/controllers"
  | "PUT /v1/controllers/{id}"
  | "POST /v1/controllers/{id}/revoke"
  | "POST /v1/controllers/{id}/configuration"
  | "PUT /v1/controllers/{id}/configuration"
  | "GET /v1/controllers/{id}/configuration"
  | "GET /v1/configurations"
  | `${string}/v1/enrolments${string}`
  | "GET /v1/fleet"
  | "GET /v1/feed/status"
  | "GET /v1/feed/file"
>;

/** Of the controllers and of those who want to be some. */
export const CONTROLLER_CASES: RouteCases<ControllerRoute> = {
  "GET /v1/feed/file": {
    good: { parts: () => ({ query: { zones: "east,west" } }) },
    refused: {
      ZoneUnknown: { parts: () => ({ query: { zones: "east,nowhere" } }) },
      ControllerUnknown: { parts: () => ({ query: { zones: "east", controller: "gate-house" } }) },
      // The cloud's key is out of its time.
      FeedUnsigned: { parts: ({ cloud }) => (cloud.pass(2e8), { query: { zones: "east" } }) },
    },
  },
  "GET /v1/fleet": { good: { parts: async (world) => (await putIn(world), {}) }, refused: {} },
  "GET /v1/feed/status": { good: { parts: async (world) => (await putIn(world), { query: { publish: 1 } }) }, refused: {} },
  "GET /v1/controllers": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/controllers/{id}": {
    good: { parts: () => put(KEY) },
    refused: {
      RequestMalformed: { parts: () => put("00".repeat(32)) },
      ZoneUnknown: { parts: () => put(KEY, ["nowhere"]) },
      IdTaken: { parts: async (world) => (await putIn(world), put(OTHER_KEY)) },
      KeyTaken: { parts: async (world) => (await putIn(world), { ...put(KEY), params: { id: "library" } }) },
    },
  },
  "POST /v1/controllers/{id}/revoke": {
    good: { parts: async (world) => (await putIn(world), { params }) },
    refused: { ControllerUnknown: { parts: () => ({ params }) } },
  },
  "POST /v1/controllers/{id}/configuration": {
    good: { parts: async (world) => (await putIn(world), configured) },
    refused: {
      ControllerUnknown: { parts: () => configured },
      // The cloud's key is out of its time.
      FeedUnsigned: { parts: async (world) => (await putIn(world), world.cloud.pass(2e8), configured) },
    },
  },
  "PUT /v1/controllers/{id}/configuration": {
    good: { parts: async (world) => (await putIn(world), configured) },
    refused: {
      ControllerUnknown: { parts: () => configured },
      // The cloud's key is out of its time.
      FeedUnsigned: { parts: async (world) => (await putIn(world), world.cloud.pass(2e8), configured) },
    },
  },
  "GET /v1/controllers/{id}/configuration": {
    good: { parts: async (world) => (await planIn(world), { params }) },
    refused: { ConfigurationUnknown: { parts: () => ({ params }) } },
  },
  "GET /v1/configurations": { good: { parts: async (world) => (await planIn(world), {}) }, refused: {} },
  "GET /v1/enrolments": { good: { parts: async ({ cloud }) => (await waitingMachine(cloud, "gate-house", 0x32), {}) }, refused: {} },
  "POST /v1/enrolments/{id}/approve": {
    good: approving(EAST),
    refused: {
      EnrolmentUnknown: { parts: () => ({ params: { id: NO_ENROLMENT }, body: { words: OTHER_WORDS, zones: EAST } }) },
      RequestMalformed: approving(EAST, { words: "abandon zoo" }),
      WordsDiffer: approving(EAST, { words: OTHER_WORDS }),
      ZoneUnknown: approving(["nowhere"]),
      IdTaken: approving(EAST, { before: putIn }),
      KeyTaken: approving(EAST, { before: keyGiven }),
    },
  },
  "POST /v1/enrolments/{id}/replace": {
    good: replacing({ before: putIn }),
    refused: {
      EnrolmentUnknown: { parts: () => ({ params: { id: NO_ENROLMENT }, body: { words: OTHER_WORDS } }) },
      RequestMalformed: replacing({ before: putIn, words: "abandon zoo" }),
      WordsDiffer: replacing({ before: putIn, words: OTHER_WORDS }),
      ControllerUnknown: replacing(),
      KeyTaken: replacing({ before: async (world) => (await putIn(world), keyGiven(world)) }),
    },
  },
  "POST /v1/enrolments/{id}/refuse": {
    good: { parts: async ({ cloud }) => ({ params: { id: (await waitingMachine(cloud, "gate-house", 0x32)).id } }) },
    refused: { EnrolmentUnknown: { parts: () => ({ params: { id: NO_ENROLMENT } }) } },
  },
};
