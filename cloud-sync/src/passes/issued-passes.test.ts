import { type IssuerKey, unixSeconds, verifyPass, zonePartition } from "@portico/card-protocol";
import { nodeSigner, nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CloudClient } from "../api/client.ts";
import { type ApiCampus, apiCampus, GATE, plainPerson, SHOWN_QR, toProfile } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, ENDLESS, names, PASS_SIGNER, valueOf } from "../rig/api-rig.ts";
import { itemsIn, START } from "../rig/cloud-rig.ts";
import { passKeyOf } from "./pass-key.ts";

let rig: ApiRig;
let client: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  client = rig.backend.client;
  campus = await apiCampus(client);
});
afterEach(() => rig.close());

const passesOf = (id: string, forS = 30) => client.ask("POST /v1/persons/{id}/passes", { params: { id }, body: { forS } });
const ISSUER: IssuerKey = { publicKey: PASS_SIGNER.publicKey, usages: ["T"], notBefore: unixSeconds(0), notAfter: unixSeconds(2 ** 32 - 1), ttlS: 30, status: "active" }; // prettier-ignore
/** What a door whose list is up to date makes of a pass. @param now  default: the cloud's */
async function atDoor(text: string, now = rig.cloud.now()): Promise<unknown> {
  const items = await itemsIn(rig.cloud, zonePartition("east"));
  const outcome = verifyPass(text, {
    site: rig.cloud.site,
    wall: { now: unixSeconds(now), uncertaintyS: 0 },
    verifier: nodeVerifier,
    issuerKey: (kid) => (kid === 7 ? ISSUER : undefined),
    credential: (id) => items.flatMap((item) => (item.table === "credential" && item.row.credential.id === id ? [item.row.credential] : []))[0],
    challengeDemanded: false,
    spendChallenge: () => "unknown",
    untrustedWindow: undefined,
    verifyDespiteTime: () => false,
  });
  return outcome.kind === "verified" ? outcome.pass.credentialId : outcome.reason;
}
/** A new person with a QR. */
async function personWith(account: string, audience?: "staff" | "family" | "alumni" | "visitor", sponsor: string | null = null): Promise<string> {
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }));
  if (audience !== undefined)
    await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience }, body: { validity: ENDLESS, sponsor } }));
  await answered(client.ask("POST /v1/persons/{id}/credentials", { params: { id }, body: SHOWN_QR }));
  return id;
}
const grant = (person: string, profile: string) =>
  client.ask("POST /v1/grants", { body: { subject: { kind: "person", id: person }, what: toProfile(profile), validity: ENDLESS, source: { kind: "operator" } } }, { reason: "asked for" }); // prettier-ignore

test("rule 2.2: the card is for staff, students and family; alumni are refused it until a grant reaches them", async () => {
  const staff = await personWith("wei@example.edu", "staff");
  const family = await personWith("child@example.edu", "family", staff);
  for (const person of [staff, family, campus.person]) expect((await answered(passesOf(person))).passes, person).toHaveLength(1);
  const alumna = await personWith("alumna@example.edu", "alumni");
  expect(await passesOf(alumna)).toMatchObject({
    status: 422,
    problem: { reason: "CardNotForYou", rule: "2.2", caseCategory: "校园卡", remedy: expect.stringContaining("an audience or a grant") },
  });
  await answered(grant(alumna, "gates"));
  const [pass] = (await answered(passesOf(alumna))).passes;
  expect(await atDoor(pass!.text)).toMatch(/^[0-9a-f]{16}$/);
  // Family is refused with the sponsor's status.
  await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id: staff, audience: "staff" } }));
  for (const person of [staff, family]) expect(await passesOf(person)).toMatchObject({ problem: { reason: "CardNotForYou" } });
});

