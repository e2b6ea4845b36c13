import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { EventName } from "@portico/card-protocol";
import { afterEach, expect, test } from "vitest";
import { Refusal } from "./control/refusal.ts";
import { ControllerRig } from "./rig/controller-rig.ts";
import { CREDENTIAL, heldPass } from "./rig/people.ts";

let rig: ControllerRig;
afterEach(() => rig.end());

const BY = { by: "wang", reason: "guard saw him leave" };
/** The gate leads into the yard and out of it; its exit refuses unless `egress` is asked for. */
async function gate(area: string, exit = "egress = false", list: Parameters<ControllerRig["load"]>[0] = {}): Promise<void> {
  rig = new ControllerRig({ gate: 'enters = "yard"', exit: `leaves = "yard"\n${exit}`, tables: `[[area]]\nid = "yard"\n${area}` });
  mkdirSync(join(rig.folder, "data"), { mode: 0o700 });
  rig.load(list);
  await rig.start();
}
/** Shows a fresh code, goes through where it is let in, and says what was answered. */
async function go(way: "in" | "out", person: "zhang" | "li" | "wang" = "zhang", pushes = true): Promise<string> {
  await rig.time.pass(10_000);
  const before = rig.reports.length;
  await rig.scan(`gate-1-${way}`, heldPass(person, rig.now()));
  const judged = rig.reports.slice(before).find((report) => report.kind === "judged");
  if (judged?.kind !== "judged") return "no answer";
  if (judged.outcome === "granted" && pushes) {
    const input = way === "in" ? 0 : 1;
    rig.boards["gate-1"].inputs[input] = true;
    await rig.time.pass(300);
    rig.boards["gate-1"].inputs[input] = false;
    await rig.time.pass(300);
  }
  return judged.reason ?? judged.outcome;
}
const inside = (): readonly string[] => rig.ask("GET /v1/areas/:id", { params: { id: "yard" } }).map(({ credential }) => credential);
const reset = (credential: string | null): unknown => rig.ask("POST /v1/areas/:id/reset", { params: { id: "yard" }, body: { ...BY, credential } });
const told = (name: EventName): readonly unknown[] =>
  rig.reports.flatMap((report) => (report.kind === "event" && report.event.name === name ? [report.event.fields] : []));

test("hard: nobody comes in twice, with another code either, until they have left", async () => {
  await gate('antipassback = "hard"');
  expect([await go("in"), await go("in"), await go("in", "li"), await go("out"), await go("in")]).toEqual([
    "granted",
    "AntipassbackViolated",
    "granted",
    "granted",
    "granted",
  ]);
  expect(inside()).toEqual([CREDENTIAL.li, CREDENTIAL.zhang]);
  expect(rig.ask("GET /v1/areas")).toEqual([
    { id: "yard", antipassback: "hard", antipassbackTimeS: null, holders: 2, holdersMax: null, entrances: ["gate-1-in"], exits: ["gate-1-out"] },
  ]);
});

test("hard: whoever was let in and did not pass may try again", async () => {
  await gate('antipassback = "hard"');
  expect([await go("in", "zhang", false), inside(), await go("in"), await go("in")]).toEqual(["granted", [], "granted", "AntipassbackViolated"]);
});

test("soft: lets in again, and the event behind the grant says where the holder was", async () => {
  await gate('antipassback = "soft"');
  expect([await go("in"), await go("in")]).toEqual(["granted", "granted"]);
  expect(told("ApbViolation")).toEqual([
    {
      accessPoint: "gate-1-in",
      credential: CREDENTIAL.zhang,
      grantedSeq: expect.any(Number),
      area: "yard",
      detail: expect.stringMatching(/^yard: inside since /),
    },
  ]);
});

test("timed: no reader out is needed, only time", async () => {
  await gate('antipassback = "timed"\nantipassback_time_s = 60');
  expect([await go("in"), await go("in")]).toEqual(["granted", "AntipassbackViolated"]);
  await rig.time.pass(50_000);
  expect(await go("in")).toBe("granted");
});

