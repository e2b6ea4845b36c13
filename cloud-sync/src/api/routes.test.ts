import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { REFUSAL, type RefusalName, type RefusalRow } from "../core/refusal.ts";
import { type ApiRig, apiRig, imageOf, type RigImage, valueOf } from "../rig/api-rig.ts";
import { type CaseAsk, type CaseWorld, unfreezingCase } from "../rig/case-world.ts";
import { ROUTE_CASES } from "../rig/route-cases.ts";
import { type RouteCampus, routeWorld } from "../rig/route-world.ts";
import type { Outcome } from "./client.ts";
import { NO_PROVIDERS } from "../login/log-in.ts";
import { rigProviders } from "../rig/rig-providers.ts";
import type { Route } from "./route.ts";
import { ROUTE_LIST, type RouteName, ROUTES } from "./routes.ts";
import { type Scope, SCOPES } from "./scopes.ts";
import { signRequest } from "./signing.ts";

let rig: ApiRig;
let world: CaseWorld;
/** The campus is set up once; each test begins from a copy. */
let set: { readonly image: RigImage; readonly campus: RouteCampus } | undefined;
beforeEach(async () => {
  rig = await apiRig(undefined, set?.image);
  const made = await routeWorld(rig, set?.campus);
  world = made.world;
  set ??= { image: await imageOf(rig), campus: made.campus };
});
afterEach(() => rig.close());

const NAMES = Object.keys(ROUTES) as RouteName[];
/** The table's entry where it is no longer known which route it is. */
const caseOf = (name: RouteName) =>
  ROUTE_CASES[name] as unknown as { good: CaseAsk<"GET /v1/zones">; refused: Readonly<Record<string, CaseAsk<"GET /v1/zones">>> };
const asked = async (name: RouteName, { parts, also, second, providers, scopes }: CaseAsk<"GET /v1/zones">): Promise<Outcome<RouteName>> => {
  if (providers !== undefined) rig.provideLogIn(providers === "none" ? NO_PROVIDERS : rigProviders(rig.cloud, true));
  const client = scopes === undefined ? (second ? world.second : world.client) : (await rig.caller("narrow", scopes)).client;
  return (await client.ask(name, (await parts(world)) as never, also)) as Outcome<RouteName>;
};

test.each(NAMES)(
  "%s has its good case, and answers what the document promises, nothing more; a change says by which publication it goes and how far it has come",
  async (name) => {
    const made = await asked(name, caseOf(name).good);
    if (!made.ok) throw new Error(`${made.problem.reason}: ${made.problem.detail}`);
    const { answer, action, changes, status = 200 } = ROUTES[name] as Route;
    expect(made.status).toBe(status);
    expect(answer.parse(made.value)).toEqual(made.value);
    if (action !== null && changes !== false)
    expect(made.value).toMatchObject({ change: expect.any(Number), publish: expect.any(Number), notice: null, doors: { of: expect.any(Number), status: expect.stringMatching(/^\/v1\/feed\/status\?publish=\d+$/) } }); // prettier-ignore
    expect([rig.troubles, rig.failures]).toEqual([[], []]);
  },
);

const REFUSED = NAMES.flatMap((name) => Object.entries(caseOf(name).refused).map(([reason, ask]) => ({ name, reason: reason as RefusalName, ask })));
test.each(REFUSED)("$name says no with $reason as the table has it, and changes nothing", async ({ name, reason, ask }) => {
  const prepared = {
    ...ask,
    parts: (
      (parts) => () =>
        parts
    )((await ask.parts(world)) as never),
  };
  const changes = () => rig.cloud.database.queries.selectFrom("change_record").select("id").where("action", "<>", "key add").orderBy("id").execute();
  const before = await changes();
  const outcome = await asked(name, prepared);
  const row: RefusalRow = REFUSAL[reason];
  const { title, status, remedy, rule, caseCategory } = row;
  expect(outcome).toMatchObject({ ok: false, status, problem: { type: `https://portico.invalid/problems/${reason}`, title, status, reason, remedy } });
  expect(outcome.ok ? {} : outcome.problem).toMatchObject({ ...(rule && { rule }), ...(caseCategory && { caseCategory }) });
  // That a change is held is a change of its own.
  expect((await changes()).slice(0, ["RemovalHeld", "SafeguardHeld"].includes(reason) ? -1 : undefined)).toEqual(before);
  expect([rig.troubles, rig.failures]).toEqual([[], []]);
});

test("nobody who does not sign comes in anywhere but where anybody may", async () => {
  for (const { name, method, path, route } of ROUTE_LIST) {
    const response = await rig.fetch(new Request(`https://cloud.example.edu${path.replaceAll(/\{\w+\}/g, "x")}`, { method }));
    expect([name, response.status]).toEqual([name, route.scope === "none" ? 200 : 401]);
    if (route.scope !== "none") expect(await response.json()).toMatchObject({ reason: "SignatureMissing", scope: route.scope });
  }
});

test("every route has a scope of the table, and only what says nothing about anybody has none", () => {
  for (const { name, route } of ROUTE_LIST) expect(Object.keys(SCOPES).concat("none"), name).toContain(route.scope);
  expect(ROUTE_LIST.filter(({ route }) => route.scope === "none").map(({ name }) => name)).toEqual([
    "GET /v1/notifications/keys",
    "GET /v1/health",
    "GET /v1/openapi.json",
  ]);
  const named = new Set(ROUTE_LIST.flatMap(({ route }) => [route.scope, ...(route.more ?? [])]));
  expect(Object.keys(SCOPES).filter((scope) => !named.has(scope as Scope))).toEqual([]);
});