test("rule 2.3: each refresh shows a newer pass that a door takes, and an old one is refused as too old; without a credential there is none", async () => {
  const first = (await answered(passesOf(campus.person))).passes[0]!;
  expect(first).toEqual({ text: expect.stringMatching(/^CP1:.{147}$/), signedAt: "2026-09-01T00:00:00Z", expiresAt: "2026-09-01T00:00:30Z" });
  expect((await answered(passesOf(campus.person))).passes[0], "the same second, the same pass: no counter for two times").toEqual(first);
  rig.cloud.pass(7);
  const refreshed = (await answered(passesOf(campus.person))).passes[0]!;
  expect(refreshed.expiresAt > first.expiresAt).toBe(true);
  expect([await atDoor(first.text), await atDoor(refreshed.text)]).toEqual([campus.phone, campus.phone]);
  expect(await atDoor(first.text, START + 36)).toBe("PassExpired");
  expect(await atDoor(refreshed.text, START + 36)).toBe(campus.phone);
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("new@example.edu") }));
  expect(await passesOf(id)).toMatchObject({ status: 422, problem: { reason: "PassNotTaken", rule: "2.3", caseCategory: "校园卡" } });
});

test("rule 2.1: one card for gates, lifts, locks, printing, payment and borrowing: each granted capability on the same credential, and refused where none is granted", async () => {
  const capabilities = ["pass", "ride", "unlock", "print", "pay", "borrow"] as const;
  const explain = async (capability: (typeof capabilities)[number]) => {
    const query = { person: campus.person, "access-point": GATE, capability };
    return (await answered(client.ask("GET /v1/explain", { query }))).credentials.map(({ credential, reason }) => [credential, reason]);
  };
  const each = (reason: string | null) => [campus.phone, campus.card].sort().map((credential) => [credential, reason]);
  for (const capability of capabilities) {
    if (capability !== "pass") expect(await explain(capability), `${capability} is not granted`).toEqual(each("Unauthorized"));
    const what = { kind: "own" as const, accessPoints: [GATE], capability, schedule: "always" };
    await answered(
      client.ask("POST /v1/grants", { body: { subject: { kind: "person", id: campus.person }, what, validity: ENDLESS, source: { kind: "operator" } } }),
    );
    expect(await explain(capability), capability).toEqual(each(null));
  }
});

test("rule 2.6: gates are for whom policy authorises: staff is refused until a policy names it, as alumni stay, and from then on passes", async () => {
  const staff = await personWith("wei@example.edu", "staff");
  const alumna = await personWith("alumna@example.edu", "alumni");
  const who = async () => (await answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: GATE }, query: { capability: "pass" } }))).items;
  const reasons = async (person: string) =>
    (await answered(client.ask("GET /v1/explain", { query: { person, "access-point": GATE, capability: "pass" } }))).credentials.map(({ reason }) => reason);
  expect([await who(), await reasons(staff), await reasons(alumna)]).toEqual([[campus.person], ["CredentialNotFound"], ["CredentialNotFound"]]);
  await answered(client.ask("PUT /v1/policies/{id}", { params: { id: "staff-gates" }, body: { names: names("staff") } }));
  const [subject, source] = [{ kind: "audience", id: "staff" } as const, { kind: "policy", id: "staff-gates" } as const];
  await answered(client.ask("POST /v1/grants", { body: { subject, what: toProfile("gates"), validity: ENDLESS, source } }));
  expect([await who(), await reasons(staff), await reasons(alumna)]).toEqual([[campus.person, staff].sort(), [null], ["CredentialNotFound"]]);
});

test("a batch covers what was asked, one pass behind the other, never more than ten minutes ahead, and each is good in its time alone", async () => {
  const { passes } = await answered(passesOf(campus.person, 600));
  expect(passes).toHaveLength(20);
  expect(passes.map(({ signedAt }, nth) => nth === 0 || signedAt === passes[nth - 1]!.expiresAt)).toEqual(passes.map(() => true));
  expect(passes.at(-1)!.expiresAt).toBe("2026-09-01T00:10:00Z");
  expect([await atDoor(passes[19]!.text), await atDoor(passes[19]!.text, START + 575)]).toEqual(["PassNotYetValid", campus.phone]);
  expect((await answered(passesOf(campus.person, 31))).passes).toHaveLength(2);
  rig.passKey = { ...rig.passKey!, ttlS: 40 };
  expect((await answered(passesOf(campus.person, 600))).passes, "15 of 40 s").toHaveLength(15);
  const kept = await rig.cloud.database.queries.selectFrom("issued_pass").selectAll().execute();
  expect(kept).toEqual([{ credential: campus.phone, kid: 7, issued_at: START, until: START + 600, actor: "backend" }]);
});