test("area: nobody leaves twice, but a way out refuses nobody and tells of it", async () => {
  await gate('antipassback = "area"');
  expect([await go("out"), await go("out"), await go("in"), await go("out")]).toEqual(["granted", "AntipassbackViolated", "granted", "granted"]);
  rig.end();
  await gate('antipassback = "area"', "egress = true");
  expect([await go("out"), await go("out")]).toEqual(["granted", "granted"]);
  expect(told("ApbViolation")).toMatchObject([{ accessPoint: "gate-1-out", detail: expect.stringMatching(/^yard: outside since /) }]);
});

test("off, the preset: nobody is refused, and who is inside is known all the same", async () => {
  await gate("");
  expect([await go("in"), await go("in"), inside()]).toEqual(["granted", "granted", [CREDENTIAL.zhang]]);
});

test("an exempt holder comes in twice", async () => {
  await gate('antipassback = "hard"', "", { credentials: { zhang: { flags: ["antipassbackExempt"] } } });
  expect([await go("in"), await go("in"), told("ApbViolation")]).toEqual(["granted", "granted", []]);
});

test("a second credential of the same person is the same holder", async () => {
  await gate('antipassback = "hard"', "", { credentials: { li: { person: "zhang" } } });
  expect([await go("in"), await go("in", "li"), await go("out", "li"), await go("in")]).toEqual(["granted", "AntipassbackViolated", "granted", "granted"]);
});

test("a full area takes nobody until somebody has left", async () => {
  await gate("holders_max = 2");
  expect([await go("in"), await go("in", "li"), await go("in", "wang"), await go("out"), await go("in", "wang")]).toEqual([
    "granted",
    "granted",
    "OccupancyExceeded",
    "granted",
    "granted",
  ]);
});

test("who is inside outlives a crash and an orderly stop; a grant that a crash came into counts as a passage", async () => {
  await gate('antipassback = "hard"');
  await go("in");
  await go("in", "li", false);
  rig.crash();
  await rig.start();
  expect([inside(), await go("in"), await go("in", "li")]).toEqual([[CREDENTIAL.zhang, CREDENTIAL.li], "AntipassbackViolated", "AntipassbackViolated"]);
  await rig.stop();
  await rig.start();
  expect([await go("in"), await go("out"), await go("in")]).toEqual(["AntipassbackViolated", "granted", "granted"]);
});

test("a named person has one holder forgotten, or everybody; it is recorded, and outlives a crash", async () => {
  await gate('antipassback = "hard"');
  await go("in");
  await go("in", "li");
  expect(reset(CREDENTIAL.zhang)).toMatchObject({ id: "yard", holders: 1 });
  expect(told("AreaReset")).toEqual([{ area: "yard", holder: 1, ...BY }]);
  rig.crash();
  await rig.start();
  expect([inside(), await go("in")]).toEqual([[CREDENTIAL.li], "granted"]);
  expect(reset(null)).toMatchObject({ holders: 0 });
  expect(told("AreaReset").at(-1)).toEqual({ area: "yard", holder: null, ...BY });
  expect([await go("in"), await go("in", "li")]).toEqual(["granted", "granted"]);
});

test("what is asked amiss of an area is answered with what helps", async () => {
  await gate('antipassback = "hard"');
  const refused = (ask: () => unknown): unknown => {
    try {
      return ask();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [error.problem.status, error.problem.remedy];
    }
  };
  expect(refused(() => rig.ask("GET /v1/areas/:id", { params: { id: "hall" } }))).toEqual([404, "Use one of yard."]);
  expect(refused(() => reset("0000000000000000"))).toMatchObject([404, expect.stringContaining("portico area show yard")]);
  expect(refused(() => reset("zhang"))).toMatchObject([400, expect.stringContaining("null for everybody")]);
});

test("the decision that an area refused is explained by its check", async () => {
  await gate('antipassback = "hard"');
  await go("in");
  await go("in");
  const denied = rig.reports.flatMap((report) => (report.kind === "judged" && report.outcome === "denied" ? [report.seq] : []));
  const { denial, checks } = rig.ask("GET /v1/events/:seq/explain", { params: { seq: String(denied[0]) } });
  expect(denial).toMatchObject({ reason: "AntipassbackViolated", zh: "进出记录不符：已在区域内，或已离开。" });
  expect(checks.find(({ outcome }) => outcome === "failed")).toMatchObject({
    check: "holder comes from where they were seen last",
    detail: expect.stringMatching(/^yard: inside since /),
  });
});
