import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type FindingCourse, NEVER_FOUND, stepFinding, WELL_FOR_MS } from "./course.ts";

/** What is told by looking every ten minutes. */
function toldBy(looks: string): string[] {
  let course: FindingCourse = NEVER_FOUND;
  return Array.from(looks).map((look, nth) => {
    const step = stepFinding(course, look === "x", monotonicMs(nth * 600_000));
    course = step.course;
    return step.told ?? "";
  });
}

test("a finding is told once, and once when it has been well for half an hour", () => {
  expect(WELL_FOR_MS).toBe(30 * 60_000);
  expect(toldBy("..xxx....x")).toEqual(["", "", "found", "", "", "", "", "", "restored", "found"]);
});

test("what comes and goes is one finding", () => {
  expect(toldBy("x.x.x..x....").filter((told) => told !== "")).toEqual(["found", "restored"]);
});

test("what was never found is never over", () => {
  expect(toldBy("......").filter((told) => told !== "")).toEqual([]);
});
