import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  await cloud.json("place", "put", "gate-1/entry", "--zone", "east", "--zh", "东门进", "--en", "East gate, entry");
  await cloud.json("place", "put", "laboratory", "--zone", "east", "--zh", "实验室", "--en", "Laboratory", "--high");
  await cloud.json("schedule", "put", "weekdays", "--day", "mon-fri=07:00-22:00");
  const [zhang] = await cloud.json("person", "add", "--name", "张三", "--account", "zhang@example.edu", "--audience", "student");
  person = String(zhang!["id"]);
});
afterEach(() => cloud.end());
let person: string;

const write = (name: string, text: string): string => {
  writeFileSync(join(cloud.folder, name), text);
  return name;
};
const GATES = `
[[access_profile]]
id = "gates"
zh = "校门"
en = "Gates"
access_policy = [{ access_point = "gate-1/entry" }]

[[policy]]
id = "students-gates"
zh = "学生进校门"
en = "Students may use the gates"

[[policy.grant]]
audience = "student"
access_profile = "gates"
until = 2027-07-01T00:00:00Z
`;

test("a plan shows what it would do and whom it concerns, is applied as shown, and then is nothing any more", async () => {
  const shown = await cloud.run(["grant", "plan", write("access.toml", GATES)], { isTty: true });
  expect(shown.out).toContain("+  profile gates; + pass at gate-1/entry, always\n+  policy students-gates: 学生进校门, Students may use the gates\n");
  expect(shown.out).toMatch(/\+ {2}policy students-gates: audience student has profile gates, until /);
  expect(shown.out).toMatch(/^student +1 +0$/m);
  const [, id = ""] = /^plan ([0-9a-f]{32}), by li, until /m.exec(shown.out) ?? [];
  expect(shown.err).toContain(`portico grant apply ${id} does this and nothing else\n`);
  expect(await cloud.json("grant", "list")).toEqual([]);
  expect(await cloud.json("grant", "plan", id)).toMatchObject([{ id, appliedBy: null }]);
  expect(await cloud.json("grant", "apply", id)).toMatchObject([{ plan: id, added: 3, changed: 0, ended: 0 }]);
  expect(await cloud.json("grant", "list", "--audience", "student")).toMatchObject([{ what: { profile: "gates" }, validity: { until: "2027-07-01T00:00:00Z" }, inForce: true }]); // prettier-ignore
  expect((await cloud.run(["grant", "plan", "access.toml"], { isTty: true })).out).toContain("nothing is to be done: it is so already");
  expect(await cloud.run(["grant", "apply", "0".repeat(32)])).toMatchObject({ exitCode: 1, err: expect.stringContaining("PlanUnknown") });
});

test("CSV and JSON lines say the same as TOML", async () => {
  const csv = `kind,id,zh,en,access_profile,access_point,policy,audience,until
access_profile,gates,校门,Gates,,,,,
access_policy,,,,gates,gate-1/entry,,,
policy,students-gates,学生进校门,Students may use the gates,,,,,
grant,,,,gates,,students-gates,student,2027-07-01T00:00:00Z
`;
  const lines = [
    { kind: "access_profile", id: "gates", zh: "校门", en: "Gates" },
    { kind: "access_policy", access_profile: "gates", access_point: "gate-1/entry", capability: "pass", schedule: "always" },
    { kind: "policy", id: "students-gates", zh: "学生进校门", en: "Students may use the gates" },
    { kind: "grant", policy: "students-gates", audience: "student", access_profile: "gates", until: "2027-07-01T00:00:00Z" },
  ];
  const [toml] = await cloud.json("grant", "plan", write("access.toml", GATES));
  expect(await cloud.json("grant", "plan", write("access.csv", csv))).toEqual([toml]);
  const input = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
  expect(JSON.parse((await cloud.run(["grant", "plan", "-"], { input })).out)).toEqual(toml);
});

