import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { Refusal } from "../control/refusal.ts";
import { ControllerRig } from "../rig/controller-rig.ts";
import { heldPass } from "../rig/people.ts";

/** The rig begins at eight in the morning of a Monday; a board is read twenty times a second, so the door is open for a short while. */
const OPEN_S = 4;
const HOURS = { startS: 8 * 3600, endS: 8 * 3600 + OPEN_S };
const OPEN_MS = OPEN_S * 1000;
const DAY_MS = 86_400_000;
const UNLOCK = `[[door_schedule]]\ndoor = "library"\nschedule = "week"\nmode = "unlock"`;
const ACT = { by: "wang", reason: "exam" };

let rig: ControllerRig;
afterEach(() => rig.end());

async function started(tables: string, hours = HOURS): Promise<void> {
  rig = new ControllerRig({ tables });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load({ hours });
  await rig.start();
}
const mode = (id = "library"): string => rig.ask("GET /v1/doors").find((row) => row.id === id)!.mode;
const act = (verb: string, id = "library"): unknown => rig.ask("POST /v1/doors/:id/:act", { params: { id, act: verb }, body: ACT });
const strike = (): boolean => rig.boards.library.relays[0]!;
const changes = (): unknown[] =>
  rig.reports.flatMap((report) =>
    report.kind === "event" && report.event.name === "DoorModeChanged" ? [[report.event.fields.mode, report.event.fields.by, report.event.fields.reason]] : [],
  );

test("a door is unlocked and locked again at its schedule's moments, and the log says whose word it was", async () => {
  await started(UNLOCK);
  expect([mode(), strike()]).toEqual(["Unlocked", true]);
  expect(rig.ask("GET /v1/door-schedules")).toEqual([
    { door: "library", schedule: "week", operation: "unlock", zone: null, says: "unlock", followed: true, nextChange: expect.any(Number), trouble: null },
  ]);
  await rig.time.pass(OPEN_MS - 1_000);
  expect(mode()).toBe("Unlocked");
  await rig.time.pass(1_000);
  expect([mode(), strike()]).toEqual(["Locked", false]);
  expect(changes()).toEqual([
    ["Unlocked", "schedule week", "until 2027-01-11 08:00:04"],
    ["Locked", "schedule week", "until 2027-01-12 08:00"],
  ]);
});

test("what somebody sets by hand stands until the schedule changes next; whoever is held down, open or blocked is not moved at all", async () => {
  await started(`${UNLOCK}\n[[door_schedule]]\ndoor = "gate-1/entry"\nschedule = "week"\nmode = "unlock"`);
  act("lock");
  act("block", "gate-1/entry");
  await rig.time.pass(OPEN_MS / 2);
  expect([mode(), mode("gate-1/entry")]).toEqual(["Locked", "Blocked"]);
  act("unlock");
  await rig.time.pass(OPEN_MS / 2);
  expect([mode(), mode("gate-1/entry")], "the schedule closed").toEqual(["Locked", "Blocked"]);
});

test("a door that is locked down or locked open is moved by no schedule until somebody releases it", async () => {
  await started(`${UNLOCK}\n[[door_schedule]]\ndoor = "gate-1/entry"\nschedule = "week"\nmode = "unlock"`);
  act("lock-open");
  act("lock-down", "gate-1/entry");
  await rig.time.pass(OPEN_MS);
  expect([mode(), mode("gate-1/entry")]).toEqual(["LockedOpen", "LockedDown"]);
  act("release");
  expect(mode()).toBe("Locked");
});

test("a restart changes nothing by itself, and makes good what came due while the power was away", async () => {
  await started(UNLOCK);
  act("lock");
  rig.crash();
  await rig.start();
  expect(mode(), "locked by hand, and no change since").toBe("Locked");
  act("unlock");
  rig.crash();
  await rig.time.pass(OPEN_MS);
  await rig.start();
  expect([mode(), strike()], "its closing passed").toEqual(["Locked", false]);
});

test("a schedule that blocks refuses everybody, says so, and lets go of the door again", async () => {
  await started(`[[door_schedule]]\ndoor = "library"\nschedule = "week"\nmode = "block"`);
  await rig.scan("library-in", heldPass("zhang", rig.now()));
  expect(rig.reports.findLast((report) => report.kind === "judged")).toMatchObject({ reason: "DoorBlocked", detail: "mode Blocked, as its schedule says" });
  await rig.time.pass(OPEN_MS);
  expect(mode()).toBe("Locked");
});

test("without a clock that anybody vouches for nothing is unlocked, and what the schedule had unlocked is locked", async () => {
  await started(UNLOCK, { startS: 0, endS: 86_400 });
  expect(strike()).toBe(true);
  rig.hostErrorMs = -366 * DAY_MS; // the battery is dead: the computer begins in the past
  rig.crash();
  await rig.start();
  expect([mode(), strike(), changes().at(-1)]).toEqual(["Locked", false, ["Locked", "schedule week", "nobody vouches for the time, or the list is too old"]]);
  expect(rig.ask("GET /v1/door-schedules")[0]).toMatchObject({ says: null, followed: false, trouble: "nobody vouches for the clock" });
  rig.hostErrorMs = 0;
  await rig.time.pass(20_000);
  expect(mode(), "the clock is set").toBe("Unlocked");
});

test("a schedule that the list does not hold moves nothing and says so", async () => {
  await started(`[[door_schedule]]\ndoor = "library"\nschedule = "office"\nmode = "unlock"`);
  expect([mode(), rig.ask("GET /v1/door-schedules")[0]?.trouble]).toEqual(["Locked", "the list holds no schedule of that name"]);
  const asked = (): unknown => rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "lock" }, body: { by: "schedule week", reason: "" } });
  expect(asked, "nobody signs as schedules do").toThrow(Refusal);
});
