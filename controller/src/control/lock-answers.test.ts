import { bytesToHex, readDenySet, readLockList, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { LockConfiguration } from "../configuration/lock-configuration.ts";
import type { CloudLink } from "../cloud-link.ts";
import { type LockDrivers } from "../locks/lock-drivers.ts";
import { RoomLocks } from "../locks/room-locks.ts";
import { BenchLock } from "../rig/bench-lock.ts";
import { START } from "../rig/people.ts";
import { rigConfiguration } from "../rig/rig-configuration.ts";
import { RigStore } from "../rig/rig-store.ts";
import type { ControlParts } from "./control-parts.ts";
import { lockAnswers } from "./lock-answers.ts";
import type { RoomLockRow } from "./lock-rows.ts";
import { Refusal } from "./refusal.ts";

const KEY = new Uint8Array(32).fill(8);
const SIGNER = nodeSigner(new Uint8Array(32).fill(3));
const BASE = { zone: "dormitory", cards: false, holdMs: 5_000, extendedHoldMs: 0, checkEveryMs: 60_000 };
const LOCKS: readonly LockConfiguration[] = [
  { ...BASE, id: "room-301", reach: { protocol: "ble", address: "C0:FF:EE:00:03:01", publicKey: KEY } },
  { ...BASE, id: "room-302", reach: { protocol: "carried" } },
];
const ALWAYS = { id: "always", weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } };
const NOW_ON = { validFrom: unixSeconds(START - 9), validUntil: unixSeconds(START + 90 * 86_400) };

const {
  site: { id: SITE },
  controller: { id: CONTROLLER },
} = rigConfiguration({ folder: "/" });

let rig: RigStore;
let lock: BenchLock;
let rooms: RoomLocks;
/** Who may open each lock, by handle; undefined: nothing of the zone is here. */
let granted: Record<string, number[]> | undefined;
let listeners: (() => void)[];
let answers: ReturnType<typeof lockAnswers>;
beforeEach(() => {
  rig = new RigStore();
  lock = new BenchLock();
  granted = { "room-301": [7], "room-302": [7, 8] };
  listeners = [];
  const zone = {
    version: () => granted && { version: 1 },
    onChange: (listener: () => void) => (listeners.push(listener), () => {}),
    *unlocks(points: ReadonlySet<string>) {
      for (const accessPoint of points)
        for (const holder of granted?.[accessPoint] ?? [])
          yield { accessPoint, credential: { id: `${holder}`.padStart(16, "0"), holder, publicKey: new Uint8Array(32), ...NOW_ON }, permission: { accessProfile: "own", capability: "unlock", schedule: ALWAYS, ...NOW_ON } }; // prettier-ignore
    },
    cardTokens: () => new Map(),
    lockItems: () => [],
    scheduleContext: () => scheduleContext("Asia/Shanghai", [], { days: new Map(), termPhases: [] }),
  };
  const configuration = { ...rigConfiguration({ folder: rig.folder }), locks: LOCKS };
  const drivers: LockDrivers = { locks: new Map([["room-301", lock]]), close: () => Promise.resolve() };
  rooms = new RoomLocks({
    configuration,
    drivers,
    store: rig.store,
    clock: rig.clock,
    recorder: rig.recorder,
    signer: SIGNER,
    randomBytes: (length) => new Uint8Array(length).fill(5),
    before: { modes: new Map() } as unknown as ConstructorParameters<typeof RoomLocks>[0]["before"],
    cloud: () => ({ zoneList: () => zone }) as unknown as CloudLink,
    onAct: () => {},
    onNotOpened: () => {},
  });
  rooms.start();
  answers = lockAnswers({ configuration, locks: rooms, clock: rig.clock } as unknown as ControlParts);
});
afterEach(() => {
  rooms.close();
  rig.end();
});

