import { zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS } from "../rig/api-rig.ts";
import { itemsIn } from "../rig/cloud-rig.ts";
import { announced, applied, landed, listOf, planned, rowOf } from "../rig/push-cases.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(async () => {
  expect([rig.troubles, rig.failures]).toEqual([[], []]);
  await rig.close();
});

const rowsOf = async (id: string, outcome?: "added" | "changed" | "same" | "removed" | "refused") =>
  (await answered(client.ask("GET /v1/pushes/{id}/rows", { params: { id }, query: outcome === undefined ? {} : { outcome } }))).items;
const personOf = async (key: string) => (await answered(client.ask("GET /v1/persons", { query: { account: `${key}@connect.example.edu` } }))).items[0];
const passing = async () => (await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass" } }))).items;
const counts = (push: { readonly counts: object }) => push.counts;
const students = (count: number, from = 0) => Array.from({ length: count }, (_, nth) => rowOf(`s${from + nth}`, { qr: true }));

test("a list is planned, applied and known at the doors; the same list again changes nothing", async () => {
  const full = rowOf("a", { name: "安", phone: "+8613800138000", groups: ["class-1"], cards: ["0a0b0c0d"], qr: true });
  const plan = await planned(client, [full, rowOf("b", { qr: true })]);
  expect(plan).toMatchObject({
    state: "planned",
    receivedRows: 2,
    plannedRows: 2,
    dueRows: 2,
    counts: { added: 2, changed: 0, same: 0, removed: 0, refused: 0 },
  });
  expect(await personOf("a"), "a plan changes nobody").toBeUndefined();
  const push = await applied(client, [full, rowOf("b", { qr: true })]);
  expect(push).toMatchObject({ state: "applied", dueRows: 0 });
  const a = (await personOf("a"))!;
  expect(a).toMatchObject({ name: "安", phone: "+8613800138000", audiences: [{ audience: "student", validity: ENDLESS, sponsor: null }] });
  expect(await passing()).toEqual([campus.person, a.id, (await personOf("b"))!.id].sort());
  const { items } = await answered(client.ask("GET /v1/persons/{id}/credentials", { params: { id: a.id } }));
  expect(items.map(({ kind, state }) => `${kind} ${state}`).sort()).toEqual(["card active", "qr active"]); // prettier-ignore
  expect((await answered(client.ask("GET /v1/groups/{id}/members", { params: { id: "class-1" }, query: {} }))).items).toEqual([
    { person: a.id, validity: ENDLESS },
  ]);
  const changes = (await answered(client.ask("GET /v1/changes", { query: {} }))).items.length;
  expect(await applied(client, [full, rowOf("b", { qr: true })])).toMatchObject({ counts: { same: 2, added: 0, changed: 0, removed: 0 } });
  const after = (await answered(client.ask("GET /v1/changes", { query: {} }))).items;
  expect(
    after.slice(changes).map(({ action }) => action),
    "its end is audited, nobody was changed",
  ).toEqual(["push apply"]);
  const audit = after.filter(({ action }) => action === "push apply");
  expect(audit[0]).toMatchObject({ target: `push ${push.id}`, actor: "backend" });
});

test("what differs is named field by field and mended, also where somebody else changed it; what others gave stays", async () => {
  await applied(client, [rowOf("a", { groups: ["class-1"], cards: ["0a0b"] }), rowOf("b")]);
  const a = (await personOf("a"))!;
  const source = { kind: "operator" } as const;
  await answered(client.ask("POST /v1/grants", { body: { subject: { kind: "person", id: a.id }, what: { kind: "profile", profile: "gates" }, validity: ENDLESS, source } })); // prettier-ignore
  await answered(
    client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: a.id, audience: "staff" }, body: { validity: ENDLESS, sponsor: null } }),
  );
  await answered(client.ask("PUT /v1/persons/{id}", { params: { id: a.id }, body: { ...plainPerson("a@connect.example.edu"), partySize: 3 } }));
  const push = await applied(client, [rowOf("a", { name: "Anna", cards: ["0a0c"] }), rowOf("b")]);
  expect(await rowsOf(push.id, "changed")).toMatchObject([{ row: 1, key: "a", fields: ["name", "groups", "cards"] }]);
  expect(await personOf("a")).toMatchObject({ name: "Anna", partySize: 3, audiences: [{ audience: "staff" }, { audience: "student" }] });
  expect((await answered(client.ask("GET /v1/groups/{id}/members", { params: { id: "class-1" }, query: {} }))).items).toEqual([]);
  const cards = await rig.cloud.database.queries.selectFrom("credential").select("number").where("person", "=", a.id).execute();
  expect(cards.map(({ number }) => Buffer.from(number!).toString("hex"))).toEqual(["0a0c"]);
});

