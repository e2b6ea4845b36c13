import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudClient as Client } from "../api/client.ts";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, toProfile } from "../rig/api-campus.ts";
import { ALL_SCOPES, answered, type ApiRig, apiRig, ENDLESS, names, URL_OF_RIG } from "../rig/api-rig.ts";
import { applied, planned, rowOf } from "../rig/push-cases.ts";
import { beyondLimits, MASS_REMOVAL_LIMITS } from "./mass-removal.ts";

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
afterEach(async () => {
  expect([rig.troubles, rig.failures]).toEqual([[], []]);
  await rig.close();
});

const WHY = { reason: "the register was checked" };
const students = (count: number) => Array.from({ length: count }, (_, nth) => rowOf(`s${nth}`, { qr: true }));
const apply = ({ id, plan }: { readonly id: string; readonly plan: string | null }) => client.ask("POST /v1/pushes/{id}/apply", { params: { id }, body: { plan: plan! } }); // prettier-ignore
const removals = async (state?: "held" | "released" | "dropped") => (await answered(client.ask("GET /v1/removals", { query: state === undefined ? {} : { state } }))).items; // prettier-ignore
const passing = async () => (await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass", limit: 1000 } }))).items.length; // prettier-ignore
const release = (id: string, by = second, why: { readonly reason?: string } = WHY) => by.ask("POST /v1/removals/{id}/release", { params: { id } }, why);
const held = (detail: string) => ({ status: 409, problem: { reason: "RemovalHeld", detail: expect.stringContaining(detail), caseCategory: "智能门禁" } });

const scheduleOf = (fromH: number, untilH: number) => {
  const day = [{ startS: fromH * 3600, endS: untilH * 3600 }];
  return { weekly: { "1": day, "2": day, "3": day, "4": day, "5": day, "6": day, "7": day }, specialDays: [{ group: "open-days", periods: [] }], follows: { holidays: false, makeUpDays: false } }; // prettier-ignore
};

test.each([
  [10, 10, false],
  [11, 550, false],
  [11, 549, true],
  [20, 1000, false],
  [21, 1000, true],
  [11, 11, true],
])("%i of %i people: held is %s", (ending, people, isHeld) => {
  expect(beyondLimits([{ audience: "student", ending, people }], MASS_REMOVAL_LIMITS)).toHaveLength(isHeld ? 1 : 0);
});

test("a push that ends the access of too many is held as a whole, with an alarm, until another operator releases it with a reason", async () => {
  await applied(client, [...students(40), rowOf("wei", { audiences: [{ audience: "staff", validity: ENDLESS, sponsor: null }] })]);
  expect(await passing()).toBe(41);
  const push = await planned(client, [...students(20), rowOf("new", { qr: true })]);
  expect(push.counts).toMatchObject({ added: 1, removed: 21, ends: { student: 20, staff: 1 } });
  expect(await apply(push)).toMatchObject(held("student 20 of 41, staff 1 of 1"));
  expect(rig.held).toMatchObject([{ act: { kind: "push", push: push.id }, askedBy: "backend" }]);
  expect(await passing(), "nobody is added either").toBe(41);
  const [waiting] = await removals("held");
  expect(waiting).toMatchObject({ kind: "push", of: push.id, counts: [{ audience: "student", ending: 20, people: 41 }, { audience: "staff", ending: 1, people: 1 }] }); // prettier-ignore
  expect(await answered(client.ask("GET /v1/pushes/{id}", { params: { id: push.id } }))).toMatchObject({ state: "held" });
  expect((await answered(client.ask("GET /v1/pushes/{id}/rows", { params: { id: push.id }, query: { outcome: "removed", limit: 3 } }))).items).toMatchObject([{ key: "s20", ends: ["student"] }, {}, {}]); // prettier-ignore
  expect(await apply(push), "asked again it is the same that waits").toMatchObject(held(waiting!.id));
  expect([(await removals("held")).length, rig.held.length]).toEqual([1, 1]);

  expect(await release(waiting!.id, client)).toMatchObject({ status: 422, problem: { reason: "SameOperator" } });
  expect(await release(waiting!.id, second, {})).toMatchObject({ status: 422, problem: { reason: "ReasonRequired" } });
  const desk = await rig.caller("desk", ["people:push"]);
  expect(await release(waiting!.id, desk.client)).toMatchObject({ status: 403, problem: { scope: "removals:release" } });
  const released = await answered(release(waiting!.id));
  expect(released.value).toMatchObject({ state: "released", decidedBy: "operator-2", decidedReason: WHY.reason });
  expect(await answered(apply(push))).toMatchObject({ state: "applied" });
  rig.cloud.pass(1);
  expect(await passing()).toBe(22);
  const audit = (await answered(client.ask("GET /v1/changes", { query: { after: released.change - 1 } }))).items;
  expect(audit.map(({ action, actor }) => [action, actor])).toEqual([["removal release", "operator-2"], ["push apply", "backend"], ["push apply", "backend"], ["push apply", "backend"]]); // prettier-ignore
  expect(await release(waiting!.id)).toMatchObject({ status: 409, problem: { reason: "RemovalDecided" } });
});

test("a held push that is dropped is done by nobody", async () => {
  await applied(client, students(30));
  const push = await planned(client, students(1));
  await apply(push);
  const [waiting] = await removals("held");
  await answered(second.ask("POST /v1/removals/{id}/drop", { params: { id: waiting!.id } }, WHY));
  expect(await apply(push)).toMatchObject({ status: 409, problem: { reason: "PushState", detail: "it is dropped" } });
  expect([await passing(), await removals("held")]).toEqual([31, []]);
});

test("a released push that another one of its source has overtaken meanwhile is not done: it is planned anew", async () => {
  await applied(client, students(30));
  const push = await planned(client, students(1));
  await apply(push);
  await applied(client, students(31));
  await answered(release((await removals("held"))[0]!.id));
  expect(await apply(push)).toMatchObject({ status: 409, problem: { reason: "PlanChanged" } });
  expect(await passing()).toBe(32);
});

test("family counts with those who vouch for it", async () => {
  const staff = (key: string) => rowOf(key, { audiences: [{ audience: "staff", validity: ENDLESS, sponsor: null }] });
  const child = (key: string, sponsor: string) => rowOf(key, { audiences: [{ audience: "family", validity: ENDLESS, sponsor }] });
  const children = Array.from({ length: 12 }, (_, nth) => child(`c${nth}`, "wei"));
  await applied(client, [staff("wei"), ...Array.from({ length: 200 }, (_, nth) => staff(`w${nth}`)), ...children]);
  const list = [...Array.from({ length: 200 }, (_, nth) => staff(`w${nth}`)), ...children];
  const push = await planned(client, list.map((row) => (row.key.startsWith("c") ? child(row.key, "w0") : row))); // prettier-ignore
  expect(await apply(push), "they have another sponsor in the same list, but lose the first: looked at by a second operator").toMatchObject(
    held("family 12 of 12"),
  );
});

test("the end of a policy, of a grant, and of a profile's lines goes through the guard; released, each is done as it was asked for", async () => {
  await applied(client, students(30));
  const policy = () => client.ask("DELETE /v1/policies/{id}", { params: { id: "students-gates" } });
  const [grant] = (await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "audience", subject: "student" } }))).items;
  const revoke = () => client.ask("DELETE /v1/grants/{id}", { params: { id: grant!.id } });
  const profile = (policies: { accessPoint: string; capability: "pass" | "ride"; schedule: string }[]) =>
    client.ask("PUT /v1/access-profiles/{id}", { params: { id: "gates" }, body: { names: names("gates"), policies } });
  const line = { accessPoint: GATE, capability: "pass", schedule: "always" } as const;
  for (const [act, kind] of [
    [policy, "policy"],
    [revoke, "grant"],
    [() => profile([]), "profile"],
  ] as const)
    // prettier-ignore
    expect(await act(), kind).toMatchObject(held("student 31 of 31"));
  expect((await removals("held")).map(({ kind, of }) => `${kind} ${of}`).sort()).toEqual([`grant ${grant!.id}`, "policy students-gates", "profile gates"]); // prettier-ignore
  expect(await passing()).toBe(31);
  const before = (await removals("held")).map(({ id }) => id);
  expect(await profile([{ ...line, schedule: "weekdays" }]), "open on Tuesdays alone: the end of most of it").toMatchObject(held("student 31 of 31"));
  await answered(second.ask("POST /v1/removals/{id}/drop", { params: { id: (await removals("held")).find(({ id }) => !before.includes(id))!.id } }, WHY));
  await answered(client.ask("PUT /v1/schedules/{id}", { params: { id: "days" }, body: scheduleOf(6, 20) }));
  expect(await profile([{ ...line, schedule: "days" }, { ...line, capability: "ride" }]), "more than half of the time remains; more is no end").toMatchObject({ ok: true }); // prettier-ignore
  const heldOf = async (kind: string): Promise<string> => (await removals("held")).find((one) => one.kind === kind)!.id;
  await answered(release(await heldOf("profile")));
  expect(await passing()).toBe(0);
  await answered(profile([line]));
  const released = await answered(release(await heldOf("grant")));
  expect(await passing()).toBe(0);
  expect((await answered(client.ask("GET /v1/changes", { query: { after: released.change - 1 } }))).items).toMatchObject([
    { action: "grant revoke", actor: "backend", reason: expect.stringContaining("released by operator-2: the register was checked") },
  ]);
  expect(await answered(release(await heldOf("policy")))).toMatchObject({ value: { state: "released" } });
  expect(await policy()).toMatchObject({ problem: { reason: "PolicyUnknown" } });
});