const asked = (id = "", query: Record<string, string> = {}) => ({ params: { id }, query: new URLSearchParams(query), body: undefined }) as never;
const changed = (next: typeof granted): void => {
  granted = next;
  for (const listener of listeners) listener();
};
async function refusalOf(act: () => unknown): Promise<Refusal["problem"]> {
  try {
    await act();
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
  throw new Error("it was not refused");
}
const rows = async (): Promise<readonly RoomLockRow[]> => (await answers["GET /v1/room-locks"](asked())).locks;

test("room locks are told with what they hold and what is wanted, and with what a lock is given at commissioning", async () => {
  await rig.time.pass(1_000);
  const told = await answers["GET /v1/room-locks"](asked());
  expect(told).toMatchObject({ agreementKey: bytesToHex(rooms.publicKey), signingKey: bytesToHex(SIGNER.publicKey), denySet: null });
  const [reached, carried] = told.locks;
  expect(reached).toMatchObject({ id: "room-301", protocol: "ble", health: "online", bolt: "locked", batteryPercent: 90, listVersion: 1, denyVersion: 0, cardKeyGeneration: 0, listMade: 1, isListDue: false, look: "done", wanted: { people: 1, left: 0 }, isOtherKey: false }); // prettier-ignore
  expect(carried).toMatchObject({ id: "room-302", health: "offline", detail: "its list is carried to it", bolt: null, listVersion: null, denyVersion: null, listMade: null, isListDue: true, wanted: { people: 2 } }); // prettier-ignore
});

test("a list that is handed out names who may open that lock, each under a version of its own; from then on another is due when others may", async () => {
  const first = await answers["POST /v1/room-locks/:id/list"](asked("room-302"));
  const read = readLockList(Buffer.from(first.record, "hex"), SITE, "room-302", SIGNER.publicKey, nodeVerifier);
  expect([first.version, first.people, first.validUntil]).toEqual([1, 2, START + 30 * 86_400]);
  expect(read.ok && read.value.rows.map(({ holder }) => holder)).toEqual([7, 8]);
  expect((await answers["POST /v1/room-locks/:id/list"](asked("room-302"))).version).toBe(2);
  expect((await rows())[1]).toMatchObject({ listMade: 2, isListDue: false });
  changed({ "room-301": [7], "room-302": [7, 9] });
  expect((await rows())[1]).toMatchObject({ listMade: 2, isListDue: true });
});

test("the deny set names whom a list that was handed out lets in and no lock any more; before that there is none", async () => {
  await answers["POST /v1/room-locks/:id/list"](asked("room-302"));
  expect(await answers["POST /v1/room-locks/deny-set"](asked())).toEqual({ denySet: null });
  changed({ "room-301": [7], "room-302": [] });
  const { denySet } = await answers["POST /v1/room-locks/deny-set"](asked());
  expect(denySet, "7 opens the other room").toMatchObject({ version: 1, issued: START, denied: 2, left: 0 });
  expect(readDenySet(Buffer.from(denySet!.record, "hex"), SITE, CONTROLLER, SIGNER.publicKey, nodeVerifier).ok).toBe(true); // prettier-ignore
  expect(await answers["GET /v1/room-locks"](asked())).toMatchObject({ denySet: { version: 1, denied: 2 } });
  expect(JSON.stringify(await answers["GET /v1/room-locks"](asked()))).not.toContain(denySet!.record);
});

test("while the zone is not known nothing is signed, and why is said", async () => {
  changed(undefined);
  for (const act of [() => answers["POST /v1/room-locks/:id/list"](asked("room-302")), () => answers["POST /v1/room-locks/deny-set"](asked())])
    expect(await refusalOf(act)).toMatchObject({ status: 409, remedy: expect.stringContaining("portico status") });
  expect((await rows())[1]).toMatchObject({ wanted: null, isListDue: null });
});

test("a disk that refuses signs nothing", async () => {
  await answers["POST /v1/room-locks/:id/list"](asked("room-302"));
  changed({});
  rig.fillDisk();
  expect(await refusalOf(() => answers["POST /v1/room-locks/deny-set"](asked()))).toMatchObject({ status: 503, title: expect.stringContaining("Nothing can be recorded") }); // prettier-ignore
  expect(rooms.denySets.last).toBeUndefined();
});

test("a lock is asked how it is and looked after; what it does not answer, or refuses, is told by its own word", async () => {
  await rig.time.pass(1_000);
  lock.held = { ...lock.held, batteryPercent: 12 };
  expect(await answers["POST /v1/room-locks/:id/test"](asked("room-301"))).toMatchObject({ batteryPercent: 12 });
  lock.troubles.set("state", "TimedOut");
  expect(await refusalOf(() => answers["POST /v1/room-locks/:id/test"](asked("room-301")))).toMatchObject({ status: 503, detail: "lock room-301: TimedOut: state: TimedOut" }); // prettier-ignore
  lock.troubles.set("state", "Busy");
  expect(await refusalOf(() => answers["POST /v1/room-locks/:id/test"](asked("room-301")))).toMatchObject({ status: 409, detail: "lock room-301: Busy: state: Busy" }); // prettier-ignore
});

test("the lock's own log is told behind a row", async () => {
  lock.log = [3, 4].map((seq) => ({ seq, at: undefined, event: "Opened", way: "pin", holder: seq === 3 ? 0 : 7, number: 0, refusal: undefined }) as const);
  expect(await answers["GET /v1/room-locks/:id/log"](asked("room-301", { after: "3" }))).toEqual([{ row: 4, at: null, event: "Opened", way: "pin", holder: 7, number: 0, refusal: null }]); // prettier-ignore
  expect((await answers["GET /v1/room-locks/:id/log"](asked("room-301")))[0]).toMatchObject({ row: 3, holder: null });
  expect(await refusalOf(() => answers["GET /v1/room-locks/:id/log"](asked("room-301", { after: "x" })))).toMatchObject({ status: 400 });
});

test("a lock that is not there, and one that nobody reaches, are told apart", async () => {
  expect(await refusalOf(() => answers["POST /v1/room-locks/:id/test"](asked("room-9")))).toMatchObject({
    status: 404,
    remedy: "Use one of room-301, room-302.",
  });
  for (const act of [() => answers["POST /v1/room-locks/:id/test"](asked("room-302")), () => answers["GET /v1/room-locks/:id/log"](asked("room-302"))])
    expect(await refusalOf(act)).toMatchObject({ status: 409, remedy: expect.stringContaining("portico lock carry") });
});
