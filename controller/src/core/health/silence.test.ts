import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { isSilent, type ReaderUse, silenceLimitS, used } from "./silence.ts";

const HOUR = 3_600;
const MONDAY = 1_788_134_400 - (1_788_134_400 % 86_400);
const after = (hours: number) => unixSeconds(MONDAY + hours * HOUR);
const usedAt = (...hours: number[]): ReaderUse => hours.reduce<ReaderUse | undefined>((use, hour) => used(use, after(hour)), undefined)!;
/** From eight to eighteen, every hour, on so many days. */
const workingDays = (...days: number[]): number[] => days.flatMap((day) => Array.from({ length: 11 }, (_, hour) => 24 * day + 8 + hour));

test("nothing is known of a reader before three days of use", () => {
  expect(silenceLimitS(usedAt(...workingDays(0, 1)))).toBeUndefined();
  expect(isSilent(usedAt(...workingDays(0, 1)), after(500))).toBe(false);
});

test("a night is no silence where nights are quiet; half as long again is", () => {
  const use = usedAt(...workingDays(0, 1, 2, 3));
  expect(silenceLimitS(use)).toBe(1.5 * 14 * HOUR);
  expect(isSilent(use, after(3 * 24 + 18 + 14))).toBe(false);
  expect(isSilent(use, after(3 * 24 + 18 + 21))).toBe(false);
  expect(isSilent(use, after(3 * 24 + 18 + 22))).toBe(true);
});

test("weekends become usual", () => {
  const use = usedAt(...workingDays(0, 1, 2, 3, 4, 7));
  expect(silenceLimitS(use)).toBe(1.5 * 62 * HOUR);
});

test("a pause is forgotten after four weeks", () => {
  const use = usedAt(...workingDays(0, 10, ...Array.from({ length: 29 }, (_, nth) => 11 + nth)));
  expect(silenceLimitS(use)).toBe(1.5 * 14 * HOUR);
});

test("a reader that never rests may be quiet for two hours", () => {
  const use = usedAt(...Array.from({ length: 80 }, (_, hour) => hour));
  expect(silenceLimitS(use)).toBe(2 * HOUR);
});

test("a time that is not behind the last changes nothing", () => {
  const use = usedAt(8, 9);
  expect(used(use, after(8))).toBe(use);
});
