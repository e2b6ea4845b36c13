import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { progressOf } from "./list-progress.ts";
import { RecordedSurroundings } from "./recorded-surroundings.ts";

test("what takes long is seen to go on, and leaves no line behind", () => {
  const { terminal, ...surroundings } = new RecordedSurroundings({ isTty: true });
  let seconds = 1_800_000_000;
  let err = "";
  const progress = progressOf({ terminal: { ...terminal, err: (text) => (err += text) }, now: () => unixSeconds(seconds) }, "the list is read");
  for (seconds += 1; seconds <= 1_800_000_002; seconds++) progress.goesOn();
  progress.end();
  progress.end();
  expect([err, surroundings.err]).toEqual([`\rthe list is read: 1 s\rthe list is read: 2 s\r${" ".repeat(21)}\r`, ""]);
});

test("what is done at once shows nothing, and neither does a pipe", () => {
  for (const isTty of [true, false]) {
    const surroundings = new RecordedSurroundings({ isTty });
    const progress = progressOf(surroundings, "the list is read");
    if (!isTty) progress.goesOn();
    progress.end();
    expect(surroundings.err).toBe("");
  }
});
