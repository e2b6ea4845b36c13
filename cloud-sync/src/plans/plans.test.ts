import { zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient, RouteParts } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, LABORATORY, plainPerson, toProfile } from "../rig/api-campus.ts";
import { ALL_SCOPES, answered, type ApiRig, apiRig, ENDLESS, names, valueOf } from "../rig/api-rig.ts";
import { itemsIn } from "../rig/cloud-rig.ts";

const WHY = { reason: "exam week" };
let rig: ApiRig;
let client: CloudClient;
let second: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  second = (await rig.caller("operator-2", ALL_SCOPES)).client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

type Wish = RouteParts<"POST /v1/access-plans">["body"];
const plan = (body: Wish) => valueOf(client.ask("POST /v1/access-plans", { body }));
const apply = (by: CloudClient, id: string) => by.ask("POST /v1/access-plans/{id}/apply", { params: { id } }, WHY);
const line = (accessPoint: string) => ({ accessPoint, capability: "pass", schedule: "always" }) as const;
const gates = (...points: string[]): Wish => ({ profiles: [{ id: "gates", names: names("gates"), lines: points.map(line) }], policies: [] });
const policy = (...grants: Wish["policies"][number]["grants"]): Wish => ({
  profiles: [],
  policies: [{ id: "students-gates", names: names("students"), grants }],
});
const toStudents = { subject: { kind: "audience", id: "student" } as const, what: toProfile("gates"), validity: ENDLESS };
const mayPass = async (id: string): Promise<string[]> =>
  (await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id }, query: { capability: "pass" } }))).items;

test("a plan says what it would do and whom it concerns and does nothing; applied it does that, once", async () => {
  const { id: staff } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("wang@example.edu") }));
  await answered(
    client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: staff, audience: "staff" }, body: { validity: ENDLESS, sponsor: null } }),
  );
  const toStaff = { ...toStudents, subject: { kind: "audience", id: "staff" } as const };
  const made = await plan(policy(toStaff));
  expect(made.steps).toMatchObject([
    { kind: "grant", act: "add", policy: "students-gates", grant: toStaff, from: null },
    { kind: "grant", act: "end", policy: "students-gates", grant: toStudents },
  ]);
  expect([made.concerns, made.high]).toEqual([[{ audience: "staff", gain: 1, lose: 0 }, { audience: "student", gain: 0, lose: 1 }], []]); // prettier-ignore
  expect(await mayPass(GATE)).toEqual([campus.person]);
  expect(await valueOf(client.ask("POST /v1/access-plans", { body: policy(toStaff) })), "the same wish is the same plan").toEqual(made);
  const counts = await answered(apply(client, made.id));
  expect(counts.value).toEqual({ added: 1, changed: 0, ended: 1 });
  expect(await mayPass(GATE)).toEqual([]);
  const grants = await answered(client.ask("GET /v1/grants", {}));
  expect(grants.items).toMatchObject([{ subject: toStaff.subject, source: { kind: "policy", id: "students-gates" }, grantedBy: "backend", inForce: true }]);
  expect((await answered(apply(client, made.id))).value, "again").toEqual(counts.value);
  expect((await answered(client.ask("GET /v1/grants", {}))).items).toEqual(grants.items);
  expect((await plan(policy(toStaff))).steps).toEqual([]);
  expect(await answered(client.ask("GET /v1/access-plans/{id}", { params: { id: made.id } }))).toMatchObject({ appliedBy: "backend", steps: made.steps });
});

test("times that change are one change, which says what it was; profiles say which lines come and go", async () => {
  const until = "2027-07-01T00:00:00Z";
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "gate-1/exit" }, body: { zone: "east", names: names("exit"), high: false } }));
  const { steps, concerns } = await plan({ ...policy({ ...toStudents, validity: { from: null, until } }), profiles: gates("gate-1/exit").profiles });
  expect(steps).toMatchObject([
    { kind: "profile", act: "change", added: [line("gate-1/exit")], ended: [line(GATE)] },
    { kind: "grant", act: "change", from: ENDLESS, grant: { validity: { from: null, until } } },
  ]);
  expect(concerns).toEqual([{ audience: "student", gain: 1, lose: 1 }]);
});

test("what opens a high access point is applied by another operator than its maker, and is in force then, for whoever had the profile before too", async () => {
  const made = await plan({ ...gates(GATE, LABORATORY), policies: policy(toStudents).policies });
  expect(made.high).toEqual([LABORATORY]);
  expect(await apply(client, made.id)).toMatchObject({
    status: 422,
    problem: { reason: "SecondOperatorRequired", detail: `${LABORATORY}: backend made the plan` },
  });
  expect(await mayPass(LABORATORY)).toEqual([]);
  await answered(apply(second, made.id));
  expect(await mayPass(LABORATORY)).toEqual([campus.person]);
  expect((await answered(client.ask("GET /v1/grants", {}))).items).toMatchObject([{ grantedBy: "backend", approvedBy: "operator-2", inForce: true }]);
});

