import { zonePartition } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CloudClient, RouteParts } from "../api/client.ts";
import { CloudClient as Client } from "../api/client.ts";
import { DELEGATED_SCOPES, type Role, ROLES } from "../api/roles.ts";
import { ROUTE_LIST } from "../api/routes.ts";
import { type Scope, SCOPES } from "../api/scopes.ts";
import { type Concern, EXCESSES, excessOf, type Reach } from "../core/delegation.ts";
import { type ApiCampus, apiCampus, GATE, LABORATORY, toProfile } from "../rig/api-campus.ts";
import { answered, type ApiRig, apiRig, names, URL_OF_RIG, valueOf } from "../rig/api-rig.ts";
import { itemsIn, START } from "../rig/cloud-rig.ts";

let rig: ApiRig;
let root: CloudClient;
let campus: ApiCampus;
beforeEach(async () => {
  rig = await apiRig();
  root = rig.backend.client;
  campus = await apiCampus(root);
  for (const id of ["lift", "store"])
    await answered(root.ask("PUT /v1/access-points/{id}", { params: { id }, body: { zone: "east", names: names(id), high: false } }));
});
afterEach(() => rig.close());

const WHY = { reason: "handed over / 交接" };
const at = (days: number): string => new Date((START + days * 86_400) * 1000).toISOString().replace(".000Z", "Z");
/** An operator with a key of its own. */
async function operator(id: string, role: Role | null): Promise<CloudClient> {
  await answered(root.ask("PUT /v1/operators/{id}", { params: { id }, body: { name: id, account: `${id}@example.edu`, role, until: null } }));
  const signer = nodeSigner(nodeSha256(Buffer.from(`key of ${id}`)));
  const publicKey = Buffer.from(signer.publicKey).toString("hex");
  await answered(root.ask("POST /v1/operators/{id}/keys", { params: { id }, body: { publicKey, until: null } }));
  return new Client({ url: URL_OF_RIG, signer, nowMs: rig.cloud.nowMs, randomBytes: rig.cloud.randomBytes, fetch: rig.fetch });
}
type Given = RouteParts<"POST /v1/delegations">["body"];
const part = (to: string, change: Partial<Given> = {}): Given => ({ operator: to, zones: [], accessPoints: [GATE], capabilities: ["pass"], mayDelegate: false, until: at(30), ...change }); // prettier-ignore
const delegate = (by: CloudClient, body: Given) => by.ask("POST /v1/delegations", { body }, WHY);
const grant = (by: CloudClient, accessPoints: string[] = [GATE], until: string | null = at(10), capability: "pass" | "unlock" = "pass") =>
  by.ask(
    "POST /v1/grants",
    {
      body: {
        subject: { kind: "person", id: campus.person },
        what: { kind: "own", accessPoints, capability, schedule: "always" },
        validity: { from: null, until },
        source: { kind: "operator" },
      },
    },
    WHY,
  );
const OWN = { kind: "own" as const, accessPoints: [GATE], capability: "pass" as const, schedule: "always" };
const toPerson = () => ({
  subject: { kind: "person" as const, id: campus.person },
  what: OWN,
  validity: { from: null, until: at(1) },
  source: { kind: "operator" as const },
});
const refused = (reason: string) => ({ ok: false, status: 403, problem: { reason } });
const grantsLeft = async () => (await answered(root.ask("GET /v1/grants", { query: { "subject-kind": "person", subject: campus.person } }))).items;

