import { eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CREDENTIAL } from "../rig/people.ts";
import { PortalRig } from "../rig/portal-rig.ts";
import type { EventFilter } from "./event-log.ts";

let rig: PortalRig;
beforeEach(() => {
  rig = new PortalRig();
  const log = (event: Parameters<typeof rig.recorder.event>[0]): unknown => rig.recorder.event(event);
  log(eventOf("RequestToExit", { door: "library" })); // 1
  rig.grant("gate-1-in"); // 2
  log(eventOf("RequestToExit", { door: "lab" })); // 3
  rig.grant("library-in", CREDENTIAL.li); // 4
  log(eventOf("RequestToExit", { door: "library" })); // 5
});
afterEach(() => rig.end());

test("the newest events that fit come oldest first", () => {
  const newest = (filter: Omit<EventFilter, "after">): number[] => rig.store.events.newest(filter).map(({ seq }) => seq);
  expect(newest({ limit: 2 })).toEqual([4, 5]);
  expect(newest({ limit: 100 })).toEqual([1, 2, 3, 4, 5]);
  expect(newest({ limit: 2, name: "RequestToExit" })).toEqual([3, 5]);
  expect(newest({ limit: 1, source: "library" })).toEqual([5]);
  expect(newest({ limit: 9, credential: CREDENTIAL.zhang })).toEqual([2]);
  expect(newest({ limit: 9, before: 5, name: "RequestToExit", source: "library" })).toEqual([1]);
});

test("where to begin reading the newest in portions is the number in front of the first of them", () => {
  const before = (filter: EventFilter): number => rig.store.events.seqBeforeNewest(filter);
  expect(before({ after: 0, limit: 2 })).toBe(3);
  expect(before({ after: 0, limit: 5 })).toBe(0);
  expect(before({ after: 0, limit: 100 })).toBe(0);
  expect(before({ after: 4, limit: 100 })).toBe(4);
  expect(before({ after: 0, limit: 2, name: "RequestToExit" })).toBe(2);
  expect(before({ after: 0, limit: 1, source: "lab" })).toBe(2);
  expect(before({ after: 0, limit: 1, name: "DoorNormal" })).toBe(0);
});

test("a door's mode is the one that an operator set last; a passage on an operator's word is none", () => {
  const { events } = rig.store;
  expect([...events.doorModes()]).toEqual([]);
  for (const [door, mode] of [
    ["library", "Unlocked"],
    ["gate-1/entry", "LockedDown"],
    ["library", "Blocked"],
    ["library", "Accessed"],
  ] as const)
    rig.recorder.event(eventOf("DoorModeChanged", { door, mode, by: "wang", reason: "" }));
  expect(new Map(events.doorModes())).toEqual(
    new Map([
      ["library", "Blocked"],
      ["gate-1/entry", "LockedDown"],
    ]),
  );
});

test("a fire goes on until its door tells that it is over", () => {
  const { events } = rig.store;
  expect(events.fires().size).toBe(0);
  for (const [door, active] of [
    ["library", true],
    ["gate-1", true],
    ["library", false],
    ["hall", false],
  ] as const)
    // prettier-ignore
    rig.recorder.event(eventOf("FireInput", { door, active }));
  expect([...events.fires()]).toEqual(["gate-1"]);
});

test("a mode that could not be recorded was not set", () => {
  rig.fillDisk();
  expect(rig.recorder.wish(eventOf("DoorModeChanged", { door: "library", mode: "Unlocked", by: "wang", reason: "" }))).toBeUndefined();
  expect(rig.store.events.doorModes().size).toBe(0);
});
