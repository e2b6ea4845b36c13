import { expect, test } from "vitest";
import { missingYears } from "./calendar-due.ts";

test("this year's list has to be there always, the next one's from 1 December on", () => {
  const days = ["2026-10-01", "2025-01-01"];
  expect(missingYears(days, "2026-11-30")).toEqual([]);
  expect(missingYears(days, "2026-12-01")).toEqual([2027]);
  expect(missingYears(days, "2026-12-31")).toEqual([2027]);
  expect(missingYears([...days, "2027-01-01"], "2026-12-01")).toEqual([]);
  expect(missingYears([], "2026-03-01")).toEqual([2026]);
  expect(missingYears([], "2026-12-24")).toEqual([2026, 2027]);
});
