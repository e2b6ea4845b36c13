import { expect, test } from "vitest";
import type { Campus } from "../src/campus/campus.ts";
import { smallCampus } from "../src/campus/small-campus.ts";
import { type CampusBench, campusBench } from "./campus-bench.ts";

/** The small campus on which huang, who needs more time, comes with two children. */
function withFamily(secret: Uint8Array): Campus {
  const campus = smallCampus(secret);
  return { ...campus, people: campus.people.map((person) => (person.id === "huang" ? { ...person, partySize: 3 } : person)) };
}
/** What the access points of the gate lead into and out of, and what else stands in the file. */
const asArea = (portico: string): string =>
  `${["in", "out"].reduce(
    (text, way) =>
      text.replaceAll(new RegExp(`(\\[\\[access_point\\]\\]\\nid = "gate-\\d-${way}"\\n)`, "g"), `$1${way === "in" ? "enters" : "leaves"} = "campus"\n`),
    portico,
  )}\n[[area]]\nid = "campus"\nantipassback = "hard"\nholders_max = 2\n`;
const told = async ({ events }: CampusBench, ...names: readonly string[]): Promise<unknown[]> =>
  (await events()).filter(({ name }) => names.includes(name)).map(({ name, fields }) => [name, fields["passed"] ?? fields["count"] ?? fields["cause"] ?? null]);

test("a party of three passes on one card without an alarm; a stranger behind them is tailgating; fewer are told; in the area it is one holder", async () => {
  const bench = await campusBench({ make: withFamily, amend: asArea });
  const { campus, answer, code, push, pass } = bench;
  const lane = campus.devices.lanes.get("gate-1")!;
  expect(await answer("gate-1-in", code("huang"))).toBe("granted");
  for (let nth = 0; nth < 3; nth++) expect(await push("gate-1", "entry"), `person ${nth + 1}`).toBe(true);
  expect([lane.releases("entry"), await push("gate-1", "entry")]).toEqual([3, false]);
  expect(await told(bench, "AccessTaken", "PartyPassed", "Tailgating", "DoorForcedOpen")).toEqual([
    ["AccessTaken", null],
    ["PartyPassed", 3],
  ]);
  const areas = (): unknown => campus.controller.answers["GET /v1/areas"]({ params: {}, query: new URLSearchParams(), body: undefined });
  expect(areas()).toMatchObject([{ holders: 1 }]);
  await pass(4_000);
  expect(await answer("gate-2-in", code("huang")), "the party is inside").toBe("AntipassbackViolated");

  expect(await answer("gate-1-out", code("huang"))).toBe("granted");
  expect(await push("gate-1", "exit")).toBe(true);
  expect(await push("gate-1", "exit")).toBe(true);
  await pass(20_000);
  expect(lane.releases("exit"), "the third was waited for").toBe(3);
  expect((await told(bench, "PartyPassed")).at(-1)).toEqual(["PartyPassed", 2]);
  expect(areas()).toMatchObject([{ holders: 0 }]);

  expect(await answer("gate-1-in", code("huang"))).toBe("granted");
  for (let nth = 0; nth < 3; nth++) expect(await push("gate-1", "entry")).toBe(true);
  await campus.hands.tailgate("gate-1", "entry");
  await pass(1_000);
  expect((await told(bench, "Tailgating")).at(-1)).toEqual(["Tailgating", 1]);
  expect(await campus.chain()).toMatchObject({ kind: "whole" });
});

