import { z } from "@hono/zod-openapi";
import {
  bytesToHex,
  hexToBytes,
  LOCK_FINGERS_MAX,
  LOCK_PLATFORMS,
  LOCK_RULES,
  type LockPlatform,
  ok,
  RULES_NOT_KEPT,
  SEALED_PIN_BYTES,
} from "@portico/card-protocol";
import { refuse } from "../../core/refusal.ts";
import { eraseLockFinger, eraseLockPin, enrolLockFinger, setLockPin } from "../../locks/lock-settings.ts";
import { listLockStates, type LockStateTold, locksOf, type PersonsLock } from "../../locks/lock-status.ts";
import { listRoomLocks, putRoomLock, readRoomLock, removeRoomLock, type RoomLock } from "../../locks/room-locks.ts";
import { LOCK_STATE_ENDS, LOCK_STATE_KINDS } from "../../store/lock-tables.ts";
import { changed, gone, nothing, published, route } from "../route.ts";
import { controllerId, entityId, hexBytes, listId, names, pageOf, time, timeOf, whole, zoneId } from "../schemas.ts";

const publicKey = hexBytes(32, 32).openapi({ description: "X25519, made by the lock at commissioning: PINs are sealed to it", example: "5f2c1a9e".repeat(8) });
const settings = z.strictObject({
  publicKey,
  service: listId.openapi({ description: "The campus service that says who sets PINs and fingers there (rule 14.3)", example: "dormitory-lock" }),
  fingerSlots: z.int().min(0).max(LOCK_FINGERS_MAX).default(LOCK_FINGERS_MAX).openapi({ description: "Fingers that the lock holds" }),
  platform: z
    .enum(LOCK_PLATFORMS)
    .nullable()
    .default(null)
    .openapi({ description: "The maker's platform that the lock is behind; `publicKey` is then the controller's" }),
});
const notKept = z
  .array(z.object({ rule: z.enum(LOCK_RULES), en: z.string(), zh: z.string() }))
  .openapi({ description: "What a lock behind a maker's platform does not keep of rules 14.1 to 14.4: whoever sets a PIN there should read it. Empty: it keeps all" }); // prettier-ignore
const lock = z.object({ id: listId.openapi({ description: "Of its access point" }), zone: zoneId, names, ...settings.shape, notKept }).openapi("RoomLock");
const state = z
  .object({
    lock: listId,
    person: entityId,
    kind: z.enum(LOCK_STATE_KINDS),
    slot: z.int().nullable().openapi({ description: "Of a finger" }),
    wanted: z.enum(["set", "erased"]),
    version: z.int(),
    changedAt: time,
    changedBy: z.string().openapi({ description: "Who asked for it; `grant`: it ended with the grant (rule 14.4)" }),
    endedWhy: z.enum(LOCK_STATE_ENDS).nullable(),
    heldUntil: time.openapi({ description: "Until when the grant holds that it stands on" }),
    enrolUntil: time.nullable().openapi({ description: "Of a finger: enrolment at the lock begins before" }),
    state: z.enum(["waiting", "applied", "refused"]).openapi({ description: "What the lock says of this version; waiting: nothing yet" }),
    answer: z
      .object({ version: z.int(), outcome: z.string(), detail: z.string(), controller: controllerId, at: time })
      .nullable()
      .openapi({ description: "The last that the lock said of it; a refusal by its name" }),
  })
  .openapi("LockState");
const personsLock = z
  .object({
    id: listId,
    names,
    zone: zoneId,
    notKept,
    sealing: z
      .object({ site: z.string(), publicKey, holder: z.int(), version: z.int().openapi({ description: "The next one" }) })
      .nullable()
      .openapi({ description: "What a PIN is sealed with; null: none can be set now, `refusal` says why" }),
    refusal: z.string().nullable(),
    pin: state.nullable(),
    fingers: z.array(state),
  })
  .openapi("PersonsLock");

const notKeptBehind = (platform: LockPlatform | null): z.output<typeof notKept> =>
  platform === null ? [] : LOCK_RULES.map((rule) => ({ rule, ...RULES_NOT_KEPT[platform][rule] }));
