import { afterEach, beforeEach, expect, test } from "vitest";
import { cloudClientFor } from "./cloud-client.ts";
import { type CampusCloud, campusCloud } from "./campus-cloud.ts";

let cloud: CampusCloud;
beforeEach(async () => {
  cloud = await campusCloud();
});
afterEach(() => cloud.end());

const rowsIn = (out: string) => out.trim().split("\n").map((line) => JSON.parse(line) as Record<string, string> & { subject: { account: string } }); // prettier-ignore

test("a place is reviewed: its rows are shown, confirmed and ended; what is named wrongly is told with the next step", async () => {
  const calls = await cloudClientFor(cloud.surroundings(), {});
  const names = { zh: "东", en: "East" };
  await calls.ask("zone", "PUT /v1/zones/{id}", { params: { id: "east" }, body: { names } });
  await calls.ask("door", "PUT /v1/access-points/{id}", { params: { id: "lab-3" }, body: { zone: "east", names, high: false } });
  const grants: string[] = [];
  for (const account of ["li@example.edu", "wang@example.edu"]) {
    const person = await calls.ask("person", "POST /v1/persons", { body: { account, name: account, phone: null, mail: null, flags: [], partySize: 1 } });
    const what = { kind: "own" as const, accessPoints: ["lab-3"], capability: "pass" as const, schedule: "always" };
    const body = {
      subject: { kind: "person" as const, id: person.value.id },
      what,
      validity: { from: null, until: null },
      source: { kind: "operator" as const },
    };
    grants.push((await calls.ask("grant", "POST /v1/grants", { body })).value.id);
  }
  const opened = await cloud.run(["access", "review", "--place", "lab-3", "--due", "2105-01-01T00:00:00Z", "--unconfirmed", "end", "--reason", "autumn"]);
  expect(opened).toMatchObject({ exitCode: 0, err: expect.stringMatching(/^review \S+: 2 rows, 2 end at 2105-01-01T00:00:00Z unless they are confirmed\n$/) });
  const rows = rowsIn(opened.out);
  expect(rows.map(({ subject }) => subject.account).sort()).toEqual(["li@example.edu", "wang@example.edu"]);
  const [review, first, second] = [rows[0]!["review"]!, rows[0]!["id"]!, rows[1]!["id"]!];
  expect(rowsIn((await cloud.run(["access", "end", review, first, "--reason", "has left"])).out)).toMatchObject([{ id: first, state: "ended" }]);
  expect(rowsIn((await cloud.run(["access", "confirm", review, "--all", "--reason", "asked"])).out)).toMatchObject([{ id: second, state: "confirmed" }]);
  const shown = await cloud.run(["access", "rows", review], { isTty: true, columns: 200 });
  expect([/^ROW .* LAST USED +STATE/m.test(shown.out), [...shown.out.matchAll(/ never +(ended|confirmed)/g)].length]).toEqual([true, 2]);
  expect(await cloud.run(["access", "rows", review, "--open"])).toMatchObject({ exitCode: 0, out: "" });
  expect((await calls.ask("grants", "GET /v1/grants", {})).items).toMatchObject([{ id: expect.toBeOneOf(grants), validity: { until: null } }]);
  expect(rowsIn((await cloud.run(["access", "reviews"])).out)).toMatchObject([{ id: review, unconfirmed: "end", openedBy: "li" }]);
  expect(await cloud.run(["access", "confirm", review, first, "--reason", "mistake"])).toMatchObject({
    exitCode: 1,
    err: expect.stringContaining("(RowGone)"),
  });
  for (const [words, what] of [
    [["access", "review", "--due", "2105-01-01T00:00:00Z"], "a review is about one thing"],
    [["access", "review", "--place", "lab-3", "--group", "x", "--due", "2105-01-01T00:00:00Z"], "a review is about one thing"],
    [["access", "end", review], "which rows?"],
    [["access", "confirm", review, first, "--all"], "which rows?"],
  ] as const)
    expect(await cloud.run([...words])).toMatchObject({ exitCode: 2, out: "", err: expect.stringContaining(what) });
});
