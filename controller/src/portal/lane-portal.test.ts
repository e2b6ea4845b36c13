import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { TurnstileConfiguration } from "../configuration/configuration.ts";
import type { SetMode } from "../core/door-operation.ts";
import type { LaneDirection } from "../core/lane.ts";
import { type LaneTally, NOBODY_COUNTED, tallySum } from "../core/lane-tally.ts";
import { POLL_MS, PortalRig } from "../rig/portal-rig.ts";
import { CREDENTIAL } from "../rig/people.ts";
import { LanePortal } from "./lane-portal.ts";
import type { PortalParts } from "./portal.ts";

const ENTRY = 0;
const EXIT = 1;
const PASS_ENTRY = 0;
const PASS_EXIT = 1;
const FIRE = 2;
const PULSE_MS = 300;
const PASSAGE_MS = 2_000;
const ACT = { by: "wang", reason: "" };

const GATE: TurnstileConfiguration = {
  id: "gate-1",
  gate: "main-gate",
  style: "pulse",
  entry: { board: "board", relay: ENTRY },
  exit: { board: "board", relay: EXIT },
  passEntry: { board: "board", input: PASS_ENTRY },
  passExit: { board: "board", input: PASS_EXIT },
  fire: { board: "board", input: FIRE },
  readyMeans: "closed",
  notReadyAfterMs: 10_000,
  alarmMeans: "closed",
  pulseMs: PULSE_MS,
  passageTimeMs: PASSAGE_MS,
  extendedPassageTimeMs: 3_000,
  tailgateTimeMs: 1_500,
  partyGapMs: 500,
  debounceMs: 50,
};

let rig: PortalRig;
let counted: Record<string, LaneTally> = {};
beforeEach(() => {
  counted = {};
  rig = new PortalRig();
  rig.far.inputs[FIRE] = true;
});
afterEach(() => rig.end());

async function opened(
  change: Partial<TurnstileConfiguration> = {},
  modes: Partial<Record<LaneDirection, SetMode>> = {},
  without?: "exit",
  wasFire = false,
  onFeedback: PortalParts["onFeedback"] = rig.parts.onFeedback,
): Promise<LanePortal> {
  const { exit, ...entryAlone } = { ...GATE, ...change };
  const turnstile = without === "exit" || exit === undefined ? entryAlone : { ...entryAlone, exit };
  const lane = new LanePortal({
    ...rig.parts,
    onFeedback,
    onPassed: (way, passed) => void (counted[way] = tallySum(counted[way] ?? NOBODY_COUNTED, passed)),
    turnstile,
    settings: {
      ...turnstile,
      unitSignals: { ready: turnstile.ready !== undefined, alarm: turnstile.alarm !== undefined },
      passLagMs: 2 * POLL_MS,
      contactDebounceMs: turnstile.debounceMs,
      relockAfterFire: "input",
      passContact: { entry: true, exit: true },
    },
    modes: { entry: "Locked", exit: "Locked", ...modes },
    fire: wasFire,
  });
  await rig.online(lane);
  return lane;
}

function letIn(lane: LanePortal, direction: LaneDirection = "entry", partySize = 1): number {
  const accessPoint = direction === "entry" ? "gate-1-in" : "gate-1-out";
  const grantedSeq = rig.grant(accessPoint);
  lane.portal(direction).access({ accessPoint, grantedSeq, credential: CREDENTIAL.zhang, holder: 1, extended: false, partySize });
  return grantedSeq;
}

test("a grant stands in the log before the pulse of its way alone; PASS makes it taken", async () => {
  const lane = await opened();
  const seen = rig.logAtCommands(ENTRY);
  rig.far.writes.length = 0;
  const grantedSeq = letIn(lane);
  await rig.time.settle();
  expect([seen, rig.far.writes.map(({ relay, what }) => [relay, what])]).toEqual([[["AccessGranted"]], [[ENTRY, PULSE_MS]]]);
  expect(rig.acts).toMatchObject([{ grantedSeq, device: "board" }]);
  await rig.contact(PASS_ENTRY, true);
  expect(rig.named("AccessTaken").map(({ fields }) => fields)).toEqual([{ accessPoint: "gate-1-in", grantedSeq }]);
  expect(rig.far.told(EXIT)).toEqual([]);
});