test("a file's mistakes are all named, by line and field, and nobody is asked", async () => {
  const text = `[[access_profile]]
id = "gates"
zh = "校门"
access_policy = [{ access_point = "gate-1/entry", capabilty = "pass" }]
[[policy]]
id = "p"
zh = "p"
en = "p"
[[policy.grant]]
audience = "pupil"
group = "class-1"
access_profile = "gates"
schedule = "always"
until = "soon"
[[polices]]
`;
  const { exitCode, out, err } = await cloud.run(["grant", "plan", write("bad.toml", text)]);
  expect([exitCode, out]).toEqual([2, ""]);
  expect(err).toContain("line 15: write [[access_profile]] or [[policy]], not polices");
  const again = await cloud.run(["grant", "plan", write("bad.toml", text.replace("[[polices]]\n", ""))]);
  expect(again.err.split("\n")).toEqual([
    "line 1: en: is missing",
    expect.stringMatching(/^line 4: capabilty: is not known here; known are access_profile, /),
    "line 9: audience: name exactly one of audience, group and person",
    "line 9: schedule: stands beside access_points alone",
    expect.stringMatching(/^line 9: until: write a time such as/),
    "portico: 5 mistakes in the file",
    `on: ${join(cloud.folder, "bad.toml")}`,
    "next: mend these lines, then plan again",
    "",
  ]);
  expect(await cloud.run(["grant", "plan", write("bad.jsonl", '{"kind":"grants"}\nnonsense\n')])).toMatchObject({ exitCode: 2, err: expect.stringContaining("line 2: this is no JSON object") }); // prettier-ignore
});

