import { modbusFrame } from "@portico/firmware-ts";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { DoorConfiguration } from "../configuration/configuration.ts";
import type { SetMode } from "../core/door-operation.ts";
import { POLL_MS, PortalRig } from "../rig/portal-rig.ts";
import { CREDENTIAL } from "../rig/people.ts";
import { openStore } from "../rig/rig-store.ts";
import { DoorPortal } from "./door-portal.ts";

const STRIKE = 0;
const CONTACT = 0;
const REX = 1;
const FIRE = 2;
const READ_INPUTS = 0x02;
const MODBUS_EXCEPTION = 0x80;
const DEVICE_FAILURE = 0x04;
const ACT = { by: "wang", reason: "drill" };
const RELEASE_MS = 3_000;

const LIBRARY: DoorConfiguration = {
  id: "library",
  strike: { board: "board", relay: STRIKE },
  contact: { board: "board", input: CONTACT, closedMeans: "closed" },
  rex: { board: "board", input: REX },
  rexUnlocks: true,
  fire: { board: "board", input: FIRE },
  releaseTimeMs: RELEASE_MS,
  extendedReleaseTimeMs: 5_000,
  openTimeMs: 10_000,
  extendedOpenTimeMs: 10_000,
  preAlarmTimeMs: 4_000,
  delayBeforeRelockMs: 0,
  relockOn: "open",
  debounceMs: 50,
  fail: "secure",
};

let rig: PortalRig;
beforeEach(() => {
  rig = new PortalRig();
  rig.far.inputs[CONTACT] = true;
  rig.far.inputs[FIRE] = true;
});
afterEach(() => rig.end());

function portal(change: Partial<DoorConfiguration> = {}, mode: SetMode = "Locked", wasFire = false): DoorPortal {
  const door = { ...LIBRARY, ...change };
  return new DoorPortal({
    ...rig.parts,
    door,
    settings: {
      ...door,
      contact: door.contact !== undefined,
      contactDebounceMs: door.debounceMs,
      contactLagMs: 2 * POLL_MS,
      doubleLock: false,
      relockAfterFire: "input",
    },
    mode,
    fire: wasFire,
  });
}

async function opened(change: Partial<DoorConfiguration> = {}, mode: SetMode = "Locked"): Promise<DoorPortal> {
  const door = portal(change, mode);
  await rig.online(door);
  return door;
}

