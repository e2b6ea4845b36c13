import { zonePartition } from "@portico/card-protocol";
import { nodeSha256, nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudClient, type RouteParts } from "./api/client.ts";
import { type ApiCampus, apiCampus, cardOf, GATE, LABORATORY, plainPerson, toProfile } from "./rig/api-campus.ts";
import { ALL_SCOPES, answered, type ApiRig, apiRig, ENDLESS, names, URL_OF_RIG, valueOf } from "./rig/api-rig.ts";
import { itemsIn, START } from "./rig/cloud-rig.ts";
import { backFrom, REDIRECT } from "./rig/rig-providers.ts";

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

type Content = RouteParts<"POST /v1/grants">["body"];
const WHY = { reason: "学生处通知 / notice of student affairs" };
const at = (seconds: number): string => new Date((START + seconds) * 1000).toISOString().replace(".000Z", "Z");
const PASS = { kind: "own" as const, accessPoints: [GATE], capability: "pass" as const, schedule: "always" };
const person = (id: string) => ({ kind: "person", id }) as const;
const content = (change: Partial<Content> = {}): Content => ({ subject: person(campus.person), what: PASS, validity: ENDLESS, source: { kind: "operator" }, ...change }); // prettier-ignore
const withheld = (change: Partial<Content> = {}): Content => content({ effect: "withhold", ...change });
const grant = (body: Content, by = client, why: { readonly reason?: string } = WHY) => by.ask("POST /v1/grants", { body }, why);
const end = (id: string, by = client, why: { readonly reason?: string } = WHY) => by.ask("DELETE /v1/grants/{id}", { params: { id } }, why);
const who = (accessPoint = GATE) => answered(client.ask("GET /v1/access-points/{id}/who", { params: { id: accessPoint }, query: { capability: "pass" } }));
const explain = (id = campus.person) => answered(client.ask("GET /v1/explain", { query: { person: id, "access-point": GATE, capability: "pass" } }));
const outcomes = async () => [...new Set((await explain()).credentials.map(({ outcome, reason }) => reason ?? outcome))];
/** What the gate's zone is told of the student's card. */
const row = async () =>
  (await itemsIn(rig.cloud, zonePartition("east"))).flatMap((item) => (item.table === "credential" && item.row.credential.id === campus.card ? [item.row.grants] : [])); // prettier-ignore
async function somebody(account: string, audience: "contractor" | "family" | "staff" | "student", sponsor: string | null = null): Promise<string> {
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }));
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience }, body: { validity: ENDLESS, sponsor } }));
  return id;
}

test("rule 2.18: an explicit grant widens what an audience may, and one that withholds narrows it at those places within its time, whatever else gives", async () => {
  const builder = await somebody("builder@example.edu", "contractor");
  await answered(client.ask("POST /v1/persons/{id}/credentials", { params: { id: builder }, body: cardOf("04aabbcc") }));
  expect((await who()).items, "the policy opens to students alone").toEqual([campus.person]);
  await answered(grant(content({ subject: person(builder) })));
  expect((await who()).items).toEqual([campus.person, builder].sort());

  expect(await grant(withheld(), client, {}), "why?").toMatchObject({ status: 422, problem: { reason: "ReasonRequired" } });
  const { value } = await answered(grant(withheld({ validity: { from: at(600), until: at(1200) } })));
  expect(value).toMatchObject({ effect: "withhold", inForce: true, source: { kind: "operator", id: "backend" } });
  await answered(grant(content()));
  await answered(grant(content({ what: toProfile("gates") })));
  expect(await row()).toMatchObject([[{ kind: "profileFor", validUntil: START + 600 }, { kind: "profileFor", validFrom: START + 1200 }, { kind: "own", validUntil: START + 600 }, { kind: "own", validFrom: START + 1200 }]]); // prettier-ignore
  expect([await outcomes(), (await explain()).withholdings]).toMatchObject([["granted"], [{ grant: value.id, holds: false }]]);
  rig.cloud.pass(600);
  const told = await explain();
  expect(await outcomes()).toEqual(["Unauthorized"]);
  expect(told.grants.map(({ source }) => source.kind).sort(), "what gives is shown as it stands").toEqual(["operator", "operator", "policy"]);
  expect(told.withholdings).toEqual([{ grant: value.id, source: { kind: "operator", id: "backend" }, grantedBy: "backend", by: "own", validity: { from: at(600), until: at(1200) }, holds: true }]); // prettier-ignore
  expect(told.help).toMatchObject({ contact: expect.stringContaining("020-88330101"), caseCategory: "报事报修-IT-智能门禁" });
  expect(await who()).toMatchObject({ items: [builder], withheld: [{ person: campus.person, grant: value.id, source: { kind: "operator" }, grantedBy: "backend" }], others: { caseCategory: "报事报修-IT-智能门禁" } }); // prettier-ignore
  rig.cloud.pass(600);
  expect([await outcomes(), (await who()).withheld]).toEqual([["granted"], []]);
  expect(await end(value.id, client, {}), "the end opens again").toMatchObject({ status: 422, problem: { reason: "ReasonRequired" } });
  await answered(end(value.id));
  expect((await row())[0]!.map(({ kind }) => kind).sort()).toEqual(["own", "profile"]);
});