test("a power cut in the middle of a party gives no pulse to the rest of it, neither then nor behind it", async () => {
  const bench = await campusBench({ make: withFamily });
  const { campus, answer, code, push, pass } = bench;
  const lane = campus.devices.lanes.get("gate-1")!;
  expect(await answer("gate-1-in", code("huang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  campus.powerCut();
  await pass(2_000);
  await campus.powerReturns();
  await pass(10_000);
  expect([await push("gate-1", "entry"), lane.releases("entry")]).toEqual([false, 2]);
  expect(await answer("gate-1-in", code("huang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
});

/** Both lanes have the ready and the alarm output of their units wired. */
const withUnits = (portico: string): string =>
  portico.replaceAll(/(pass_entry = \{ board = "(gate-\d)", input = 0 \}\n)/g, '$1ready = { board = "$2", input = 3 }\nalarm = { board = "$2", input = 4 }\n');
const counts = async ({ campus }: CampusBench, lane: string): Promise<unknown> =>
  campus.controller.answers["GET /v1/lanes/counts"]({ params: {}, query: new URLSearchParams({ lane }), body: undefined });
const lanesSay = ({ campus }: CampusBench): unknown =>
  campus.controller.answers["GET /v1/lanes"]({ params: {}, query: new URLSearchParams(), body: undefined });

test("a lane that is not ready lets nobody in and spends no pass, lets everybody out, and says so; its alarm is told, and both end", async () => {
  const bench = await campusBench({ amend: withUnits });
  const { campus, answer, code, push, pass } = bench;
  const lane = campus.devices.lanes.get("gate-1")!;
  lane.jam(true);
  await pass(1_000);
  const shown = code("zhang");
  expect([await answer("gate-1-in", shown), await answer("gate-1-out", code("li")), lane.releases("entry")]).toEqual(["LaneNotReady", "granted", 0]);
  expect(lanesSay(bench)).toMatchObject([
    { id: "gate-1", ready: "not-ready", alarm: "alarm" },
    { id: "gate-2", ready: "ready", alarm: "normal" },
  ]);
  expect(await answer("gate-2-in", shown), "the same code at the lane beside it").toBe("granted");
  await pass(15_000);
  lane.jam(false);
  await pass(1_000);
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  expect((await bench.events()).map(({ name }) => name).filter((name) => name.startsWith("Lane"))).toEqual(["LaneAlarm", "LaneNotReady", "LaneReady", "LaneAlarmOver"]); // prettier-ignore
});

test("a lane of which nobody knows whether it is ready lets nobody in, and fire frees it all the same", async () => {
  const bench = await campusBench({
    amend: (portico) => withUnits(portico).replace('ready = { board = "gate-1", input = 3 }', 'ready = { board = "gate-2", input = 7 }'),
  });
  const { campus, answer, code, push, pass } = bench;
  campus.devices.boards.get("gate-2")!.setMute(true);
  await pass(2_000);
  expect(await answer("gate-1-in", code("zhang"))).toBe("LaneNotReady");
  campus.devices.lanes.get("gate-1")!.fire(true);
  await pass(1_000);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit")]).toEqual([true, true]);
});

test("persons are counted by way and day, what nobody let in is kept apart, and a kill and a power cut lose none", async () => {
  const bench = await campusBench({ make: withFamily });
  const { campus, answer, code, push, pass } = bench;
  const row = { day: "2027-01-11", lane: "gate-1", granted: 0, free: 0, evacuation: 0, tailgating: 0, wrongWay: 0, forced: 0, unseen: 0 };
  expect(await answer("gate-1-in", code("huang"))).toBe("granted");
  for (let nth = 0; nth < 3; nth++) expect(await push("gate-1", "entry")).toBe(true);
  expect(await answer("gate-1-in", code("li"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  expect(await campus.hands.tailgate("gate-1", "entry")).toBe(true);
  await pass(1_000);
  expect(await answer("gate-1-out", code("li"))).toBe("granted");
  expect(await push("gate-1", "exit")).toBe(true);
  campus.kill();
  await campus.start();
  await pass(2_000);
  expect(await counts(bench, "gate-1")).toEqual([
    { ...row, direction: "entry", granted: 4, tailgating: 1 },
    { ...row, direction: "exit", granted: 1 },
  ]);
  campus.devices.lanes.get("gate-1")!.fire(true);
  await pass(1_000);
  expect([await push("gate-1", "entry"), await push("gate-1", "exit"), await push("gate-1", "exit")]).toEqual([true, true, true]);
  campus.powerCut();
  await pass(1_000);
  await campus.powerReturns();
  await pass(2_000);
  expect(await counts(bench, "gate-1")).toEqual([
    { ...row, direction: "entry", granted: 4, tailgating: 1, evacuation: 1 },
    { ...row, direction: "exit", granted: 1, evacuation: 2 },
  ]);
});

test("granted, refused and tailgating differ to the eye and to the ear", async () => {
  const bench = await campusBench();
  const { campus, answer, code, push, pass } = bench;
  const board = campus.devices.boards.get("gate-1")!;
  const seen: string[] = [];
  board.onRelay((relay, on) => void (on && relay >= 2 && relay <= 4 && seen.push(["green", "red", "tone"][relay - 2]!)));
  const since = async (ms: number): Promise<string[]> => {
    await pass(ms);
    return seen.splice(0);
  };
  expect(await answer("gate-1-in", code("zhang"))).toBe("granted");
  expect(await since(100)).toEqual(["green", "tone"]);
  expect(await push("gate-1", "entry")).toBe(true);
  await since(3_000);
  expect(await answer("gate-1-in", code("xu"))).not.toBe("granted");
  expect(await since(2_500)).toEqual(["red", "tone", "tone", "tone"]);
  expect(await answer("gate-1-in", code("li"))).toBe("granted");
  expect(await push("gate-1", "entry")).toBe(true);
  seen.length = 0;
  expect(await campus.hands.tailgate("gate-1", "entry")).toBe(true);
  const alarm = await since(10_000);
  expect(alarm.filter((each) => each === "red").length, "every 1.2 s, for 5 s").toBe(5);
  expect(await since(10_000), "and it ends").toEqual([]);
});