const letIn = (door: DoorPortal): number => {
  const grantedSeq = rig.grant("library-in");
  door.access({ accessPoint: "library-in", grantedSeq, credential: CREDENTIAL.zhang, holder: 1, extended: false, partySize: 1 });
  return grantedSeq;
};
describe("a grant", () => {
  test("stands in the log before its frame reaches the board, and what came of it behind", async () => {
    const door = await opened();
    const seen = rig.logAtCommands(STRIKE);
    const grantedSeq = letIn(door);
    await rig.time.settle();
    expect([seen, rig.far.told(STRIKE).at(-1)]).toEqual([[["AccessGranted"]], RELEASE_MS]);
    expect(rig.acts).toEqual([{ grantedSeq, device: "board", frame: expect.any(Uint8Array), at: expect.any(Number) }]);
    await rig.contact(CONTACT, false);
    expect(rig.log()).toEqual(["AccessGranted", "AccessTaken"]);
    expect(rig.named("AccessTaken")[0]?.fields).toEqual({ accessPoint: "library-in", grantedSeq });
    expect([rig.far.told(STRIKE), rig.far.relays[STRIKE]], "secured as soon as it was opened").toEqual([["off", RELEASE_MS, "off"], false]);
  });

  test("that nobody uses ends with the release, as not taken", async () => {
    const door = await opened();
    letIn(door);
    await rig.time.pass(RELEASE_MS - 1);
    expect(rig.log()).toEqual(["AccessGranted"]);
    await rig.time.pass(3 * POLL_MS);
    expect([rig.log(), rig.far.relays[STRIKE]]).toEqual([["AccessGranted", "AccessNotTaken timeout"], false]);
  });

  test("through a door without a contact counts as taken before the lock moves", async () => {
    const { contact: _, ...rest } = LIBRARY;
    const door = new DoorPortal({
      ...rig.parts,
      door: rest,
      settings: { ...rest, contact: false, contactDebounceMs: 50, contactLagMs: 0, doubleLock: false, relockAfterFire: "input" },
      mode: "Locked",
    });
    await rig.online(door);
    const seen = rig.logAtCommands(STRIKE);
    letIn(door);
    await rig.time.settle();
    expect([seen, rig.far.told(STRIKE).at(-1)]).toEqual([[["AccessGranted", "AccessTaken"]], RELEASE_MS]);
  });

  test("that the board does not answer is a fault of the door, and not taken for the device's sake", async () => {
    const door = await opened();
    rig.far.isMute = true;
    letIn(door);
    expect(await rig.time.until(() => door.row().lock === "Fault", 1_000)).toBe(true);
    expect(rig.log()).toEqual(["AccessGranted", "DoorFault TimedOut"]);
    await rig.time.pass(RELEASE_MS + 4 * POLL_MS);
    expect(rig.log()).toEqual(["AccessGranted", "DoorFault TimedOut", "AccessNotTaken device"]);
    expect(rig.acts).toEqual([]);
  });

  test("that meets a wire which has just closed is a fault at once, and its pulse is not sent when the wire is back", async () => {
    const door = await opened();
    const grantedSeq = rig.grant("library-in");
    rig.wire.cut();
    rig.far.writes.length = 0;
    door.access({ accessPoint: "library-in", grantedSeq, credential: CREDENTIAL.zhang, holder: 1, extended: false, partySize: 1 });
    await rig.time.settle();
    expect(rig.log()).toEqual(["AccessGranted", "DoorFault Disconnected"]);
    rig.wire.mend();
    await rig.time.pass(RELEASE_MS + 1_000);
    expect(rig.far.told(STRIKE).filter((what) => what !== "off")).toEqual([]);
    expect(rig.log()).toEqual(["AccessGranted", "DoorFault Disconnected", "DoorFaultCleared", "AccessNotTaken device"]);
  });
});

describe("a board that is known to be off line", () => {
  test("lets nobody in from the moment that the wire is closed, and again once the board answers", async () => {
    const door = await opened();
    expect(door.refusal()).toBeUndefined();
    rig.wire.cut();
    expect(door.refusal()).toEqual({ reason: "Other", detail: "the lock's board board does not answer" });
    expect(door.operatorAccess(ACT)).toEqual({ ok: false, error: "OperationRefused", detail: "the lock's board board does not answer" });
    rig.wire.mend();
    expect(await rig.time.until(() => door.refusal() === undefined, 1_000)).toBe(true);
  });

  test("has failed the door when it stays away for three seconds, and its contact is not known", async () => {
    const door = await opened();
    rig.wire.cut();
    expect(door.row()).toMatchObject({ physical: "Unknown", lock: "Locked" });
    await rig.time.pass(2_999);
    expect(rig.log()).toEqual([]);
    await rig.time.pass(1);
    expect([rig.log(), door.row().lock]).toEqual([["DoorFault Disconnected"], "Fault"]);
    rig.wire.mend();
    await rig.time.pass(500);
    expect([rig.log(), door.row()]).toMatchObject([["DoorFault Disconnected", "DoorFaultCleared"], { lock: "Locked", physical: "Closed" }]);
  });

  test("for less than three seconds is no fault: what an operator wished meanwhile stands as soon as the wire is open", async () => {
    const door = await opened();
    rig.wire.cut();
    expect(door.operate("unlock", ACT).ok).toBe(true);
    await rig.time.pass(2_000);
    rig.wire.mend();
    await rig.time.pass(500);
    expect([rig.log(), rig.far.relays[STRIKE]]).toEqual([["DoorModeChanged Unlocked"], true]);
  });

  test("is told what is still meant when it is back: an unlocked door is unlocked, also by a board that lost its power", async () => {
    const door = await opened();
    door.operate("unlock", ACT);
    await rig.time.pass(100);
    expect(rig.far.relays[STRIKE]).toBe(true);
    rig.wire.cut();
    rig.far.powerCycle();
    rig.far.writes.length = 0;
    rig.wire.mend();
    await rig.time.pass(500);
    expect(rig.far.relays[STRIKE]).toBe(true);
    expect(new Set(rig.far.told(STRIKE))).toEqual(new Set(["on"]));
  });

  test("is not told of a pulse that the outage came into, though the release is not over", async () => {
    const door = await opened();
    letIn(door);
    await rig.time.pass(500);
    rig.wire.cut();
    rig.far.powerCycle();
    rig.far.writes.length = 0;
    rig.wire.mend();
    await rig.time.pass(RELEASE_MS - 1_000);
    expect(door.row().mode).toBe("Accessed");
    expect(rig.far.told(STRIKE)).toEqual([]);
    await rig.time.pass(1_000);
    expect(new Set(rig.far.told(STRIKE))).toEqual(new Set(["off"]));
  });
});

