import { bytesToHex, GLOBAL, zonePartition } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type ApiCampus, apiCampus, GATE, plainPerson } from "../rig/api-campus.ts";
import { unfreezingCase } from "../rig/case-world.ts";
import { answered, type ApiRig, apiRig, URL_OF_RIG, valueOf } from "../rig/api-rig.ts";
import { enrolmentBody } from "../rig/backend-cases.ts";
import { itemsIn } from "../rig/cloud-rig.ts";
import { CloudClient } from "../api/client.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const world = () => ({ client, person: campus.person, site: rig.cloud.site });
const params = () => ({ id: campus.person });
async function enrol(name: string, replaces: string | null = null) {
  return client.ask("POST /v1/persons/{id}/phone-keys", { params: params(), body: await enrolmentBody(world(), name, replaces) });
}
/** A key, and whoever asks with it. */
function keyOf(name: string): { readonly publicKey: string; readonly client: CloudClient } {
  const signer = nodeSigner(nodeSha256(Buffer.from(`key of ${name}`)));
  const { nowMs, randomBytes } = rig.cloud;
  return { publicKey: bytesToHex(signer.publicKey), client: new CloudClient({ url: URL_OF_RIG, signer, nowMs, randomBytes, fetch: rig.fetch }) };
}
const report = () =>
  client.ask(
    "POST /v1/persons/{id}/report-phone-lost",
    { params: params(), body: { channel: "hotline", identityCheck: "called back" } },
    { reason: "in the tram" },
  );
const passes = () => client.ask("POST /v1/persons/{id}/passes", { params: params(), body: { forS: 30 } });
/** What the doors of the gate's zone know of each credential. */
async function rows(): Promise<Record<string, unknown>> {
  const items = await itemsIn(rig.cloud, zonePartition("east"));
  return Object.fromEntries(
    items.flatMap((item) =>
      item.table === "credential" ? [[item.row.credential.id, item.row.credential.suspension ?? item.row.credential.takes.join()]] : [],
    ),
  );
}
const revoked = async () => (await itemsIn(rig.cloud, GLOBAL)).flatMap((item) => (item.table === "revocation" ? [item.credential] : [])).sort();
async function explained(): Promise<Record<string, string>> {
  const { credentials } = await answered(client.ask("GET /v1/explain", { query: { person: campus.person, "access-point": GATE, capability: "pass" } }));
  return Object.fromEntries(credentials.map(({ credential, reason }) => [credential, reason ?? "granted"]));
}

test("rule 4.5: a lost phone's key and passes die at once, the QR is suspended, the card goes on; only another phone lifts it, and the old passes stay dead", async () => {
  const held = await valueOf(enrol("first"));
  expect(held).toEqual({ credential: expect.stringMatching(/^[0-9a-f]{16}$/), ended: [], issuedCredential: campus.phone });
  expect(await rows()).toEqual({ [campus.phone]: "T", [campus.card]: "", [held.credential]: "H,HC" });
  const [pass] = (await answered(passes())).passes;
  rig.cloud.pass(5);

  const lost = await answered(report());
  expect(lost.value).toEqual({
    person: campus.person,
    lostSince: "2026-09-01T00:00:05Z",
    held: [],
    issued: [{ credential: campus.phone, state: "suspended" }],
    passesUntil: pass!.expiresAt,
  });
  expect(await rows()).toEqual({ [campus.phone]: "Suspended", [campus.card]: "" });
  expect(await revoked()).toEqual([held.credential, campus.phone].sort());
  expect(await explained()).toEqual({ [campus.phone]: "CredentialNotEnabled", [campus.card]: "granted" });
  const refusal = {
    status: 422,
    problem: { reason: "PhoneLost", rule: "4.5", caseCategory: "校园卡", remedy: expect.stringContaining("Enrol another phone") },
  };
  expect(await passes()).toMatchObject(refusal);
  expect(await client.ask("POST /v1/credentials/{id}/clear", { params: { id: campus.phone } })).toMatchObject(refusal);
  const audit = await answered(client.ask("GET /v1/changes", { query: { after: lost.change - 1 } }));
  expect(audit.items).toMatchObject([
    { action: "phone report-lost", target: `person ${campus.person}`, actor: "backend", reason: "by hotline, identity: called back; in the tram" },
  ]);
  const gone = async () => (await answered(client.ask("GET /v1/lost-phones", { query: {} }))).items;
  expect(await gone()).toEqual([{ person: campus.person, lostSince: "2026-09-01T00:00:05Z", passesUntil: pass!.expiresAt }]);
  rig.cloud.pass(5);
  expect((await valueOf(report())).lostSince, "a second report changes nothing").toBe("2026-09-01T00:00:05Z");

  const next = await valueOf(enrol("second"));
  expect(await gone(), "another phone is there").toEqual([]);
  expect(next.ended).toEqual([campus.phone]);
  expect(next.issuedCredential).not.toBe(campus.phone);
  expect(await rows()).toEqual({ [next.issuedCredential!]: "T", [campus.card]: "", [next.credential]: "H,HC" });
  expect(await revoked()).toEqual([held.credential, campus.phone].sort());
  expect(await answered(passes())).toMatchObject({ credential: next.issuedCredential });
  expect(await answered(client.ask("GET /v1/persons/{id}/phone", { params: params() }))).toMatchObject({
    lostSince: null,
    held: [{ credential: next.credential }],
  });
});

