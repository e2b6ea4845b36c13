import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EventName } from "@portico/card-protocol";
import { afterEach, expect, test } from "vitest";
import { Refusal } from "./control/refusal.ts";
import type { SiteRow } from "./control/site-rows.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { heldPass } from "./rig/people.ts";

let rig: ControllerRig;
afterEach(() => rig.end());

const ACT = { by: "wang", reason: "intruder" };
const BUTTON = `[[lockdown_input]]\nid = "desk"\ninput = { board = "library", input = 5 }`;

async function started(change: ConstructorParameters<typeof ControllerRig>[0] = {}): Promise<void> {
  rig = new ControllerRig(change);
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load();
  await rig.start();
}
const asked = (verb: string, zone: string | null = null) => rig.ask("POST /v1/site/:verb", { params: { verb }, body: { ...ACT, zone } });
const site = (): SiteRow => rig.ask("GET /v1/site");
const strike = (): boolean => rig.boards.library.relays[0]!;
const doors = (): Record<string, readonly [mode: string, overruled: string | null]> =>
  Object.fromEntries(rig.ask("GET /v1/doors").map(({ id, mode, overruled }) => [id, [mode, overruled]]));
/** Shows a fresh code and says what was answered. */
async function answer(reader: "gate-1-in" | "gate-1-out" | "library-in"): Promise<string> {
  await rig.time.pass(4_000);
  await rig.scan(reader, heldPass("zhang", rig.now()));
  const judged = rig.reports.findLast((report) => report.kind === "judged");
  return judged?.kind === "judged" ? (judged.reason ?? judged.outcome) : "no answer";
}
const told = (...names: readonly EventName[]) =>
  rig.reports.flatMap((report) => (report.kind === "event" && names.includes(report.event.name as EventName) ? [report.event] : []));
const press = async (pressed: boolean): Promise<void> => {
  rig.boards.library.inputs[5] = pressed;
  await rig.time.pass(200);
};
const fire = async (burns: boolean): Promise<void> => {
  rig.boards.library.inputs[2] = !burns;
  await rig.time.pass(300);
};

test("a lockdown holds every door at once, survives a crash, leaves the ways out, and ends by a named person's word", async () => {
  await started();
  rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "unlock" }, body: ACT });
  expect(asked("lockdown")).toEqual({ zone: null, doors: 2, exceptions: [] });
  await rig.time.pass(100);
  expect([strike(), await answer("library-in"), await answer("gate-1-in"), await answer("gate-1-out")]).toEqual([false, "LockedDown", "LockedDown", "granted"]);
  expect(() => rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "unlock" }, body: ACT })).toThrow(Refusal);
  rig.crash();
  await rig.start();
  expect([doors()["library"], site().lockdowns]).toEqual([["LockedDown", "lockdown"], [{ zone: null, ...ACT, since: expect.any(Number) }]]);
  expect(asked("lockdown-release")).toEqual({ zone: null, doors: 2, exceptions: [] });
  await rig.time.pass(100);
  expect([strike(), doors()["library"]], "as it was").toEqual([true, ["Unlocked", null]]);
  rig.crash();
  await rig.start();
  expect(site().lockdowns).toEqual([]);
  expect(told("LockdownStarted", "LockdownEnded").map(({ name, fields }) => [name, fields["by"], fields["zone"]])).toEqual([
    ["LockdownStarted", "wang", "every door"],
    ["LockdownEnded", "wang", "every door"],
  ]);
});

test("a door that somebody locked open stays open in a lockdown, and is named", async () => {
  await started();
  rig.ask("POST /v1/doors/:id/:act", { params: { id: "library", act: "lock-open" }, body: ACT });
  expect(asked("lockdown").exceptions).toEqual([{ door: "library", why: "is LockedOpen" }]);
  expect(() => asked("lockdown", "east")).toThrow(Refusal);
  asked("lockdown-release");
  expect(() => asked("lockdown-release"), "there is none any more").toThrow(Refusal);
});

test("a wired button locks down by itself, and nobody releases as long as it is pressed", async () => {
  await started({ tables: BUTTON });
  await press(true);
  expect([doors()["library"], site().lockdowns.map(({ by }) => by)]).toEqual([["LockedDown", "lockdown"], ["input desk"]]);
  expect(() => asked("lockdown-release")).toThrow(Refusal);
  await press(false);
  rig.crash();
  await rig.start();
  expect(doors()["library"]![0], "though nobody presses it any more").toBe("LockedDown");
  asked("lockdown-release");
  expect(doors()["library"]).toEqual(["Locked", null]);
});

test("in a drill doors are free as in a fire, what they say is marked, and behind it they are locked by a named person's word alone", async () => {
  await started();
  expect(asked("drill")).toEqual({ zone: null, doors: 2, exceptions: [] });
  await rig.time.pass(100);
  expect([strike(), doors()["gate-1/entry"], await answer("library-in")]).toEqual([true, ["Locked", "drill"], "granted"]);
  rig.boards.library.inputs[0] = false; // somebody leaves it open
  await rig.time.pass(12_000);
  expect(told("DoorForcedOpen", "DoorOpenTooLong")).toEqual([]);
  expect(() => asked("relock")).toThrow(Refusal);
  rig.crash();
  await rig.start();
  expect([site().drills.length, strike()], "a crash ends no drill").toEqual([1, true]);
  asked("drill-end");
  rig.crash();
  await rig.start();
  expect([site().awaiting, strike()], "nor locks what waits for a person").toEqual([["library", "gate-1"], true]);
  expect(asked("relock")).toEqual({ zone: null, doors: 2, exceptions: [{ door: "library", why: "stands open" }] });
  await rig.time.pass(100);
  expect([strike(), site().awaiting, doors()["gate-1/entry"]]).toEqual([false, [], ["Locked", null]]);
  expect(
    told("DrillStarted", "AccessTaken", "DrillEnded", "DoorsRelocked").map(({ name, drill, severity, text }) => [
      name,
      drill === true,
      severity,
      text.startsWith("Drill: "),
    ]),
  ).toEqual([
    // prettier-ignore
    ["DrillStarted", true, "notice", true],
    ["AccessTaken", true, "notice", true],
    ["DrillEnded", true, "notice", true],
    ["DoorsRelocked", false, "notice", false],
  ]);
});

test("a fire in a drill is a fire: the drill is over, and nothing of it is marked", async () => {
  await started();
  asked("drill");
  await fire(true);
  expect([site().drills, strike(), doors()["library"]]).toEqual([[], true, ["Locked", "fire"]]);
  expect(told("FireInput").map(({ drill, severity }) => [drill, severity])).toEqual([[undefined, "alarm"]]);
  expect(told("DrillEnded").map(({ fields }) => [fields["cause"], fields["by"]])).toEqual([["fire", "fire at library"]]);
  expect(() => asked("drill")).toThrow(Refusal);
  await fire(false);
  expect([strike(), site().awaiting]).toEqual([true, ["library", "gate-1"]]);
  asked("relock");
  await rig.time.pass(100);
  expect(strike()).toBe(false);
});

test("with relock = input a fire is over when its loop is closed, as the building's own panel has it", async () => {
  await started({ tables: `[fire]\nrelock = "input"` });
  await fire(true);
  expect(strike()).toBe(true);
  await fire(false);
  expect([strike(), site().awaiting]).toEqual([false, []]);
});
