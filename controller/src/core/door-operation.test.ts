import { DOOR_MODES, type DoorMode, monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { doorAxes, doorRefusal, UNKNOWN_DOOR } from "./door.ts";
import { DOOR_OPERATIONS, type DoorOperation, isFree, modeAfter, modeRefusal, type SetMode } from "./door-operation.ts";
import { LANE_DIRECTIONS, laneAxes, laneRefusal, UNKNOWN_LANE } from "./lane.ts";
import { stepLane } from "./step-lane.ts";
import { stepDoor } from "./step-door.ts";
import { LIBRARY_DOOR } from "../rig/door-settings.ts";
import { LANE } from "../rig/lane-play.ts";

/** What no table knows, among it the names that every JavaScript object answers to. */
const GARBLED = ["", "locked", "Lockd", "LockedDown ", "undefined", "constructor", "toString", "__proto__", "hasOwnProperty"] as unknown as SetMode[];

test.each(GARBLED)("a mode that is none, %j, refuses access and every operation and frees nothing, but fire does", (mode) => {
  expect(modeRefusal(mode, false)).toEqual({ reason: "DoorBlocked", detail: "unknown mode" });
  expect(modeRefusal(mode, true)).toBeUndefined();
  expect(isFree(mode)).toBe(false);
  expect(DOOR_OPERATIONS.filter((operation) => modeAfter(mode, operation, true).ok)).toEqual([]);
});

test.each(GARBLED)("a door or lane that starts in a mode that is none, %j, is locked and lets nobody in", (mode) => {
  const settings = LIBRARY_DOOR;
  const { door, effects } = stepDoor(UNKNOWN_DOOR, { kind: "start", mode, fire: false }, monotonicMs(0), settings);
  expect(effects).toEqual([{ kind: "lock", release: false, doubly: false }]);
  expect([doorRefusal(door)?.reason, doorAxes(door).lock]).toEqual(["DoorBlocked", "Locked"]);
  const grant = { accessPoint: "library-in", grantedSeq: 1 };
  const access = stepDoor(door, { kind: "access", grant, extended: false }, monotonicMs(1), settings);
  expect(access.effects).toMatchObject([{ kind: "event", event: { name: "AccessNotTaken" } }]);

  const lane = LANE;
  const started = stepLane(UNKNOWN_LANE, { kind: "start", modes: { entry: mode, exit: mode }, fire: false }, monotonicMs(0), lane).lane;
  for (const direction of LANE_DIRECTIONS) {
    expect([laneRefusal(started, direction, lane)?.reason, laneAxes(started, direction).lock]).toEqual(["DoorBlocked", "Locked"]);
  }
});

test("every mode that there is has an answer of its own, and none is called unknown", () => {
  for (const mode of DOOR_MODES) expect(modeRefusal(mode, false)?.detail, mode).not.toBe("unknown mode");
});

test.each(["", "open", "constructor", "__proto__"] as unknown as DoorOperation[])("an operation that is none, %j, is refused in every mode", (operation) => {
  for (const mode of DOOR_MODES) expect(modeAfter(mode satisfies DoorMode, operation, true).ok, mode).toBe(false);
});
