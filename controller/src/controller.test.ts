import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytesToHex, makeTrustList, SetupError } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Controller } from "./controller.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import type { ControllerReport } from "./controller-report.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { CARD, CREDENTIAL, heldPass, issuedPass, START } from "./rig/people.ts";
import { RIG_TRUST, rigConfiguration } from "./rig/rig-configuration.ts";
import { openStore } from "./rig/rig-store.ts";
import { MemoryLoans } from "./loans/memory-loans.ts";
import { MemoryMoney } from "./money/memory-money.ts";
import { readListHere } from "./list/list-reading.ts";
import { WIRES_ALONE } from "./wires-alone.ts";

let rig: ControllerRig;
beforeEach(() => {
  rig = new ControllerRig();
});
afterEach(() => rig.end());

async function running(change: ConstructorParameters<typeof ControllerRig>[0] = {}, list: Parameters<ControllerRig["load"]>[0] = {}): Promise<ControllerRig> {
  rig.end();
  rig = new ControllerRig(change);
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load(list);
  await rig.start();
  return rig;
}
const kinds = (kind: ControllerReport["kind"]): ControllerReport[] => rig.reports.filter((report) => report.kind === kind);
/** Of a controller that nobody watches. */
const surroundings = (change: Partial<ControllerSurroundings>): ControllerSurroundings => ({
  clock: rig.time,
  readList: readListHere,
  hostWallMs: () => 0,
  random: () => 0,
  randomBytes: (length) => new Uint8Array(length),
  bootId: "boot 1",
  version: "0.0.0",
  money: new MemoryMoney(),
  loans: new MemoryLoans(),
  openCloud: () => {
    throw new Error("asked for a cloud");
  },
  ...WIRES_ALONE,
  openWire: () => {
    throw new Error("there is no such port");
  },
  onReport: () => {},
  batteries: () => [],
  batteryClock: () => undefined,
  onWarning: () => {},
  onFatal: () => {},
  ...change,
});
const lastNames = (count: number): string[] =>
  rig
    .events()
    .slice(-count)
    .map(({ name }) => name);