test("an access plan goes through the guard with whom it takes something from; released it is done, or its answer says why not", async () => {
  await applied(client, students(30));
  const wish = (lines: { accessPoint: string; capability: "pass"; schedule: string }[]) => ({ profiles: [{ id: "gates", names: names("gates"), lines }], policies: [] }); // prettier-ignore
  const make = async () => (await answered(client.ask("POST /v1/access-plans", { body: wish([]) }))).value.id;
  const apply = (id: string) => client.ask("POST /v1/access-plans/{id}/apply", { params: { id } });
  const stale = await make();
  expect(await apply(stale)).toMatchObject(held("student 31 of 31"));
  const [waiting] = await removals("held");
  expect(waiting).toMatchObject({ kind: "plan", of: stale });
  await answered(client.ask("PUT /v1/access-profiles/{id}", { params: { id: "gates" }, body: { names: names("Gates"), policies: [{ accessPoint: GATE, capability: "pass", schedule: "always" }, { accessPoint: GATE, capability: "ride", schedule: "always" }] } })); // prettier-ignore
  expect(await answered(release(waiting!.id))).toMatchObject({ value: { state: "released" }, notice: expect.stringContaining("could not be done any more: PlanStale") }); // prettier-ignore
  expect(await passing()).toBe(31);
  await apply(await make());
  expect(await answered(release((await removals("held"))[0]!.id))).toMatchObject({ notice: null });
  expect(await passing()).toBe(0);
});