const lockJson = ({ id, zone, names: named, settings: { publicKey: key, ...rest } }: RoomLock): z.output<typeof lock> => ({
  id,
  zone,
  names: named,
  publicKey: bytesToHex(key),
  ...rest,
  notKept: notKeptBehind(rest.platform),
});
const stateJson = ({ changedAt, heldUntil, enrolUntil, answer, ...rest }: LockStateTold): z.output<typeof state> => ({
  ...rest,
  changedAt: timeOf(changedAt),
  heldUntil: timeOf(heldUntil),
  enrolUntil: enrolUntil === null ? null : timeOf(enrolUntil),
  answer: answer === null ? null : { ...answer, at: timeOf(answer.at) },
});
const personsLockJson = ({ sealing, pin, fingers, platform, ...rest }: PersonsLock): z.output<typeof personsLock> => ({
  ...rest,
  notKept: notKeptBehind(platform),
  sealing: sealing === null ? null : { ...sealing, publicKey: bytesToHex(sealing.publicKey) },
  pin: pin === null ? null : stateJson(pin),
  fingers: fingers.map(stateJson),
});

const lockParams = z.strictObject({ id: listId });
const personLock = z.strictObject({ id: entityId, lock: listId });
const MAY_NOT = ["LockUnknown", "PersonUnknown", "ServiceNotForYou", "LockNotYours", "LockNotReady"] as const;