describe("a pass at a gate", () => {
  test("goes from the scanner's bytes to the relay's frame; what is told names credential, event, frame and time, and nothing of the code", async () => {
    await running();
    const text = heldPass("zhang", rig.now());
    await rig.scan("gate-1-in", text);
    expect(rig.boards["gate-1"].told(0).at(-1)).toBe(300);
    const [judged] = kinds("judged");
    expect(judged).toMatchObject({
      accessPoint: "gate-1-in",
      outcome: "granted",
      credential: CREDENTIAL.zhang,
      presentation: "H",
      accessProfile: "gates",
      reason: null,
    });
    const { seq } = judged as Extract<ControllerReport, { kind: "judged" }>;
    expect(kinds("acted")).toEqual([
      {
        kind: "acted",
        grantedSeq: seq,
        accessPoint: "gate-1-in",
        device: "gate-1",
        frame: expect.stringMatching(/^010502000003/),
        afterMs: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(rig.reports)).not.toContain(text.slice(4));
    rig.boards["gate-1"].inputs[0] = true;
    await rig.time.pass(200);
    expect(kinds("event").at(-1)).toMatchObject({ event: { name: "AccessTaken", fields: { grantedSeq: seq } } });
  });

  test("is spent for all lanes of the gate in that direction, and not for the other one", async () => {
    await running();
    const text = heldPass("zhang", rig.now());
    await rig.scan("gate-1-in", text);
    await rig.time.pass(8_000);
    await rig.scan("gate-1-in", text);
    await rig.scan("gate-1-out", text);
    expect(kinds("judged").map((report) => report.kind === "judged" && (report.reason ?? report.outcome))).toEqual(["granted", "PassReplayed", "granted"]);
  });

  test("whose board is off line is refused before it is spent, and good when the board is back", async () => {
    await running();
    rig.wire("gate-1").cut();
    const text = heldPass("zhang", rig.now());
    await rig.scan("gate-1-in", text);
    expect(kinds("judged")).toMatchObject([{ outcome: "denied", reason: "Other", detail: "the lock's board gate-1 does not answer" }]);
    rig.wire("gate-1").mend();
    await rig.time.pass(3_500);
    await rig.scan("gate-1-in", text);
    expect(kinds("judged").at(-1)).toMatchObject({ outcome: "granted" });
  });
});

test("a card at a head for codes and cards opens its door, which answers with its lights", async () => {
  await running();
  await rig.scan("library-in", CARD.chen);
  const { library } = rig.boards;
  expect([library.told(0).at(-1), library.told(1), library.told(3)]).toEqual([5_000, [1_500], [200]]);
  await rig.scan("library-in", CARD.nobody);
  expect([library.told(2), library.relays[1]]).toEqual([[1_500], false]);
  expect(JSON.stringify(rig.reports)).not.toMatch(/C3E5A719|FFEEDDCC/i);
});

test("a door that stands open is heard at its reader until it is closed, whatever is shown there meanwhile", async () => {
  await running();
  const { library } = rig.boards;
  await rig.scan("library-in", CARD.chen);
  library.inputs[0] = false;
  await rig.time.pass(17_000);
  const beeps = (): number => library.told(3).length;
  let before = beeps();
  await rig.time.pass(2_000);
  expect(beeps() - before).toBeGreaterThan(2);
  await rig.scan("library-in", "garbage");
  await rig.time.pass(2_000);
  before = beeps();
  await rig.time.pass(2_000);
  expect(beeps() - before, "a code does not silence it").toBeGreaterThan(2);
  library.inputs[0] = true;
  await rig.time.pass(500);
  before = beeps();
  await rig.time.pass(5_000);
  expect(beeps() - before).toBe(0);
});

describe("devices", () => {
  test("that stay away for three seconds are recorded as off line, and as on line when they are back", async () => {
    await running();
    rig.wire("gate-1-in").cut();
    rig.wire("library").cut();
    await rig.time.pass(10_000);
    rig.wire("gate-1-in").mend();
    rig.wire("library").mend();
    await rig.time.pass(500);
    rig.crash();
    const of = (device: string): string[] => rig.events().flatMap(({ name, fields }) => ("device" in fields && fields.device === device ? [name] : []));
    expect([of("gate-1-in"), of("library")]).toEqual([
      ["DeviceOffline", "DeviceOnline"],
      ["DeviceOffline", "DoorFault", "DeviceOnline"],
    ]);
  });

  test("that answer soon after the start are not worth an event", async () => {
    await running();
    await rig.time.pass(10_000);
    rig.crash();
    expect(rig.events().map(({ name }) => name)).toEqual(["ListLoaded", "ControllerStarted", "ClockChanged"]);
  });
});

describe("over a restart", () => {
  test("a grant that a crash came into is closed as not taken, and is not acted upon", async () => {
    await running();
    await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
    rig.crash();
    rig.reports.length = 0;
    await rig.start();
    await rig.time.pass(1_000);
    expect(rig.boards["gate-1"].told(0).filter((what) => what !== "off")).toEqual([]);
    expect(rig.controller.cause).toBe("crash");
    expect(kinds("event").map((report) => report.kind === "event" && [report.event.name, report.event.fields["cause"] ?? null])).toContainEqual([
      "AccessNotTaken",
      "restart",
    ]);
    await rig.time.pass(3_000);
    await rig.scan("gate-1-in", heldPass("zhang", rig.now() - 20, { counter: 5 }));
    expect(kinds("judged").at(-1), "what was spent stays spent").toMatchObject({ reason: "PassReplayed" });
  });

  test("a power cut is told from a crash by another boot, and owned up to", async () => {
    await running();
    rig.crash();
    rig.bootId = "boot 2";
    await rig.start();
    expect(rig.controller.cause).toBe("power cut");
    rig.crash();
    expect(lastNames(4)).toContain("AuditGap");
  });

  test("a door that was locked down stays so, and one that was unlocked is unlocked again", async () => {
    await running();
    rig.ask("POST /v1/doors/:id/:act", { params: { id: "gate-1/entry", act: "lock-down" }, body: { by: "wang" } });
    rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "unlock" }, body: { by: "wang" } });
    await rig.time.pass(200);
    rig.crash();
    await rig.start();
    await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
    expect(kinds("judged").at(-1)).toMatchObject({ reason: "LockedDown" });
    expect([rig.boards.library.relays[0], rig.ask("GET /v1/doors")]).toMatchObject([
      true,
      [
        { id: "library", mode: "Unlocked" },
        { id: "gate-1/entry", mode: "LockedDown" },
        { id: "gate-1/exit", mode: "Locked" },
      ],
    ]);
  });

  test("a fail-safe magnet is held by the first word to its board, and a crash does not drop it", async () => {
    await running({ door: 'fail = "safe"' });
    expect(rig.boards.library.writes[0]).toMatchObject({ relay: 0, what: "on" });
    rig.crash();
    await rig.start();
    await rig.time.pass(2_000);
    expect([rig.boards.library.told(0).includes("off"), rig.boards.library.relays[0]]).toEqual([false, true]);
  });

  test("the clock's ratchet is kept: a host's clock that fell behind it is not believed", async () => {
    await running();
    await rig.time.pass(60_000);
    await rig.stop();
    rig.hostErrorMs = -1_000 * (START - 1_793_491_200 + 60);
    await rig.start();
    expect(rig.ask("GET /v1/status").clock.state).toBe("untrusted");
  });
});