test("a grant that another one repeats, one of a single person, and one that is over end nothing of many", async () => {
  await applied(client, students(30));
  const subject = { kind: "audience", id: "student" } as const;
  const make = async (body: object) => (await answered(client.ask("POST /v1/grants", { body: { subject, what: toProfile("gates"), validity: ENDLESS, source: { kind: "operator" }, ...body } }))).value.id; // prettier-ignore
  const repeated = await make({});
  const own = await make({ subject: { kind: "person", id: campus.person } });
  const over = await make({
    validity: { from: null, until: "2026-01-01T00:00:00Z" },
    what: { kind: "own", accessPoints: [GATE], capability: "ride", schedule: "always" },
  });
  for (const id of [repeated, own, over]) expect(await client.ask("DELETE /v1/grants/{id}", { params: { id } })).toMatchObject({ ok: true });
  expect([await passing(), await removals()]).toEqual([31, []]);
});

test("a group's grant counts those of its members who belong to an audience", async () => {
  await applied(client, students(30).map((row) => ({ ...row, groups: ["class-1"] }))); // prettier-ignore
  const body = { subject: { kind: "group", id: "class-1" }, what: { kind: "own" as const, accessPoints: [GATE], capability: "ride", schedule: "always" }, validity: ENDLESS, source: { kind: "operator" } } as const; // prettier-ignore
  const { id } = (await answered(client.ask("POST /v1/grants", { body: { ...body, what: { ...body.what, accessPoints: [GATE] } } }))).value;
  expect(await client.ask("DELETE /v1/grants/{id}", { params: { id } })).toMatchObject(held("student 30 of 31"));
});