test("whoever is in the list no more loses what the list gave, and nothing else; a list of some removes nobody", async () => {
  await applied(client, [rowOf("a", { cards: ["0a0b"], groups: ["class-1"] }), rowOf("b", { qr: true })]);
  const a = (await personOf("a"))!;
  expect(counts(await planned(client, [rowOf("b", { qr: true })], false))).toMatchObject({ same: 1, removed: 0 });
  const push = await applied(client, [rowOf("b", { qr: true })]);
  expect(await rowsOf(push.id, "removed")).toEqual([{ row: 2, key: "a", outcome: "removed", fields: [], ends: ["student"], errors: [] }]);
  expect(push.counts.ends).toEqual({ student: 1 });
  rig.cloud.pass(1);
  expect(await passing()).toEqual([campus.person, (await personOf("b"))!.id].sort());
  expect(await personOf("a")).toMatchObject({ audiences: [{ audience: "student", validity: { from: null, until: "2026-09-01T00:00:00Z" } }] });
  expect((await answered(client.ask("GET /v1/persons/{id}/credentials", { params: { id: a.id } }))).items).toEqual([]);
  expect(await applied(client, [rowOf("a"), rowOf("b", { qr: true })]), "back again: as the same person").toMatchObject({ counts: { added: 1, same: 1 } });
  expect((await personOf("a"))!.id).toBe(a.id);
});

test("a row that is wrong is refused with every wrong field and holds up no other; where its key cannot be read, nobody is removed", async () => {
  await applied(client, [rowOf("gone"), rowOf("b")]);
  const rows = [
    rowOf("a", { name: "", phone: "138", audiences: [{ audience: "family", validity: ENDLESS, sponsor: null }], extra: 1 }),
    rowOf("b"),
    rowOf("b", { account: null }),
    rowOf("c", { account: "B@connect.example.edu" }),
    rowOf("d", { groups: ["none"], cards: ["04010203"] }),
    rowOf("e", { account: "zhang@connect.example.edu", audiences: [] }),
  ];
  const plan = await planned(client, rows);
  expect(counts(plan)).toEqual({ added: 1, changed: 0, same: 1, removed: 1, refused: 4, withheld: 0, ends: { student: 1 } });
  const wrong = (await rowsOf(plan.id, "refused")).map(({ row, errors }) => [row, errors.map(({ pointer, detail }) => `${pointer} ${detail}`.trim()).sort()]);
  expect(wrong).toEqual([
    [
      1,
      [
        "/audiences/0/sponsor family has one, nobody else",
        "/extra is not known here",
        expect.stringMatching(/^\/name /),
        expect.stringMatching(/^\/phone E.164/),
      ],
    ],
    [3, ["/key stands in row 2 already"]],
    [4, ["/account stands in row 2 already"]],
    [5, ["/cards/0 person " + campus.person + " has it", "/groups/0 there is no such group"]],
  ]);
  for (const line of ["{", "[]", '{"key":1}', ""])
    expect(counts(await planned(client, [rowOf("b"), line])), JSON.stringify(line)).toMatchObject({ same: 1, refused: 1, removed: 0, withheld: 1 });
  expect(counts(await planned(client, [rowOf("b"), '{"key":"gone"}'])), "its row is wrong, but it is there").toMatchObject({
    removed: 0,
    refused: 1,
    withheld: 0,
  });
});