test("rule 2.18: what an effect cannot be said of is refused by field, in a grant and in a plan", async () => {
  const everywhere = { kind: "everywhere", capability: "pass" } as const;
  expect(await grant(content({ what: everywhere }))).toMatchObject({ status: 400, problem: { errors: [{ pointer: "/what/kind", detail: expect.stringContaining("withheld alone") }] } }); // prettier-ignore
  const nightly = withheld({ what: { ...PASS, schedule: "weekdays" } });
  expect(await grant(nightly)).toMatchObject({
    status: 400,
    problem: { errors: [{ pointer: "/what/schedule", detail: expect.stringContaining("at all hours") }] },
  });
  const { source: _, ...wish } = nightly;
  const plan = await client.ask("POST /v1/access-plans", { body: { profiles: [], policies: [{ id: "barred", names: names("barred"), grants: [wish] }] } });
  expect(plan).toMatchObject({ status: 400, problem: { errors: [{ pointer: "/policies/0/grants/0/what/schedule" }] } });
  expect(await client.ask("POST /v1/grants", { body: { ...content(), effect: "deny" as "give" } })).toMatchObject({ status: 400, problem: { errors: [{ pointer: "/effect" }] } }); // prettier-ignore
});

test("rule 2.18: a capability that is withheld everywhere takes its service from whom the audience gives it, says whom to ask, and leaves the report of a loss; a grant gives a service to whom no audience does", async () => {
  const sessionOf = async (account: string): Promise<string> => {
    const { url } = await answered(client.ask("POST /v1/log-in/oidc/begin", { body: { redirectUri: REDIRECT } }));
    return (await answered(client.ask("POST /v1/log-in/oidc/finish", { body: backFrom(url, account) }))).session.id;
  };
  const service = (session: string, id: string) => answered(client.ask("GET /v1/services/{id}", { params: { id }, query: { session } }));
  const verdicts = async (session: string) => [(await service(session, "printing")).verdict, (await service(session, "card-payment")).verdict].map(({ may, rule }) => [may, rule]); // prettier-ignore
  const [zhang, child] = [await sessionOf("zhang@connect.example.edu"), await somebody("child@example.edu", "family", campus.person)];
  expect(await verdicts(zhang)).toEqual([["use", "2.9"], ["use", "2.10"]]); // prettier-ignore
  const print = { kind: "everywhere", capability: "print" } as const;
  const { value } = await answered(grant(withheld({ what: print })));
  expect(await verdicts(zhang), "one capability alone").toEqual([["nothing", "2.18"], ["use", "2.10"]]); // prettier-ignore
  expect(await service(zhang, "printing")).toMatchObject({
    verdict: { may: "nothing", reason: "ServiceWithheld", rule: "2.18", loginNeeded: null },
    sentence: {
      zh: "您的打印服务权限现被停用。如有疑问请联系：IT 服务热线，020-88330101，gzit@hkust-gz.edu.cn，或通过“报事报修-IT-打印机”提交工单。",
      en: "Printing is withheld from you. Questions: IT hotline, 020-88330101, gzit@hkust-gz.edu.cn, or a case under 报事报修-IT-打印机.",
    },
  });
  const entry = await client.ask("GET /v1/services/{id}/entry", { params: { id: "printing" }, query: { session: zhang } });
  expect(entry).toMatchObject({ status: 403, problem: { reason: "ServiceWithheld", rule: "2.18", contact: expect.stringContaining("020-88330101"), caseCategory: "打印机" } }); // prettier-ignore
  for (const capability of ["pass", "ride", "unlock", "pay", "borrow"] as const) await answered(grant(withheld({ what: { kind: "everywhere", capability } })));
  for (const id of ["card-loss", "campus-card"]) expect((await service(zhang, id)).verdict.may, id).toBe("use");
  await answered(end(value.id));
  expect((await verdicts(zhang))[0]).toEqual(["use", "2.9"]);

  const family = await sessionOf("child@example.edu");
  expect(await verdicts(family)).toEqual([["nothing", "2.9"], ["nothing", "2.10"]]); // prettier-ignore
  const printer = { kind: "own" as const, accessPoints: ["printer"], capability: "print" as const, schedule: "always" };
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "printer" }, body: { zone: "east", names: names("printer"), high: false } }));
  await answered(grant(content({ subject: person(child), what: printer })));
  expect(await verdicts(family)).toEqual([["use", "2.18"], ["nothing", "2.10"]]); // prettier-ignore
  await answered(grant(withheld({ subject: person(child), what: printer })));
  expect((await verdicts(family))[0], "withheld wherever it was given, it is as if it were not").toEqual(["nothing", "2.9"]);
});