test("what changes something is audited under its noun and verb, with who, why and which publication; no two routes have one verb", async () => {
  const actions = ROUTE_LIST.flatMap(({ route }) => route.action ?? []);
  expect(new Set(actions).size).toBe(actions.length);
  expect(ROUTE_LIST.filter(({ method, route }) => (method === "GET") !== (route.action === null))).toEqual([]);
  const { client, phone } = world;
  const reason = "截屏转发 / forwarded, 门 3 ✓";
  const frozen = await client.ask("POST /v1/credentials/{id}/freeze", { params: { id: phone } }, { reason });
  const number = await unfreezingCase(world);
  await client.ask("POST /v1/credentials/{id}/unfreeze", { params: { id: phone }, body: { case: number } }, { reason: "done" });
  if (!frozen.ok) throw new Error(frozen.problem.detail);
  const audit = await client.ask("GET /v1/changes", { query: { after: frozen.value.change - 1 } });
  expect(audit).toMatchObject({
    value: {
      items: [
        {
          id: frozen.value.change,
          at: "2026-09-01T00:00:00Z",
          actor: "backend",
          action: "credential freeze",
          target: `credential ${phone}`,
          reason,
          publish: frozen.value.publish,
        },
        { action: "case open" },
        { action: "credential unfreeze", reason: `case ${number}: done` },
      ],
      next: null,
    },
  });
});

test("lists come in pages, whole and without repetition", async () => {
  const { client } = world;
  const made: string[] = [world.person];
  for (let nth = 0; nth < 6; nth++) made.push((await valueOf(client.ask("POST /v1/persons", { body: { account: null, name: `${nth}`, phone: nth < 2 ? "+8613800138000" : null, mail: null, flags: [], partySize: 1 } }))).id); // prettier-ignore
  const pages: string[][] = [];
  for (let after: string | undefined, more = true; more;) {
    const page = await client.ask("GET /v1/persons", { query: { limit: 3, ...(after && { after }) } });
    if (!page.ok) throw new Error(page.problem.detail);
    pages.push(page.value.items.map(({ id }) => id));
    after = page.value.next ?? undefined;
    more = after !== undefined;
  }
  expect([pages.map(({ length }) => length), pages.flat()]).toEqual([[3, 3, 1], [...made].sort()]);
  expect(await client.ask("GET /v1/persons", { query: { phone: "+8613800138000" } })).toMatchObject({ value: { items: [{ name: "0" }, { name: "1" }] } });
  expect(await client.ask("GET /v1/persons", { query: { account: "ZHANG@connect.example.edu" } })).toMatchObject({ value: { items: [{ id: world.person }] } });
});

test("a group's page never ends within one person's memberships", async () => {
  const { client, person } = world;
  const { id: other } = await valueOf(client.ask("POST /v1/persons", { body: { account: null, name: "b", phone: null, mail: null, flags: [], partySize: 1 } }));
  for (const who of [person, other])
    for (const from of [null, "2027-01-01T00:00:00Z"])
      await client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person: who }, body: { validity: { from, until: null } } });
  const [first, second] = [person, other].sort();
  const page = (limit: number, after?: string) =>
    client.ask("GET /v1/groups/{id}/members", { params: { id: "class-1" }, query: { limit, ...(after && { after }) } });
  expect(await page(3)).toMatchObject({ value: { items: [{ person: first }, { person: first }], next: first } });
  expect(await page(3, first)).toMatchObject({ value: { items: [{ person: second }, { person: second }], next: null } });
});

test("an id with a slash is one segment of the path, encoded", async () => {
  const { client, person } = world;
  expect(await client.ask("GET /v1/access-points/{id}/who", { params: { id: "gate-1/entry" }, query: { capability: "pass" } })).toMatchObject({
    value: { items: [person] },
  });
  const plain = new Request("https://cloud.example.edu/v1/access-points/gate-1/entry/who?capability=pass");
  expect(((await (await rig.fetch(plain)).json()) as { reason: string }).reason).toBe("RouteUnknown");
});

test("times come with any offset and go out in UTC; a plus sign in a query may stand as it is", async () => {
  const { client, person } = world;
  const body = { validity: { from: "2026-09-01T08:00:00+08:00", until: "2026-09-02T00:00:00.000Z" }, sponsor: null };
  const staff = await valueOf(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id: person, audience: "staff" }, body }));
  expect(staff.audiences).toContainEqual({ audience: "staff", validity: { from: "2026-09-01T00:00:00Z", until: "2026-09-02T00:00:00Z" }, sponsor: null });
  expect(staff.audiences).toContainEqual({ audience: "student", validity: { from: null, until: null }, sponsor: null });
  const url = `https://cloud.example.edu/v1/explain?person=${person}&access-point=gate-1/entry&capability=pass&at=2026-09-01T08:00:00+08:00`;
  const { seed } = rig.backend;
  const signed = await signRequest({ method: "GET", url, headers: {} }, { signer: nodeSigner(seed), created: rig.cloud.now(), nonce: "0123456789abcdef" }); // prettier-ignore
  expect(await (await rig.fetch(signed)).json()).toMatchObject({ at: "2026-09-01T00:00:00Z" });
});

test("where the expansion fails the change is kept and the answer says that no door knows it", async () => {
  const failing = await apiRig({ published: () => Promise.resolve(undefined) });
  const made = await failing.backend.client.ask("PUT /v1/zones/{id}", { params: { id: "east" }, body: { names: { zh: "东", en: "East" } } });
  expect(made).toMatchObject({ status: 200, value: { value: { id: "east" }, publish: null, notice: expect.stringContaining("no door knows it yet") } });
  expect(await failing.backend.client.ask("GET /v1/zones", {})).toMatchObject({ value: { items: [{ id: "east" }] } });
  await failing.close();
});
