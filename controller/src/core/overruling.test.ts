import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Door, doorAxes, type DoorInput, doorRefusal, type DoorSettings, doorWish, UNKNOWN_DOOR } from "./door.ts";
import { DOOR_OPERATIONS, isFree, type SetMode } from "./door-operation.ts";
import { type Lane, type LaneInput, laneRefusal, type LaneSettings, laneWish, UNKNOWN_LANE } from "./lane.ts";
import { modeUnder } from "./overruling.ts";
import { stepDoor } from "./step-door.ts";
import { stepLane } from "./step-lane.ts";
import { LIBRARY_DOOR, SET_MODES } from "../rig/door-settings.ts";
import { LANE as PLAIN_LANE } from "../rig/lane-play.ts";

const SETTINGS: DoorSettings = { ...LIBRARY_DOOR, openTimeMs: 10_000, doubleLock: true, relockAfterFire: "person" };
const ACT = { by: "wang", reason: "" };
const LOCKDOWN: DoorInput = { kind: "lockdown", of: "east" };
const OVER: DoorInput = { kind: "lockdown", of: undefined };

/** The door behind these inputs, half a second apart, and the names of its events. */
function behind(mode: SetMode, ...inputs: readonly DoorInput[]): { readonly door: Door; readonly events: string[] } {
  let door = stepDoor({ ...UNKNOWN_DOOR, physical: "Closed", exitPressed: false }, { kind: "start", mode, fire: false }, monotonicMs(0), SETTINGS).door;
  const events: string[] = [];
  inputs.forEach((input, index) => {
    const next = stepDoor(door, input, monotonicMs(500 * (index + 1)), SETTINGS);
    door = next.door;
    for (const effect of next.effects) if (effect.kind === "event") events.push(effect.event.name);
  });
  return { door, events };
}
const isReleased = (door: Door): boolean => doorWish(door).release;

test.each(SET_MODES)("a lockdown holds a door that is %s, but one that is LockedOpen, and behind it the door is as it was", (mode) => {
  const { door } = behind(mode, LOCKDOWN);
  expect([doorAxes(door).mode, isReleased(door), doorRefusal(door)?.reason]).toEqual(
    mode === "LockedOpen" ? ["LockedOpen", true, undefined] : ["LockedDown", false, mode === "Blocked" ? "DoorBlocked" : "LockedDown"],
  );
  expect(doorAxes(behind(mode, LOCKDOWN, OVER).door).mode).toBe(mode);
});

test.each(SET_MODES)("in a lockdown of a door that is %s fire, drill and exit button free it all the same", (mode) => {
  for (const frees of [{ kind: "fire", active: true }, { kind: "drill", on: true }, { kind: "rex", pressed: true }] as const satisfies readonly DoorInput[])
    expect(isReleased(behind(mode, LOCKDOWN, frees).door)).toBe(true); // prettier-ignore
});

test("a reader that is a way out lets people leave in a lockdown, and no other does", () => {
  const access = (egress: boolean): DoorInput => ({ kind: "access", grant: { accessPoint: "library-out", grantedSeq: 1 }, extended: false, egress });
  expect([isReleased(behind("Locked", LOCKDOWN, access(true)).door), isReleased(behind("Locked", LOCKDOWN, access(false)).door)]).toEqual([true, false]);
  expect(doorRefusal(behind("Locked", LOCKDOWN).door, false)).toEqual({ reason: "LockedDown", detail: "lockdown: east" });
});

test("behind fire and behind a drill a door stays free until somebody has it locked again, and never while one of them lasts", () => {
  const fire = (active: boolean): DoorInput => ({ kind: "fire", active });
  const RELOCK: DoorInput = { kind: "relock" };
  const burnt = behind("Locked", fire(true), fire(false), { kind: "tick" });
  expect([burnt.door.fire, burnt.door.awaitsRelock, isReleased(burnt.door), burnt.events]).toEqual([false, true, true, ["FireInput", "FireInput", "DoorAwaitsRelock"]]); // prettier-ignore
  expect(isReleased(behind("Locked", fire(true), fire(false), { kind: "tick" }, RELOCK).door)).toBe(false);
  expect(isReleased(behind("Locked", fire(true), RELOCK).door)).toBe(true);
  expect(isReleased(behind("Locked", { kind: "drill", on: true }, { kind: "drill", on: false }).door)).toBe(true);
  expect(isReleased(behind("Locked", { kind: "drill", on: true }, { kind: "drill", on: false }, RELOCK).door)).toBe(false);
  expect(isReleased(behind("Locked", { kind: "drill", on: true }, RELOCK).door)).toBe(true);
});

