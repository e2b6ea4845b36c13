import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type Drift, frameCame } from "./drift.ts";

const HOUR = 3_600_000;
/** Hourly frames of a computer whose own time is slow by so many ppm. */
function afterHours(hours: number, ppm: number, before?: Drift): Drift {
  let drift = before;
  for (let hour = 0; hour <= hours; hour++) drift = frameCame(drift, { at: monotonicMs(hour * HOUR), wallMs: 1.8e12 + hour * HOUR * (1 + ppm / 1e6) });
  return drift!;
}

test.each<[ppm: number, isIll: boolean]>([
  [0, false],
  [50, false],
  [-90, false],
  [300, true],
  [-300, true],
])("a day at %i ppm: ill is %s", (ppm, isIll) => {
  expect(afterHours(23, ppm)).toMatchObject({ ppm, isIll });
});

test("what frames may be off themselves is no drift", () => {
  const first = frameCame(undefined, { at: monotonicMs(0), wallMs: 1.8e12 });
  expect(frameCame(first, { at: monotonicMs(HOUR), wallMs: 1.8e12 + HOUR + 1_400 })).toMatchObject({ isIll: false });
});

test("a clock that drifted stays so over the day's new anchor until hours have shown that it does not", () => {
  const ill = afterHours(25, 300);
  expect(ill).toMatchObject({ isIll: true, anchor: { at: 24 * HOUR } });
  const mended = (hours: number): Drift => frameCame(ill, { at: monotonicMs((24 + hours) * HOUR), wallMs: ill.anchor.wallMs + hours * HOUR });
  expect(mended(5)).toMatchObject({ isIll: true });
  expect(mended(6)).toMatchObject({ isIll: false, ppm: 0 });
});
