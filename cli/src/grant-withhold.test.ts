import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
  await cloud.json("place", "zone", "east", "--zh", "东区", "--en", "East");
  for (const id of ["gate-1/entry", "workshop"]) await cloud.json("place", "put", id, "--zone", "east", "--zh", "门", "--en", "Door");
  await cloud.json("group", "put", "class-1", "--zh", "一班", "--en", "Class 1");
  const [zhang] = await cloud.json("person", "add", "--name", "张三", "--account", ZHANG, "--audience", "student");
  person = String(zhang!["id"]);
  const body = { kind: "qr", validity: { from: null, until: null }, publicKey: null, takesIssuedUntil: null, number: null } as const;
  await cloud.client.ask("POST /v1/persons/{id}/credentials", { params: { id: person }, body });
});
afterEach(() => cloud.end());

const ZHANG = "zhang@example.edu";
let person: string;
const explain = (place: string, isTty = true) => cloud.run(["grant", "explain", ZHANG, place], { isTty });
const passing = async () => (await cloud.json("place", "who", "gate-1/entry")).length;
async function planned(name: string, text: string): Promise<{ readonly shown: string; readonly id: string }> {
  writeFileSync(join(cloud.folder, name), text);
  const { out, err } = await cloud.run(["grant", "plan", name], { isTty: true });
  const [, id] = /^plan ([0-9a-f]{32})/m.exec(out) ?? [];
  if (id === undefined) throw new Error(err);
  return { shown: out, id };
}

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
grant = [{ audience = "student", access_profile = "gates" }]
`;

test("rule 2.18: by the command line a grant widens what policies give, one that withholds narrows it, and explain says which, whose, and whom to ask", async () => {
  await cloud.json("grant", "apply", (await planned("access.toml", GATES)).id);
  expect((await explain("workshop")).exitCode, "the policy opens gates alone").toBe(1);
  const given = await cloud.run(["grant", "give", "--person", ZHANG, "--place", "workshop", "--until", "2027-01-01"], { isTty: true });
  expect(given.out).toMatch(/ person [0-9a-f-]{36} +gives +pass at workshop, always +until /);
  expect([(await explain("workshop")).exitCode, await passing()]).toEqual([0, 1]);

  const withhold = ["grant", "withhold", "--person", ZHANG, "--place", "gate-1/entry", "--until", "2026-10-01"];
  expect(await cloud.run(withhold)).toMatchObject({ exitCode: 2, err: expect.stringContaining("--reason") });
  const [withheld] = await cloud.json(...withhold, "--reason", "gate bridged");
  const grant = String(withheld!["id"]);
  expect(withheld).toMatchObject({ effect: "withhold", subject: { id: person }, grantedBy: "li", inForce: true });
  const told = await explain("gate-1/entry");
  expect(told.out).toMatch(/^grant [0-9a-f-]{36}: from policy students-gates, by gates, /m);
  expect(told.out).toMatch(new RegExp(`^grant ${grant} withholds: from operator li, given by li, by own, until `, "m"));
  expect(told.out).toContain("\nwhom to ask: IT 服务热线，020-88330101");
  expect(told.out).toMatch(/^qr [0-9a-f]{16}: denied, Unauthorized$/m);
  expect([told.exitCode, told.err.split("\n")]).toEqual([
    1,
    [
      "portico: a grant withholds it from this person there",
      `on: person ${person} at gate-1/entry`,
      expect.stringMatching(/^next: .* Whom to ask: IT 服务热线，020-88330101，.*报事报修-IT-智能门禁/),
      "",
    ],
  ]);
  expect((await explain("workshop")).exitCode, "another place is not concerned").toBe(0);
  const who = await cloud.run(["place", "who", "gate-1/entry"]);
  expect([who.out, who.err]).toEqual(["", expect.stringContaining(`note: withheld from person ${person} by grant ${grant}, from operator li\n`)]);
  expect((await cloud.json("grant", "list", "--person", ZHANG)).map(({ effect }) => String(effect)).sort()).toEqual(["give", "withhold"]);
  expect((await cloud.run(["person", "show", ZHANG], { isTty: true })).out).toContain(`${grant}, withholds pass at gate-1/entry, always, until `);

  expect(await cloud.run(["grant", "end", grant]), "what opens again has a reason").toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("ReasonRequired"),
  });
  await cloud.json("grant", "end", grant, "--reason", "case closed");
  expect([(await explain("gate-1/entry")).exitCode, await passing()]).toEqual([0, 1]);
});

test("a file withholds too: the plan says who loses, is refused where giving would be meant, and what the file says no more is open again", async () => {
  await cloud.json("grant", "apply", (await planned("access.toml", GATES)).id);
  const barred = GATES.replace("grant = [{ audience", 'grant = [{ person = "zhang@example.edu", effect = "withhold", everywhere = true }, { audience');
  const { shown, id } = await planned("barred.toml", barred);
  expect(shown).toMatch(new RegExp(`\\+ +policy students-gates: person ${person} is withheld pass everywhere, always`));
  expect(shown).toMatch(/^student +0 +1$/m);
  await cloud.json("grant", "apply", id);
  expect(await passing()).toBe(0);
  const csv = `kind,id,zh,en,access_profile,access_point,policy,audience,person,effect,everywhere