test("what would be withheld from too many is held: from an audience or a group, by a plan, by a profile's new line", async () => {
  const second = (await rig.caller("operator-2", ALL_SCOPES)).client;
  const ids = [];
  for (let nth = 0; nth < 11; nth++) ids.push(await somebody(`s${nth}@connect.example.edu`, "student"));
  for (const id of ids)
    await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: id }, body: { validity: ENDLESS } }));
  const held = (counts: string) => ({ status: 409, problem: { reason: "RemovalHeld", detail: expect.stringContaining(counts) } });
  const students = { kind: "audience", id: "student" } as const;
  expect(await grant(withheld({ subject: { kind: "group", id: "class-1" } }))).toMatchObject(held("student 11 of 12"));
  const later = withheld({ subject: students, validity: { from: at(60), until: null } });
  expect(await grant(later)).toMatchObject(held("student 12 of 12"));
  expect(await grant(later), "the same again waits already").toMatchObject(held("student 12 of 12"));
  const { items } = await answered(client.ask("GET /v1/removals", { query: { state: "held" } }));
  expect(items.map(({ kind, of }) => `${kind} ${of}`).sort()).toEqual(["withholding audience student", "withholding group class-1"]); // prettier-ignore
  rig.cloud.pass(60);
  expect((await who()).items).toEqual([campus.person]);
  const id = items.find(({ of }) => of === "audience student")!.id;
  expect(await client.ask("POST /v1/removals/{id}/release", { params: { id } }, WHY)).toMatchObject({ status: 422, problem: { reason: "SameOperator" } });
  await answered(second.ask("POST /v1/removals/{id}/release", { params: { id } }, WHY));
  expect([(await who()).items, (await who()).withheld.length]).toEqual([[], 1]);

  const narrow = withheld({ subject: { kind: "group", id: "class-1" }, what: toProfile("gates") });
  const { source: _, ...wish } = narrow;
  const plan = await valueOf(
    client.ask("POST /v1/access-plans", { body: { profiles: [], policies: [{ id: "barred", names: names("barred"), grants: [wish] }] } }),
  );
  expect(plan).toMatchObject({ concerns: [{ audience: "student", gain: 0, lose: 11 }], high: [] });
  expect(await client.ask("POST /v1/access-plans/{id}/apply", { params: { id: plan.id } })).toMatchObject(held("student 11 of 12"));
  const gates = (...accessPoints: string[]) => client.ask("PUT /v1/access-profiles/{id}", { params: { id: "gates" }, body: { names: names("gates"), policies: accessPoints.map((accessPoint) => ({ accessPoint, capability: "pass" as const, schedule: "always" })) } }); // prettier-ignore
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "gate-2" }, body: { zone: "east", names: names("gate 2"), high: false } }));
  await answered(gates(GATE, "gate-2"));
  await answered(second.ask("POST /v1/access-plans/{id}/apply", { params: { id: (await valueOf(client.ask("POST /v1/access-plans", { body: { profiles: [], policies: [] } }))).id } })); // prettier-ignore
  const waiting = (await answered(client.ask("GET /v1/removals", { query: { state: "held" } }))).items.find(({ kind }) => kind === "plan")!;
  expect((await second.ask("POST /v1/removals/{id}/release", { params: { id: waiting.id } }, WHY)).ok).toBe(true);
  await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "gate-3" }, body: { zone: "east", names: names("gate 3"), high: false } }));
  expect(await gates(GATE, "gate-2", "gate-3"), "whoever is barred from the profile is barred from its new line").toMatchObject(held("student 11 of 12"));
});

