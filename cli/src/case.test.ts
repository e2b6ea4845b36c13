import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  const body = { account: "li@example.edu", name: "李明", phone: null, mail: null, partySize: 1, flags: [] };
  const made = await cloud.client.ask("POST /v1/persons", { body });
  if (!made.ok) throw new Error(made.problem.detail);
  await cloud.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: made.value.value.id, audience: "staff" }, body: { validity: { from: null, until: null }, sponsor: null } }); // prettier-ignore
  await cloud.json("team", "put", "plumbers", "--zh", "水电组", "--en", "Plumbers", "--takes", "水", "--takes", "电@C1", "--hours", "office-hours");
});
afterEach(() => cloud.end());

const LI = ["--person", "li@example.edu"];
const opened = async (...more: string[]): Promise<string> => {
  const [made] = await cloud.json("case", "open", "--category", "水", "--area", "C1", "--place", "3 楼", "--text", "漏水", ...LI, ...more);
  return String(made!["id"]);
};

test("rule 6.9: a case is opened, dispatched, done, rejected and done again, and rated, each by its verb; what the table does not have is refused with the rule and whom to ask", async () => {
  const id = await opened();
  expect(await cloud.run(["case", "done", id])).toEqual({
    exitCode: 1,
    out: "",
    err: `portico: The case's state does not allow this step: done in state reported (CaseTransitionRefused, rule 6.8)\non: case ${id}\nnext: See where the case stands. (IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn; case category 水)\n`,
  });
  await cloud.json("case", "dispatch", id);
  await cloud.json("case", "done", id, "--text", "换了阀门");
  await cloud.json("case", "reject", id, ...LI, "--text", "还在漏");
  await cloud.json("case", "dispatch", id, "--team", "plumbers");
  await cloud.json("case", "done", id);
  await cloud.json("case", "rate", id, ...LI, "--rating", "5", "--text", "谢谢");
  const { out } = await cloud.run(["case", "show", id], { isTty: true, columns: 200 });
  expect(out).toMatch(/^case +BX-2026-000001, Report and repair \/ 报事报修\n/);
  expect(out).toMatch(/^state +rated 已评价, round 2, closes at 2026-09-08 /m);
  expect(out).toMatch(/ {2}reject 驳回 → reported {2}reporter \(li\): 还在漏\n/);
  expect(out).toMatch(/ {2}rate 评价 → rated {2}reporter \(li\): 谢谢; 5 of 5\n/);
  const table = await cloud.run(["case", "list", ...LI], { isTty: true, columns: 200 });
  expect(table.out).toMatch(/^CASE +STATE +CATEGORY +PLACE +TEAM +ROUND +OPENED +MOVED\nBX-2026-000001 +rated 已评价 +水 +C1 3 楼 +plumbers +2 +/);
  expect(await cloud.json("case", "list", "--open")).toEqual([]);
});

test("rule 6.6: a place is put right by hand, and the case goes to the team there; rule 6.3: somebody may be known by phone only", async () => {
  const [made] = await cloud.json("case", "open", "--category", "电", "--text", "灯不亮", "--phone", "+8613900139000", "--name", "王师傅");
  expect(made).toMatchObject({ team: null, reporter: { person: null, phone: "+8613900139000", name: "王师傅" } });
  const [put] = await cloud.json("case", "act", String(made!["id"]), "correct", "--phone", "+8613900139000", "--area", "C1", "--place", "大厅");
  expect(put).toMatchObject({ team: "plumbers", place: { area: "C1", text: "大厅" } });
  expect((await cloud.json("case", "list", "--phone", "+8613900139000")).length).toBe(1);
  expect(await cloud.run(["case", "open", "--category", "水", "--phone", "139"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("phone") });
});

test("teams say when they are on duty and what goes to them; one that a case lies with stays", async () => {
  const { out } = await cloud.run(["team", "list"], { isTty: true, columns: 200 });
  expect(out).toMatch(/^TEAM +NAME +ON DUTY +MEMBERS +TAKES +MAIL\nplumbers +Plumbers \/ 水电组 +from 2026-09-0\d \d\d:00:00 +水@\* 电@C1\n$/);
  await opened();
  expect(await cloud.run(["team", "remove", "plumbers"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("StillInUse") });
  expect(await cloud.run(["team", "add", "plumbers", "nobody"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("OperatorUnknown") });
  expect(await cloud.run(["team", "put", "x", "--zh", "x", "--en", "x", "--takes", "水@C1@C2"])).toMatchObject({ exitCode: 2 });
});

test("types are listed, and a file of one is judged with every mistake by its place", async () => {
  expect((await cloud.json("case", "type", "list")).map(({ id }) => id)).toEqual(["device-fault", "family-account", "money-trouble", "repair", "unfreeze"]);
  const type = {
    id: "lost",
    names: { zh: "失物", en: "Lost" },
    prefix: "SW",
    rules: ["6.1"],
    service: "repairs",
    categories: ["其他-其他"],
    opening: { by: ["reporter"] },
    start: "lost",
    states: [{ id: "lost", names: { zh: "丢失", en: "Lost" } }, { id: "found", names: { zh: "找到", en: "Found" }, isOver: true }], // prettier-ignore
    transitions: [{ id: "find", names: { zh: "找到", en: "Find" }, rule: "6.1", from: ["lost"], to: "found", by: ["desk"] }],
  };
  const file = join(cloud.folder, "lost.json");
  writeFileSync(file, JSON.stringify(type));
  expect(await cloud.run(["case", "type", "check", file], { isTty: true })).toEqual({
    exitCode: 0,
    out: `${file}: type lost is valid: 2 states, 1 steps\n`,
    err: "",
  });
  const [find] = type.transitions;
  const broken = {
    ...type,
    service: "none",
    categories: ["天气"],
    states: [...type.states, { id: "limbo", names: { zh: "无", en: "Limbo" } }],
    transitions: [{ ...find, to: "gone", window: "week", messages: ["hello"], effects: [{ act: "world.end" }], rule: "6.2", by: ["named:host"] }],
  };
  writeFileSync(file, JSON.stringify(broken));
  const { exitCode, err } = await cloud.run(["case", "type", "check", file], { isTty: true });
  expect([exitCode, err.split("\n")]).toEqual([
    2,
    [
      "service: there is no service none",
      "categories: there is no case category 天气",
      "transitions[find].to: there is no state gone",
      "transitions[find].window: there is no window of issue or completion in service none, week",
      "transitions[find].messages: there is no message hello",
      "transitions[find].by: named:host names no field of kind person",
      "transitions[find].effects: there is no act world.end: known are credential.unfreeze, person.addFamily, grant, grant.end",
      "rules: 6.2 is missing, by which find goes",
      "states[found]: no way leads there",
      "states[limbo]: no way leads there",
      "states[limbo]: no way leads on, and it is not over",
      "portico: the case type has 11 mistakes",
      `on: ${file}`,
      "next: mend what is named; docs/cases.md tells how",
      "",
    ],
  ]);
  writeFileSync(file, "{");
  expect(await cloud.run(["case", "type", "check", file])).toMatchObject({ exitCode: 2, out: expect.stringContaining("is no JSON") });
  expect(await cloud.run(["case", "type", "check", "none.json"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("ENOENT") });
});
