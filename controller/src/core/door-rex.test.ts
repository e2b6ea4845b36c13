import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type Door, doorDeadline, type DoorInput, type DoorSettings, doorWish, UNKNOWN_DOOR } from "./door.ts";
import type { SetMode } from "./door-operation.ts";
import { stepDoor } from "./step-door.ts";
import { LIBRARY_DOOR } from "../rig/door-settings.ts";

const SETTINGS: DoorSettings = { ...LIBRARY_DOOR, rexUnlocks: false };
const contact = (physical: "Open" | "Closed"): DoorInput => ({ kind: "contact", physical });
const REX: DoorInput = { kind: "rex", pressed: true };

/** A door whose handle opens it: the events of a script, and at which of its moments the lock was released. */
function play(script: readonly (readonly [number, DoorInput])[], mode: SetMode = "Locked"): { readonly events: string[]; readonly releasedAt: number[] } {
  const events: string[] = [];
  const releasedAt: number[] = [];
  let door: Door = UNKNOWN_DOOR;
  const step = (input: DoorInput, at: number): void => {
    const next = stepDoor(door, input, monotonicMs(at), SETTINGS);
    door = next.door;
    for (const effect of next.effects) if (effect.kind === "event") events.push(effect.event.name);
    if (doorWish(door).release) releasedAt.push(at);
  };
  const begun: readonly DoorInput[] = [{ kind: "start", mode, fire: false }, contact("Closed"), { kind: "rex", pressed: false }];
  for (const input of begun) step(input, 0);
  for (const [at, input] of script) {
    for (let due = doorDeadline(door); due !== undefined && due <= at; due = doorDeadline(door)) step({ kind: "tick" }, due);
    step(input, at);
  }
  return { events, releasedAt };
}
const TICK: DoorInput = { kind: "tick" };

test.each(["Locked", "Blocked", "LockedDown"] as const)("in mode %s the handle's contact masks the opening and moves no lock", (mode) => {
  expect(play([[1_000, REX], [1_500, contact("Open")], [3_000, contact("Closed")], [9_000, TICK]], mode)).toEqual({ events: ["RequestToExit"], releasedAt: [] }); // prettier-ignore
});

test("an opening that is read before the handle's contact, within the debounce time, is masked too", () => {
  expect(play([[1_000, contact("Open")], [1_040, REX], [1_500, TICK]]).events).toEqual(["RequestToExit"]); // prettier-ignore
});

test("behind the release time, and behind the opening that it was for, an opening is forced again", () => {
  expect(play([[1_000, REX], [6_200, contact("Open")], [7_000, TICK]]).events).toEqual(["RequestToExit", "DoorForcedOpen"]); // prettier-ignore
  const twice = play([[1_000, REX], [1_500, contact("Open")], [2_000, contact("Closed")], [3_000, contact("Open")], [4_000, TICK]]); // prettier-ignore
  expect(twice.events).toEqual(["RequestToExit", "DoorForcedOpen"]);
});

test("a door that the handle opened has an open time like any other", () => {
  expect(play([[1_000, REX], [1_500, contact("Open")], [32_000, TICK]]).events).toEqual(["RequestToExit", "DoorOpenTooLong"]); // prettier-ignore
});

test("whoever waits outside keeps their release, no longer and no shorter", () => {
  const grant: DoorInput = { kind: "access", grant: { accessPoint: "library-in", grantedSeq: 1 }, extended: false };
  const { events, releasedAt } = play([[1_000, grant], [4_000, REX], [5_999, TICK], [6_000, TICK], [10_000, TICK]]); // prettier-ignore
  expect([events, releasedAt]).toEqual([
    ["RequestToExit", "AccessNotTaken"],
    [1_000, 4_000, 5_999],
  ]);
});