test("somebody who was there before is taken over by the whole account, and by one source alone", async () => {
  const { id } = await answered(client.ask("GET /v1/persons/{id}", { params: { id: campus.person } }));
  const push = await applied(client, [rowOf("zhang", { name: "张三" })]);
  expect(push.counts).toMatchObject({ added: 1, refused: 0 });
  expect((await personOf("zhang"))!.id).toBe(id);
  const list = listOf([rowOf("x", { account: "zhang@connect.example.edu" })]);
  const other = await answered(client.ask("POST /v1/pushes", { body: { ...announced(list), source: "library" } }));
  await answered(client.ask("POST /v1/pushes/{id}/parts", { params: { id: other.id }, query: { offset: 0 }, body: list }));
  for (let state = ""; state !== "planned";) ({ state } = await answered(client.ask("POST /v1/pushes/{id}/plan", { params: { id: other.id } })));
  expect(await rowsOf(other.id)).toMatchObject([{ outcome: "refused", errors: [{ pointer: "/account", detail: `person ${id} has it (rule 1.5)` }] }]);
});

test("family comes with its sponsor in any order, and is refused without one whose status holds (rule 1.6)", async () => {
  const family = (key: string, sponsor: string) => rowOf(key, { audiences: [{ audience: "family", validity: ENDLESS, sponsor }] });
  const ended = { audience: "staff", validity: { from: null, until: "2026-01-01T00:00:00Z" }, sponsor: null };
  const rows = [family("child", "wei"), rowOf("wei", { audiences: [{ audience: "staff", validity: ENDLESS, sponsor: null }] }), rowOf("old", { audiences: [ended] }), family("x", "old"), family("y", "nobody"), family("z", "z"), family("q", "x")]; // prettier-ignore
  const push = await applied(client, rows);
  expect(push.counts).toMatchObject({ added: 3, refused: 4 });
  expect((await rowsOf(push.id, "refused")).map(({ key, errors }) => [key, errors[0]!.pointer, errors[0]!.detail])).toEqual([
    ["x", "/audiences/0/sponsor", "has no status now that can vouch for family (rule 1.6)"],
    ["y", "/audiences/0/sponsor", "is in no row of the list (rule 1.6)"],
    ["z", "/audiences/0/sponsor", "nobody vouches for himself (rule 1.6)"],
    ["q", "/audiences/0/sponsor", expect.stringMatching(/\(rule 1\.6\)$/)],
  ]);
  expect((await personOf("child"))!.audiences).toEqual([{ audience: "family", validity: ENDLESS, sponsor: (await personOf("wei"))!.id }]);
  expect((await planned(client, rows)).counts).toMatchObject({ same: 3, refused: 4 });
});

test("a list that was cut off goes on where it stands, and nothing follows from a part of it", async () => {
  const list = listOf(students(3));
  const lines = list.split(/(?<=\n)/);
  const { id } = await answered(client.ask("POST /v1/pushes", { body: announced(list) }));
  const params = { id };
  const part = (offset: number, body: string) => client.ask("POST /v1/pushes/{id}/parts", { params, query: { offset }, body });
  expect(await answered(part(0, lines[0]!))).toMatchObject({ state: "receiving", receivedBytes: lines[0]!.length, receivedRows: 1 });
  expect(await client.ask("POST /v1/pushes/{id}/plan", { params })).toMatchObject({
    status: 409,
    problem: { reason: "PushIncomplete", detail: `${lines[0]!.length} of ${list.length} bytes have landed, 1 of 3 rows` },
  });
  rig.restart();
  expect(await answered(part(0, lines[0]!)), "the same part again").toMatchObject({ receivedBytes: lines[0]!.length });
  expect(await part(0, lines[1]!)).toMatchObject({
    status: 409,
    problem: { reason: "PushOffset", detail: expect.stringContaining(`${lines[0]!.length} bytes have landed`) },
  });
  expect(await part(lines[0]!.length, lines[1]!.slice(0, -3))).toMatchObject({
    status: 400,
    problem: { errors: [{ in: "body", detail: "a part consists of whole lines" }] },
  });
  const { receivedBytes } = await answered(client.ask("GET /v1/pushes/{id}", { params }));
  expect(await answered(part(receivedBytes, lines.slice(1).join("")))).toMatchObject({ receivedRows: 3 });
  for (let state = ""; state !== "planned";) ({ state } = await answered(client.ask("POST /v1/pushes/{id}/plan", { params })));
  expect((await answered(client.ask("GET /v1/pushes/{id}", { params }))).counts).toMatchObject({ added: 3 });
});