test("a batch of people gives passes to some and tells the others why not", async () => {
  const unknown = "01990246-a5d0-7000-8000-0123456789ab";
  const { issued, refused } = await answered(client.ask("POST /v1/passes", { body: { persons: [unknown, campus.person], forS: 60 } }));
  expect(issued).toMatchObject([{ person: campus.person, credential: campus.phone, passes: [{}, {}] }]);
  expect(refused).toMatchObject([{ person: unknown, problem: { reason: "PersonUnknown", status: 404, remedy: expect.any(String) } }]);
});

test("what stops a credential stops its passes: suspended, frozen, of another time; a frozen one is told even where another would do", async () => {
  const params = { id: campus.phone };
  await answered(client.ask("POST /v1/credentials/{id}/suspend", { params }));
  expect(await passesOf(campus.person)).toMatchObject({ problem: { reason: "CredentialSuspended", detail: `credential ${campus.phone} is suspended` } });
  await answered(client.ask("POST /v1/credentials/{id}/clear", { params }));
  await answered(client.ask("POST /v1/persons/{id}/credentials", { params: { id: campus.person }, body: SHOWN_QR }));
  await answered(client.ask("POST /v1/credentials/{id}/freeze", { params }, { reason: "forwarded" }));
  expect(await passesOf(campus.person)).toMatchObject({ status: 422, problem: { reason: "CredentialFrozen", rule: "2.4", caseCategory: "校园卡" } });
  const guest = await personWith("guest@example.edu", "staff");
  const [only] = (await answered(client.ask("GET /v1/persons/{id}/credentials", { params: { id: guest } }))).items;
  await answered(client.ask("DELETE /v1/credentials/{id}", { params: { id: only!.id } }));
  const later = { ...SHOWN_QR, validity: { from: "2026-09-01T00:01:00Z", until: "2026-09-01T00:01:45Z" } };
  await answered(client.ask("POST /v1/persons/{id}/credentials", { params: { id: guest }, body: later }));
  expect(await passesOf(guest)).toMatchObject({ problem: { reason: "CredentialNotValid" } });
  rig.cloud.pass(60);
  expect((await answered(passesOf(guest, 600))).passes, "none that begins behind the end").toHaveLength(2);
  rig.cloud.pass(45);
  expect(await passesOf(guest)).toMatchObject({ problem: { reason: "CredentialNotValid" } });
});

test("passes are signed by the key of ours that the trust list names for them, while it holds; of several the one that lasts longest", () => {
  const other = nodeSigner(new Uint8Array(32).fill(1));
  const key = { ...ISSUER, kid: 1, notBefore: unixSeconds(100), notAfter: unixSeconds(1000) };
  const list = (...keys: (typeof key)[]) => ({ sequence: 1, issued: unixSeconds(0), validUntil: unixSeconds(2e9), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [] }, keys: new Map(keys.map((each) => [each.kid, each])) }); // prettier-ignore
  const at = (now: number, ...keys: (typeof key)[]) => passKeyOf(list(...keys), [PASS_SIGNER], unixSeconds(now))?.kid;
  expect([at(99, key), at(100, key), at(970, key), at(971, key)]).toEqual([undefined, 1, 1, undefined]);
  expect(at(500, { ...key, status: "retired" })).toBeUndefined();
  expect(at(500, { ...key, usages: ["feed"] })).toBeUndefined();
  expect(at(500, { ...key, publicKey: other.publicKey })).toBeUndefined();
  expect(at(500, key, { ...key, kid: 2, notAfter: unixSeconds(2000) }, { ...key, kid: 3, notAfter: unixSeconds(1500) })).toBe(2);
});
