import fc from "fast-check";
import { expect, test } from "vitest";
import { doorNames, floorRuns, holdsFloor } from "./floor-names.ts";

test("floors that follow on one another are told by their ends, with their letters", () => {
  expect(floorRuns(["b2", "b1", "g", "1", "2", "3", "5", "6", "8", "1r", "2r", "3r", "01", "02", "1-2", "1-3", "roof"])).toEqual(
    ["b2", "b1", "g", "1..3", "5", "6", "8", "1r..3r", "01", "02", "1-2", "1-3", "roof"], // prettier-ignore
  );
});

test("what was put into few words names the same floors, and no others", () => {
  const floor = fc.oneof(
    fc.nat({ max: 12 }).map(String),
    fc.nat({ max: 12 }).map((n) => `${n}r`),
    fc.constantFrom("g", "b1", "b2", "roof", "07", "1-2"),
  );
  fc.assert(
    fc.property(fc.uniqueArray(floor, { maxLength: 20 }), floor, (floors, other) => {
      const runs = floorRuns(floors);
      for (const each of floors) expect(runs.some((run) => holdsFloor(run, each))).toBe(true);
      expect(runs.some((run) => holdsFloor(run, other))).toBe(floors.includes(other));
    }),
  );
});

test("doors are named one by one, the floors of a lift together", () => {
  expect(doorNames(["library", "gate-1/entry", "gate-1/exit", "lift-1/2", "lift-1/3", "lift-1/4", "lift-1/roof"])).toEqual([
    "library",
    "gate-1/entry",
    "gate-1/exit",
    "lift-1/2..4, roof",
  ]);
});