test("while the lane waits both ways are in use; when nobody passes the grant is not taken, and the lane is free again", async () => {
  const lane = await opened();
  letIn(lane);
  await rig.time.pass(500);
  expect([lane.portal("entry").refusal()?.reason, lane.portal("exit").refusal()?.reason]).toEqual(["Interlock", "Interlock"]);
  expect([rig.far.relays[ENTRY], lane.operable("entry").row().mode]).toEqual([false, "Accessed"]);
  await rig.time.pass(PASSAGE_MS);
  expect(rig.log()).toEqual(["AccessGranted", "AccessNotTaken timeout"]);
  expect([lane.portal("entry").refusal(), lane.portal("exit").refusal()]).toEqual([undefined, undefined]);
});

test("somebody who follows is tailgating, and nobody who was let in is no grant", async () => {
  const lane = await opened();
  letIn(lane);
  await rig.contact(PASS_ENTRY, true);
  await rig.contact(PASS_ENTRY, false);
  await rig.contact(PASS_ENTRY, true);
  expect(rig.log()).toEqual(["AccessGranted", "AccessTaken", "Tailgating 1"]);
  await rig.time.pass(5_000);
  await rig.contact(PASS_EXIT, true);
  expect(rig.log().at(-1)).toBe("DoorForcedOpen");
  expect([lane.operable("entry").row().lastEvent, lane.operable("exit").row().lastEvent]).toEqual(["Tailgating", "DoorForcedOpen"]);
});

test("a party's pulses go out one by one, each behind the PASS of the one before, and each is told as acknowledged for the grant", async () => {
  const lane = await opened();
  rig.far.writes.length = 0;
  const grantedSeq = letIn(lane, "entry", 3);
  for (const expected of [1, 2, 3]) {
    await rig.time.pass(900);
    expect(rig.far.writes.filter(({ what }) => what === PULSE_MS)).toHaveLength(expected);
    await rig.contact(PASS_ENTRY, true);
    await rig.contact(PASS_ENTRY, false);
  }
  expect(rig.acts.map((act) => act.grantedSeq)).toEqual([grantedSeq, grantedSeq, grantedSeq]);
  expect(rig.log()).toEqual(["AccessGranted", "AccessTaken", "PartyPassed complete"]);
  await rig.contact(PASS_ENTRY, true);
  expect(rig.log().at(-1)).toBe("Tailgating 1");
});

test("who passed is told by way and kind, and the readers of a way say that somebody passed uninvited until nobody does", async () => {
  const shown: string[] = [];
  const turnstile = { ...GATE, alarm: { board: "board", input: 4 } };
  const lane = await opened(turnstile, {}, undefined, false, (door, feedback) => shown.push(`${door} ${feedback}`));
  letIn(lane);
  await rig.contact(PASS_ENTRY, true);
  await rig.contact(PASS_ENTRY, false);
  await rig.contact(PASS_ENTRY, true);
  expect(counted).toMatchObject({ "gate-1/entry": { granted: 1, tailgating: 1, forced: 0 } });
  await rig.time.pass(6_000);
  await rig.contact(4, true);
  await rig.contact(4, false);
  await rig.time.pass(1_000);
  expect(shown).toEqual([
    "gate-1/entry LaneAlarm",
    "gate-1/entry Idle",
    "gate-1/entry LaneAlarm",
    "gate-1/exit LaneAlarm",
    "gate-1/entry Idle",
    "gate-1/exit Idle",
  ]);
  expect([lane.unit(), rig.log().slice(-2)]).toEqual([{ ready: null, alarm: "normal" }, ["LaneAlarm", "LaneAlarmOver"]]);
});