describe("a delegated administrator", () => {
  test("grants at the places that are his, what is his to grant, up to his date; each beyond is refused by its name", async () => {
    const warden = await operator("warden", null);
    expect(await grant(warden)).toMatchObject(refused("ScopeMissing"));
    const { id } = await valueOf(delegate(root, part("warden", { accessPoints: [GATE, "lift"] })));
    expect(await valueOf(grant(warden))).toMatchObject({ source: { kind: "delegation", id }, grantedBy: "warden" });
    expect(await grant(warden, [GATE, "store"])).toMatchObject({ ...refused("NotYourPlace"), problem: { detail: "access point store" } });
    expect(await grant(warden, ["nowhere"])).toMatchObject(refused("NotYourPlace"));
    expect(await grant(warden, [GATE], at(10), "unlock")).toMatchObject(refused("NotYourCapability"));
    expect(await grant(warden, [GATE], at(31))).toMatchObject(refused("BeyondYourDate"));
    expect(await grant(warden, [GATE], null)).toMatchObject(refused("BeyondYourDate"));
    expect(await valueOf(grant(warden, ["lift"], at(30)))).toMatchObject({ inForce: true });
  });

  test("gives nothing to an audience, no profile, and nothing in a policy's name: what these mean changes without him", async () => {
    const warden = await operator("warden", null);
    await valueOf(delegate(root, part("warden")));
    const own = OWN;
    const [validity, source, subject] = [{ from: null, until: at(1) }, { kind: "operator" }, { kind: "person", id: campus.person }] as const;
    for (const body of [
      { subject: { kind: "audience", id: "student" }, what: own, validity, source },
      { subject, what: toProfile("gates"), validity, source },
      { subject, what: own, validity, source: { kind: "policy", id: "students-gates" } },
    ] as const)
      expect(await warden.ask("POST /v1/grants", { body }, WHY)).toMatchObject(refused("NotYourPlace"));
  });

  test("says why, at every change, and so does every operator; the audit has it", async () => {
    const warden = await operator("warden", null);
    await valueOf(delegate(root, part("warden")));
    const body = toPerson();
    expect(await warden.ask("POST /v1/grants", { body })).toMatchObject({ status: 422, problem: { reason: "ReasonRequired" } });
    const guard = await operator("guard-1", "guard");
    expect(await guard.ask("POST /v1/credentials/{id}/report-lost", { params: { id: campus.card } })).toMatchObject({ problem: { reason: "ReasonRequired" } });
    const { change } = await answered(grant(warden));
    const audit = await answered(root.ask("GET /v1/changes", { query: { after: change - 1 } }));
    expect(audit.items).toMatchObject([{ actor: "warden", action: "grant create", reason: WHY.reason }]);
  });

  test("passes on no more than he holds, no longer, and not at all unless he may; with a zone come its future doors, with doors no zone", async () => {
    const warden = await operator("warden", null);
    for (const id of ["deputy", "helper"]) await operator(id, null);
    await valueOf(delegate(root, part("warden")));
    expect(await delegate(warden, part("deputy"))).toMatchObject(refused("MayNotDelegate"));
    await valueOf(delegate(root, part("warden", { accessPoints: ["lift"], mayDelegate: true })));
    expect(await delegate(warden, part("deputy"))).toMatchObject(refused("MayNotDelegate"));
    expect(await delegate(warden, part("deputy", { accessPoints: ["lift", "store"] }))).toMatchObject(refused("NotYourPlace"));
    expect(await delegate(warden, part("deputy", { accessPoints: ["lift"], zones: ["east"] }))).toMatchObject(refused("NotYourPlace"));
    expect(await delegate(warden, part("deputy", { accessPoints: ["lift"], capabilities: ["pass", "unlock"] }))).toMatchObject(refused("NotYourCapability"));
    expect(await delegate(warden, part("deputy", { accessPoints: ["lift"], until: at(31) }))).toMatchObject(refused("BeyondYourDate"));
    const { parent } = await valueOf(delegate(warden, part("deputy", { accessPoints: ["lift"] })));
    expect(parent).not.toBeNull();
    await valueOf(delegate(root, part("warden", { accessPoints: [], zones: ["east"], mayDelegate: true })));
    await answered(root.ask("PUT /v1/access-points/{id}", { params: { id: "new-door" }, body: { zone: "east", names: names("new"), high: false } }));
    expect(await grant(warden, ["new-door"])).toMatchObject({ ok: true });
    expect(await delegate(warden, part("helper", { accessPoints: ["new-door"] }))).toMatchObject({ ok: true });
    expect(await grant(warden, [LABORATORY])).toMatchObject(refused("NotYourPlace"));
  });

  test("ends with its source: what was made of a delegation and every grant of it end in one publication, at the doors too", async () => {
    const [warden, deputy] = [await operator("warden", null), await operator("deputy", null)];
    const { id } = await valueOf(delegate(root, part("warden", { mayDelegate: true })));
    await valueOf(delegate(warden, part("deputy")));
    await answered(grant(deputy));
    const kept = await valueOf(grant(root, [GATE], at(9)));
    const own = async () =>
      (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) =>
        item.table === "credential" && item.row.credential.id === campus.card ? item.row.grants.filter(({ kind }) => kind === "own") : [],
      );
    expect((await own()).length).toBe(2);
    const ended = await answered(root.ask("POST /v1/delegations/{id}/end", { params: { id } }, WHY));
    expect(ended).toMatchObject({ value: { delegations: 2, grants: 1 } });
    expect(await grantsLeft()).toMatchObject([{ id: kept.id }]);
    expect((await own()).length).toBe(1);
    for (const one of [warden, deputy]) expect(await grant(one)).toMatchObject(refused("ScopeMissing"));
    expect(await answered(root.ask("GET /v1/health", {}))).toMatchObject({ publish: ended.publish });
  });

  test("may nothing when his date has come, and neither has what he granted", async () => {
    const warden = await operator("warden", null);
    await valueOf(delegate(root, part("warden")));
    await answered(grant(warden, [GATE], at(30)));
    rig.cloud.pass(30 * 86_400);
    expect(await grant(warden, [GATE], at(31))).toMatchObject(refused("ScopeMissing"));
    expect((await grantsLeft()).every(({ validity }) => validity.until === at(30))).toBe(true);
  });

  test("ends grants at his places that operators gave, whoever; not the campus's policies, nor what opens other places too", async () => {
    const warden = await operator("warden", null);
    await valueOf(delegate(root, part("warden")));
    const revoke = (id: string) => warden.ask("DELETE /v1/grants/{id}", { params: { id } }, WHY);
    const [own, both] = [await valueOf(grant(root, [GATE], null)), await valueOf(grant(root, [GATE, "lift"], null))];
    expect(await revoke(own.id)).toMatchObject({ ok: true });
    expect(await revoke(both.id)).toMatchObject(refused("NotYourPlace"));
    const policy = (await answered(root.ask("GET /v1/grants", {}))).items.find(({ source }) => source.kind === "policy")!;
    expect(await revoke(policy.id)).toMatchObject(refused("NotYourPlace"));
    expect(await revoke("01990246-a5d0-7000-8000-0123456789ab")).toMatchObject(refused("NotYourPlace"));
  });

  test("finds a person by the whole account, leafs through nobody, sees his own delegations and those beneath, and no route that is not for him", async () => {
    const warden = await operator("warden", null);
    await operator("other", null);
    const { id } = await valueOf(delegate(root, part("warden")));
    await valueOf(delegate(root, part("other")));
    expect((await answered(warden.ask("GET /v1/persons", { query: { account: "zhang@connect.example.edu" } }))).items.length).toBe(1);
    expect(await warden.ask("GET /v1/persons", {})).toMatchObject(refused("NotYourPlace"));
    expect((await answered(warden.ask("GET /v1/delegations", {}))).items.map((one) => one.id)).toEqual([id]);
    expect(await warden.ask("GET /v1/persons/{id}", { params: { id: campus.person } })).toMatchObject(refused("NotDelegable"));
    expect(await warden.ask("GET /v1/changes", {})).toMatchObject(refused("ScopeMissing"));
    const others = (await answered(root.ask("GET /v1/delegations", {}))).items.find(({ operator: holder }) => holder === "other")!;
    expect(await warden.ask("POST /v1/delegations/{id}/end", { params: { id: others.id } }, WHY)).toMatchObject(refused("NotYourPlace"));
    for (const [point, may] of [
      [GATE, true],
      [LABORATORY, false],
    ] as const)
      expect((await warden.ask("GET /v1/access-points/{id}/who", { params: { id: point }, query: { capability: "pass" } })).ok).toBe(may);
  });

  test("a second operator of a high door may be delegated too, and is not the first under another key", async () => {
    const [one, two] = [await operator("one", null), await operator("two", null)];
    for (const to of ["one", "two"]) await valueOf(delegate(root, part(to, { accessPoints: [LABORATORY] })));
    const { id, inForce } = await valueOf(grant(one, [LABORATORY]));
    const approve = (by: CloudClient) => by.ask("POST /v1/grants/{id}/approve", { params: { id } }, WHY);
    expect(inForce).toBe(false);
    expect(await approve(one)).toMatchObject({ problem: { reason: "SameOperator" } });
    expect(await valueOf(approve(two))).toMatchObject({ inForce: true, approvedBy: "two" });
  });
});