access_profile,gates,校门,Gates,,,,,,,
access_policy,,,,gates,gate-1/entry,,,,,
policy,students-gates,学生进校门,Students may use the gates,,,,,,,
grant,,,,,,students-gates,,zhang@example.edu,withhold,true
grant,,,,gates,,students-gates,student,,,
`;
  writeFileSync(join(cloud.folder, "barred.csv"), csv);
  expect((await cloud.run(["grant", "plan", "barred.csv"], { isTty: true })).out).toContain("nothing is to be done: it is so already");
  const back = await planned("access.toml", GATES);
  expect(back.shown).toMatch(/^student +1 +0$/m);
  await cloud.json("grant", "apply", back.id);
  expect(await passing()).toBe(1);
  const bad = '[[policy]]\nid = "p"\nzh = "p"\nen = "p"\n[[policy.grant]]\naudience = "student"\n';
  const mistakes = async (more: string) => (writeFileSync(join(cloud.folder, "bad.toml"), bad + more), (await cloud.run(["grant", "plan", "bad.toml"])).err);
  expect(await mistakes("everywhere = true\n")).toContain("line 5: everywhere: stands beside effect withhold alone\n");
  expect(await mistakes('effect = "deny"\naccess_profile = "gates"\n')).toContain("line 5: effect: write give or withhold\n");
  expect(await mistakes('effect = "withhold"\naccess_points = ["gate-1/entry"]\nschedule = "nights"\n')).toContain("line 5: schedule: what is withheld is withheld at all hours\n"); // prettier-ignore
});

test.each([
  [["give", "--place", "workshop"], "a grant names one subject"],
  [["give", "--person", ZHANG, "--group", "class-1", "--place", "workshop"], "a grant names one subject"],
  [["give", "--group", "class-1"], "a grant is about one thing"],
  [["withhold", "--group", "class-1", "--place", "workshop", "--everywhere", "--reason", "x"], "a grant is about one thing"],
  [["give", "--group", "class-1", "--profile", "gates", "--schedule", "nights"], "a schedule stands beside places alone"],
  [["withhold", "--group", "class-1", "--profile", "gates", "--capability", "ride", "--reason", "x"], "a capability stands beside places alone"],
])("grant %j is asked for whole before anybody is asked", async (words, what) => {
  expect(await cloud.run(["grant", ...words])).toMatchObject({ exitCode: 2, err: expect.stringMatching(new RegExp(`^portico: ${what}\n`)) });
});
