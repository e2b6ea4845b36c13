import { type ControllerEvent, eventOf, type FeedItem, isLockItem, type LockItem, zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { RouteAnswer } from "../api/client.ts";
import { addController } from "../controllers.ts";
import { EventIntake } from "../events/event-intake.ts";
import { type ApiCampus, apiCampus } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, imageOf, type RigImage, valueOf } from "../rig/api-rig.ts";
import { done, itemsIn, NOTE, START } from "../rig/cloud-rig.ts";
import type { CaseWorld } from "../rig/case-world.ts";
import { enrol, LOCK_SETTINGS, lodgedFamily, ROOM, roomGrant, roomLock, SEALED, setPin } from "../rig/lock-cases.ts";
import { MachineLog } from "../rig/machine-log.ts";

let rig: ApiRig;
let world: CaseWorld;
let set: { readonly image: RigImage; readonly ids: ApiCampus } | undefined;
beforeEach(async () => {
  rig = await apiRig(undefined, set?.image);
  const { client } = rig.backend;
  const ids = set?.ids ?? (await apiCampus(client));
  world = {
    ...ids,
    cloud: rig.cloud,
    client,
    second: client,
    expired: "",
    site: rig.cloud.site,
    provider: rig.provider,
    lookDue: async () => {},
    loseKey: () => {},
  };
  if (set === undefined) {
    await roomLock(world);
    set = { image: await imageOf(rig), ids };
  }
});
afterEach(() => rig.close());

const lockItems = async (): Promise<LockItem[]> => (await itemsIn(rig.cloud, zonePartition("east"))).filter((item): item is LockItem & FeedItem => isLockItem(item) && item.table !== "roomLock"); // prettier-ignore
const rowOf = async (person: string) => {
  const { items } = await answered(world.client.ask("GET /v1/persons/{id}/locks", { params: { id: person } }));
  return items.find(({ id }) => id === ROOM);
};
type State = NonNullable<RouteAnswer<"GET /v1/persons/{id}/locks">["items"][number]["pin"]>;
const progress = (state: State | null | undefined) => state && [state.wanted, state.version, state.state, state.endedWhy];
const revoke = (id: string) => answered(world.client.ask("DELETE /v1/grants/{id}", { params: { id } }));
const publications = async (): Promise<number> => (await rig.cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow()).publish;

/** A controller that follows a zone tells what a lock did. */
async function told(...events: ControllerEvent[]): Promise<void> {
  const log = new MachineLog("dormitory-1", 9);
  const zones = ["east"];
  await done(addController(rig.cloud, NOTE, { id: log.controller, publicKey: log.machine.publicKey, zones }));
  for (const event of events) log.record(event);
  expect(await new EventIntake(rig.cloud, () => {}).take(log.machine, log.batch(1))).toMatchObject({ ok: true });
}

test("rule 14.1: a PIN goes sealed to the lock for one holder and version; the cloud keeps what it cannot read, and tells it to nobody; a PIN sealed for another version is refused", async () => {
  const { client, person } = world;
  await roomGrant(world, person);
  expect((await rowOf(person))?.sealing).toEqual({ site: "demo-campus", publicKey: LOCK_SETTINGS.publicKey, holder: 1, version: 1 });
  await answered(setPin(world, person));
  expect(await lockItems()).toMatchObject([{ table: "lockPin", holder: 1, version: 1, validFrom: 0, sealed: new Uint8Array(57).fill(0x84) }]);
  expect(await setPin(world, person, 1)).toMatchObject({ ok: false, status: 409, problem: { reason: "LockVersionStale", rule: "14.1", caseCategory: "智能门锁" } }); // prettier-ignore
  await answered(setPin(world, person, 2));
  expect(await lockItems()).toMatchObject([{ version: 2 }]);
  const said = [
    await answered(client.ask("GET /v1/changes", { query: { limit: 100 } })),
    await answered(client.ask("GET /v1/locks/{id}/states", { params: { id: ROOM } })),
    await rowOf(person),
    await answered(client.ask("POST /v1/persons/{id}/export", { params: { id: person } }, { reason: "asked for" })),
  ];
  expect(JSON.stringify(said)).not.toContain(SEALED);
  await answered(client.ask("DELETE /v1/persons/{id}/locks/{lock}/pin", { params: { id: person, lock: ROOM } }));
  expect([await lockItems(), progress((await rowOf(person))?.pin)]).toEqual([[], ["erased", 3, "applied", "asked"]]);
  const { sealed } = await rig.cloud.database.queries.selectFrom("lock_state").select("sealed").executeTakeFirstOrThrow();
  expect(sealed, "what was sealed is gone").toBeNull();
});