test("a list whose count or digest is another than was announced is none", async () => {
  const list = listOf(students(2));
  for (const [told, detail] of [
    [{ rows: 3 }, "2 rows have landed, 3 were announced"],
    [{ sha256: "00".repeat(32) }, "its SHA-256 is another"],
  ] as const) {
    // prettier-ignore
    const { id } = await answered(client.ask("POST /v1/pushes", { body: { ...announced(list), ...told } }));
    await answered(client.ask("POST /v1/pushes/{id}/parts", { params: { id }, query: { offset: 0 }, body: list }));
    expect(await client.ask("POST /v1/pushes/{id}/plan", { params: { id } })).toMatchObject({
      status: 422,
      problem: { reason: "PushDiffers", detail: expect.stringContaining(detail) },
    });
  }
});

test("a plan that another push has overtaken is not applied, and is made anew; a push is dropped without a trace of its rows", async () => {
  const first = await planned(client, students(2));
  await applied(client, students(3));
  const params = { id: first.id };
  expect(await client.ask("POST /v1/pushes/{id}/apply", { params, body: { plan: first.plan! } })).toMatchObject({
    status: 409,
    problem: { reason: "PlanChanged" },
  });
  for (let state = ""; state !== "planned";) ({ state } = await answered(client.ask("POST /v1/pushes/{id}/plan", { params })));
  expect((await answered(client.ask("GET /v1/pushes/{id}", { params }))).counts).toMatchObject({ same: 2, removed: 1 });
  expect(await answered(client.ask("POST /v1/pushes/{id}/drop", { params }))).toMatchObject({ state: "dropped" });
  const { queries } = rig.cloud.database;
  expect(await queries.selectFrom("push_part").select("push").execute()).toEqual([]);
  expect(await queries.selectFrom("push_row").select("content").where("content", "is not", null).execute()).toEqual([]);
});

test("a hundred pushes leave nothing behind: those that nobody goes on with are dropped, and sixteen are open at once at most", async () => {
  for (let nth = 0; nth < 16; nth++) await landed(client, [rowOf("a")]);
  const begin = () => client.ask("POST /v1/pushes", { body: announced(listOf([rowOf("a")])) });
  expect(await begin()).toMatchObject({ status: 409, problem: { reason: "PushesOpen" } });
  rig.cloud.pass(7 * 86_400);
  expect(await begin()).toMatchObject({ status: 201 });
  const { queries } = rig.cloud.database;
  expect(await queries.selectFrom("push_part").select("push").execute()).toEqual([]);
});

test("a step does a thousand people and no more, and what was done is at the doors before the next", async () => {
  const { id, plan } = await planned(client, students(1100));
  const step = () => client.ask("POST /v1/pushes/{id}/apply", { params: { id }, body: { plan: plan! } });
  const first = await answered(step());
  expect(first).toMatchObject({ state: "applying", dueRows: 100, publish: expect.any(Number), notice: null });
  const listed = (await itemsIn(rig.cloud, zonePartition("east"))).filter((item) => item.table === "credential").length;
  expect(listed, "and the student of the campus, with phone and card").toBe(1002);
  expect(await client.ask("POST /v1/pushes/{id}/drop", { params: { id } })).toMatchObject({ problem: { reason: "PushState" } });
  rig.restart();
  expect(await answered(step())).toMatchObject({ state: "applied", dueRows: 0 });
  expect(await answered(step()), "again").toMatchObject({ state: "applied", publish: null });
});