test("a guard's hold and a guard's opening move nothing that cannot be recorded, and are renewed at the board while they last", async () => {
  const lane = await opened();
  const use = { station: "gate-house", credential: CREDENTIAL.chen, reason: "delivery" };
  rig.fillDisk();
  expect([lane.holdable("entry").hold(use, 90_000), lane.operable("entry").operatorAccess(use)]).toMatchObject([
    { error: "NotRecorded" },
    { error: "NotRecorded" },
  ]);
  expect([lane.holdable("entry").held(), rig.far.told(ENTRY)], "secured at the start").toEqual([undefined, ["off"]]);
  rig.freeDisk();
  rig.far.writes.length = 0;
  const seen = rig.logAtCommands(ENTRY);
  expect(lane.holdable("entry").hold(use, 90_000).ok).toBe(true);
  await rig.time.pass(1_000);
  expect([seen[0]?.includes("LaneHeld"), lane.holdable("entry").held()]).toEqual([true, { ...use, leftMs: 89_000 }]);
  await rig.time.pass(90_000);
  expect(rig.far.writes.map(({ what }) => what)).toEqual([60_000, 60_000, "off"]);
  expect(lane.holdable("entry").held()).toBeUndefined();
});

test("a board that was away while a guard holds a way is told again when it is back, for what is left", async () => {
  const lane = await opened();
  lane.holdable("entry").hold({ station: "gate-house", credential: CREDENTIAL.chen, reason: "" }, 20_000);
  await rig.time.pass(1_000);
  rig.wire.cut();
  await rig.time.pass(5_000);
  rig.far.writes.length = 0;
  rig.wire.mend();
  await rig.time.until(() => rig.far.writes.length > 0, 5_000);
  expect(rig.far.writes[0]).toMatchObject({ relay: ENTRY });
  expect(Number(rig.far.writes[0]!.what)).toBeLessThan(15_000);
  await rig.time.pass(20_000);
  expect([rig.far.relays[ENTRY], rig.log().at(-1)]).toEqual([false, "LaneHoldEnded time"]);
});

describe("a board that fails", () => {
  test("silently: the lane's way is at fault, and the grant not taken for the device's sake", async () => {
    const lane = await opened();
    rig.far.isMute = true;
    letIn(lane);
    expect(await rig.time.until(() => lane.operable("entry").row().lock === "Fault", 1_000)).toBe(true);
    await rig.time.pass(PASSAGE_MS + 500);
    expect(rig.log().slice(0, 3)).toEqual(["AccessGranted", "DoorFault TimedOut", "AccessNotTaken device"]);
    expect([lane.portal("entry").refusal()?.reason, rig.acts]).toEqual(["Other", []]);
  });

  test("by its wire: nobody is let in either way, and an interrupted pulse is not sent again", async () => {
    const lane = await opened({ style: "level" });
    letIn(lane);
    await rig.time.pass(200);
    rig.wire.cut();
    rig.far.powerCycle();
    rig.far.writes.length = 0;
    expect([lane.portal("entry").refusal()?.reason, lane.portal("exit").refusal()]).toMatchObject(["Interlock", { reason: "Interlock" }]);
    rig.wire.mend();
    await rig.time.pass(500);
    expect(rig.far.told(ENTRY)).toEqual([]);
    await rig.time.pass(PASSAGE_MS);
    expect(rig.far.told(ENTRY).filter((what) => what !== "off")).toEqual([]);
  });

  test("by its wire, with a PASS contact on it at a unit of the level style: nobody is let in until the contact is read again", async () => {
    const lane = await opened({ style: "level" });
    expect(lane.portal("entry").refusal()).toBeUndefined();
    rig.wire.cut();
    expect(lane.portal("entry").refusal()).toEqual({ reason: "Other", detail: "the PASS contact does not answer: nobody would see who follows" });
    expect(lane.portal("exit").refusal()).toEqual({ reason: "Other", detail: "the lock's board board does not answer" });
    expect(lane.operable("entry").operatorAccess(ACT)).toMatchObject({ ok: false, error: "OperationRefused" });
    rig.wire.mend();
    expect(await rig.time.until(() => lane.portal("entry").refusal() === undefined, 1_000)).toBe(true);
  });

  test("for good: both of its ways are at fault, told once each, and cleared once each when it is back", async () => {
    await opened();
    rig.wire.cut();
    await rig.time.pass(10_000);
    expect(rig.named("DoorFault").map(({ fields }) => fields.door)).toEqual(["gate-1/entry", "gate-1/exit"]);
    rig.wire.mend();
    await rig.time.pass(500);
    expect(rig.named("DoorFaultCleared").map(({ fields }) => fields.door)).toEqual(["gate-1/entry", "gate-1/exit"]);
  });

  test("while a way is unlocked: it is unlocked again when the board is back, the other way is not", async () => {
    const lane = await opened();
    lane.operable("exit").operate("unlock", ACT);
    await rig.time.pass(100);
    rig.wire.cut();
    rig.far.powerCycle();
    rig.wire.mend();
    await rig.time.pass(500);
    expect([rig.far.relays[ENTRY], rig.far.relays[EXIT]]).toEqual([false, true]);
  });
});