test("rule 14.1: what a lock acknowledges or refuses is told by version, and only a controller of its zone speaks for it", async () => {
  const { person } = world;
  await roomGrant(world, person);
  await answered(setPin(world, person));
  expect(progress((await rowOf(person))?.pin)).toEqual(["set", 1, "waiting", null]);
  await told(eventOf("LockPinRefused", { lock: ROOM, holder: 1, version: 1, refusal: "PinFormat", detail: "a PIN has 6 to 8 digits" }));
  expect((await rowOf(person))?.pin).toMatchObject({
    state: "refused",
    answer: { outcome: "PinFormat", detail: "a PIN has 6 to 8 digits", controller: "dormitory-1" },
  });
  await answered(setPin(world, person, 2));
  expect(progress((await rowOf(person))?.pin)).toEqual(["set", 2, "waiting", null]);
  const stranger = new MachineLog("library", 10);
  await done(addController(rig.cloud, NOTE, { id: "library", publicKey: stranger.machine.publicKey, zones: ["west"] }));
  stranger.record(eventOf("LockPinApplied", { lock: ROOM, holder: 1, version: 2, change: "set" }));
  await new EventIntake(rig.cloud, () => {}).take(stranger.machine, stranger.batch(1));
  expect(progress((await rowOf(person))?.pin), "a controller of another zone").toEqual(["set", 2, "waiting", null]);
});

test("rule 14.2: a finger has a slot at the lock, enrolled within ten minutes; the cloud learns slot and outcome; five a person, as many as the lock holds; nobody enrols in another's slot", async () => {
  const { client, person } = world;
  await roomGrant(world, person);
  const made = await valueOf(enrol(world, person));
  expect(made).toMatchObject({ slot: 0, version: 1, enrolUntil: new Date((START + 600) * 1000).toISOString().replace(".000Z", "Z") });
  expect(await lockItems()).toEqual([{ table: "lockFinger", accessPoint: expect.any(Number), slot: 0, holder: 1, version: 1, validFrom: 0, validUntil: expect.any(Number), enrolUntil: START + 600 }]); // prettier-ignore
  await told(
    eventOf("LockFingerRefused", { lock: ROOM, slot: 0, holder: 1, version: 1, refusal: "FingerTimedOut", detail: "" }),
    eventOf("LockFingerApplied", { lock: ROOM, slot: 0, holder: 1, version: 2, change: "enrolled" }),
  );
  expect((await rowOf(person))?.fingers.map(progress)).toEqual([["set", 1, "waiting", null]]);
  await answered(enrol(world, person, 0));
  expect((await rowOf(person))?.fingers.map(progress), "the same slot anew").toEqual([["set", 2, "applied", null]]);
  await answered(enrol(world, person));
  await answered(enrol(world, person));
  expect(await enrol(world, person)).toMatchObject({ ok: false, problem: { reason: "FingersFull", rule: "14.2", caseCategory: "智能门锁" } });
  await answered(client.ask("DELETE /v1/persons/{id}/locks/{lock}/fingers/{slot}", { params: { id: person, lock: ROOM, slot: 0 } }));
  expect((await rowOf(person))?.fingers.map(progress)[0], "the lock has it until it says otherwise").toEqual(["erased", 3, "waiting", "asked"]);
  expect(await enrol(world, person, 0)).toMatchObject({ ok: false, problem: { reason: "LockStateUnknown" } });
});

