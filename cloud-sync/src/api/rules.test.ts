import { GLOBAL, zonePartition } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiCampus, apiCampus, GATE, plainPerson, SHOWN_QR, toProfile } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, valueOf } from "../rig/api-rig.ts";
import { unfreezingCase } from "../rig/case-world.ts";
import { itemsIn } from "../rig/cloud-rig.ts";
import type { CloudClient } from "./client.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const personOf = async (account: string): Promise<string> => (await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }))).id;
const belong = (id: string, audience: "staff" | "family", sponsor: string | null = null) =>
  client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience }, body: { validity: ENDLESS, sponsor } });
/** What the doors of the gate's zone are told of somebody's credentials: each suspension, undefined where it opens. */
async function rowsOf(credentials: readonly string[]): Promise<unknown[]> {
  const rows = (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) => (item.table === "credential" ? [item.row.credential] : []));
  return credentials.map((id) => rows.find((row) => row.id === id)?.suspension ?? (rows.some((row) => row.id === id) ? "opens" : "no row"));
}
/** What the cloud explains of each credential at the gate. */
async function explained(): Promise<Record<string, string>> {
  const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person: campus.person, "access-point": GATE, capability: "pass" } }));
  return Object.fromEntries(credentials.map(({ credential, reason }) => [credential, reason ?? "granted"]));
}

test("rule 1.5: equal prefixes of two domains are two people; the same account is refused to a second one", async () => {
  const other = await personOf("zhang@example.edu");
  expect(other).not.toBe(campus.person);
  const accounts = ["zhang@example.edu", "zhang@connect.example.edu"];
  for (const account of accounts) expect((await answered(client.ask("GET /v1/persons", { query: { account } }))).items).toMatchObject([{ account }]);
  expect(await client.ask("POST /v1/persons", { body: plainPerson("ZHANG@example.edu") })).toMatchObject({
    status: 409,
    problem: { reason: "AccountTaken", rule: "1.5", detail: `person ${other}`, remedy: expect.stringContaining("two domains are two people") },
  });
  const merged = await client.ask("PUT /v1/persons/{id}", { params: { id: campus.person }, body: plainPerson("zhang@example.edu") });
  expect(merged).toMatchObject({ status: 409, problem: { reason: "AccountTaken" } });
});

test("rule 1.6: family is refused without a live sponsor, and its grants end in the publication that ends the sponsor's status", async () => {
  const [sponsor, child] = [await personOf("wei@example.edu"), await personOf("child@example.edu")];
  expect(await belong(child, "family")).toMatchObject({ status: 422, problem: { reason: "SponsorRequired", rule: "1.6", caseCategory: "校园卡" } });
  expect(await belong(child, "family", sponsor)).toMatchObject({ status: 422, problem: { reason: "SponsorNotLive", rule: "1.6", caseCategory: "校园卡" } });
  await answered(belong(sponsor, "staff"));
  await answered(belong(child, "family", sponsor));
  const { id: qr } = await valueOf(client.ask("POST /v1/persons/{id}/credentials", { params: { id: child }, body: SHOWN_QR }));
  const source = { kind: "policy", id: "students-gates" } as const;
  await answered(client.ask("POST /v1/grants", { body: { subject: { kind: "audience", id: "family" }, what: toProfile("gates"), validity: ENDLESS, source } }));
  const who = () => answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass" } }));
  expect((await who()).items).toContain(child);
  rig.cloud.pass(60);
  const ended = await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: sponsor, audience: "staff" } }));
  expect((await who()).items).toEqual([campus.person]);
  const grants = (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) =>
    item.table === "credential" && item.row.credential.id === qr ? item.row.grants : [],
  );
  expect(grants).toMatchObject([{ validUntil: rig.cloud.now() }]);
  expect(await answered(client.ask("GET /v1/health", {}))).toMatchObject({ publish: ended.publish });
  expect(await client.ask("DELETE /v1/persons/{id}", { params: { id: sponsor } }, { reason: "left" })).toMatchObject({
    status: 409,
    problem: { reason: "StillSponsor", rule: "1.6" },
  });
});

