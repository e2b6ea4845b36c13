import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  await cloud.json("place", "put", "gate-1/entry", "--zone", "east", "--zh", "东门进", "--en", "East gate, entry");
  await cloud.json("schedule", "put", "days", "--day", "mon-fri=07:00-22:00");
  await cloud.json("profile", "put", "gates", "--zh", "校门", "--en", "Gates", "--line", "gate-1/entry:pass:days");
  const { client } = cloud;
  for (let nth = 0; nth < 12; nth++) {
    const body = { account: `s${nth}@connect.example.edu`, name: `s${nth}`, phone: null, mail: null, partySize: 1, flags: [] };
    const made = await client.ask("POST /v1/persons", { body });
    if (!made.ok) throw new Error(made.problem.detail);
    await client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: made.value.value.id, audience: "student" }, body: { validity: { from: null, until: null }, sponsor: null } }); // prettier-ignore
  }
  const granted = await client.ask("POST /v1/grants", { body: { subject: { kind: "audience", id: "student" }, what: { kind: "profile", profile: "gates" }, validity: { from: null, until: null }, source: { kind: "operator" } } }); // prettier-ignore
  if (!granted.ok) throw new Error(granted.problem.detail);
});
afterEach(async () => {
  await cloud.end().catch(() => {}); // the alarm was told, as it should be
});

test("what is held is shown with whom it would shut out, and done when another operator releases it with a reason", async () => {
  const shut = ["schedule", "put", "days", "--day", "sun=07:00-08:00"];
  expect(await cloud.run(shut)).toMatchObject({ exitCode: 1, err: expect.stringContaining("student 12 of 12 (RemovalHeld)") });
  const { out, err } = await cloud.run(["removal", "list"], { isTty: true });
  expect(out).toMatch(/^REMOVAL +WHAT +WOULD END +ASKED BY +AT +WHY +STATE\n\S+ +schedule days +student 12 of 12 +li +2026-09-01T00:00:00Z +held\n$/);
  expect(err).toContain("next: portico removal release <removal> --reason <text>");
  const [held] = await cloud.json("removal", "list");
  const id = String(held!["id"]);
  expect(await cloud.run(["removal", "release", id, "--reason", "summer"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("SameOperator") });
  expect(await cloud.run(["removal", "release", id])).toMatchObject({ exitCode: 2, err: expect.stringContaining("--reason") });
  expect(await cloud.run(["removal", "release", id, "--reason", "summer"], {}, "wang")).toMatchObject({ exitCode: 0, out: expect.stringContaining('"decidedBy":"wang"') }); // prettier-ignore
  expect((await cloud.json("schedule", "list"))[0]).toMatchObject({ weekly: { 7: [{ startS: 25_200, endS: 28_800 }] } });
  expect([await cloud.json("removal", "list"), (await cloud.json("removal", "list", "--state", "released")).length]).toEqual([[], 1]);
});

test("what is dropped is not done", async () => {
  await cloud.run(["schedule", "put", "days", "--day", "sun=07:00-08:00"]);
  const id = String((await cloud.json("removal", "list"))[0]!["id"]);
  expect(await cloud.run(["removal", "drop", id, "--reason", "a slip"])).toMatchObject({ exitCode: 0, out: expect.stringContaining('"state":"dropped"') });
  expect((await cloud.json("schedule", "list"))[0]).toMatchObject({ weekly: { 1: [{ startS: 25_200, endS: 79_200 }] } });
  expect(await cloud.run(["removal", "drop", id, "--reason", "again"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("RemovalDecided") });
});
