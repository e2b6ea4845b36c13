import { type ControllerEvent, eventOf, U32_MAX, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CREDENTIAL } from "./rig/people.ts";
import { RigStore } from "./rig/rig-store.ts";
import { markFile, readChainMark } from "./store/chain-mark.ts";

let rig: RigStore;
beforeEach(() => {
  rig = new RigStore();
});
afterEach(() => rig.end());

const granted = (counter: number): ControllerEvent =>
  eventOf("AccessGranted", {
    accessPoint: "gate-1-in",
    credential: CREDENTIAL.zhang,
    presentation: "H",
    holder: 1,
    counter,
    signedAt: unixSeconds(1_799_625_600),
    pass: new Uint8Array(96),
    accessProfile: "gates",
    uncertaintyS: 1,
    listVersion: 1,
    replayGroup: "main-gate/entry",
  });
const forced = eventOf("DoorForcedOpen", { door: "library" });
const blocked = eventOf("DoorModeChanged", { door: "library", mode: "Blocked", by: "wang", reason: "" });
const names = (): string[] => rig.events().map(({ name }) => name);
const lastSpent = (): number | undefined => rig.store.spent.last(CREDENTIAL.zhang, "H", "main-gate/entry")?.counter;

test("a decision gets its number, and its pass is spent with it", () => {
  expect(rig.recorder.decision(granted(5))).toBe(1);
  expect([names(), lastSpent(), rig.recorder.suspension]).toEqual([["AccessGranted"], 5, undefined]);
});

test("on a full disk a decision gets no number, spends nothing, and the suspension says why and counts it", () => {
  rig.fillDisk();
  rig.time.advance(1_000);
  expect(rig.recorder.decision(granted(5))).toBeUndefined();
  rig.time.advance(1_000);
  expect(rig.recorder.decision(granted(6))).toBeUndefined();
  expect(lastSpent()).toBeUndefined();
  expect(rig.recorder.suspension).toEqual({ cause: expect.stringMatching(/^SQLITE_FULL: /), since: 1_000, denied: 2 });
});

test("the first write that succeeds again stands behind the two events that tell of the suspension", () => {
  rig.fillDisk();
  rig.recorder.decision(granted(5));
  rig.time.advance(1_500);
  rig.freeDisk();
  rig.recorder.decision(granted(6));
  expect(rig.events()).toEqual([
    eventOf("RecordingSuspended", { cause: expect.stringMatching(/^SQLITE_FULL: /) }),
    eventOf("RecordingResumed", { outageMs: 1_500, denied: 1 }),
    granted(6),
  ]);
  expect([rig.recorder.suspension, lastSpent()]).toEqual([undefined, 6]);
});

test("a suspension of more than 49 days, with more events than are kept, ends with the longest times that an event can hold", () => {
  rig.fillDisk();
  rig.recorder.decision(granted(5));
  for (let owed = 0; owed < 1_001; owed++) rig.recorder.event(forced);
  rig.recorder.abandon(); // two months of asking every five seconds would take long
  rig.time.advance(U32_MAX + 1_000);
  rig.freeDisk();
  rig.recorder.decision(granted(6));
  expect(rig.named("RecordingResumed", "AuditGap")).toEqual([
    eventOf("RecordingResumed", { outageMs: U32_MAX, denied: 1 }),
    eventOf("AuditGap", { cause: "1 events too many", firstSeq: null, lastSeq: null, windowMs: U32_MAX }),
  ]);
});

test("the two events stand or fall together: a disk that takes one of them alone leaves neither, and the suspension goes on", () => {
  rig.fillDisk();
  rig.recorder.decision(granted(5));
  rig.store.database
    .prepare<[]>("CREATE TEMP TRIGGER one_alone BEFORE INSERT ON event WHEN NEW.name = 'RecordingResumed' BEGIN SELECT RAISE(ABORT, 'no'); END")
    .run();
  rig.freeDisk();
  expect(() => rig.recorder.event(forced)).toThrow("no");
  expect([names(), rig.recorder.suspension?.denied]).toEqual([[], 1]);
  rig.store.database.prepare<[]>("DROP TRIGGER one_alone").run();
  rig.recorder.wish(blocked);
  expect(names()).toEqual(["RecordingSuspended", "RecordingResumed", "DoorModeChanged"]);
});