test("a schedule or special days that leave many with less than half of their time are held; released, each is done as it was asked for", async () => {
  await applied(client, students(30));
  const put = (fromH: number, untilH: number) => client.ask("PUT /v1/schedules/{id}", { params: { id: "days" }, body: scheduleOf(fromH, untilH) });
  const close = (days: string[]) => client.ask("PUT /v1/special-days/{id}", { params: { id: "open-days" }, body: { days } });
  await answered(put(6, 22));
  const what = { kind: "own" as const, accessPoints: [GATE], capability: "ride" as const, schedule: "days" };
  await answered(
    client.ask("POST /v1/grants", { body: { subject: { kind: "audience", id: "student" }, what, validity: ENDLESS, source: { kind: "operator" } } }),
  );
  expect(await put(6, 14), "half remains").toMatchObject({ ok: true });
  await answered(put(6, 22));
  expect(await put(6, 13)).toMatchObject(held("student 31 of 31"));
  expect(await close(["2026-10-01"]), "a day").toMatchObject({ ok: true });
  const july = Array.from({ length: 31 }, (_, nth) => `2027-07-${String(nth + 1).padStart(2, "0")}`);
  expect(await close(july), "a month").toMatchObject(held("student 31 of 31"));
  const [schedule, days] = (await removals("held")).sort((a, b) => (a.kind < b.kind ? -1 : 1));
  expect([schedule, days]).toMatchObject([
    { kind: "schedule", of: "days" },
    { kind: "specialDays", of: "open-days" },
  ]);
  const stands = async () => [(await answered(client.ask("GET /v1/schedules", {}))).items.find(({ id }) => id === "days")?.weekly["1"], (await answered(client.ask("GET /v1/special-days", {}))).items[0]?.days.length]; // prettier-ignore
  expect(await stands()).toEqual([[{ startS: 21_600, endS: 79_200 }], 1]);
  for (const one of [schedule, days]) await answered(release(one!.id));
  expect(await stands()).toEqual([[{ startS: 21_600, endS: 46_800 }], 31]);
});

test("the end of an operator or a delegation who let many in is held: he may do nothing from then on, they pass until a second operator releases it", async () => {
  await applied(client, students(30));
  const people = (await answered(client.ask("GET /v1/persons", { query: { limit: 1000 } }))).items.map(({ id }) => id);
  const body = { name: "卫", account: null, role: null, until: null } as const;
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id: "warden" }, body }));
  const { id } = (await answered(client.ask("POST /v1/delegations", { body: { operator: "warden", zones: ["east"], accessPoints: [], capabilities: ["ride"], mayDelegate: false, until: "2027-07-01T00:00:00Z" } }))).value; // prettier-ignore
  const signer = nodeSigner(nodeSha256(Buffer.from("warden")));
  await answered(client.ask("POST /v1/operators/{id}/keys", { params: { id: "warden" }, body: { publicKey: bytesToHex(signer.publicKey), until: null } }));
  const { nowMs, randomBytes } = rig.cloud;
  const warden = new Client({ url: URL_OF_RIG, signer, nowMs, randomBytes, fetch: rig.fetch });
  const what = { kind: "own" as const, accessPoints: [GATE], capability: "ride" as const, schedule: "always" };
  const validity = { from: null, until: "2027-06-01T00:00:00Z" };
  const grant = (person: string) => warden.ask("POST /v1/grants", { body: { subject: { kind: "person", id: person }, what, validity, source: { kind: "operator" } } }, WHY); // prettier-ignore
  for (const person of people) await answered(grant(person));
  const riding = async () => (await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "ride", limit: 1000 } }))).items.length; // prettier-ignore
  expect(await riding()).toBe(31);
  expect(await client.ask("POST /v1/delegations/{id}/end", { params: { id } })).toMatchObject(held("student 31 of 31"));
  expect(await client.ask("POST /v1/operators/{id}/end", { params: { id: "warden" }, body: { successor: null } })).toMatchObject(held("student 31 of 31"));
  expect([await riding(), await grant(people[0]!)]).toMatchObject([31, { status: 403 }]);
  const [delegation, operator] = (await removals("held")).sort((a, b) => (a.kind < b.kind ? -1 : 1));
  expect([delegation, operator]).toMatchObject([
    { kind: "delegation", of: id },
    { kind: "operator", of: "warden" },
  ]);
  await answered(release(delegation!.id));
  expect(await riding()).toBe(0);
  expect(await answered(release(operator!.id))).toMatchObject({ notice: null });
  expect((await answered(client.ask("GET /v1/operators", {}))).items).toMatchObject([{ id: "warden", endedAt: expect.any(String) }]);
});