async function operator(id: string, role: "operate" | null = null): Promise<CloudClient> {
  await answered(client.ask("PUT /v1/operators/{id}", { params: { id }, body: { name: id, account: `${id}@example.edu`, role, until: null } }, WHY));
  const signer = nodeSigner(nodeSha256(Buffer.from(`key of ${id}`)));
  await answered(client.ask("POST /v1/operators/{id}/keys", { params: { id }, body: { publicKey: Buffer.from(signer.publicKey).toString("hex"), until: null } }, WHY)); // prettier-ignore
  return new CloudClient({ url: URL_OF_RIG, signer, nowMs: rig.cloud.nowMs, randomBytes: rig.cloud.randomBytes, fetch: rig.fetch });
}
const delegated = async (to: string): Promise<string> =>
  (await valueOf(client.ask("POST /v1/delegations", { body: { operator: to, zones: [], accessPoints: [GATE], capabilities: ["pass"], mayDelegate: false, until: at(86_400) } }, WHY))).id; // prettier-ignore

test("a delegated administrator withholds at his places, what is his to give, up to his date; he ends what he withheld himself and nobody else's; it goes with the delegation", async () => {
  const [warden, other] = [await operator("warden"), await operator("other")];
  const [delegation] = [await delegated("warden"), await delegated("other")];
  const mine = (change: Partial<Content> = {}) => withheld({ validity: { from: null, until: at(3600) }, ...change });
  const refused = (reason: string) => ({ status: 403, problem: { reason } });
  expect(await grant(mine({ what: { ...PASS, accessPoints: [LABORATORY] } }), warden)).toMatchObject(refused("NotYourPlace"));
  expect(await grant(mine({ what: { ...PASS, capability: "unlock" } }), warden)).toMatchObject(refused("NotYourCapability"));
  expect(await grant(mine({ validity: ENDLESS }), warden)).toMatchObject(refused("BeyondYourDate"));
  for (const change of [
    { what: { kind: "everywhere", capability: "pass" } },
    { what: toProfile("gates") },
    { subject: { kind: "audience", id: "student" } },
  ] as const)
    expect(await grant(mine(change), warden)).toMatchObject(refused("NotYourPlace"));
  const { value } = await answered(grant(mine(), warden));
  expect(value).toMatchObject({ effect: "withhold", source: { kind: "delegation", id: delegation }, grantedBy: "warden" });
  expect((await who()).withheld, "also what the campus's policy gives").toMatchObject([{ person: campus.person, source: { kind: "delegation" }, grantedBy: "warden" }]); // prettier-ignore
  const campusWide = await valueOf(grant(withheld()));
  expect(await end(campusWide.id, warden), "the campus's").toMatchObject(refused("NotYourPlace"));
  expect(await end(value.id, other), "another's").toMatchObject(refused("NotYourPlace"));
  const review = await valueOf(warden.ask("POST /v1/access-reviews", { body: { what: { kind: "place", accessPoint: GATE }, due: at(3600), unconfirmed: "list" } }, WHY)); // prettier-ignore
  const { rows } = await answered(warden.ask("GET /v1/access-reviews/{id}", { params: { id: review.review.id } }));
  const decide = (about: string, verdict: "confirm" | "end") =>
    warden.ask("POST /v1/access-reviews/{id}/rows/{row}", { params: { id: review.review.id, row: rows.find((each) => each.about === about)!.id }, body: { verdict } }, WHY); // prettier-ignore
  expect(await decide(campusWide.id, "end"), "nor in a review").toMatchObject(refused("NotYourPlace"));
  await answered(decide(campusWide.id, "confirm"));
  await answered(decide(value.id, "end"));
  await answered(end(campusWide.id));
  expect((await who()).items).toEqual([campus.person]);
  await answered(grant(mine(), warden));
  expect((await who()).items).toEqual([]);
  await answered(client.ask("POST /v1/delegations/{id}/end", { params: { id: delegation } }, WHY));
  expect((await who()).items).toEqual([campus.person]);
});