test("rule 4.5: a guard reports a phone lost and lends a card, with a reason; who only looks is refused", async () => {
  const operator = async (name: string, role: "guard" | "view"): Promise<CloudClient> => {
    const { publicKey, client: own } = keyOf(name);
    await answered(client.ask("PUT /v1/operators/{id}", { params: { id: name }, body: { name, account: null, role, until: null } }));
    await answered(client.ask("POST /v1/operators/{id}/keys", { params: { id: name }, body: { publicKey, until: null } }));
    return own;
  };
  const lost = { params: params(), body: { channel: "guard", identityCheck: "staff card seen" } } as const;
  const loan = { params: params(), body: { number: "0badcafe", desk: "gate 1", dueAt: "2026-09-01T08:00:00Z" } };
  const [guard, viewer] = [await operator("guard-1", "guard"), await operator("viewer", "view")];
  expect(await viewer.ask("POST /v1/persons/{id}/report-phone-lost", lost, { reason: "asked" })).toMatchObject({
    status: 403,
    problem: { scope: "phones:write" },
  });
  expect(await viewer.ask("POST /v1/persons/{id}/lent-cards", loan, { reason: "asked" })).toMatchObject({ status: 403, problem: { scope: "cards:lend" } });
  expect(await guard.ask("POST /v1/persons/{id}/report-phone-lost", lost)).toMatchObject({ problem: { reason: "ReasonRequired" } });
  expect(await valueOf(guard.ask("POST /v1/persons/{id}/report-phone-lost", lost, { reason: "asked" }))).toMatchObject({ lostSince: "2026-09-01T00:00:00Z" });
  expect(await valueOf(guard.ask("POST /v1/persons/{id}/lent-cards", loan, { reason: "asked" }))).toMatchObject({ state: "out" });
});

test("whose phone is lost is listed in pages, without people who are gone", async () => {
  const others = await Promise.all(["a", "b"].map(async (name) => (await valueOf(client.ask("POST /v1/persons", { body: plainPerson(`${name}@example.edu`) }))).id)); // prettier-ignore
  const all = [campus.person, ...others].sort();
  for (const id of all) await answered(client.ask("POST /v1/persons/{id}/report-phone-lost", { params: { id }, body: { channel: "browser", identityCheck: "logged in" } })); // prettier-ignore
  const pageOf = async (after?: string) => answered(client.ask("GET /v1/lost-phones", { query: { limit: 2, ...(after === undefined ? {} : { after }) } }));
  const first = await pageOf();
  expect([first.items.map(({ person }) => person), first.next]).toEqual([all.slice(0, 2), all[1]]);
  expect(await pageOf(first.next!)).toMatchObject({ items: [{ person: all[2] }], next: null });
  await answered(client.ask("DELETE /v1/persons/{id}", { params: { id: all[0]! } }, { reason: "has left" }));
  expect((await pageOf()).items.map(({ person }) => person)).toEqual(all.slice(1));
});

test("a key that was ever enrolled is never enrolled again, neither by who lost it nor by anybody else", async () => {
  const held = await valueOf(enrol("first"));
  await answered(report());
  expect(await enrol("first")).toMatchObject({ status: 409, problem: { reason: "PhoneKeyUsed" } });
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: { account: null, name: "b", phone: null, mail: null, flags: [], partySize: 1 } }));
  const body = await enrolmentBody({ ...world(), person: id }, "first");
  expect(await client.ask("POST /v1/persons/{id}/phone-keys", { params: { id }, body })).toMatchObject({ problem: { reason: "PhoneKeyUsed" } });
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: (await valueOf(enrol("second"))).credential } }));
  expect(await enrol("second")).toMatchObject({ problem: { reason: "PhoneKeyUsed" } });
  expect(await revoked()).toContain(held.credential);
});

