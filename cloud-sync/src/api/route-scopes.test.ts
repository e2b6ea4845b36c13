import { sql } from "kysely";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { type ApiRig, apiRig, imageOf, type RigImage } from "../rig/api-rig.ts";
import type { CaseAsk, CaseWorld } from "../rig/case-world.ts";
import { ROUTE_CASES } from "../rig/route-cases.ts";
import { type RouteCampus, routeWorld } from "../rig/route-world.ts";
import type { CloudClient } from "./client.ts";
import { ROUTE_LIST, type RouteName } from "./routes.ts";
import { type Scope, SCOPES } from "./scopes.ts";

/** As long as nothing is done in it, one rig serves: whoever is refused for a scope changes nothing. */
let standing: { readonly rig: ApiRig; readonly world: CaseWorld; readonly others: Map<Scope, CloudClient> } | undefined;
let set: { readonly image: RigImage; readonly campus: RouteCampus } | undefined;
beforeEach(async () => {
  if (standing !== undefined) return;
  const rig = await apiRig(undefined, set?.image);
  const { world, campus } = await routeWorld(rig, set?.campus);
  set ??= { image: await imageOf(rig), campus };
  standing = { rig, world, others: new Map() };
});

let isTouched = false;
async function renewed(): Promise<void> {
  const { rig } = standing!;
  standing = undefined;
  await rig.close();
}
afterEach(() => (isTouched ? renewed() : undefined));
afterAll(() => (standing === undefined ? undefined : renewed()));

/** Somebody who may do everything but what this scope lets. */
async function allBut(scope: Scope): Promise<CloudClient> {
  const { rig, others } = standing!;
  const left = Object.keys(SCOPES).filter((other) => other !== scope) as Scope[];
  const client = others.get(scope) ?? (await rig.caller(`all but ${scope}`, left)).client;
  others.set(scope, client);
  return client;
}

/** How many rows were written so far; undefined: this store does not count them. */
async function written({ cloud: { database } }: ApiRig): Promise<number | undefined> {
  if (database.dialect !== "sqlite") return undefined;
  return (await sql<{ rows: number }>`SELECT total_changes() AS rows`.execute(database.queries)).rows[0]!.rows;
}

test.each(ROUTE_LIST.filter(({ route }) => route.scope !== "none"))(
  "$name asks for its scope, and names it where the key has all others",
  async ({ name, route }) => {
    const { rig, world } = standing!;
    isTouched = true;
    const client = await allBut(route.scope as Scope);
    const before = await written(rig);
    const { parts, also } = ROUTE_CASES[name].good as unknown as CaseAsk<"GET /v1/zones">;
    const given = await parts(world);
    isTouched = before === undefined || before !== (await written(rig));
    expect(await client.ask(name as RouteName, given as never, also)).toMatchObject({
      ok: false,
      status: 403,
      problem: { reason: "ScopeMissing", scope: route.scope, detail: expect.stringContaining(route.scope) },
    });
  },
);
