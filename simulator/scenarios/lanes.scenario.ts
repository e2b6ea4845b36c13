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
