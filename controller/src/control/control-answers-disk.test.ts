import { Areas } from "../areas.ts";
import { Commissioning } from "../commissioning/commissioning.ts";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { nodeSigner } from "@portico/card-protocol/node";
import { Kiosks } from "../kiosks.ts";
import { RoomLocks } from "../locks/room-locks.ts";
import { MemoryLoans } from "../loans/memory-loans.ts";
import { MemoryMoney } from "../money/memory-money.ts";
import { Terminals } from "../terminals.ts";
import { LIST_FILES } from "../list/list-folder.ts";
import { readListHere } from "../list/list-reading.ts";
import { LaneCounting } from "../portal/lane-counting.ts";
import { DoorSchedules } from "../portal/door-schedules.ts";
import { Pins } from "../pins.ts";
import { DoorPortal } from "../portal/door-portal.ts";
import { asking } from "../rig/controller-rig.ts";
import { KEY } from "../rig/people.ts";
import { PortalRig } from "../rig/portal-rig.ts";
import { RIG_TRUST, rigConfiguration } from "../rig/rig-configuration.ts";
import { Printing } from "../printing/printing.ts";
import { WIRES_ALONE } from "../wires-alone.ts";
import { controlAnswers } from "./control-answers.ts";
import type { ControlAnswers } from "./control-server.ts";
import { Shadow } from "../shadow.ts";
import { Site } from "../site.ts";
import { Refusal } from "./refusal.ts";

const BY = { by: "wang", reason: "" };

let rig: PortalRig;
let answers: ControlAnswers;
beforeEach(async () => {
  rig = new PortalRig();
  const configuration = rigConfiguration({ folder: rig.folder });
  const [door] = configuration.doors;
  const portal = new DoorPortal({
    ...rig.parts,
    door: door!,
    settings: { ...door!, contact: true, contactDebounceMs: 50, contactLagMs: 100, doubleLock: false, relockAfterFire: "input" },
    mode: "Locked",
  });
  rig.far.inputs[0] = rig.far.inputs[2] = true;
  await rig.online(portal);
  rig.load();
  answers = controlAnswers({
    configuration,
    version: "0.0.0",
    startedAt: rig.time.monotonic(),
    store: rig.store,
    clock: rig.clock,
    recorder: rig.recorder,
    locks: new RoomLocks({
      configuration,
      drivers: { locks: new Map(), close: () => Promise.resolve() },
      store: rig.store,
      clock: rig.clock,
      recorder: rig.recorder,
      signer: nodeSigner(new Uint8Array(32)),
      randomBytes: (length) => new Uint8Array(length).fill(1),
      before: { modes: new Map() },
      cloud: () => undefined,
      onAct: () => {},
      onNotOpened: () => {},
    }),
    kiosks: new Kiosks({ configuration, scanners: new Map(), clock: rig.clock, recorder: rig.recorder, loans: new MemoryLoans() }),
    terminals: new Terminals({
      hardware: { keypads: new Map(), displays: new Map() },
      configuration,
      clock: rig.clock,
      recorder: rig.recorder,
      charges: rig.store.charges,
      money: new MemoryMoney(),
      isEvidenced: () => true,
      machine: "",
    }),
    trustList: () => RIG_TRUST,
    listOf: () => rig.store.list,
    feed: () => undefined,
    takeFeedFile: undefined,
    freshnessOf: () => ({ freshness: "fresh", since: null, next: null }),
    upload: () => undefined,
    checkpoints: () => false,
    operables: new Map([[portal.id, portal]]),
    lanes: [],
    printing: new Printing({
      configuration,
      surroundings: { printing: WIRES_ALONE.printing, randomBytes: (count) => new Uint8Array(count), onWarning: () => {} },
      money: new MemoryMoney(),
      listOf: () => rig.store.list,
      store: rig.store,
      clock: rig.clock,
      recorder: rig.recorder,
    }),
    guards: [],
    counting: new LaneCounting({ counts: rig.store.laneCounts, clock: rig.clock, recorder: rig.recorder, timeZone: "UTC" }),
    schedules: new DoorSchedules({
      rules: [],
      operables: new Map(),
      clock: rig.clock,
      sourceOf: () => ({ list: rig.store.list, isBelieved: () => true }),
      timeZone: "UTC",
      firstPersonAt: () => undefined,
    }),
    health: { findings: [] },
    commissioning: new Commissioning({
      configuration,
      operables: new Map([[portal.id, portal]]),
      boards: new Map(),
      store: rig.store,
      clock: rig.clock,
      recorder: rig.recorder,
      signer: KEY.issuer,
      bootId: "boot 1",
    }),
    site: new Site({
      configuration,
      places: [portal],
      recorder: rig.recorder,
      clock: rig.clock,
      before: { lockdowns: [], drills: [] },
      heldBy: () => undefined,
    }),
    tampers: { stateOf: () => null },
    shadow: new Shadow({
      configuration,
      portals: { isInShadow: () => false, cutOver: () => {}, giveBack: () => {}, places: [] },
      store: rig.store,
      clock: rig.clock,
      recorder: rig.recorder,
      board: () => rig.board,
      cardOf: () => undefined,
      onChanged: () => {},
    }),
    areas: new Areas({ configuration, store: rig.store, clock: rig.clock, recorder: rig.recorder }),
    pins: new Pins({ settings: configuration.pin, pins: rig.store.pins, database: rig.store.database, clock: rig.clock, recorder: rig.recorder }),
    devices: [],
    osdp: undefined,
    accessPoints: [],
    readList: readListHere,
    closing: new AbortController().signal,
  });
});
afterEach(() => rig.end());