describe("a fail-safe magnet", () => {
  test("is energised at the start before anything else is said to the board, and never dropped by it", async () => {
    portal({ fail: "safe" });
    await rig.time.pass(2_000);
    expect(rig.far.writes[0]).toMatchObject({ relay: STRIKE, what: "on" });
    expect(rig.far.told(STRIKE)).not.toContain("off");
    expect(rig.far.relays[STRIKE]).toBe(true);
  });

  test("that a controller before had left energised is not dropped by the next one's start", async () => {
    rig.far.relays[STRIKE] = true;
    portal({ fail: "safe" });
    const dropped: number[] = [];
    rig.far.onWrite = ({ atMs, relay, what }) => void (relay === STRIKE && what !== "on" && dropped.push(atMs));
    await rig.time.pass(2_000);
    expect([dropped, rig.far.relays[STRIKE]]).toEqual([[], true]);
  });

  test("is dropped for a grant and energised when the release is over, and again when its board lost power meanwhile", async () => {
    const door = await opened({ fail: "safe" });
    letIn(door);
    await rig.time.pass(100);
    expect(rig.far.relays[STRIKE]).toBe(false);
    await rig.time.pass(RELEASE_MS);
    expect(rig.far.relays[STRIKE]).toBe(true);
    rig.wire.cut();
    rig.far.powerCycle();
    rig.wire.mend();
    await rig.time.pass(500);
    expect(rig.far.relays[STRIKE]).toBe(true);
  });
});