describe("an orderly stop", () => {
  test("drops every output, records itself last and leaves no timer, though somebody was just let in", async () => {
    const before = rig.time.pending;
    await running();
    await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
    await rig.scan("gate-1-out", "garbage");
    await rig.stop();
    await rig.time.pass(60_000);
    expect(rig.time.pending).toBe(before);
    expect(rig.boards["gate-1"].relays).toEqual(Array.from({ length: 8 }, () => false));
    expect([lastNames(2), rig.warnings, rig.fatal]).toEqual([["ScansRefused", "ControllerStopped"], [], []]);
    await rig.start();
    expect(rig.controller.cause).toBe("clean");
  });

  test("ends the beeping of a door that stands open: nothing keeps the program alive", async () => {
    await running();
    await rig.scan("library-in", CARD.chen);
    rig.boards.library.inputs[0] = false;
    await rig.time.pass(20_000);
    await rig.stop();
    await rig.time.pass(10_000);
    expect(rig.time.pending).toBe(0);
  });

  test("twice is once, and a crash behind it is nothing", async () => {
    await running();
    const { controller } = rig;
    await rig.stop();
    await controller.stop();
    controller.abandon();
    expect(rig.events().filter(({ name }) => name === "ControllerStopped")).toHaveLength(1);
  });
});

test("a crash leaves no timer and writes nothing more", async () => {
  const before = rig.time.pending;
  await running();
  await rig.scan("gate-1-in", heldPass("zhang", rig.now()));
  await rig.scan("gate-1-in", "garbage");
  rig.crash();
  await rig.time.pass(60_000);
  expect([rig.time.pending, lastNames(1)]).toEqual([before, ["AccessGranted"]]);
});

describe("what must be put right first keeps it from starting, and leaves neither a record nor a timer", () => {
  const root = nodeSigner(new Uint8Array(32).fill(1));
  const site = `trust_list = "trust-list.cose"\nroot_keys = ["${bytesToHex(root.publicKey)}"]\nroot_threshold = 1`;

  test("a trust list that is not there", async () => {
    const pending = rig.time.pending;
    rig = (rig.end(), new ControllerRig({ site }));
    await expect(rig.start()).rejects.toThrow(SetupError);
    expect([rig.time.pending, rig.events(), rig.reports]).toEqual([pending, [], []]);
    await expect(rig.start(), "and again, not as behind a crash").rejects.toThrow(/the trust list is not there/);
  });

  test("a folder that another controller uses", async () => {
    await running();
    const configuration = rigConfiguration({ folder: rig.folder });
    const second = Controller.start(configuration, surroundings({ openWire: ({ id }) => rig.wire(id as "library").near }));
    await expect(second).rejects.toThrow(SetupError);
    await rig.scan("library-in", CARD.chen);
    expect(kinds("judged").at(-1), "the first goes on").toMatchObject({ outcome: "granted" });
  });

  test("with its trust list it starts, tells of it, and goes on with the one in force when the file is gone", async () => {
    rig.end();
    rig = new ControllerRig({ site });
    const list = makeTrustList("campus-east", { ...RIG_TRUST, roots: { version: 1, threshold: 1, keys: [root.publicKey] } }, [root]);
    if (!list.ok) throw new Error(list.detail);
    const file = join(rig.folder, "trust-list.cose");
    writeFileSync(file, list.value);
    mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
    rig.load();
    await rig.start();
    expect(kinds("event").map((report) => report.kind === "event" && report.event.name)).toContain("TrustListLoaded");
    await rig.scan("gate-1-in", issuedPass(rig.now() + 20));
    expect(kinds("judged")).toMatchObject([{ outcome: "granted", presentation: "T" }]);
    await rig.stop();
    writeFileSync(file, "spoiled");
    await rig.start();
    expect(rig.warnings).toEqual([expect.stringMatching(/the trust list is refused: .* the list in force goes on: sequence 1$/)]);
    expect(rig.ask("GET /v1/status").trustList).toEqual({ sequence: 1, validUntil: RIG_TRUST.validUntil });
  });
});

test("a permission list that the disk altered ends it: whoever is in it by mistake would pass", async () => {
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ credentials: { zhang: { suspension: "Frozen" } } });
  const store = openStore(join(rig.folder, "data"), rig.time);
  store.database.prepare<[]>("UPDATE credential SET row = unhex(substr(hex(row), 1, 8) || '01' || substr(hex(row), 11))").run();
  store.close();
  await rig.start();
  await rig.time.pass(10_000);
  expect(rig.fatal).toMatchObject([{ what: expect.stringMatching(/not the one that was loaded/), where: expect.stringContaining("controller.db") }]);
});

test("a mistake within the start ends it without a timer", async () => {
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  const store = openStore(join(rig.folder, "data"), rig.time);
  store.database.prepare<[]>("CREATE TRIGGER broken BEFORE INSERT ON run BEGIN SELECT RAISE(ABORT, 'broken'); END").run();
  store.close();
  const pending = rig.time.pending;
  await expect(rig.start()).rejects.toThrow("broken");
  expect(rig.time.pending).toBe(pending);
});

test("a wire that cannot even be tried ends the start without a timer, and lets go of the folder", async () => {
  const configuration = rigConfiguration({ folder: rig.folder });
  for (let attempt = 0; attempt < 2; attempt++) await expect(Controller.start(configuration, surroundings({}))).rejects.toThrow("there is no such port");
  expect(rig.time.pending).toBe(0);
});