const statusOf = (attempt: () => unknown): number => {
  try {
    attempt();
  } catch (error) {
    if (error instanceof Refusal) return error.problem.status;
    throw error;
  }
  return 200;
};
const act = (word: string): number => statusOf(() => answers["POST /v1/doors/:id/:act"](asking({ params: { id: "library", act: word }, body: BY })));
const suspended = (): unknown => (answers["GET /v1/status"](asking()) as { recordingSuspended: string | null }).recordingSuspended;

test("the status says why nothing is recorded, for how long, and how many were refused; and when it is over", async () => {
  expect(suspended()).toBeNull();
  rig.fillDisk();
  expect(() => rig.grant("library-in")).toThrow("could not be recorded");
  await rig.time.pass(4_000);
  expect(suspended()).toMatch(/^SQLITE_FULL: .*, for 4 s; 1 refused meanwhile$/);
  rig.freeDisk();
  await rig.time.pass(1_000);
  expect(suspended()).toBeNull();
});

test("acts that let somebody in are 503, acts that secure are done", async () => {
  rig.fillDisk();
  expect(["access", "unlock", "lock", "block", "lock-down", "release"].map((word) => `${word} ${act(word)}`)).toEqual([
    "access 503",
    "unlock 503",
    "lock 503",
    "block 200",
    "lock-down 200",
    "release 503",
  ]);
  await rig.time.pass(200);
  expect(rig.far.relays[0]).toBe(false);
});

test("a list that cannot be written is 503 and the old one stays; loaded when there is room, its event stands behind those of the suspension", async () => {
  const folder = join(rig.folder, "list");
  mkdirSync(folder);
  for (const { file, heading } of LIST_FILES) writeFileSync(join(folder, file), `${heading}\n`);
  async function load(): Promise<number> {
    let status: number | undefined;
    Promise.resolve(answers["POST /v1/list/load"](asking({ body: { folder, ...BY } }))).then(
      () => (status = 200),
      (error: unknown) => (status = error instanceof Refusal ? error.problem.status : 0),
    );
    await rig.time.until(() => status !== undefined, 1_000);
    return status!;
  }
  rig.fillDisk();
  expect(await load()).toBe(503);
  expect([rig.store.list.version()?.version, rig.store.list.summary().credentials]).toEqual([1, 5]);
  rig.freeDisk();
  expect(await load()).toBe(200);
  expect(rig.log().slice(1)).toEqual([expect.stringMatching(/^RecordingSuspended/), "RecordingResumed", "ListLoaded"]);
  expect(rig.store.list.summary().credentials).toBe(0);
});

test("a commissioning that cannot be kept is 503, and no protocol is signed; when there is room it goes on", async () => {
  const ask = (verb: string, step: string | null = null): number =>
    statusOf(() =>
      answers["POST /v1/commissioning/:id/:verb"](asking({ params: { id: "library", verb }, body: { by: "wang", step, word: null, remark: "none" } })),
    );
  const state = (): unknown => (answers["GET /v1/commissioning"](asking()) as readonly { readonly state: string }[])[0]!.state;
  rig.fillDisk();
  expect([act("unlock"), ask("begin")]).toEqual([503, 503]);
  rig.freeDisk();
  await rig.time.pass(1_000);
  expect([ask("begin"), ask("skip", "rex")]).toEqual([200, 200]);
  rig.fillDisk();
  expect(act("unlock")).toBe(503);
  expect([ask("start", "rex"), ask("finish"), state()]).toEqual([503, 503, "never"]);
  rig.freeDisk();
  await rig.time.pass(1_000);
  expect([ask("finish"), state()]).toEqual([200, "incomplete"]);
});
