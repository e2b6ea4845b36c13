import { EMPTY_CALENDAR, monotonicMs, type Schedule, scheduleContext, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { decide, type Request } from "./decide.ts";
import { type Door, type DoorSettings, doorRefusal, doorWish, UNKNOWN_DOOR } from "./door.ts";
import { DOOR_OPERATIONS, type DoorOperation, modeAfter, type SetMode } from "./door-operation.ts";
import { stepDoor } from "./step-door.ts";
import { LIBRARY_DOOR, SET_MODES } from "../rig/door-settings.ts";

const NOW = unixSeconds(1_799_625_600);
const AT = monotonicMs(1_000);
const ACT = { by: "wang", reason: "" };
const SETTINGS: DoorSettings = { ...LIBRARY_DOOR, openTimeMs: 10_000, doubleLock: true };
const week = (hours: NonNullable<Schedule["weekly"][1]>): Schedule => ({
  id: "week",
  weekly: { 1: hours, 2: hours, 3: hours, 4: hours, 5: hours, 6: hours, 7: hours },
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
});

/** A card before a door of this mode; whether the person can go through in the end, and why not. */
function tries(mode: SetMode, fire: boolean, isScheduled: boolean, isGranted: boolean): string {
  const door = stepDoor({ ...UNKNOWN_DOOR, physical: "Closed" }, { kind: "start", mode, fire }, AT, SETTINGS).door;
  const permission = {
    accessProfile: "students",
    capability: "pass" as const,
    validFrom: unixSeconds(0),
    validUntil: unixSeconds(NOW + 1),
    schedule: week(isScheduled ? [{ startS: 0, endS: 86_400 }] : []),
  };
  const request: Request = {
    presented: { by: "card", number: { ok: true, value: { bytes: Uint8Array.of(1, 2, 3, 4) } } },
    wall: { now: NOW, uncertaintyS: 1 },
    untrustedClock: "refuse",
    credential: { id: "00112233445566ff", holder: 5, kind: "card", validFrom: unixSeconds(0), validUntil: unixSeconds(NOW + 1), takes: [], flags: [] },
    spent: undefined,
    freshness: "fresh",
    accessPoint: { enabled: true, capability: "pass", egress: false },
    permissions: isGranted ? [permission] : [],
    scheduleContext: scheduleContext("Asia/Shanghai", [], EMPTY_CALENDAR),
    authentication: undefined,
    second: undefined,
    escort: undefined,
    doorRefusal: doorRefusal(door),
    area: undefined,
  };
  if (doorWish(door).release) return "free";
  const decision = decide(request);
  if (decision.kind === "denied") return decision.reason;
  const grant = { accessPoint: "library-in", grantedSeq: 1 };
  return doorWish(stepDoor(door, { kind: "access", grant, extended: false }, AT, SETTINGS).door).release ? "let in" : "held";
}

/** Fire > lock-open (and unlock) > lock-down > block > schedule > access. */
function expected(mode: SetMode, fire: boolean, isScheduled: boolean, isGranted: boolean): string {
  if (fire) return "free";
  if (mode === "LockedOpen" || mode === "Unlocked") return "free";
  if (!isGranted) return "Unauthorized";
  if (!isScheduled) return "NotPermittedAtThisTime";
  if (mode === "LockedDown") return "LockedDown";
  if (mode === "Blocked") return "DoorBlocked";
  return "let in";
}

const BOTH = [true, false] as const;
const TABLE = SET_MODES.flatMap((mode) =>
  BOTH.flatMap((fire) =>
    BOTH.flatMap((isScheduled) => BOTH.map((isGranted) => [mode, fire, isScheduled, isGranted, expected(mode, fire, isScheduled, isGranted)] as const)),
  ),
);

test.each(TABLE)("mode %s, fire %s, schedule open %s, grant %s: %s", (mode, fire, isScheduled, isGranted, outcome) => {
  expect(tries(mode, fire, isScheduled, isGranted)).toBe(outcome);
});

const OPERATIONS = SET_MODES.flatMap((mode) => DOOR_OPERATIONS.map((operation) => [mode, operation] as const));
/** Only its own release ends a lock-down or a lock-open: no other operation, the other of the two neither, displaces it. */
const after = (mode: SetMode, operation: DoorOperation): SetMode => {
  const allowed = modeAfter(mode, operation, true);
  return allowed.ok ? allowed.value : mode;
};

test.each(OPERATIONS)(
  "fire frees the door whatever is asked of it meanwhile: mode %s, operation %s; what was set counts when fire is over",
  (mode, operation) => {
    const started = stepDoor({ ...UNKNOWN_DOOR, physical: "Closed" }, { kind: "start", mode, fire: true }, AT, SETTINGS).door;
    const operated = stepDoor(started, { kind: "operation", operation, act: ACT }, AT, SETTINGS).door;
    expect(doorWish(operated).release).toBe(true);
    const quiet = stepDoor(operated, { kind: "fire", active: false }, AT, SETTINGS).door;
    const over: Door = stepDoor(quiet, { kind: "tick" }, monotonicMs(AT + 1_000), SETTINGS).door;
    expect([over.fire, over.mode]).toEqual([false, after(mode, operation)]);
    expect(doorWish(over).release).toBe(over.mode === "LockedOpen" || over.mode === "Unlocked");
  },
);

test("a lock-open and a lock-down end by their own release alone", () => {
  for (const held of ["LockedOpen", "LockedDown"] as const)
    for (const operation of DOOR_OPERATIONS) expect(after(held, operation)).toBe(operation === "release" ? "Locked" : held);
});
