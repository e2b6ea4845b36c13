import { EMPTY_CALENDAR, type Permission, scheduleContext, type Schedule, unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type FloorFacts, grantedFloors, judgeFloors, refusedFloors } from "./floors.ts";

const ALWAYS = { validFrom: unixSeconds(0), validUntil: unixSeconds(0xffff_ffff) };
const DAY = [{ startS: 0, endS: 86_400 }];
const schedule = (id: string, ranges: typeof DAY): Schedule => ({
  id,
  weekly: { 1: ranges, 2: ranges, 3: ranges, 4: ranges, 5: ranges, 6: ranges, 7: ranges },
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
});
const permission = (accessProfile: string, ranges = DAY): Permission => ({ accessProfile, capability: "ride", ...ALWAYS, schedule: schedule("any", ranges) });
const BLOCKED = { reason: "DoorBlocked", detail: "mode Blocked" } as const;
const SILENT = { reason: "Other", detail: "the floor's board b does not answer" } as const;
const context = {
  wall: { now: unixSeconds(1_799_625_600), uncertaintyS: 1 },
  accessPoint: { capability: "ride" },
  scheduleContext: scheduleContext("Asia/Shanghai", [], EMPTY_CALENDAR),
} as const;
const floor = (id: string, permissions: readonly Permission[], refusal?: FloorFacts["refusal"]): FloorFacts => ({ floor: id, permissions, refusal });

test("each floor of a lift is judged for itself, and those that a grant names and that nothing speaks against open", () => {
  const judged = judgeFloors(
    [
      floor("1", []),
      floor("2", [permission("blocked")], BLOCKED),
      floor("3", [permission("staff")]),
      floor("4", [{ ...permission("print"), capability: "print" }]),
      floor("5", [permission("closed", [])]),
      floor("6", [permission("staff")], SILENT),
    ],
    context,
  );
  expect(grantedFloors(judged)).toEqual(["3"]);
  expect(refusedFloors(judged).map(({ floor: id, reason }) => `${id} ${reason}`)).toEqual(["2 DoorBlocked", "5 NotPermittedAtThisTime", "6 Other"]);
  expect(judged.refusal).toBeUndefined();
  expect(judged.permissions[0]?.accessProfile).toBe("staff"); // what opened is named, not what stood in front
});

test("a lift refuses only where no floor opens, with what the first floor says that a grant names", () => {
  expect(judgeFloors([floor("1", []), floor("2", [permission("a")], BLOCKED), floor("3", [permission("a")], SILENT)], context).refusal).toEqual({
    reason: "DoorBlocked",
    detail: "floor 2: mode Blocked",
  });
  // Where no grant names a floor, the permissions say so: no floor's own trouble is told to a stranger.
  expect(judgeFloors([floor("1", [], BLOCKED)], context)).toMatchObject({ refusal: undefined, permissions: [] });
});