test("fire frees both ways before it is written, whatever their modes", async () => {
  const lane = await opened({}, { entry: "LockedDown", exit: "Blocked" });
  const seen = rig.logAtCommands(ENTRY);
  await rig.contact(FIRE, false);
  expect([seen, rig.far.relays.slice(0, 2)]).toEqual([[[]], [true, true]]);
  expect([rig.log(), lane.operable("entry").row().fire]).toEqual([["FireInput true"], true]);
});

test("a start into a fire that was there before leaves both ways free while the loop stays open", async () => {
  rig.far.inputs[FIRE] = false;
  rig.far.relays[ENTRY] = rig.far.relays[EXIT] = true;
  const lane = await opened({}, { entry: "LockedDown" }, undefined, true);
  await rig.time.pass(2_000);
  expect(new Set(rig.far.writes.map(({ what }) => what))).toEqual(new Set(["on"]));
  expect([rig.far.relays.slice(0, 2), rig.log()]).toEqual([[true, true], []]);
  await rig.contact(FIRE, true);
  await rig.time.pass(100);
  expect([rig.far.relays.slice(0, 2), rig.log(), lane.operable("entry").row().mode]).toEqual([[false, false], ["FireInput false"], "LockedDown"]);
});

test("modes that were set before the controller went down hold for each way from the start", async () => {
  const lane = await opened({}, { entry: "LockedDown", exit: "Unlocked" });
  await rig.time.pass(100);
  expect([lane.portal("entry").refusal()?.reason, lane.portal("exit").refusal()]).toEqual(["LockedDown", undefined]);
  expect(rig.far.relays.slice(0, 2)).toEqual([false, true]);
});

test("on a full disk a way is locked down all the same, and no way is unlocked", async () => {
  const lane = await opened();
  rig.fillDisk();
  expect(lane.operable("entry").operate("lock-down", ACT).ok).toBe(true);
  expect(lane.operable("exit").operate("unlock", ACT)).toMatchObject({ ok: false, error: "NotRecorded" });
  expect(lane.operable("exit").operatorAccess(ACT)).toMatchObject({ ok: false, error: "NotRecorded" });
  await rig.time.pass(200);
  expect([lane.operable("entry").row().mode, lane.operable("exit").row().mode, rig.far.relays.slice(0, 2)]).toEqual(["LockedDown", "Locked", [false, false]]);
  rig.freeDisk();
  await rig.time.pass(5_000);
  expect([...rig.store.events.doorModes()]).toEqual([["gate-1/entry", "LockedDown"]]);
});

test("one passage on an operator's word is refused while the lane is in use", async () => {
  const lane = await opened();
  expect(lane.operable("entry").operatorAccess(ACT).ok).toBe(true);
  expect(lane.operable("exit").operatorAccess(ACT)).toEqual({ ok: false, error: "OperationRefused", detail: "somebody is coming the other way" });
});

test("a turnstile with one relay has one way, and nothing is ever said to another", async () => {
  const lane = await opened({}, {}, "exit");
  expect(lane.directions).toEqual(["entry"]);
  letIn(lane);
  await rig.contact(FIRE, false);
  await rig.time.pass(500);
  expect(rig.far.told(EXIT)).toEqual([]);
});

test("a lane that was closed hears nobody", async () => {
  const lane = await opened();
  letIn(lane);
  lane.close();
  const before = rig.log();
  void rig.board.close();
  await rig.time.pass(60_000);
  expect(rig.log()).toEqual(before);
});