export const lockRoutes = {
  "GET /v1/locks": route({
    scope: "places:read",
    action: null,
    summary: "All room locks",
    answer: pageOf(lock),
    refusals: [],
    act: async ({ cloud }) => ok(whole((await listRoomLocks(cloud.database.queries)).map(lockJson))),
  }),
  "GET /v1/locks/{id}": route({
    scope: "places:read",
    action: null,
    summary: "One room lock",
    params: lockParams,
    answer: lock,
    refusals: ["LockUnknown"],
    act: async ({ cloud }, { params: { id } }) => {
      const found = await readRoomLock(cloud.database.queries, id);
      return found === undefined ? refuse("LockUnknown", id) : ok(lockJson(found));
    },
  }),
  "PUT /v1/locks/{id}": route({
    scope: "places:write",
    action: "lock put",
    summary: "Say that a room lock stands at an access point, or how it is set",
    description: "With another key it is another lock: PINs and fingers that were set at the one before end.",
    params: lockParams,
    body: settings.openapi("RoomLockSettings"),
    example: { publicKey: "5f2c1a9e".repeat(8), service: "dormitory-lock", fingerSlots: 50, platform: null },
    answer: changed(lock),
    refusals: ["AccessPointUnknown", "ServiceUnknown", "RequestMalformed"],
    act: async (call, { params: { id }, body }) => {
      if (!call.services.services.some((service) => service.id === body.service)) return refuse("ServiceUnknown", body.service);
      // Hex that its schema has judged.
      return published(call, await putRoomLock(call.cloud, call.note, id, { ...body, publicKey: hexToBytes(body.publicKey)! }), lockJson);
    },
  }),
  "DELETE /v1/locks/{id}": route({
    scope: "places:write",
    action: "lock remove",
    summary: "Take a room lock away, and every PIN and finger there",
    params: lockParams,
    answer: changed(gone),
    refusals: ["LockUnknown"],
    act: async (call, { params: { id } }) => published(call, await removeRoomLock(call.cloud, call.note, id), nothing),
  }),
  "GET /v1/locks/{id}/states": route({
    scope: "locks:read",
    action: null,
    summary: "What is set at a room lock for whom, wanted and acknowledged: never a PIN",
    params: lockParams,
    answer: pageOf(state),
    refusals: ["LockUnknown"],
    act: async ({ cloud: { database } }, { params: { id } }) =>
      (await readRoomLock(database.queries, id)) === undefined
        ? refuse("LockUnknown", id)
        : ok(whole((await listLockStates(database.queries, { lock: id })).map(stateJson))),
  }),
  "GET /v1/persons/{id}/locks": route({
    scope: "locks:read",
    action: null,
    summary: "The room locks of a person: what a PIN is sealed with, what is set, and what the locks have said of it",
    params: z.strictObject({ id: entityId }),
    answer: pageOf(personsLock),
    refusals: ["PersonUnknown"],
    act: async ({ cloud, services }, { params: { id } }) => {
      const found = await locksOf(cloud, services, id);
      return found === undefined ? refuse("PersonUnknown", id) : ok(whole(found.map(personsLockJson)));
    },
  }),
  "PUT /v1/persons/{id}/locks/{lock}/pin": route({
    scope: "locks:write",
    action: "lock pin-set",
    summary: "Set or change a person's PIN at a room lock (rule 14.1): it comes sealed to the lock, so that nobody on the way can read it",
    description:
      "`GET /v1/persons/{id}/locks` says what it is sealed with; docs/room-locks.md how. The answer means that it is on its way: the lock acknowledges it, or refuses a PIN that has not 6 to 8 digits. For staff and students (rule 14.3) who hold an `unlock` grant there (rule 14.4); at which hours of it the PIN opens, the schedule of the grant says.",
    params: personLock,
    body: z
      .strictObject({ version: z.int().min(1), sealed: hexBytes(SEALED_PIN_BYTES, SEALED_PIN_BYTES).openapi({ example: "84".repeat(57) }) })
      .openapi("SealedPin"),
    example: { version: 1, sealed: "84".repeat(57) },
    answer: changed(z.object({ lock: listId, person: entityId, version: z.int() })),
    refusals: [...MAY_NOT, "LockVersionStale"],
    act: async (call, { params, body }) => {
      const wanted = { lock: params.lock, person: params.id, version: body.version, sealed: hexToBytes(body.sealed)! };
      const set = await setLockPin(call.cloud, call.note, call.services, wanted);
      return published(call, set, ({ lock: at, person, version }) => ({ lock: at, person, version }));
    },
  }),
  "DELETE /v1/persons/{id}/locks/{lock}/pin": route({
    scope: "locks:write",
    action: "lock pin-erase",
    summary: "Erase a person's PIN at a room lock",
    params: personLock,
    answer: changed(gone),
    refusals: ["LockStateUnknown"],
    act: async (call, { params }) => published(call, await eraseLockPin(call.cloud, call.note, params.lock, params.id), nothing),
  }),
  "POST /v1/persons/{id}/locks/{lock}/fingers": route({
    scope: "locks:write",
    action: "lock finger-enrol",
    summary:
      "Give a person a place for a finger at a room lock (rule 14.2): the finger is put on the lock within ten minutes, and its template never leaves it",
    description: "`slot` null: a new finger, at most five a person; one of the person's own: that finger anew.",
    params: personLock,
    body: z.strictObject({
      slot: z
        .int()
        .min(0)
        .max(LOCK_FINGERS_MAX - 1)
        .nullable(),
    }),
    example: { slot: null },
    answer: changed(z.object({ lock: listId, person: entityId, slot: z.int(), version: z.int(), enrolUntil: time })),
    status: 201,
    refusals: [...MAY_NOT, "LockStateUnknown", "FingersFull"],
    act: async (call, { params, body }) => {
      const made = await enrolLockFinger(call.cloud, call.note, call.services, { lock: params.lock, person: params.id, slot: body.slot });
      return published(call, made, ({ lock: at, person, slot, version, enrolUntil }) => ({ lock: at, person, slot, version, enrolUntil: timeOf(enrolUntil) }));
    },
  }),
  "DELETE /v1/persons/{id}/locks/{lock}/fingers/{slot}": route({
    scope: "locks:write",
    action: "lock finger-erase",
    summary: "Erase a person's finger at a room lock",
    params: personLock.extend({
      slot: z.coerce
        .number()
        .int()
        .min(0)
        .max(LOCK_FINGERS_MAX - 1),
    }),
    answer: changed(gone),
    refusals: ["LockStateUnknown"],
    act: async (call, { params }) => published(call, await eraseLockFinger(call.cloud, call.note, params.lock, params.id, params.slot), nothing),
  }),
};