test("a review that ends what many have unless it is confirmed is held when it is opened, and so is the end of one row of many", async () => {
  await applied(client, students(30).map((row) => ({ ...row, groups: ["class-1"] }))); // prettier-ignore
  const open = (unconfirmed: "list" | "end") => client.ask("POST /v1/access-reviews", { body: { what: { kind: "group", group: "class-1" }, due: "2026-10-01T00:00:00Z", unconfirmed } }); // prettier-ignore
  expect(await open("list")).toMatchObject({ ok: true });
  expect(await open("end")).toMatchObject(held("student 30 of 31"));
  const [review] = await removals("held");
  expect(review).toMatchObject({ kind: "review", of: "class-1" });
  expect(await answered(release(review!.id))).toMatchObject({ notice: null });
  const reviews = (await answered(client.ask("GET /v1/access-reviews", {}))).items;
  expect(reviews.map(({ unconfirmed, openedBy }) => [unconfirmed, openedBy])).toEqual([["list", "backend"], ["end", "backend"]]); // prettier-ignore
  const place = (await answered(client.ask("POST /v1/access-reviews", { body: { what: { kind: "place", accessPoint: GATE }, due: "2026-10-01T00:00:00Z", unconfirmed: "list" } }))).value; // prettier-ignore
  const { rows } = await answered(client.ask("GET /v1/access-reviews/{id}", { params: { id: place.review.id } }));
  const row = rows.find(({ subject }) => subject.kind === "audience")!;
  const end = () => client.ask("POST /v1/access-reviews/{id}/rows/{row}", { params: { id: place.review.id, row: row.id }, body: { verdict: "end" } });
  expect(await end()).toMatchObject(held("student 31 of 31"));
  expect(await passing()).toBe(31);
  await answered(release((await removals("held"))[0]!.id));
  expect(await passing()).toBe(0);
});

test("one operator alone makes no high access point one like any other, neither at once nor by taking it away first; a second releases it", async () => {
  const put = (high: boolean, name = "lab") =>
    client.ask("PUT /v1/access-points/{id}", { params: { id: "safe" }, body: { zone: "west", names: names(name), high } });
  const remove = () => client.ask("DELETE /v1/access-points/{id}", { params: { id: "safe" } });
  const isHigh = async () => (await answered(client.ask("GET /v1/access-points", {}))).items.find(({ id }) => id === "safe")?.high;
  await answered(put(false));
  await answered(put(true));
  expect(await put(true, "laboratory"), "renamed").toMatchObject({ ok: true });
  for (const act of [() => put(false), remove]) expect(await act()).toMatchObject({ status: 409, problem: { reason: "SafeguardHeld", detail: expect.stringContaining(": safe") } }); // prettier-ignore
  expect([await isHigh(), rig.held.length]).toEqual([true, 2]);
  const waiting = (await removals("held")).find(({ kind }) => kind === "accessPoint")!;
  expect(await release(waiting.id, client)).toMatchObject({ problem: { reason: "SameOperator" } });
  await answered(release(waiting.id));
  expect(await isHigh()).toBe(false);
  expect(await remove()).toMatchObject({ ok: true });
});
