import { expect, test } from "vitest";
import type { SiteActRow } from "@portico/controller";
import { type CampusBench, campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";
import { cloudBench } from "./cloud-bench.ts";

const BY = { by: "guard", reason: "tried out" };
const asked = ({ campus }: CampusBench, verb: string): SiteActRow =>
  campus.controller.answers["POST /v1/site/:verb"]({ params: { verb }, query: new URLSearchParams(), body: { ...BY, zone: null } }) as SiteActRow;

test("lockdown: nobody comes in, whoever is inside goes out, and a power cut ends nothing", async () => {
  const bench = await campusBench();
  const { campus, answer, code, push, pass } = bench;
  asked(bench, "lockdown");
  await pass(200);
  expect([await answer("library-in", code("wu")), await answer("gate-1-in", code("zhang"))]).toEqual(["LockedDown", "LockedDown"]);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  expect([await answer("gate-1-out", code("li")), await push("gate-1", "exit")], "out").toEqual(["granted", true]);
  campus.powerCut();
  await pass(2_000);
  await campus.powerReturns();
  await campus.online();
  expect(await answer("library-in", code("wu"))).toBe("LockedDown");
  asked(bench, "lockdown-release");
  await pass(DEBOUNCE_OVER_MS);
  expect(await answer("library-in", code("wu")), "the code that was refused was not spent").toBe("granted");
});

test("drill: everybody goes through, the log says drill, and nothing locks until somebody says so", async () => {
  const bench = await campusBench();
  const { campus, push, pass, events } = bench;
  asked(bench, "drill");
  await pass(200);
  expect([await campus.hands.pushDoor("library", 3_000), await push("gate-1", "exit"), await push("gate-1", "exit")]).toEqual([true, true, true]);
  await pass(4_000);
  asked(bench, "drill-end");
  await pass(1_000);
  expect(await campus.hands.pushDoor("library", 20_000), "still free").toBe(true);
  await pass(1_000);
  expect(asked(bench, "relock").exceptions).toEqual([{ door: "library", why: "stands open" }]);
  await pass(25_000);
  expect(await campus.hands.pushDoor("library", 1_000)).toBe(false);
  const said = await events();
  expect(said.filter(({ severity, drill }) => severity === "alarm" && drill === undefined)).toEqual([]);
  expect(said.filter(({ drill }) => drill === true).map(({ name }) => name)).toEqual(["DrillStarted", "DrillEnded"]);
});

test("lockdown from afar: who was unplugged is told when the line is back, and of the end likewise; a guard beside the door sees in whose name", async () => {
  const { campus, answer, code, pass, ask, events } = await cloudBench();
  const zone = "library";
  const command = (verb: "lockdown" | "lockdown-release") => ask("POST /v1/zones/{id}/commands", { params: { id: zone }, body: { verb } });
  const waiting = async () => (await ask("GET /v1/lockdowns", {})).items.map((each) => [each.verb, each.waiting]);
  campus.cloud.unplug();
  await pass(1_000);
  expect((await command("lockdown")).value.commands).toMatchObject([{ controller: "library-house", outcome: "unheard" }]);
  expect([await waiting(), await answer("library-in", code("wu"))]).toEqual([[["lockdown", ["library-house"]]], "granted"]);
  campus.cloud.plug();
  await pass(90_000);
  expect(await waiting()).toEqual([["lockdown", []]]);
  expect(await answer("library-in", code("wu"))).toBe("LockedDown");
  expect(await events("library-house", "LockdownStarted")).toMatchObject([{ fields: { zone, by: "operator", reason: "scenario" } }]);
  campus.cloud.unplug();
  await pass(1_000);
  await command("lockdown-release");
  campus.cloud.plug();
  await pass(90_000);
  expect([await waiting(), await answer("library-in", code("wu"))]).toEqual([[], "granted"]);
});
