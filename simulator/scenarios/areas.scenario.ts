import { expect, test } from "vitest";
import { type CampusBench, campusBench, DEBOUNCE_OVER_MS } from "./campus-bench.ts";

/** The campus behind the gate's two lanes as one area: their readers in and out are its border. */
const withArea =
  (rule: string) =>
  (portico: string): string =>
    `${["in", "out"].reduce(
      (text, way) =>
        text.replaceAll(new RegExp(`(\\[\\[access_point\\]\\]\\nid = "gate-\\d-${way}"\\n)`, "g"), `$1${way === "in" ? "enters" : "leaves"} = "campus"\n`),
      portico,
    )}\n[[area]]\nid = "campus"\n${rule}\n`;

/** A fresh code at a lane, and through where it is let in. */
async function go({ answer, code, push, pass }: CampusBench, person: string, lane: string, way: "in" | "out"): Promise<string> {
  await pass(DEBOUNCE_OVER_MS);
  const said = await answer(`${lane}-${way}`, code(person));
  if (said === "granted") expect(await push(lane, way === "in" ? "entry" : "exit")).toBe(true);
  return said;
}
const areas = ({ campus }: CampusBench): unknown => campus.controller.answers["GET /v1/areas"]({ params: {}, query: new URLSearchParams(), body: undefined });
const reset = ({ campus }: CampusBench, credential: string | null): unknown =>
  campus.controller.answers["POST /v1/areas/:id/reset"]({
    params: { id: "campus" },
    query: new URLSearchParams(),
    body: { by: "guard", reason: "came in by the window", credential },
  });

test("anti-passback hard: a phone handed back over the arm opens no lane of the gate, its owner's card neither; after leaving both do", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "hard"') });
  expect(await go(bench, "li", "gate-1", "in")).toBe("granted");
  expect(await go(bench, "li", "gate-1", "in")).toBe("AntipassbackViolated");
  expect(await bench.answer("gate-2-in", bench.pocket("li").card!), "counted is the person, not the phone").toBe("AntipassbackViolated");
  expect(bench.campus.devices.lanes.get("gate-1")!.releases("entry")).toBe(1);
  expect(await go(bench, "li", "gate-2", "out")).toBe("granted");
  expect(await go(bench, "li", "gate-1", "in")).toBe("granted");
  const denied = await bench.events("AccessDenied");
  expect(denied.map(({ fields }) => [fields["reason"], fields["accessPoint"]])).toEqual([
    ["AntipassbackViolated", "gate-1-in"],
    ["AntipassbackViolated", "gate-2-in"],
  ]);
});

test("anti-passback: whoever turned round before the arm is not inside, and a power cut changes nothing of who is", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "hard"') });
  expect(await bench.answer("gate-1-in", bench.code("wang"))).toBe("granted");
  await bench.pass(10_000);
  expect(await go(bench, "wang", "gate-1", "in")).toBe("granted");
  await bench.pass(2_000);
  bench.campus.powerCut();
  await bench.pass(5_000);
  await bench.campus.powerReturns();
  await bench.pass(5_000);
  expect(await go(bench, "wang", "gate-2", "in")).toBe("AntipassbackViolated");
  expect(areas(bench)).toMatchObject([{ id: "campus", holders: 1 }]);
});

test("anti-passback soft: nobody is kept out, and the event says who came in twice", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "soft"') });
  expect([await go(bench, "zhang", "gate-1", "in"), await go(bench, "zhang", "gate-2", "in")]).toEqual(["granted", "granted"]);
  expect((await bench.events("ApbViolation")).map(({ fields }) => fields["accessPoint"])).toEqual(["gate-2-in"]);
});

test("anti-passback area: a way out lets out whom nobody saw come in, and tells of the second time", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "area"') });
  expect([await go(bench, "zhang", "gate-1", "out"), await go(bench, "zhang", "gate-1", "out")]).toEqual(["granted", "granted"]);
  expect((await bench.events("ApbViolation")).map(({ fields }) => fields["accessPoint"])).toEqual(["gate-1-out"]);
});

test("anti-passback timed: the first minute refuses, the next does not", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "timed"\nantipassback_time_s = 60') });
  expect([await go(bench, "zhang", "gate-1", "in"), await go(bench, "zhang", "gate-1", "in")]).toEqual(["granted", "AntipassbackViolated"]);
  await bench.pass(60_000);
  expect(await go(bench, "zhang", "gate-1", "in")).toBe("granted");
});

test("occupancy: with two inside the third waits, the emergency group does not, and who leaves makes room", async () => {
  const bench = await campusBench({ amend: withArea("holders_max = 2") });
  expect([await go(bench, "zhang", "gate-1", "in"), await go(bench, "wang", "gate-2", "in")]).toEqual(["granted", "granted"]);
  expect([await go(bench, "wu", "gate-1", "in"), await go(bench, "zhao", "gate-1", "in")]).toEqual(["OccupancyExceeded", "granted"]);
  expect(areas(bench)).toMatchObject([{ holders: 3, holdersMax: 2 }]);
  expect([await go(bench, "zhang", "gate-1", "out"), await go(bench, "zhao", "gate-1", "out"), await go(bench, "wu", "gate-2", "in")]).toEqual([
    "granted",
    "granted",
    "granted",
  ]);
});

test("reset: the guard has one person forgotten, then everybody; each stands in the log with name and reason", async () => {
  const bench = await campusBench({ amend: withArea('antipassback = "hard"') });
  await go(bench, "zhang", "gate-1", "in");
  await go(bench, "wang", "gate-1", "in");
  expect(await go(bench, "zhang", "gate-1", "in")).toBe("AntipassbackViolated");
  const refused = (await bench.events("AccessDenied")).at(-1)!.fields["credential"] as string;
  expect(reset(bench, refused)).toMatchObject({ holders: 1 });
  expect([await go(bench, "zhang", "gate-1", "in"), await go(bench, "wang", "gate-1", "in")]).toEqual(["granted", "AntipassbackViolated"]);
  expect(reset(bench, null)).toMatchObject({ holders: 0 });
  expect(await go(bench, "wang", "gate-1", "in")).toBe("granted");
  expect((await bench.events("AreaReset")).map(({ fields }) => [fields["by"], fields["reason"], fields["holder"] === null])).toEqual([
    ["guard", "came in by the window", false],
    ["guard", "came in by the window", true],
  ]);
  expect(await bench.campus.chain()).toMatchObject({ kind: "whole" });
});