test("a person has one key in use: another one takes its place by name alone, and the old one is revoked in the same change", async () => {
  const first = await valueOf(enrol("first"));
  expect(await enrol("second")).toMatchObject({ status: 409, problem: { reason: "PhoneKeyActive", detail: `credential ${first.credential}` } });
  expect(await enrol("second", campus.phone)).toMatchObject({ status: 409, problem: { reason: "PhoneKeyActive" } });
  const second = await valueOf(enrol("second", first.credential));
  expect(second).toMatchObject({ ended: [first.credential], issuedCredential: campus.phone });
  expect(await rows()).toEqual({ [campus.phone]: "T", [campus.card]: "", [second.credential]: "H,HC" });
  expect(await revoked()).toEqual([first.credential]);
  expect(await enrol("third", first.credential)).toMatchObject({ problem: { reason: "PhoneKeyActive", detail: `credential ${second.credential}` } });
});

test("a suspended key is cleared by enrolling another one; what is frozen is not got around, whichever credential it is", async () => {
  const first = await valueOf(enrol("first"));
  await answered(client.ask("POST /v1/credentials/{id}/suspend", { params: { id: first.credential } }));
  const second = await valueOf(enrol("second"));
  expect(second.ended).toEqual([first.credential]);
  await answered(client.ask("POST /v1/credentials/{id}/freeze", { params: { id: campus.phone } }, { reason: "evidence" }));
  const frozen = { status: 422, problem: { reason: "CredentialFrozen", rule: "2.4", caseCategory: "校园卡", detail: `credential ${campus.phone}` } };
  expect(await enrol("third", second.credential)).toMatchObject(frozen);
  await answered(report());
  expect(await enrol("third")).toMatchObject(frozen);
  // Unfrozen while the phone is lost it is suspended still: nothing but another phone opens it.
  const unfrozen = await valueOf(
    client.ask(
      "POST /v1/credentials/{id}/unfreeze",
      { params: { id: campus.phone }, body: { case: await unfreezingCase({ client, ...campus }) } },
      { reason: "checked" },
    ),
  );
  expect(unfrozen.state).toBe("suspended");
  expect((await valueOf(enrol("third"))).ended).toEqual([campus.phone]);
});

test("a proof is of one person, one challenge, one key, one site, and good once", async () => {
  const ask = (body: Awaited<ReturnType<typeof enrolmentBody>>) => client.ask("POST /v1/persons/{id}/phone-keys", { params: params(), body });
  const refused = { status: 422, problem: { reason: "PossessionRefused" } };
  const good = await enrolmentBody(world(), "a");
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: { account: null, name: "b", phone: null, mail: null, flags: [], partySize: 1 } }));
  const ofOther = await enrolmentBody({ ...world(), person: id }, "a");
  const elsewhere = await enrolmentBody({ ...world(), site: "other-campus" }, "a");
  const otherKey = bytesToHex(nodeSigner(nodeSha256(Buffer.from("phone b"))).publicKey);
  expect(await ask(ofOther)).toMatchObject(refused);
  expect(await ask({ ...good, nonce: ofOther.nonce })).toMatchObject(refused);
  expect(await ask(elsewhere)).toMatchObject(refused);
  expect(await ask({ ...good, publicKey: otherKey })).toMatchObject(refused);
  expect(await ask({ ...good, proof: `${good.proof.slice(0, -1)}${good.proof.endsWith("0") ? "1" : "0"}` })).toMatchObject(refused);
  rig.cloud.pass(299);
  await answered(ask(good));
  expect(await ask(good)).toMatchObject(refused);
  const late = await enrolmentBody(world(), "b");
  rig.cloud.pass(300);
  expect(await ask(late)).toMatchObject(refused);
  const challenges = await rig.cloud.database.queries.selectFrom("phone_challenge").selectAll().execute();
  await enrolmentBody(world(), "c");
  expect([challenges.length > 1, (await rig.cloud.database.queries.selectFrom("phone_challenge").selectAll().execute()).length]).toEqual([true, 1]);
});
