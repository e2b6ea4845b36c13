import type { lockRoutes } from "../api/routes/locks.ts";
import { GATE, SHOWN_QR } from "./api-campus.ts";
import { answered, ENDLESS, names, valueOf } from "./api-rig.ts";
import { type CaseWorld, one, personOf, type RouteCases, UNKNOWN } from "./case-world.ts";

/** The lock of a room at an access point of its own; whoever is named has it for ever. */
export const ROOM = "room-301";
export const LOCK_KEY = "5f2c1a9e".repeat(8);
export const SEALED = "84".repeat(57);
export const LOCK_SETTINGS = { publicKey: LOCK_KEY, service: "dormitory-lock", fingerSlots: 3 } as const;

/** Puts the lock there. */
export async function roomLock({ client }: Pick<CaseWorld, "client">): Promise<string> {
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: ROOM }, body: { zone: "east", names: names(ROOM), high: false } }));
  await answered(client.ask("PUT /v1/locks/{id}", { params: { id: ROOM }, body: LOCK_SETTINGS }));
  return ROOM;
}

/** Gives somebody the room. @returns the grant */
export async function roomGrant({ client }: Pick<CaseWorld, "client">, person: string, schedule = "always", until: string | null = null): Promise<string> {
  const what = { kind: "own" as const, accessPoints: [ROOM], capability: "unlock" as const, schedule };
  const body = { subject: { kind: "person" as const, id: person }, what, validity: { from: null, until }, source: { kind: "operator" as const } };
  return (await valueOf(client.ask("POST /v1/grants", { body }))).id;
}

/** The student has the room. */
async function lodged(world: CaseWorld): Promise<{ readonly id: string; readonly lock: string }> {
  await roomLock(world);
  await roomGrant(world, world.person);
  return { id: world.person, lock: ROOM };
}

/** Somebody's child, who has the room too. */
export async function lodgedFamily(world: CaseWorld): Promise<string> {
  const { client, person } = world;
  const id = await personOf(world, "child@example.edu");
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "family" }, body: { validity: ENDLESS, sponsor: person } }));
  await answered(client.ask("POST /v1/persons/{id}/credentials", { params: { id }, body: SHOWN_QR }));
  await roomGrant(world, id);
  return id;
}

/** Somebody who has the room, and nothing to show at a door. */
async function withoutCard(world: CaseWorld): Promise<string> {
  const id = await personOf(world, "wei@example.edu");
  await answered(
    world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "staff" }, body: { validity: ENDLESS, sponsor: null } }),
  );
  await roomGrant(world, id);
  return id;
}

export const setPin = ({ client }: Pick<CaseWorld, "client">, id: string, version = 1) =>
  client.ask("PUT /v1/persons/{id}/locks/{lock}/pin", { params: { id, lock: ROOM }, body: { version, sealed: SEALED } });
export const enrol = ({ client }: Pick<CaseWorld, "client">, id: string, slot: number | null = null) =>
  client.ask("POST /v1/persons/{id}/locks/{lock}/fingers", { params: { id, lock: ROOM }, body: { slot } });

type Params = { readonly id: string; readonly lock: string };
const setting = <const Body>(body: Body) => ({
  good: { parts: async (world: CaseWorld) => ({ params: await lodged(world), body }) },
  refused: {
    LockUnknown: { parts: ({ person }: CaseWorld): { params: Params; body: Body } => ({ params: { id: person, lock: GATE }, body }) },
    PersonUnknown: { parts: async (world: CaseWorld) => ({ params: { id: UNKNOWN, lock: await roomLock(world) }, body }) },
    ServiceNotForYou: { parts: async (world: CaseWorld) => (await roomLock(world), { params: { id: await lodgedFamily(world), lock: ROOM }, body }) },
    LockNotYours: { parts: async (world: CaseWorld) => ({ params: { id: world.person, lock: await roomLock(world) }, body }) },
    LockNotReady: { parts: async (world: CaseWorld) => (await roomLock(world), { params: { id: await withoutCard(world), lock: ROOM }, body }) },
  },
});

export const LOCK_CASES: RouteCases<keyof typeof lockRoutes> = {
  "GET /v1/locks": { good: { parts: async (world) => (await roomLock(world), {}) }, refused: {} },
  "GET /v1/locks/{id}": {
    good: { parts: async (world) => ({ params: { id: await roomLock(world) } }) },
    refused: { LockUnknown: one({ id: GATE }) },
  },
  "PUT /v1/locks/{id}": {
    good: { parts: () => ({ params: { id: GATE }, body: LOCK_SETTINGS }) },
    refused: {
      AccessPointUnknown: { parts: () => ({ params: { id: "none" }, body: LOCK_SETTINGS }) },
      RequestMalformed: {
        parts: async ({ client }) => {
          const params = { id: "宿舍301" };
          await answered(client.ask("PUT /v1/access-points/{id}", { params, body: { zone: "east", names: names("301"), high: false } }));
          return { params, body: LOCK_SETTINGS };
        },
      },
      ServiceUnknown: { parts: () => ({ params: { id: GATE }, body: { ...LOCK_SETTINGS, service: "none" } }) },
    },
  },
  "DELETE /v1/locks/{id}": {
    good: { parts: async (world) => ({ params: { id: await roomLock(world) } }) },
    refused: { LockUnknown: one({ id: GATE }) },
  },
  "GET /v1/locks/{id}/states": {
    good: { parts: async (world) => (await answered(setPin(world, (await lodged(world)).id)), { params: { id: ROOM } }) },
    refused: { LockUnknown: one({ id: GATE }) },
  },
  "GET /v1/persons/{id}/locks": {
    good: { parts: async (world) => (await answered(enrol(world, (await lodged(world)).id)), { params: { id: world.person } }) },
    refused: { PersonUnknown: one({ id: UNKNOWN }) },
  },
  "PUT /v1/persons/{id}/locks/{lock}/pin": {
    ...setting({ version: 1, sealed: SEALED }),
    refused: {
      ...setting({ version: 1, sealed: SEALED }).refused,
      LockVersionStale: { parts: async (world) => ({ params: await lodged(world), body: { version: 2, sealed: SEALED } }) },
    },
  },
  "DELETE /v1/persons/{id}/locks/{lock}/pin": {
    good: { parts: async (world) => (await answered(setPin(world, (await lodged(world)).id)), { params: { id: world.person, lock: ROOM } }) },
    refused: { LockStateUnknown: { parts: async (world) => ({ params: await lodged(world) }) } },
  },
  "POST /v1/persons/{id}/locks/{lock}/fingers": {
    ...setting({ slot: null }),
    refused: {
      ...setting({ slot: null }).refused,
      LockStateUnknown: { parts: async (world) => ({ params: await lodged(world), body: { slot: 2 } }) },
      FingersFull: {
        parts: async (world) => {
          const params = await lodged(world);
          for (let finger = 0; finger < LOCK_SETTINGS.fingerSlots; finger++) await answered(enrol(world, params.id));
          return { params, body: { slot: null } };
        },
      },
    },
  },
  "DELETE /v1/persons/{id}/locks/{lock}/fingers/{slot}": {
    good: { parts: async (world) => (await answered(enrol(world, (await lodged(world)).id)), { params: { id: world.person, lock: ROOM, slot: 0 } }) },
    refused: { LockStateUnknown: { parts: async (world) => ({ params: { ...(await lodged(world)), slot: 0 } }) } },
  },
};