describe("fire and the way out move first", () => {
  test("fire frees the door before it is written, in lock-down too, and the mode comes back behind it", async () => {
    const door = await opened({}, "LockedDown");
    const seen = rig.logAtCommands(STRIKE);
    await rig.contact(FIRE, false);
    expect([seen, rig.far.told(STRIKE).at(-1)]).toEqual([[[]], "on"]);
    expect([rig.log(), door.row()]).toMatchObject([["FireInput true"], { fire: true, lock: "Unlocked" }]);
    await rig.contact(FIRE, true);
    await rig.time.pass(100);
    expect([rig.log(), rig.far.relays[STRIKE], door.row().mode]).toEqual([["FireInput true", "FireInput false"], false, "LockedDown"]);
  });

  describe("a controller that starts into a fire that was there before", () => {
    /** Every command that a lock which was free already would have moved by. */
    function movesOf(free: boolean): string[] {
      const moves: string[] = [];
      rig.far.relays[STRIKE] = free;
      rig.far.onWrite = ({ relay, what }) => void (relay === STRIKE && (what === "on") !== free && moves.push(String(what)));
      return moves;
    }

    test.each([
      ["secure", true],
      ["safe", false],
    ] as const)("leaves a fail-%s lock free while the loop stays open, and secures it when it is closed", async (fail, free) => {
      const moves = movesOf(free);
      rig.far.inputs[FIRE] = false;
      const door = portal({ fail }, "LockedDown", true);
      await rig.online(door);
      await rig.time.pass(2_000);
      expect([moves, rig.far.relays[STRIKE], rig.log(), door.row().fire]).toEqual([[], free, [], true]);
      await rig.contact(FIRE, true);
      await rig.time.pass(100);
      expect([rig.far.relays[STRIKE], rig.log(), door.row()]).toMatchObject([!free, ["FireInput false"], { mode: "LockedDown", fire: false }]);
    });

    test("frees a door that the stop had locked before its inputs are read", async () => {
      rig.far.inputs[FIRE] = false;
      const read: (boolean | undefined)[] = [];
      rig.far.onWrite = () => void read.push(rig.board.input(FIRE));
      portal({}, "Locked", true);
      await rig.time.settle();
      expect([rig.far.told(STRIKE), read]).toEqual([["on"], [undefined]]);
    });

    test("knows of none where no fire input is named any more", async () => {
      const { fire: _, ...door } = LIBRARY;
      const settings = { ...door, contact: true, contactDebounceMs: 50, contactLagMs: 2 * POLL_MS, doubleLock: false, relockAfterFire: "input" as const };
      await rig.online(new DoorPortal({ ...rig.parts, door, settings, mode: "Locked", fire: true }));
      expect(new Set(rig.far.told(STRIKE))).toEqual(new Set(["off"]));
    });
  });

  test("the second bolt is out while the door is doubly locked, and whatever frees the door withdraws it before the strike moves", async () => {
    const BOLT = 3;
    const door = { ...LIBRARY, secondBolt: { board: "board", relay: BOLT } };
    const doubly = new DoorPortal({
      ...rig.parts,
      door,
      settings: { ...door, contact: true, contactDebounceMs: 50, contactLagMs: 2 * POLL_MS, doubleLock: true, relockAfterFire: "input" },
      mode: "Locked",
    });
    await rig.online(doubly);
    expect(rig.far.relays[BOLT]).toBe(false);
    doubly.operate("double-lock", ACT);
    await rig.time.settle();
    expect(rig.far.relays[BOLT]).toBe(true);
    rig.far.writes.length = 0;
    letIn(doubly);
    await rig.time.settle();
    expect(rig.far.writes.map(({ relay, what }) => [relay, what])).toEqual([[BOLT, "off"], [STRIKE, RELEASE_MS]]); // prettier-ignore
    await rig.time.pass(RELEASE_MS + 500);
    expect(rig.far.relays[BOLT], "out again behind the passage").toBe(true);
    await rig.contact(FIRE, false);
    expect([rig.far.relays[BOLT], rig.far.relays[STRIKE]]).toEqual([false, true]);
  });

  test("fire frees the door on a full disk, and is written when there is room again", async () => {
    await opened();
    rig.fillDisk();
    await rig.contact(FIRE, false);
    expect([rig.far.relays[STRIKE], rig.log()]).toEqual([true, []]);
    rig.freeDisk();
    await rig.time.pass(5_000);
    expect(rig.log()).toEqual([expect.stringMatching(/^RecordingSuspended/), "RecordingResumed", "FireInput true"]);
  });

  test.each(["Locked", "Blocked", "LockedDown"] as const)("the exit button frees a door that is %s before it is written", async (mode) => {
    await opened({}, mode);
    const seen = rig.logAtCommands(STRIKE);
    await rig.contact(REX, true);
    expect([seen, rig.far.told(STRIKE).at(-1)]).toEqual([[[]], RELEASE_MS]);
    expect(rig.log()).toEqual(["RequestToExit"]);
  });

  test("an exit button that is found pressed, at the start or when its board is back, frees nothing until it is pressed again", async () => {
    rig.far.inputs[REX] = true;
    await opened();
    rig.far.writes.length = 0;
    for (let i = 0; i < 3; i++) {
      rig.wire.cut();
      rig.wire.mend();
      await rig.time.pass(1_000);
    }
    expect([rig.far.told(STRIKE).filter((what) => what !== "off"), rig.log()]).toEqual([[], []]);
    await rig.contact(REX, false);
    await rig.contact(REX, true);
    expect([rig.far.told(STRIKE).at(-1), rig.log()]).toEqual([RELEASE_MS, ["RequestToExit"]]);
  });

  test("an exit button that was pressed while its board was away is no wish of now", async () => {
    await opened();
    rig.wire.cut();
    rig.far.inputs[REX] = true;
    rig.far.writes.length = 0;
    rig.wire.mend();
    await rig.time.pass(500);
    expect([rig.far.told(STRIKE).filter((what) => what !== "off"), rig.log()]).toEqual([[], []]);
  });

  test("an exit button that was at rest when its board came back frees the door with its first press", async () => {
    await opened();
    rig.wire.cut();
    rig.wire.mend();
    await rig.time.pass(500);
    await rig.contact(REX, true);
    expect(rig.far.told(STRIKE).at(-1)).toBe(RELEASE_MS);
  });

  test("an exit button and a contact are known again when their board refused to be read for a moment and nothing changed meanwhile", async () => {
    const door = await opened();
    rig.far.isMute = true;
    const refuse = rig.wire.far.onBytes((frame) => {
      if (frame[1] === READ_INPUTS) rig.wire.far.write(modbusFrame([1, READ_INPUTS | MODBUS_EXCEPTION, DEVICE_FAILURE]));
    });
    expect(await rig.time.until(() => door.row().physical === "Unknown", 1_000)).toBe(true);
    refuse();
    rig.far.isMute = false;
    await rig.time.pass(2_000);
    expect([rig.board.health.kind, door.row().physical]).toEqual(["online", "Closed"]);
    await rig.contact(REX, true);
    expect(rig.far.told(STRIKE).at(-1)).toBe(RELEASE_MS);
  });
});

