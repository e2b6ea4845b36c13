import { type ControllerEvent, eventOf } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Border, Whereabouts } from "../core/whereabouts.ts";
import { grantedEvent } from "../rig/granted-event.ts";
import { CREDENTIAL, START } from "../rig/people.ts";
import { RigStore } from "../rig/rig-store.ts";
import { AreaHolders, forgetAreas } from "./area-holders.ts";
import type { ControllerStore } from "./controller-store.ts";

const BORDERS = new Map<string, Border>([
  ["hall-in", { enters: "hall", leaves: undefined }],
  ["hall-out", { enters: undefined, leaves: "hall" }],
]);
let rig: RigStore;
const running: AreaHolders[] = [];
beforeEach(() => {
  rig = new RigStore();
  record(eventOf("ControllerStopped", {})); // no log begins with a passage
});
afterEach(() => {
  for (const each of running.splice(0)) each.close();
  rig.end();
});

/** A run of the controller: what it reads at its start, and follows from then on. */
function run(areas: readonly string[] = ["hall"]): { readonly whereabouts: Whereabouts; readonly holders: AreaHolders } {
  const whereabouts = new Whereabouts(BORDERS, areas, new Set());
  const holders = new AreaHolders(rig.store.database, rig.store.events, rig.time, whereabouts, areas);
  running.push(holders);
  return { whereabouts, holders };
}
const granted = (accessPoint: string, holder: number): ControllerEvent => grantedEvent(accessPoint, { holder });
const record = (event: ControllerEvent): number => rig.store.events.append(event, { at: START, ms: 0 });
const pass = (accessPoint: string, holder: number): number => record(eventOf("AccessTaken", { accessPoint, grantedSeq: record(granted(accessPoint, holder)) }));
const rows = ({ database }: ControllerStore): unknown[] => database.prepareRaw<[], unknown[]>("SELECT area, holder, side FROM area_holder").all();
const mark = ({ database }: ControllerStore): unknown => database.prepare<[]>("SELECT seq FROM area_mark").pluck().get();

test("rows follow their events within a second, and a run behind that finds everybody where they were", async () => {
  const { holders } = run();
  pass("hall-in", 5);
  pass("hall-in", 6);
  pass("hall-out", 6);
  expect(rows(rig.store)).toEqual([]);
  await rig.time.pass(1_000);
  expect([rows(rig.store), mark(rig.store)]).toEqual([[["hall", 5, "inside"]], rig.store.events.last().seq]);
  holders.close();
  expect(run().whereabouts.list("hall")).toEqual([{ holder: 5, side: "inside", since: START, credential: CREDENTIAL.zhang }]);
});

test("what a crash came before is read from the events, a grant included whose end comes later", async () => {
  const { holders } = run();
  pass("hall-in", 5);
  const seq = record(granted("hall-in", 6));
  holders.close();
  expect(rows(rig.store)).toEqual([]); // nothing but the mark of the first run
  const { whereabouts } = run();
  expect([whereabouts.inside("hall"), whereabouts.list("hall").length]).toEqual([2, 1]);
  record(eventOf("AccessNotTaken", { accessPoint: "hall-in", grantedSeq: seq, cause: "timeout" }));
  expect(whereabouts.inside("hall")).toBe(1);
});

test("the mark waits for whoever is underway, so that a later start knows them too", async () => {
  const { holders } = run();
  const seq = record(granted("hall-in", 6));
  pass("hall-in", 5);
  await rig.time.pass(1_000);
  expect([mark(rig.store), rows(rig.store)]).toEqual([seq - 1, [["hall", 5, "inside"]]]);
  holders.close();
  expect(run().whereabouts.inside("hall")).toBe(2);
});

test("what happened before there were areas puts nobody into them", () => {
  pass("hall-in", 5);
  expect(run().whereabouts.inside("hall")).toBe(0);
});

test("an area that is not configured any more is forgotten, and so are all where there is none", async () => {
  const first = run();
  pass("hall-in", 5);
  await rig.time.pass(1_000);
  first.holders.close();
  const second = run(["yard"]);
  await rig.time.pass(1_000);
  expect(rows(rig.store)).toEqual([]);
  second.holders.close();
  forgetAreas(rig.store.database);
  expect(mark(rig.store)).toBe(0);
  pass("hall-in", 5);
  expect(run().whereabouts.inside("hall")).toBe(0);
});

test("on a disk that refuses rows stay owed, and come when it takes writes again", async () => {
  run();
  await rig.time.pass(1_000);
  pass("hall-in", 5);
  rig.fillDisk();
  await rig.time.pass(3_000);
  rig.freeDisk();
  await rig.time.pass(1_000);
  expect(rows(rig.store)).toEqual([["hall", 5, "inside"]]);
});
