import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ControllerRig } from "../rig/controller-rig.ts";
import { CARD, CREDENTIAL, heldPass } from "../rig/people.ts";

/** The rig begins at eight in the morning of a Monday; the schedule opens five seconds later, for ten. */
const HOURS = { startS: 8 * 3600 + 5, endS: 8 * 3600 + 15 };
const TABLES = `[[door_schedule]]\ndoor = "library"\nschedule = "openings"\nmode = "unlock"\nfirst_person = true`;

let rig: ControllerRig;
afterEach(() => rig.end());

async function started(): Promise<void> {
  rig = new ControllerRig({ tables: TABLES });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ hours: { startS: 0, endS: 86_400 }, credentials: { zhang: { flags: ["firstPerson"] } }, openings: HOURS });
  await rig.start();
}
const mode = (): string => rig.ask("GET /v1/doors").find((row) => row.id === "library")!.mode;
const trouble = (): string | null => rig.ask("GET /v1/door-schedules")[0]!.trouble;
const told = (name: string): readonly unknown[] =>
  rig.reports.flatMap((report) => (report.kind === "event" && report.event.name === name ? [report.event.fields] : []));
async function goIn(shown: string, opens = true): Promise<void> {
  await rig.scan("library-in", shown);
  if (!opens) return;
  rig.boards.library.inputs[0] = false;
  await rig.time.pass(300);
  rig.boards.library.inputs[0] = true;
  await rig.time.pass(300);
}

test("the schedule waits until somebody with the flag has come in while it is open, unlocks then, and locks at its end", async () => {
  await started();
  await goIn(heldPass("zhang", rig.now()));
  expect([mode(), told("FirstPersonIn")], "too early").toEqual(["Locked", []]);
  await rig.time.pass(5_000);
  expect([mode(), trouble()]).toEqual(["Locked", "waits for a first person to come in"]);
  await goIn(CARD.chen);
  expect([mode(), told("FirstPersonIn")], "somebody else").toEqual(["Locked", []]);
  await goIn(heldPass("zhang", rig.now()));
  expect(told("FirstPersonIn")).toEqual([{ accessPoint: "library-in", door: "library", credential: CREDENTIAL.zhang, grantedSeq: expect.any(Number) }]);
  expect([mode(), trouble()]).toEqual(["Unlocked", null]);
  await goIn(heldPass("zhang", rig.now(), { counter: rig.now() + 1 }));
  expect(told("FirstPersonIn"), "nobody waits any more").toHaveLength(1);
  await rig.time.pass(10_000);
  expect(mode()).toBe("Locked");
});

test("who was let in and did not come in begins nothing", async () => {
  await started();
  await rig.time.pass(5_000);
  await goIn(heldPass("zhang", rig.now()), false);
  await rig.time.pass(6_000);
  expect([told("AccessNotTaken").length, mode(), told("FirstPersonIn")]).toEqual([1, "Locked", []]);
});

test("a crash changes nothing of who came, and the day after nobody has come yet", async () => {
  await started();
  await rig.time.pass(5_000);
  await goIn(heldPass("zhang", rig.now()));
  rig.crash();
  await rig.start();
  expect(mode()).toBe("Unlocked");
  rig.crash();
  await rig.time.pass(86_400_000);
  await rig.start();
  expect([mode(), trouble()]).toEqual(["Locked", "waits for a first person to come in"]);
});
