import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { AUDIENCES } from "@portico/cloud-sync";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { AUDIENCE_WORDS } from "./person-change.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
});
afterEach(() => cloud.end());

const one = async (...words: readonly string[]): Promise<Record<string, unknown>> => (await cloud.json(...words))[0]!;
const add = (name: string, ...words: readonly string[]) => one("person", "add", "--name", name, ...words);

test("the command line knows the audiences of the cloud", () => {
  expect([...AUDIENCE_WORDS]).toEqual([...AUDIENCES]);
});

test("rule 1.6: a person is made, belongs to an audience for a while, and vouches for family; family without a sponsor is refused", async () => {
  const wang = await add("王五", "--account", "Wang@example.edu", "--audience", "staff", "--until", "2030-07-01T00:00:00+08:00", "--flag", "guard");
  expect(wang).toMatchObject({
    name: "王五",
    account: "wang@example.edu",
    flags: ["guard"],
    audiences: [{ audience: "staff", validity: { from: null, until: "2030-06-30T16:00:00Z" }, sponsor: null }],
  });
  const child = await add("小王", "--audience", "family", "--sponsor", "wang@example.edu");
  expect(child["audiences"]).toMatchObject([{ audience: "family", sponsor: wang["id"] }]);
  expect(await cloud.run(["person", "add", "--name", "x", "--audience", "family"])).toMatchObject({
    exitCode: 1,
    err: expect.stringMatching(/SponsorRequired, rule 1\.6/),
  });
  expect(await cloud.run(["person", "add", "--name", "x", "--audience", "staff", "--sponsor", "wang@example.edu"])).toMatchObject({ exitCode: 2 });
  expect(await cloud.run(["person", "add", "--account", "x@example.edu"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("a person needs a name"),
  });
});

test("people are listed, page by page or all, and shown by account, phone and id with credentials and own grants", async () => {
  const zhang = await add("张三", "--account", "zhang@example.edu", "--phone", "+8613800138000", "--audience", "student");
  cloud.pass(1);
  await add("李四");
  const { out, err } = await cloud.run(["person", "list", "--limit", "1"], { isTty: true });
  expect(out.split("\n")[0]).toMatch(/^PERSON +NAME +ACCOUNT +PHONE +AUDIENCES$/);
  expect(out).toMatch(/张三 +zhang@example\.edu +\+8613800138000 +student/);
  expect(err).toBe("there are more: --all lists everybody\n");
  expect(await cloud.json("person", "list", "--all")).toMatchObject([{ name: "张三" }, { name: "李四" }]);
  const id = String(zhang["id"]);
  const card = { kind: "card", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: "01020304" } as const;
  await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id }, body: card });
  for (const text of ["zhang@example.edu", "+8613800138000", id]) expect(await one("person", "show", text)).toMatchObject({ id, credentials: [{ kind: "card", state: "active" }], grants: [] }); // prettier-ignore
  const shown = await cloud.run(["person", "show", id], { isTty: true });
  expect(shown.out).toMatch(/^name +张三$/m);
  expect(shown.out).toMatch(/^[0-9a-f]{16} +card +active/m);
  expect(await cloud.run(["person", "show", "nobody@example.edu"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("nobody is known by this") });
});

test("a change changes what is named and nothing else, and an empty text takes something away", async () => {
  await add("张三", "--account", "zhang@example.edu", "--phone", "+8613800138000", "--party-size", "2", "--audience", "student");
  const changed = await one("person", "change", "zhang@example.edu", "--phone", "", "--mail", "zhang@home.example", "--reason", "moved");
  expect(changed).toMatchObject({ name: "张三", phone: null, mail: "zhang@home.example", partySize: 2, audiences: [{ audience: "student" }] });
  cloud.pass(60);
  const left = await one("person", "change", "zhang@example.edu", "--end-audience", "student", "--audience", "alumni");
  expect(left["audiences"]).toMatchObject([{ audience: "alumni" }, { audience: "student", validity: { until: "2026-09-01T00:01:00Z" } }]);
  expect(await cloud.run(["person", "change", "zhang@example.edu", "--name", "张三"])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("nothing is to be changed"),
  });
  expect(await cloud.run(["person", "add", "--name", "x", "--account", "zhang@example.edu"])).toMatchObject({ exitCode: 1, err: expect.stringContaining("AccountTaken, rule 1.5") }); // prettier-ignore
});

test("an export goes into a file of its own for nobody else; corrections name a reason; the erased are gone, once and for all", async () => {
  const { id } = await add("张三", "--account", "zhang@example.edu", "--audience", "student");
  const why = ["--reason", "asked for in writing"];
  const exported = await cloud.run(["person", "export", "zhang@example.edu", "--out", "zhang.json", ...why]);
  expect([exported.exitCode, exported.out]).toEqual([0, ""]);
  const file = join(cloud.folder, "zhang.json");
  expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({ tables: { person: [{ id, name: "张三" }], person_audience: [{ audience: "student" }] } });
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await cloud.run(["person", "export", "zhang@example.edu", "--out", "zhang.json", ...why])).toMatchObject({ exitCode: 1, err: expect.stringContaining("this is there already") }); // prettier-ignore
  expect(await cloud.run(["person", "export", "zhang@example.edu"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("--reason") });
  expect(await one("person", "correct", "zhang@example.edu", "--name", "张三丰", ...why)).toMatchObject({ name: "张三丰", account: "zhang@example.edu" });
  expect(await cloud.run(["person", "correct", "zhang@example.edu", ...why])).toMatchObject({
    exitCode: 2,
    err: expect.stringContaining("nothing is to be corrected"),
  });
  await add("小张", "--audience", "family", "--sponsor", "zhang@example.edu");
  expect(await cloud.run(["person", "erase", "zhang@example.edu", ...why])).toMatchObject({ exitCode: 1, err: expect.stringContaining("vouches for person") });
  const children = (await cloud.json("person", "list")).filter(({ name }) => name === "小张");
  await one("person", "change", String(children[0]!["id"]), "--end-audience", "family");
  expect(await one("person", "erase", "zhang@example.edu", ...why)).toMatchObject({ person: id, erased: true });
  expect(await one("person", "erase", String(id), ...why)).toMatchObject({ person: id, erased: true });
  expect(await cloud.run(["person", "show", String(id)])).toMatchObject({ exitCode: 1, err: expect.stringContaining("PersonUnknown") });
});

test("movements: one asks, another agrees, and who asked alone cannot", async () => {
  await add("张三", "--account", "zhang@example.edu");
  const range = ["--from", "2026-09-01T00:00:00Z", "--until", "2026-09-02T00:00:00Z"];
  const asked = await one("person", "movements", "ask", "zhang@example.edu", ...range, "--reason", "theft, file 7");
  expect(asked).toMatchObject({ askedBy: "li", approvedBy: null, from: "2026-09-01T00:00:00Z" });
  const approve = ["person", "movements", "approve", String(asked["id"]), "--reason", "file 7 seen"];
  expect(await cloud.run(approve)).toMatchObject({ exitCode: 1, err: expect.stringContaining("SameOperator") });
  expect(JSON.parse((await cloud.run(approve, {}, "wang")).out)).toMatchObject({ approvedBy: "wang" });
  expect(await cloud.json("person", "movements", "list", "--person", "zhang@example.edu")).toMatchObject([{ reason: "theft, file 7", approvedBy: "wang" }]);
  expect(await cloud.run(["person", "movements", "ask", "zhang@example.edu", "--from", "2026-09-02", "--until", "2026-09-01", "--reason", "x"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("body /until: not behind from") }); // prettier-ignore
});