test("it ends by itself when nobody comes: the disk is asked again every 5 s", () => {
  rig.fillDisk();
  rig.recorder.decision(granted(5));
  rig.time.advance(12_000);
  expect(rig.recorder.suspension?.since).toBe(0);
  rig.freeDisk();
  rig.time.advance(2_999);
  expect(rig.recorder.suspension).toBeDefined();
  rig.time.advance(1);
  expect([rig.recorder.suspension, names()]).toEqual([undefined, ["RecordingSuspended", "RecordingResumed"]]);
});

test("what happened meanwhile is written behind them in its order and with its own time; a decision and a wish that were refused are not", () => {
  rig.fillDisk();
  rig.time.advance(1_250);
  expect(rig.recorder.event(forced)).toBeUndefined();
  rig.time.advance(1_000);
  expect(rig.recorder.decision(granted(5))).toBeUndefined();
  expect(rig.recorder.wish(blocked)).toBeUndefined();
  rig.recorder.event(eventOf("DoorNormal", { door: "library" }));
  rig.freeDisk();
  rig.time.advance(5_000);
  expect(names()).toEqual(["RecordingSuspended", "RecordingResumed", "DoorForcedOpen", "DoorNormal"]);
  const times = rig.store.events.read({ after: 0, limit: 1_000 }).flatMap(({ record }) => (record.ok && record.value.at !== null ? [record.value.ms] : []));
  expect(times.slice(-2)).toEqual([250, 250]);
  const at = rig.store.events.newest({ limit: 2 }).map(({ record }) => (record.ok ? record.value.at : undefined));
  expect(at).toEqual([rig.now() - 6, rig.now() - 5]);
});

test("an act that secured a door although the disk was full is remembered over a restart, once it could be written", () => {
  rig.fillDisk();
  rig.recorder.event(blocked);
  expect(rig.store.events.doorModes().size).toBe(0);
  rig.freeDisk();
  rig.recorder.event(forced);
  expect([...rig.store.events.doorModes()]).toEqual([["library", "Blocked"]]);
  expect(names()).toEqual(["RecordingSuspended", "RecordingResumed", "DoorModeChanged", "DoorForcedOpen"]);
});

test("of more than a thousand that happened meanwhile the oldest are owned up to as a gap", () => {
  rig.fillDisk();
  for (let i = 0; i < 1_003; i++) rig.recorder.event(eventOf("RequestToExit", { door: `door-${i}` }));
  rig.freeDisk();
  rig.recorder.close();
  const events = rig.events();
  expect(events).toHaveLength(1_003);
  expect(events[2]).toMatchObject({ name: "AuditGap", fields: { cause: "3 events too many" } });
  expect(events[3]).toMatchObject({ fields: { door: "door-3" } });
});

test("that it is suspended stands beside the database, for the next start if this run dies meanwhile", () => {
  const isMarked = (): unknown => {
    const mark = readChainMark(markFile(rig.store.database.path));
    return typeof mark === "object" && mark.isSuspended;
  };
  rig.store.begun();
  rig.fillDisk();
  expect(isMarked()).toBe(false);
  rig.recorder.event(forced);
  expect(isMarked()).toBe(true);
  rig.freeDisk();
  rig.recorder.event(forced);
  expect(isMarked()).toBe(false);
});

test("closing writes what is owed where the disk takes it, and lets go of the timer", () => {
  const pending = rig.time.pending;
  rig.fillDisk();
  rig.recorder.event(forced);
  rig.recorder.close();
  expect(names()).toEqual([]);
  rig.freeDisk();
  rig.recorder.close();
  expect(names()).toEqual(["RecordingSuspended", "RecordingResumed", "DoorForcedOpen"]);
  rig.store.durability.close();
  expect(rig.time.pending).toBeLessThanOrEqual(pending);
});

test("what is no trouble of the disk is thrown on", () => {
  expect(() => rig.recorder.event(eventOf("AccessTaken", { accessPoint: "gate-1-in", grantedSeq: -1 }))).toThrow(RangeError);
  expect(rig.recorder.suspension).toBeUndefined();
});