test("a withholding of a delegation or an operator that has ended before a second one released it is not made", async () => {
  const second = (await rig.caller("operator-2", ALL_SCOPES)).client;
  const warden = await operator("warden");
  const delegation = await delegated("warden");
  for (let nth = 0; nth < 11; nth++) {
    const id = await somebody(`s${nth}@connect.example.edu`, "student");
    await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: id }, body: { validity: ENDLESS } }));
  }
  const body = withheld({ subject: { kind: "group", id: "class-1" }, validity: { from: null, until: at(3600) } });
  expect(await grant(body, warden)).toMatchObject({ problem: { reason: "RemovalHeld" } });
  await answered(client.ask("POST /v1/delegations/{id}/end", { params: { id: delegation } }, WHY));
  const released = async () => {
    const [waiting] = (await answered(client.ask("GET /v1/removals", { query: { state: "held" } }))).items;
    return (await answered(second.ask("POST /v1/removals/{id}/release", { params: { id: waiting!.id } }, WHY))).notice;
  };
  expect(await released()).toContain(`DelegationEnded: ${delegation}`);
  const day = await operator("day", "operate");
  expect(await grant(body, day)).toMatchObject({ problem: { reason: "RemovalHeld" } });
  await answered(client.ask("POST /v1/operators/{id}/end", { params: { id: "day" }, body: { successor: null } }, WHY));
  expect(await released()).toContain("OperatorEnded: day");
  expect((await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "group", subject: "class-1" } }))).items).toEqual([]);
});

test("a review shows what withholds, and nothing opens because nobody looked: neither a withholding nor a membership by which one is barred ends by itself", async () => {
  await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: campus.person }, body: { validity: ENDLESS } }));
  const barred = await valueOf(grant(withheld({ subject: { kind: "group", id: "class-1" } })));
  const everywhere = await valueOf(grant(withheld({ what: { kind: "everywhere", capability: "pass" } })));
  const given = await valueOf(grant(content()));
  const body = { what: { kind: "place" as const, accessPoint: GATE }, due: at(3600), unconfirmed: "end" as const };
  const { review, shortened } = await valueOf(client.ask("POST /v1/access-reviews", { body }, WHY));
  expect(shortened).toBe(1);
  const { rows } = await answered(client.ask("GET /v1/access-reviews/{id}", { params: { id: review.id } }));
  const of = (about: string) => rows.find((each) => each.about === about)!;
  expect([barred.id, everywhere.id, given.id, "class-1"].map(of)).toMatchObject([
    { effect: "withhold", endsUnlessConfirmed: false },
    { effect: "withhold", endsUnlessConfirmed: false },
    { effect: "give", endsUnlessConfirmed: true },
    { effect: null, kind: "membership", endsUnlessConfirmed: false },
  ]);
  rig.cloud.pass(7200);
  expect((await who()).items).toEqual([]);
  const decide = (id: string, by = client) => by.ask("POST /v1/access-reviews/{id}/rows/{row}", { params: { id: review.id, row: id }, body: { verdict: "end" } }, WHY); // prettier-ignore
  expect(await decide(of(everywhere.id).id), "after the date it is ended as a grant").toMatchObject({ status: 409, problem: { reason: "ReviewOver" } });
});