test("a door that stands open when it is locked again has its open time, and no alarm before", () => {
  const { door, events } = behind(
    "Locked",
    { kind: "drill", on: true },
    { kind: "contact", physical: "Open" },
    { kind: "drill", on: false },
    { kind: "relock" },
  );
  expect([door.openTime?.alarmAt, events]).toEqual([monotonicMs(12_000), ["DoorAwaitsRelock"]]);
});

const input = fc.oneof(
  fc.constantFrom(...DOOR_OPERATIONS).map((operation): DoorInput => ({ kind: "operation", operation, act: ACT })),
  fc.constantFrom<DoorInput>(LOCKDOWN, OVER, { kind: "relock" }, { kind: "drill", on: true }, { kind: "drill", on: false }, { kind: "fire", active: true }, { kind: "fire", active: false }, { kind: "tick" }), // prettier-ignore
  fc.constantFrom("Open", "Closed", "Unknown").map((physical): DoorInput => ({ kind: "contact", physical })),
  fc.constantFrom("block", "lock", "unlock").map((operation): DoorInput => ({ kind: "schedule", operation, act: { by: "schedule week", reason: "" } })),
);

test("whatever comes: fire > lock-open > lockdown and lock-down > block > schedule, and nothing but a relock ends what a fire or drill has freed", () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 14 }), (inputs) => {
      const { door } = behind("Locked", ...inputs);
      const own = door.mode as SetMode;
      const held = door.lockdown !== undefined && own !== "LockedOpen";
      expect(isReleased(door)).toBe(door.fire || door.drill || door.awaitsRelock || (!held && isFree(own)));
      if (!isReleased(door) && (held || own === "LockedDown" || own === "Blocked")) expect(doorRefusal(door)).toBeDefined();
      expect(modeUnder(own, door)).toBe(held ? "LockedDown" : own);
      const [freed, relocked] = [
        inputs.findLastIndex(({ kind }) => kind === "drill" || kind === "fire"),
        inputs.findLastIndex(({ kind }) => kind === "relock"),
      ];
      const wasFreed = inputs.some((each) => (each.kind === "drill" && each.on) || (each.kind === "fire" && each.active));
      if (wasFreed && relocked < freed) expect(isReleased(door)).toBe(true);
    }),
    { numRuns: 300 },
  );
});

const LANE: LaneSettings = { ...PLAIN_LANE, tailgateTimeMs: 1_000, relockAfterFire: "person" };
function laneBehind(...inputs: readonly LaneInput[]): Lane {
  const start: LaneInput = { kind: "start", modes: { entry: "Unlocked", exit: "Unlocked" }, fire: false };
  return [start, ...inputs].reduce((lane, each, index) => stepLane(lane, each, monotonicMs(500 * index), LANE).lane, UNKNOWN_LANE);
}

test("a lockdown holds the way in of a turnstile and leaves the way out as it is; drill and fire free both until they are locked again", () => {
  const held = laneBehind({ kind: "lockdown", of: "east" });
  expect([laneWish(held, "entry").release, laneRefusal(held, "entry", LANE)?.reason, laneWish(held, "exit").release]).toEqual([false, "LockedDown", true]);
  const drilled = [
    { kind: "lockdown", of: "east" },
    { kind: "drill", on: true },
  ] as const;
  expect(laneWish(laneBehind(...drilled), "entry").release).toBe(true);
  expect(laneWish(laneBehind(...drilled, { kind: "drill", on: false }), "entry").release).toBe(true);
  expect(laneWish(laneBehind(...drilled, { kind: "drill", on: false }, { kind: "relock" }), "entry").release).toBe(false);
});