test("rule 2.5: a frozen QR is unfrozen by a case and not without one; returning, clearing and suspending do not lift it; the card goes on", async () => {
  const params = { id: campus.phone };
  const why = { reason: "screenshot seen at gate 3" };
  expect(await client.ask("POST /v1/credentials/{id}/freeze", { params })).toMatchObject({ status: 422, problem: { reason: "ReasonRequired" } });
  expect(await valueOf(client.ask("POST /v1/credentials/{id}/freeze", { params }, why))).toMatchObject({ state: "frozen" });
  expect(await rowsOf([campus.phone, campus.card])).toEqual(["Frozen", "opens"]);
  const unfreeze = (number: string | null) =>
    client.ask("POST /v1/credentials/{id}/unfreeze", { params, body: { case: number } }, { reason: "called, id checked" });
  expect(await unfreeze(null)).toMatchObject({
    status: 422,
    problem: { reason: "CaseRequired", rule: "2.5", caseCategory: "校园卡", remedy: expect.stringContaining("报事报修-IT-校园卡") },
  });
  for (const act of ["clear", "suspend"] as const)
    expect(await client.ask(`POST /v1/credentials/{id}/${act}`, { params })).toMatchObject({ status: 409, problem: { reason: "StateRefused" } });
  expect(await rowsOf([campus.phone])).toEqual(["Frozen"]);
  expect(await unfreeze("JD-2026-000042")).toMatchObject({ status: 404, problem: { reason: "CaseUnknown" } });
  const number = await unfreezingCase({ client, ...campus });
  const lifted = await answered(unfreeze(number));
  expect(lifted.value).toMatchObject({ state: "active" });
  expect(await rowsOf([campus.phone, campus.card])).toEqual(["opens", "opens"]);
  const audit = await answered(client.ask("GET /v1/changes", { query: { after: lifted.change - 1 } }));
  expect(audit.items).toMatchObject([{ action: "credential unfreeze", reason: `case ${number}: called, id checked` }]);
});

test("rule 4.1: a lost card is refused from the publication that the answer names; a second report changes nothing; what nobody holds is refused", async () => {
  const report = (id: string) => client.ask("POST /v1/credentials/{id}/report-lost", { params: { id } });
  rig.cloud.pass(30);
  const since = "2026-09-01T00:00:30Z";
  const lost = await answered(report(campus.card));
  expect(lost).toMatchObject({ value: { state: "lost", stateSince: since }, publish: expect.any(Number) });
  expect(await rowsOf([campus.card])).toEqual(["CredentialLost"]);
  expect(await itemsIn(rig.cloud, GLOBAL)).toEqual([{ table: "revocation", credential: campus.card, suspension: "CredentialLost", since: rig.cloud.now() }]);
  expect((await explained())[campus.card]).toBe("CredentialNotEnabled");
  rig.cloud.pass(30);
  expect(await valueOf(report(campus.card))).toMatchObject({ state: "lost", stateSince: since });
  expect(await report("0123456789abcdef")).toMatchObject({ status: 404, problem: { reason: "CredentialUnknown", caseCategory: "校园卡" } });
});

test("rule 4.2: a lost card that is back opens again at once; a second return changes nothing; a suspended or frozen one is refused", async () => {
  const params = { id: campus.card };
  const back = () => client.ask("POST /v1/credentials/{id}/return", { params });
  await answered(client.ask("POST /v1/credentials/{id}/report-lost", { params }));
  expect(await valueOf(back())).toMatchObject({ state: "active" });
  expect([await rowsOf([campus.card]), await itemsIn(rig.cloud, GLOBAL)]).toEqual([["opens"], []]);
  expect(await valueOf(back())).toMatchObject({ state: "active" });
  await answered(client.ask("POST /v1/credentials/{id}/suspend", { params }));
  expect(await back()).toMatchObject({ status: 409, problem: { reason: "StateRefused", detail: expect.stringContaining("suspended") } });
  // Not by a detour either: a report of loss would end in a return.
  expect(await client.ask("POST /v1/credentials/{id}/report-lost", { params })).toMatchObject({ status: 409, problem: { reason: "StateRefused" } });
  await answered(client.ask("POST /v1/credentials/{id}/freeze", { params }, { reason: "evidence" }));
  expect(await back()).toMatchObject({ status: 409, problem: { reason: "StateRefused", detail: expect.stringContaining("frozen") } });
});

test("rule 4.3: loss concerns the physical card alone: the QR goes on working, and is refused as a thing to report", async () => {
  await answered(client.ask("POST /v1/credentials/{id}/report-lost", { params: { id: campus.card } }));
  expect(await explained()).toEqual({ [campus.card]: "CredentialNotEnabled", [campus.phone]: "granted" });
  expect(await rowsOf([campus.phone])).toEqual(["opens"]);
  for (const act of ["report-lost", "return"] as const)
    expect(await client.ask(`POST /v1/credentials/{id}/${act}`, { params: { id: campus.phone } })).toMatchObject({
      status: 422,
      problem: { reason: "CardOnly", rule: "4.3", caseCategory: "校园卡", detail: `credential ${campus.phone} is of kind qr` },
    });
  expect(await explained()).toMatchObject({ [campus.phone]: "granted" });
});
