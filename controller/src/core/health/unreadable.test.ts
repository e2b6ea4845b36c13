import { expect, test } from "vitest";
import { heard, READABLE, type Readability } from "./unreadable.ts";

const after = (before: Readability, ...windows: number[]): Readability => windows.reduce((known, unreadable) => heard(known, 20, unreadable), before);

test("one bad frame in twenty is nothing; rain is", () => {
  expect(after(READABLE, 1)).toMatchObject({ isIll: false });
  expect(after(READABLE, 1, 8)).toMatchObject({ isIll: true, share: 0.4 });
  expect(after(READABLE, 8, 1)).toMatchObject({ isIll: false });
});

test("nothing is judged before twenty frames, and nothing is lost of them", () => {
  let known = READABLE;
  for (let nth = 0; nth < 19; nth++) known = heard(known, 1, 1);
  expect(known).toMatchObject({ isIll: false, frames: 19, unreadable: 19 });
  expect(heard(known, 1, 1)).toMatchObject({ isIll: true, frames: 0, share: 1 });
});

test("where glare is usual, the same share is none", () => {
  const used = after(READABLE, ...Array.from({ length: 60 }, () => 4));
  expect(used.usual).toBeCloseTo(0.19, 1);
  expect(after(used, 8)).toMatchObject({ isIll: false });
  expect(after(used, 16)).toMatchObject({ isIll: true });
});

test("rain does not become usual, however long it lasts", () => {
  const rained = after(READABLE, ...Array.from({ length: 100 }, () => 10));
  expect(rained).toMatchObject({ isIll: true, usual: READABLE.usual });
});