test("a grant that waited for its second operator is not approved by a plan that opens its profile further", async () => {
  const subject = { kind: "person", id: campus.person } as const;
  const body = { subject, what: toProfile("laboratories"), validity: ENDLESS, source: { kind: "operator" } } as const;
  const { id } = await valueOf(client.ask("POST /v1/grants", { body }, WHY));
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "vault" }, body: { zone: "west", names: names("vault"), high: true } }));
  const made = await plan({ profiles: [{ id: "laboratories", names: names("l"), lines: [line(LABORATORY), line("vault")] }], policies: [] });
  await answered(apply(second, made.id));
  expect((await answered(client.ask("GET /v1/grants", {}))).items.find((grant) => grant.id === id)).toMatchObject({ approvedBy: null, inForce: false });
});

test("where the campus has moved a plan is refused, all of it; where it moved back it holds; after a day it is gone", async () => {
  const made = await plan({ ...gates(GATE), policies: policy().policies });
  expect(made.steps).toHaveLength(1);
  const { id } = await valueOf(client.ask("POST /v1/grants", { body: { ...toStudents, source: { kind: "policy", id: "students-gates" } } }));
  expect(await apply(client, made.id)).toMatchObject({ status: 409, problem: { reason: "PlanStale" } });
  await answered(client.ask("DELETE /v1/grants/{id}", { params: { id } }));
  rig.cloud.pass(24 * 3600 - 1);
  expect(await client.ask("GET /v1/access-plans/{id}", { params: { id: made.id } })).toMatchObject({ ok: true });
  rig.cloud.pass(1);
  expect(await apply(client, made.id)).toMatchObject({ status: 404, problem: { reason: "PlanUnknown" } });
});

test("cards: added, there already, somebody else's, twice in the list, nobody's; then a second import adds nothing; no number is answered or kept", async () => {
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: { ...plainPerson("wang@example.edu"), phone: "+8613800138000" } }));
  const cards = [
    { holder: "WANG@example.edu", number: "aa01aa01" },
    { holder: campus.person, number: "04010203" },
    { holder: "+8613800138000", number: "04010203" },
    { holder: other, number: "aa01aa01" },
    { holder: "nobody@example.edu", number: "aa02aa02" },
  ];
  const body = { validity: ENDLESS, cards };
  const made = await valueOf(client.ask("POST /v1/card-plans", { body }));
  expect(made.steps).toEqual([
    { act: "add", person: other },
    { act: "there", person: campus.person, credential: campus.card },
    { act: "taken", person: other, credential: campus.card, by: campus.person },
    { act: "twice", person: other, above: 0 },
    { act: "unknown" },
  ]);
  expect(JSON.stringify(made)).not.toMatch(/aa0[12]aa0|04010203/);
  const applied = () => client.ask("POST /v1/card-plans/{id}/apply", { params: { id: made.id } });
  expect((await answered(applied())).value).toEqual({ added: 1 });
  expect((await answered(applied())).value, "again").toEqual({ added: 1 });
  const listed = await answered(client.ask("GET /v1/persons/{id}/credentials", { params: { id: other } }));
  expect(listed.items).toMatchObject([{ kind: "card", state: "active", validity: ENDLESS }]);
  const again = await valueOf(client.ask("POST /v1/card-plans", { body }));
  expect(again.steps.map(({ act }) => act)).toEqual(["there", "there", "taken", "there", "unknown"]);
  await answered(client.ask("POST /v1/card-plans/{id}/apply", { params: { id: again.id } }));
  const plans = await rig.cloud.database.queries.selectFrom("kept_plan").select(["content", "steps"]).execute();
  expect(JSON.stringify(plans)).not.toMatch(/aa0[12]aa0/);
});

test("a card that is imported is found at the gate by its number, for whoever may pass there", async () => {
  const tokens = async () => (await itemsIn(rig.cloud, zonePartition("east"))).filter(({ table }) => table === "match").length;
  const before = await tokens();
  const { id } = await valueOf(client.ask("POST /v1/card-plans", { body: { validity: ENDLESS, cards: [{ holder: campus.person, number: "aa01aa01" }] } }));
  await answered(client.ask("POST /v1/card-plans/{id}/apply", { params: { id } }));
  expect(await tokens()).toBe(before + 1);
});