describe("an operator", () => {
  test("may what the role says and nothing else, and makes nobody who may more", async () => {
    for (const role of Object.keys(ROLES) as Role[]) {
      const client = await operator(`a-${role}`, role);
      const may = new Set<Scope>(ROLES[role]);
      for (const [route, scope] of [
        ["GET /v1/zones", "places:read"],
        ["GET /v1/changes", "audit:read"],
        ["GET /v1/operators", "operators:read"],
      ] as const)
        // prettier-ignore
        expect([role, route, (await client.ask(route, {})).ok]).toEqual([role, route, may.has(scope)]);
    }
    const narrow = await rig.caller("narrow", ["operators:write", ...ROLES.guard]);
    const put = (role: Role | null) =>
      narrow.client.ask("PUT /v1/operators/{id}", { params: { id: "new" }, body: { name: "new", account: null, role, until: null } });
    expect(await put("operate")).toMatchObject(refused("RoleBeyondYours"));
    expect(await put("guard")).toMatchObject({ ok: true });
    const taken = { name: "boss", account: null, role: null, until: null };
    await operator("boss", "admin");
    expect(await narrow.client.ask("PUT /v1/operators/{id}", { params: { id: "boss" }, body: taken })).toMatchObject(refused("RoleBeyondYours"));
  });

  test("that ends may nothing from then on; what it granted ends with it, or goes to a successor who takes it over", async () => {
    for (const successor of [null, "heir"]) {
      const id = `leaver-${successor}`;
      const leaver = await operator(id, "operate");
      if (successor !== null) await operator(successor, "operate");
      const given = await valueOf(grant(leaver));
      const ended = await answered(root.ask("POST /v1/operators/{id}/end", { params: { id }, body: { successor } }, WHY));
      expect(ended).toMatchObject({ value: { grants: 1, delegations: 0 } });
      expect(await leaver.ask("GET /v1/zones", {})).toMatchObject({ status: 401, problem: { reason: "SignatureRefused" } });
      const left = (await grantsLeft()).find((one) => one.id === given.id);
      expect(left?.source).toEqual(successor === null ? undefined : { kind: "operator", id: "heir" });
    }
  });

  test("may nothing behind its own date, though its key holds", async () => {
    const client = await operator("temp", "view");
    await answered(root.ask("PUT /v1/operators/{id}", { params: { id: "temp" }, body: { name: "temp", account: null, role: "view", until: at(1) } }, WHY));
    expect(await client.ask("GET /v1/zones", {})).toMatchObject({ ok: true });
    rig.cloud.pass(86_400);
    expect(await client.ask("GET /v1/zones", {})).toMatchObject({ status: 403, problem: { reason: "OperatorEnded" } });
  });
});

