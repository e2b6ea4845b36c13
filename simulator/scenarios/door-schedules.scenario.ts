import { expect, test } from "vitest";
import type { Campus } from "../src/campus/campus.ts";
import { smallCampus } from "../src/campus/small-campus.ts";
import { campusBench } from "./campus-bench.ts";

/** The small campus, whose library closes half a minute after virtual time begins. */
const closing = (secret: Uint8Array): Campus => ({
  ...smallCampus(secret),
  schedules: [
    { id: "library-hours", days: "daily", start: "00:00", end: "08:31" },
    { id: "always-open", days: "daily", start: "00:00", end: "24:00" },
  ],
});
/** A list that was just loaded is looked at within this time. */
const LOOKED_AT_MS = 11_000;
const FOLLOWS = `\n[[door_schedule]]\ndoor = "library"\nschedule = "library-hours"\nmode = "unlock"\n`;

test("a library that is open by its schedule needs no code, and at its closing it needs one", async () => {
  const { campus, pass, answer, code, events } = await campusBench({ make: closing, amend: (portico) => portico + FOLLOWS });
  await pass(LOOKED_AT_MS);
  expect(await campus.hands.pushDoor("library", 1_000), "pushed by anybody").toBe(true);
  await pass(52_000);
  expect(await campus.hands.pushDoor("library", 1_000), "behind its closing").toBe(false);
  expect(await answer("library-in", code("wu")), "staff may always come in").toBe("granted");
  expect((await events("DoorModeChanged")).map(({ fields }) => [fields["mode"], fields["by"]])).toEqual([
    ["Unlocked", "schedule library-hours"],
    ["Locked", "schedule library-hours"],
  ]);
  expect(await events("DoorForcedOpen")).toEqual([]);
});

test("a power cut over the closing does not leave the library open", async () => {
  const { campus, pass, events } = await campusBench({ make: closing, amend: (portico) => portico + FOLLOWS });
  await pass(LOOKED_AT_MS);
  campus.powerCut();
  await pass(60_000);
  await campus.powerReturns();
  await pass(2_000);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  expect((await events("DoorModeChanged")).map(({ fields }) => fields["mode"])).toEqual(["Unlocked", "Locked"]);
});
