import type { commandApiRoutes } from "../api/routes/commands.ts";
import type { epochRoutes } from "../api/routes/epoch.ts";
import type { keyRoutes } from "../api/routes/keys.ts";
import { takeRevocationReport } from "../epoch/adoption.ts";
import { answered } from "./api-rig.ts";
import { type CaseWorld, CONTROLLER_KEY, type RouteCases, WHY } from "./case-world.ts";
import { CLOUD_SIGNER, rigKey, rigTrustListHex } from "./rig-trust.ts";

const UNLOCK = { target: "library", verb: "access" } as const;
const unlocking = async ({ client }: CaseWorld) => {
  await answered(client.ask("PUT /v1/controllers/{id}", { params: { id: "gate-house" }, body: { publicKey: CONTROLLER_KEY, zones: ["east"] } }));
  return { params: { id: "gate-house" }, body: UNLOCK };
};

const lockingDown = () => ({ params: { id: "east" }, body: { verb: "lockdown" } }) as const;
/** The root holders take the key away that signs commands. */
const withoutCommandKey = ({ client }: CaseWorld) =>
  answered(client.ask("POST /v1/trust-lists", { body: { list: rigTrustListHex(2, [rigKey(1, CLOUD_SIGNER.publicKey, ["feed", "time"])]) } }, WHY));

/** A credential that doors know and the cloud does not. */
const STRANGER = "00112233445566ee";
const report = ({ cloud }: CaseWorld, credential: string): Promise<void> =>
  takeRevocationReport(cloud, "gate-house", { epoch: 1, version: 9, revocations: [{ credential, suspension: "CredentialLost", since: 1 }] });
const adopted = async (world: CaseWorld, id: string) => {
  await report(world, id);
  await answered(world.client.ask("POST /v1/feed/epoch/adopt", {}, WHY));
  return { params: { id } };
};

/** Trust lists, the cloud's own keys, and commands that one of them signs. */
export const KEY_CASES: RouteCases<keyof typeof keyRoutes | keyof typeof commandApiRoutes | keyof typeof epochRoutes> = {
  "POST /v1/zones/{id}/commands": {
    good: { parts: lockingDown, also: WHY },
    refused: {
      ZoneUnknown: { parts: () => ({ params: { id: "nowhere" }, body: { verb: "lockdown" } }), also: WHY },
      CommandUnsigned: {
        parts: async (world) => {
          await withoutCommandKey(world);
          return lockingDown();
        },
        also: WHY,
      },
      ReasonRequired: { parts: lockingDown },
    },
  },
  "POST /v1/controllers/{id}/commands": {
    good: { parts: unlocking, also: WHY },
    refused: {
      ControllerUnknown: { parts: () => ({ params: { id: "nowhere" }, body: UNLOCK }), also: WHY },
      CommandUnsigned: {
        parts: async (world) => {
          await withoutCommandKey(world);
          return unlocking(world);
        },
        also: WHY,
      },
      ReasonRequired: { parts: unlocking },
    },
  },
  "GET /v1/lockdowns": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/trust-list": { good: { parts: () => ({}) }, refused: {} },
  "POST /v1/trust-lists": {
    good: { parts: () => ({ body: { list: rigTrustListHex(2) } }), also: WHY },
    refused: {
      TrustListRefused: { parts: () => ({ body: { list: rigTrustListHex(0) } }), also: WHY },
      SigningKeyMissing: { parts: () => ({ body: { list: rigTrustListHex(2, [rigKey(1, CLOUD_SIGNER.publicKey, ["feed"])]) } }), also: WHY },
      AdoptionRequired: {
        parts: async (world) => (await report(world, STRANGER), { body: { list: rigTrustListHex(2, undefined, { feedEpoch: 2 }) } }),
        also: WHY,
      },
      ReasonRequired: { parts: () => ({ body: { list: rigTrustListHex(2) } }) },
    },
  },
  "GET /v1/feed/epoch": { good: { parts: async (world) => (await report(world, STRANGER), {}) }, refused: {} },
  "POST /v1/feed/epoch/adopt": {
    good: { parts: async (world) => (await report(world, STRANGER), {}), also: WHY },
    refused: { ReasonRequired: { parts: () => ({}) } },
  },
  "POST /v1/adopted-revocations/{id}/lift": {
    good: { parts: (world) => adopted(world, STRANGER), also: WHY },
    refused: {
      CredentialUnknown: { parts: () => ({ params: { id: STRANGER } }), also: WHY },
      StateRefused: { parts: (world) => adopted(world, world.card), also: WHY },
      ReasonRequired: { parts: () => ({ params: { id: STRANGER } }) },
    },
  },
  "POST /v1/signing-keys": { good: { parts: () => ({}) }, refused: {} },
};