test("a high access point: the plan says so, its maker cannot apply it, another operator can, with a reason", async () => {
  const text = `
[[policy]]
id = "lab"
zh = "实验室"
en = "Laboratory"
grant = [{ person = "zhang@example.edu", access_points = ["laboratory"], capability = "pass" }]
`;
  const shown = await cloud.run(["grant", "plan", write("lab.toml", text)], { isTty: true });
  expect(shown.err).toContain("laboratory: two operators are needed; another than li has to apply it, with --reason\n");
  const [, id = ""] = /^plan ([0-9a-f]{32})/m.exec(shown.out) ?? [];
  expect(await cloud.run(["grant", "apply", id, "--reason", "x"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("SecondOperatorRequired") });
  expect(await cloud.run(["grant", "apply", id], {}, "wang")).toMatchObject({ exitCode: 1, err: expect.stringContaining("ReasonRequired") });
  expect(await cloud.run(["grant", "apply", id, "--reason", "course seen"], {}, "wang")).toMatchObject({ exitCode: 0 });
  expect(await cloud.json("grant", "list", "--person", "zhang@example.edu")).toMatchObject([{ subject: { id: person }, grantedBy: "li", approvedBy: "wang", inForce: true }]); // prettier-ignore
});

test("rule 1.7: grant explain prints every check in order and where the grants came from, at a time; where nothing opens it ends with 1, what helps and whom to ask", async () => {
  const body = { kind: "qr", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: null } as const;
  await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id: person }, body });
  const none = await cloud.run(["grant", "explain", "zhang@example.edu", "gate-1/entry"], { isTty: true });
  expect([none.exitCode, none.out]).toEqual([1, expect.stringContaining("no grant reaches the person there\n")]);
  const IT = "IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn; 报事报修-IT-智能门禁";
  expect(none.out).toContain(`read out: 请向该场所的负责人申请通行权限。\nwhom to ask: ${IT}\n`);
  expect(none.err).toContain(`next: Ask whoever is responsible for the place for access. Whom to ask: ${IT}\n`);
  const [planned] = await cloud.json("grant", "plan", write("access.toml", GATES));
  await cloud.json("grant", "apply", String(planned!["id"]));
  const granted = await cloud.run(["grant", "explain", "zhang@example.edu", "gate-1/entry"], { isTty: true });
  expect(granted).toMatchObject({
    exitCode: 0,
    out: expect.stringMatching(/^grant [0-9a-f-]{36}: from policy students-gates, by gates, schedule always, until /m),
  });
  expect(granted.out).toMatch(/^qr [0-9a-f]{16}: granted, as far as the cloud can know$/m);
  expect(granted.out).toMatch(/^\+ credential is enabled +passed/m);
  expect(granted.out).toContain("only the door knows: pass holds; ");
  const zh = await cloud.run(["grant", "explain", "zhang@example.edu", "gate-1/entry", "--at", "2027-07-01T00:00:00Z", "--lang", "zh"], { isTty: true });
  const ID = "[0-9a-f-]{36}";
  expect(
    zh.out
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/g, "<时间>")
      .replace(new RegExp(ID), "<id>")
      .replace(/[0-9a-f]{16}/, "<凭证>")
      .split("\n"),
  ).toEqual([
    "张三，门禁点 gate-1/entry，<时间>",
    "",
    "授权 <id>：来源 policy students-gates，权限组 gates，时段 always，有效期至 <时间>",
    "",
    "二维码 <凭证>：拒绝通行，Unauthorized",
    "+ 凭证在名单中                通过    类型 qr",
    "+ 凭证处于启用状态            通过    已启用",
    "+ 凭证已生效                  通过    不限",
    "+ 凭证未过有效期              通过    不限",
    "x 有效的通行权限包含此门禁点  未通过  gates 已于 2027-07-01 08:00 到期",
    "  通行权限在当前时段开放      未检查",
    "处理：请向该场所的负责人申请通行权限。",
    `联系：${IT}`,
    "",
    "仅门端可知：二维码验证通过；二维码未被使用过（防重放）；名单时效符合要求；门禁点已启用；验证方式符合当前要求；密码正确，或无需密码；可单独通行（双人规则、陪同）；门允许通行（门模式、封锁、互锁）；进出记录相符（反潜回）；区域未满员",
    "",
  ]);
  expect(zh.err).toContain(`portico: 此人的凭证在此处均不能通行\n`);
  expect(zh.err).toContain(`next: 请向该场所的负责人申请通行权限。联系：${IT}\n`);
  const later = await cloud.run(["grant", "explain", "zhang@example.edu", "gate-1/entry", "--at", "2027-07-01T00:00:00Z"]);
  expect([later.exitCode, JSON.parse(later.out)]).toMatchObject([
    1,
    { at: "2027-07-01T00:00:00Z", credentials: [{ outcome: "denied", reason: "Unauthorized" }] },
  ]);
  expect(await cloud.run(["grant", "explain", "zhang@example.edu", "gate-9"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("AccessPointUnknown"),
  });
});

test("a grant that waits is listed, approved by another operator, and ended", async () => {
  const content = { subject: { kind: "person", id: person } as const, what: { kind: "own" as const, accessPoints: ["laboratory"], capability: "pass" as const, schedule: "weekdays" }, validity: { from: null, until: null }, source: { kind: "operator" } as const }; // prettier-ignore
  const made = await cloud.client.ask("POST /v1/grants", { body: content }, { reason: "course" });
  if (!made.ok) throw new Error(made.problem.detail);
  const { id } = made.value.value;
  expect((await cloud.run(["grant", "list", "--waiting"], { isTty: true })).out).toMatch(
    /pass at laboratory, weekdays +always +operator li +waits for a second operator\n$/,
  );
  expect(await cloud.run(["grant", "approve", id, "--reason", "me"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("SameOperator") });
  expect(await cloud.run(["grant", "approve", id, "--reason", "seen"], {}, "wang")).toMatchObject({ exitCode: 0 });
  expect(await cloud.json("grant", "list", "--waiting")).toEqual([]);
  expect(await cloud.json("grant", "end", id, "--reason", "left")).toMatchObject([{ ended: id }]);
  expect(await cloud.run(["grant", "end", id])).toMatchObject({ exitCode: 1, err: expect.stringContaining("GrantUnknown") });
});