describe("an operator's wish on a full disk", () => {
  beforeEach(() => {
    rig.far.writes.length = 0;
  });

  test.each([
    ["unlock", "Locked"],
    ["lock", "Blocked"],
    ["unlock", "Blocked"],
    ["release", "LockedDown"],
  ] as const)("to %s a door that is %s moves nothing", async (operation, mode) => {
    const door = await opened({}, mode);
    rig.fillDisk();
    rig.far.writes.length = 0;
    expect(door.operate(operation, ACT)).toMatchObject({ ok: false, error: "NotRecorded" });
    rig.freeDisk();
    await rig.time.pass(6_000);
    expect([door.row().mode, rig.far.told(STRIKE)]).toEqual([mode, []]);
    expect(rig.named("DoorModeChanged"), "it is not written later either").toEqual([]);
  });

  test("to let somebody in moves nothing", async () => {
    const door = await opened();
    rig.fillDisk();
    rig.far.writes.length = 0;
    expect(door.operatorAccess(ACT)).toMatchObject({ ok: false, error: "NotRecorded" });
    await rig.time.pass(500);
    expect(rig.far.told(STRIKE)).toEqual([]);
  });

  test.each([
    ["lock-down", "Locked", "LockedDown"],
    ["block", "Locked", "Blocked"],
    ["lock-down", "Unlocked", "LockedDown"],
    ["block", "Unlocked", "Blocked"],
    ["lock", "Unlocked", "Locked"],
    ["release", "LockedOpen", "Locked"],
  ] as const)("to %s a door that is %s secures it all the same, and is written when there is room again", async (operation, mode, after) => {
    const door = await opened({}, mode);
    await rig.time.pass(100);
    rig.fillDisk();
    expect(door.operate(operation, ACT)).toEqual({ ok: true, value: undefined });
    await rig.time.pass(100);
    expect([door.row().mode, rig.far.relays[STRIKE]]).toEqual([after, false]);
    rig.freeDisk();
    await rig.time.pass(5_000);
    expect(rig.log().slice(1)).toEqual(["RecordingResumed", `DoorModeChanged ${after}`]);
    expect(rig.store.events.doorModes().get("library")).toBe(after);
  });
});