test("rule 14.3: family opens the room and sets no PIN and no finger there, whatever is granted; the refusal says by which rule, whom to ask and under which category", async () => {
  const child = await lodgedFamily(world);
  const refused = { ok: false, status: 403, problem: { reason: "ServiceNotForYou", rule: "14.3", caseCategory: "智能门锁", contact: expect.stringContaining("IT") } }; // prettier-ignore
  expect(await setPin(world, child)).toMatchObject(refused);
  expect(await enrol(world, child)).toMatchObject(refused);
  expect(await rowOf(child)).toMatchObject({ sealing: null, refusal: "ServiceNotForYou", pin: null });
  const { items } = await answered(world.client.ask("GET /v1/access-points/{id}/who", { params: { id: ROOM }, query: { capability: "unlock" } }));
  expect(items, "rule 2.8: who opens it").toEqual([child]);
});

test("rule 14.4: nobody sets a PIN at a lock that is not theirs, nor when the grant is over; the answer names rule, whom to ask and category", async () => {
  const { person } = world;
  const refused = { ok: false, status: 403, problem: { reason: "LockNotYours", rule: "14.4", caseCategory: "智能门锁", contact: expect.stringContaining("IT") } }; // prettier-ignore
  expect(await setPin(world, person)).toMatchObject(refused);
  await roomGrant(world, person, "weekdays", "2026-09-02T00:00:00Z");
  await answered(setPin(world, person));
  rig.cloud.pass(86_400);
  expect(await enrol(world, person), "the grant is over").toMatchObject(refused);
});

test("rule 14.4: with the grant PIN and fingers go in the very version, and no grant that comes afterwards brings them back", async () => {
  const { person } = world;
  const grant = await roomGrant(world, person);
  await answered(setPin(world, person));
  await answered(enrol(world, person));
  expect(await lockItems()).toHaveLength(2);
  const before = await publications();
  await revoke(grant);
  expect([await lockItems(), (await publications()) - before]).toEqual([[], 1]);
  const rows = await itemsIn(rig.cloud, zonePartition("east"));
  expect(rows.flatMap((item) => (item.table === "credential" && item.row.grants.some(({ kind }) => kind === "own") ? [item] : [])), "gone in the same publication").toEqual([]); // prettier-ignore
  await roomGrant(world, person);
  expect(await lockItems()).toEqual([]);
  const row = await rowOf(person);
  expect([progress(row?.pin), row?.fingers.map(progress), row?.sealing?.version]).toEqual([["erased", 2, "applied", "grant"], [["erased", 2, "applied", "grant"]], 3]); // prettier-ignore
});

test("rule 14.4: a grant that ends by its date takes them along, and one that is prolonged afterwards does not bring them back", async () => {
  const { person } = world;
  await roomGrant(world, person, "always", "2026-09-02T00:00:00Z");
  await answered(setPin(world, person));
  expect(await lockItems(), "the controller erases it then, whether or not it hears of it").toMatchObject([{ validUntil: START + 86_400 }]);
  rig.cloud.pass(90_000);
  await roomGrant(world, person);
  expect([await lockItems(), progress((await rowOf(person))?.pin)]).toEqual([[], ["erased", 2, "applied", "grant"]]);
});

test("a lock with another key is another lock, and one that is taken away has nothing set; an access point with a lock stays", async () => {
  const { client, person } = world;
  await roomGrant(world, person);
  await answered(setPin(world, person));
  const params = { id: ROOM };
  await answered(client.ask("PUT /v1/locks/{id}", { params, body: { ...LOCK_SETTINGS, fingerSlots: 2 } }));
  expect(await lockItems(), "other settings").toHaveLength(1);
  await answered(client.ask("PUT /v1/locks/{id}", { params, body: { ...LOCK_SETTINGS, publicKey: "ab".repeat(32) } }));
  expect([await lockItems(), progress((await rowOf(person))?.pin)]).toEqual([[], ["erased", 2, "applied", "asked"]]);
  await answered(client.ask("DELETE /v1/grants/{id}", { params: { id: (await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: person } }))).items[0]!.id } })); // prettier-ignore
  expect(await client.ask("DELETE /v1/access-points/{id}", { params })).toMatchObject({ ok: false, problem: { reason: "StillInUse" } });
  await answered(client.ask("DELETE /v1/locks/{id}", { params }));
  await answered(client.ask("DELETE /v1/access-points/{id}", { params }));
});