test("a route is open to delegations only where it says what it is about, and every scope that a delegation has opens one", () => {
  const open = ROUTE_LIST.filter(({ route }) => route.within !== undefined);
  for (const { name, route } of open) expect(DELEGATED_SCOPES, name).toContain(route.scope);
  for (const scope of DELEGATED_SCOPES)
    expect(
      open.some(({ route }) => route.scope === scope),
      scope,
    ).toBe(true);
  for (const scope of ["operators:write", "places:write", "people:write", "credentials:write", "audit:read"] as const)
    expect(DELEGATED_SCOPES).not.toContain(scope);
  expect(Object.keys(SCOPES).sort()).toEqual([...ROLES.admin].sort());
});

test("a delegation that ends between the question and the change changes nothing", async () => {
  const warden = await operator("warden", null);
  const { id } = await valueOf(delegate(root, part("warden")));
  // As another instance's end that is committed just before this change's transaction.
  const { queries } = rig.cloud.database;
  const request = warden.request("POST /v1/grants", { body: toPerson() }, WHY);
  const before = await grantsLeft();
  const { mutate } = await import("../mutation.ts");
  await queries.updateTable("delegation").set({ ended_at: START }).where("id", "=", id).execute();
  const note = { actor: "warden", action: "grant create", target: "", reason: "", delegation: id };
  await expect(mutate(rig.cloud, note, async () => ({ ok: true, value: null }))).rejects.toThrow(expect.objectContaining({ name: "DelegationOver" }));
  expect(await (await rig.fetch(await request)).json()).toMatchObject({ reason: "ScopeMissing" });
  expect(await grantsLeft()).toEqual(before);
});

