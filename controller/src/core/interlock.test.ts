import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type Door, type Passage, UNKNOWN_DOOR } from "./door.ts";
import { DOOR_OPERATIONS, modeAfter } from "./door-operation.ts";
import { brokenBy, interlockRefusal } from "./interlock.ts";

const AT = monotonicMs(0);
const SHUT: Door = { ...UNKNOWN_DOOR, mode: "Locked", physical: "Closed" };
const PASSAGE: Passage = { grants: [], lockUntil: AT, released: true, until: AT, extended: false, rex: false, stage: "waiting", letInAt: AT, faulted: false };
const refusalBy = (other: Partial<Door>, own: Partial<Door> = {}): string | undefined =>
  interlockRefusal({ ...SHUT, ...own }, [
    { id: "third", door: SHUT },
    { id: "inner", door: { ...SHUT, ...other } },
  ])?.detail;

test.each<[string, Partial<Door>, string | undefined]>([
  ["shut", {}, undefined],
  ["blocked", { mode: "Blocked" }, undefined],
  ["locked down", { mode: "LockedDown" }, undefined],
  ["open", { physical: "Open" }, "door inner stands open"],
  ["about to count as open", { settling: { physical: "Open", at: AT } }, "door inner stands open"],
  ["about to count as closed", { physical: "Open", settling: { physical: "Closed", at: AT } }, "door inner stands open"],
  ["silent", { physical: "Unknown" }, "door inner does not say whether it is shut"],
  ["not started", UNKNOWN_DOOR, "door inner does not say whether it is shut"],
  ["let somebody in", { passage: PASSAGE }, "door inner is being passed"],
  ["unlocked", { mode: "Unlocked" }, "door inner is free"],
  ["locked open", { mode: "LockedOpen" }, "door inner is free"],
  ["freed by fire", { fire: true }, "door inner is free"],
])("another door that is %s", (_, other, detail) => {
  expect(refusalBy(other)).toBe(detail);
});

test("what frees a door is never held by the others", () => {
  for (const own of [{ fire: true }, { mode: "Unlocked" }, { mode: "LockedOpen" }] as const) expect(refusalBy({ physical: "Open" }, own)).toBeUndefined();
});

test("every mode that an operation can set is held or free: none is forgotten", () => {
  for (const operation of DOOR_OPERATIONS) {
    const mode = modeAfter("Locked", operation, true);
    if (mode.ok) expect(refusalBy({ physical: "Open" }, { mode: mode.value }) === undefined, mode.value).toBe(["Unlocked", "LockedOpen"].includes(mode.value));
  }
});

test("an interlock is broken by the opening of a second door, once, and not where one is free", () => {
  const open: Door = { ...SHUT, physical: "Open" };
  const broken = (before: Door, after: Door, other: Door): string | undefined => brokenBy(before, after, [{ id: "inner", door: other }]);
  expect(broken(SHUT, open, open)).toBe("inner");
  expect(broken(open, open, open)).toBeUndefined();
  expect(broken(SHUT, open, SHUT)).toBeUndefined();
  expect(broken(SHUT, { ...open, fire: true }, open)).toBeUndefined();
  expect(broken(SHUT, open, { ...open, mode: "Unlocked" })).toBeUndefined();
});