describe("a mode that an operator set", () => {
  test("is written before the lock moves", async () => {
    const door = await opened();
    const seen = rig.logAtCommands(STRIKE);
    expect(door.operate("unlock", ACT).ok).toBe(true);
    expect(door.operate("release", ACT)).toMatchObject({ ok: false, error: "OperationRefused" });
    await rig.time.settle();
    expect([seen, rig.far.told(STRIKE).at(-1)]).toEqual([[["DoorModeChanged Unlocked"]], "on"]);
  });

  test("outlives the controller: a door that was locked down stays so, and lets nobody in", async () => {
    const before = await opened();
    before.operate("lock-down", ACT);
    before.close();
    rig.store.close();
    const store = openStore(rig.folder, rig.time);
    const mode = store.events.doorModes().get("library");
    store.close();
    expect(mode).toBe("LockedDown");
    const after = portal({}, mode);
    expect(after.refusal()).toEqual({ reason: "LockedDown", detail: "until it is released" });
    expect(after.row().mode).toBe("LockedDown");
  });

  test("and one that was unlocked is unlocked again as soon as the board answers", async () => {
    await opened({}, "Unlocked");
    await rig.time.pass(100);
    expect([rig.far.told(STRIKE)[0], rig.far.relays[STRIKE]]).toEqual(["on", true]);
  });

  test("is not changed by one passage on an operator's word", async () => {
    const door = await opened();
    expect(door.operatorAccess(ACT).ok).toBe(true);
    expect(door.row().mode).toBe("Accessed");
    expect(rig.store.events.doorModes().size).toBe(0);
    await rig.time.pass(RELEASE_MS + 500);
    expect(door.row()).toMatchObject({ mode: "Locked", lock: "Locked", lastEvent: "DoorModeChanged" });
  });
});

test("a door that stands open warns and alarms at its readers, and they fall silent when it is closed", async () => {
  const door = await opened();
  letIn(door);
  await rig.contact(CONTACT, false);
  await rig.time.pass(6_000);
  expect(rig.feedback).toEqual(["DoorPreAlarmWarning"]);
  await rig.time.pass(4_000);
  expect([rig.feedback, door.row().alarm]).toEqual([["DoorPreAlarmWarning", "DoorOpenTooLong"], "DoorOpenTooLong"]);
  await rig.contact(CONTACT, true);
  expect([rig.feedback.at(-1), door.row()]).toMatchObject(["Idle", { alarm: "Normal", physical: "Closed" }]);
  expect(rig.log()).toEqual(["AccessGranted", "AccessTaken", "DoorPreAlarm", "DoorOpenTooLong", "DoorNormal"]);
});

test("a contact that is closed while the door is open is read the other way round", async () => {
  const door = await opened({ contact: { board: "board", input: CONTACT, closedMeans: "open" } });
  expect(door.row().physical).toBe("Open");
  await rig.contact(CONTACT, false);
  expect(door.row().physical).toBe("Closed");
});

test("a row says since when mode, lock, state and alarm are as they are", async () => {
  const door = await opened();
  await rig.time.pass(7_000);
  expect(door.row().sinceS).toBe(7);
  door.operate("block", ACT);
  expect(door.row()).toMatchObject({ id: "library", kind: "door", mode: "Blocked", sinceS: 0, lastEvent: "DoorModeChanged" });
});

test("a door that was closed hears nobody: what its board still answers is not recorded and leaves no timer", async () => {
  const door = await opened();
  letIn(door);
  door.close();
  const before = rig.log();
  void rig.board.close();
  await rig.time.pass(60_000);
  expect(rig.log()).toEqual(before);
  expect(door.operate("block", ACT)).toMatchObject({ ok: false });
});