describe("what goes beyond a delegation", () => {
  const points = ["a1", "a2", "b1", "b2"];
  const zoneOf = (point: string): string | undefined => (points.includes(point) ? point[0] : undefined);
  const reach = fc.record({
    zones: fc.subarray(["a", "b"]),
    accessPoints: fc.subarray(points),
    capabilities: fc.subarray(["pass", "ride", "unlock"] as const),
    until: fc.integer({ min: 1, max: 9 }),
    mayDelegate: fc.boolean(),
  }) as unknown as fc.Arbitrary<Reach>;
  const asDelegation = ({ zones, accessPoints, capabilities, until }: Reach): Concern => ({ zones, accessPoints, capabilities, until, delegates: true });

  test("no chain of delegations, each within the one before, ever grants what the first could not", () => {
    fc.assert(
      fc.property(
        fc.array(reach, { minLength: 2, maxLength: 4 }),
        fc.subarray([...points, "nowhere"], { minLength: 1 }),
        fc.constantFrom("pass", "ride", "unlock" as const),
        fc.integer({ min: 1, max: 9 }),
        (chain, accessPoints, capability, until) => {
          // prettier-ignore
          const isChain = chain.every((one, nth) => nth === 0 || excessOf(chain[nth - 1]!, asDelegation(one), zoneOf) === undefined);
          fc.pre(isChain);
          const asked = { accessPoints, capabilities: [capability], until } as unknown as Concern;
          if (excessOf(chain.at(-1)!, asked, zoneOf) === undefined) expect(excessOf(chain[0]!, asked, zoneOf)).toBeUndefined();
          expect(chain.slice(0, -1).every(({ mayDelegate }) => mayDelegate)).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test("is named in the order place, capability, date, passing on: each alone, and the first of several", () => {
    const mine = { zones: ["a"], accessPoints: ["b1"], capabilities: ["pass"], until: 5, mayDelegate: false } as unknown as Reach;
    const spoilt: readonly Partial<Record<keyof Concern, unknown>>[] = [
      { accessPoints: ["b2"] },
      { capabilities: ["unlock"] },
      { until: 6 },
      { delegates: true },
    ];
    const fine = { accessPoints: ["a1", "a2", "b1"], capabilities: ["pass"], until: 5 } as unknown as Concern;
    expect(excessOf(mine, fine, zoneOf)).toBeUndefined();
    for (const [nth, change] of spoilt.entries()) {
      expect(excessOf(mine, { ...fine, ...change } as Concern, zoneOf)?.refusal).toBe(EXCESSES[nth]);
      const andAllBehind = Object.assign({}, fine, ...spoilt.slice(nth)) as Concern;
      expect(excessOf(mine, andAllBehind, zoneOf)?.refusal).toBe(EXCESSES[nth]);
    }
    expect(excessOf(mine, { ...fine, zones: ["b"] }, zoneOf)?.refusal).toBe("NotYourPlace");
  });
});
