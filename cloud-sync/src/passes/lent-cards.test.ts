import { zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, valueOf } from "../rig/api-rig.ts";
import { itemsIn } from "../rig/cloud-rig.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const NUMBER = "0badcafe";
const lend = (id: string, dueAt: string, number = NUMBER) =>
  client.ask("POST /v1/persons/{id}/lent-cards", { params: { id }, body: { number, desk: "C1", dueAt } });
const giveBack = (id: string) => client.ask("POST /v1/lent-cards/{id}/return", { params: { id } });
const loans = async (state: "out" | "overdue" | "returned") =>
  (await answered(client.ask("GET /v1/lent-cards", { query: { state } }))).items.map(({ credential }) => credential);
const reasonsNow = async (): Promise<Record<string, string>> => {
  const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person: campus.person, "access-point": GATE, capability: "pass" } }));
  return Object.fromEntries(credentials.map(({ credential, reason }) => [credential, reason ?? "granted"]));
};

test("a lent card opens what its holder may, ends by itself, is overdue until it is back, and leaves the own card as it was", async () => {
  await answered(client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: campus.card } }));
  const lent = await valueOf(lend(campus.person, "2026-09-01T08:00:00Z"));
  expect(lent).toEqual({ credential: lent.credential, person: campus.person, desk: "C1", state: "out", lentAt: "2026-09-01T00:00:00Z", dueAt: "2026-09-01T08:00:00Z", returnedAt: null }); // prettier-ignore
  expect(await reasonsNow()).toEqual({ [campus.phone]: "granted", [campus.card]: "CredentialNotEnabled", [lent.credential]: "granted" });
  const row = (await itemsIn(rig.cloud, zonePartition("east"))).find((item) => item.table === "credential" && item.row.credential.id === lent.credential);
  expect(row, "doors end it without a word from the cloud").toMatchObject({ row: { credential: { validUntil: rig.cloud.now() + 8 * 3600 } } });
  rig.cloud.pass(8 * 3600 - 1);
  expect([await loans("out"), await loans("overdue")]).toEqual([[lent.credential], []]);
  rig.cloud.pass(1);
  expect([await loans("out"), await loans("overdue")]).toEqual([[], [lent.credential]]);
  expect((await reasonsNow())[lent.credential]).toBe("CredentialExpired");
  expect(await valueOf(giveBack(lent.credential))).toMatchObject({ state: "returned", returnedAt: "2026-09-01T08:00:00Z" });
  rig.cloud.pass(60);
  expect((await valueOf(giveBack(lent.credential))).returnedAt, "a second return changes nothing").toBe("2026-09-01T08:00:00Z");
  expect(await loans("returned")).toEqual([lent.credential]);
  expect(await reasonsNow()).toEqual({ [campus.phone]: "granted", [campus.card]: "CredentialNotEnabled" });
  expect(await client.ask("GET /v1/credentials/{id}", { params: { id: campus.card } })).toMatchObject({ value: { state: "lost" } });
});

test("a card is out once: not to the same person, not to another, for at most 24 hours; back, it is lent to the next as another credential", async () => {
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("wang@example.edu") }));
  expect(await lend(campus.person, "2026-09-02T00:00:01Z")).toMatchObject({ status: 400, problem: { errors: [{ in: "body", pointer: "/dueAt", detail: "within the next 24 hours" }] } }); // prettier-ignore
  expect(await lend(campus.person, "2026-09-01T00:00:00Z")).toMatchObject({ status: 400 });
  const first = await valueOf(lend(campus.person, "2026-09-02T00:00:00Z"));
  expect(await lend(campus.person, "2026-09-02T00:00:00Z", "0bad")).toMatchObject({ status: 409, problem: { reason: "AlreadyLent", detail: `lent card ${first.credential}` } }); // prettier-ignore
  expect(await lend(other, "2026-09-02T00:00:00Z")).toMatchObject({
    status: 409,
    problem: { reason: "NumberTaken", detail: `credential ${first.credential}` },
  });
  await answered(giveBack(first.credential));
  const second = await valueOf(lend(other, "2026-09-01T12:00:00Z"));
  expect(second.credential).not.toBe(first.credential);
  expect(await valueOf(giveBack(first.credential)), "the loan that is over ends nothing of the next").toMatchObject({ state: "returned" });
  expect(await loans("out")).toEqual([second.credential]);
  const of = async (person: string) => (await answered(client.ask("GET /v1/lent-cards", { query: { person } }))).items.map(({ credential }) => credential);
  expect([await of(campus.person), await of(other)]).toEqual([[first.credential], [second.credential]]);
});

test("to whom a card was frozen none is lent; a desk's key does nothing else", async () => {
  await answered(client.ask("POST /v1/credentials/{id}/freeze", { params: { id: campus.card } }, { reason: "evidence" }));
  expect(await lend(campus.person, "2026-09-01T08:00:00Z")).toMatchObject({ status: 422, problem: { reason: "CredentialFrozen", caseCategory: "校园卡" } });
  const desk = await rig.caller("desk-c1", ["cards:lend"]);
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("wang@example.edu") }));
  const body = { number: NUMBER, desk: "C1", dueAt: "2026-09-01T08:00:00Z" };
  const { credential } = await valueOf(desk.client.ask("POST /v1/persons/{id}/lent-cards", { params: { id: other }, body }));
  expect(await desk.client.ask("DELETE /v1/credentials/{id}", { params: { id: credential } })).toMatchObject({ status: 403, problem: { reason: "ScopeMissing", scope: "credentials:write" } }); // prettier-ignore
  expect(JSON.stringify(await answered(client.ask("GET /v1/changes", { query: {} })))).not.toContain(NUMBER);
});

test("a loan whose credential is gone is taken back all the same", async () => {
  const lent = await valueOf(lend(campus.person, "2026-09-01T08:00:00Z"));
  await answered(client.ask("DELETE /v1/persons/{id}", { params: { id: campus.person } }, { reason: "left" }));
  expect(await loans("out")).toEqual([lent.credential]);
  expect(await valueOf(giveBack(lent.credential))).toMatchObject({ state: "returned" });
});
