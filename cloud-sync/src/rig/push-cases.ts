import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { CloudClient } from "../api/client.ts";
import type { pushRoutes } from "../api/routes/pushes.ts";
import type { removalRoutes } from "../api/routes/removals.ts";
import { plainPerson } from "./api-campus.ts";
import { answered, ENDLESS } from "./api-rig.ts";
import { type CaseWorld, one, personOf, type RouteCases, UNKNOWN, WHY } from "./case-world.ts";

/** One line of a list, of a student unless said otherwise. */
export const rowOf = (key: string, also: object = {}) => ({
  key,
  account: `${key}@connect.example.edu`,
  name: key,
  phone: null,
  mail: null,
  audiences: [{ audience: "student", validity: ENDLESS, sponsor: null }],
  groups: [],
  cards: [],
  qr: false,
  ...also,
});
/** Rows as they are sent; text is sent as it is. */
export const listOf = (rows: readonly (object | string)[]): string => rows.map((row) => `${typeof row === "string" ? row : JSON.stringify(row)}\n`).join("");
export const announced = (list: string, full = true) => ({
  source: "registry",
  full,
  rows: list.split("\n").length - 1,
  bytes: Buffer.byteLength(list),
  sha256: bytesToHex(nodeSha256(Buffer.from(list))),
});

/** A push whose list has landed. */
export async function landed(client: CloudClient, rows: readonly (object | string)[], full = true) {
  const list = listOf(rows);
  const { id } = await answered(client.ask("POST /v1/pushes", { body: announced(list, full) }));
  await answered(client.ask("POST /v1/pushes/{id}/parts", { params: { id }, query: { offset: 0 }, body: list }));
  return id;
}
/** Its plan. */
export async function planned(client: CloudClient, rows: readonly (object | string)[], full = true) {
  const id = await landed(client, rows, full);
  for (;;) {
    const push = await answered(client.ask("POST /v1/pushes/{id}/plan", { params: { id } }));
    if (push.state !== "planning") return push;
  }
}
/** Done as planned. */
export async function applied(client: CloudClient, rows: readonly (object | string)[], full = true) {
  const { id, plan } = await planned(client, rows, full);
  for (;;) {
    const push = await answered(client.ask("POST /v1/pushes/{id}/apply", { params: { id }, body: { plan: plan! } }));
    if (push.state !== "applying") return push;
  }
}

/** So many students that they are not ended at once. */
export async function crowd(world: CaseWorld): Promise<void> {
  for (let nth = 0; nth < 11; nth++) {
    const id = await personOf(world, `crowd-${nth}@connect.example.edu`);
    const params = { id, audience: "student" } as const;
    await answered(world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params, body: { validity: ENDLESS, sponsor: null } }));
  }
}
export async function grantOfPolicy({ client }: CaseWorld): Promise<string> {
  return idOfFirst((await answered(client.ask("GET /v1/grants", { query: { "subject-kind": "audience", subject: "student" } }))).items);
}
const removalOf = async (world: CaseWorld): Promise<string> => {
  await crowd(world);
  await world.client.ask("DELETE /v1/policies/{id}", { params: { id: "students-gates" } });
  return idOfFirst((await answered(world.client.ask("GET /v1/removals", { query: { state: "held" } }))).items);
};
function idOfFirst([first]: readonly { readonly id: string }[]): string {
  if (first === undefined) throw new Error("there is none");
  return first.id;
}
const removal = (act: "release" | "drop") => ({
  good: { parts: async (world: CaseWorld) => ({ params: { id: await removalOf(world) } }), second: true, also: WHY } as const,
  unknown: { parts: () => ({ params: { id: UNKNOWN } }), also: WHY },
  decided: {
    parts: async (world: CaseWorld) => {
      const id = await removalOf(world);
      await answered(world.second.ask(`POST /v1/removals/{id}/${act}`, { params: { id } }, WHY));
      return { params: { id } };
    },
    second: true,
    also: WHY,
  } as const,
  reasonless: { parts: async (world: CaseWorld) => ({ params: { id: await removalOf(world) } }), second: true } as const,
});
const [release, drop] = [removal("release"), removal("drop")];
const LIST = listOf([rowOf("a"), rowOf("b")]);
const begun = async ({ client }: CaseWorld, list = LIST): Promise<string> => (await answered(client.ask("POST /v1/pushes", { body: announced(list) }))).id;
const part = (before: (world: CaseWorld) => Promise<string> = begun, body = LIST, offset = 0) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await before(world) }, query: { offset }, body }),
});
const of = (before: (world: CaseWorld) => Promise<string>) => ({ parts: async (world: CaseWorld) => ({ params: { id: await before(world) } }) });
const agreed = (before: (world: CaseWorld) => Promise<{ id: string; plan: string | null }>) => ({
  parts: async (world: CaseWorld) => {
    const { id, plan } = await before(world);
    return { params: { id }, body: { plan: plan ?? "00".repeat(32) } };
  },
});
const done = async ({ client }: CaseWorld): Promise<string> => (await applied(client, [rowOf("a")])).id;
const other = async ({ client }: CaseWorld): Promise<string> => {
  const list = listOf([plainPerson("x@example.edu")]);
  const { id } = await answered(client.ask("POST /v1/pushes", { body: { ...announced(list), sha256: "00".repeat(32) } }));
  await answered(client.ask("POST /v1/pushes/{id}/parts", { params: { id }, query: { offset: 0 }, body: list }));
  return id;
};
const emptied = async ({ client }: CaseWorld) => {
  await applied(
    client,
    Array.from({ length: 12 }, (_, nth) => rowOf(`s${nth}`)),
  );
  return planned(client, [rowOf("s0")]);
};

export const PUSH_CASES: RouteCases<keyof typeof pushRoutes | keyof typeof removalRoutes> = {
  "POST /v1/pushes": {
    good: { parts: () => ({ body: announced(LIST) }) },
    refused: {
      PushesOpen: {
        parts: async (world) => {
          for (let nth = 0; nth < 16; nth++) await begun(world);
          return { body: announced(LIST) };
        },
      },
    },
  },
  "GET /v1/pushes": { good: { parts: async (world) => (await begun(world), { query: { source: "registry" } }) }, refused: {} },
  "GET /v1/pushes/{id}": { good: of(begun), refused: { PushUnknown: one({ id: UNKNOWN }) } },
  "POST /v1/pushes/{id}/parts": {
    good: part(),
    refused: {
      PushUnknown: part(() => Promise.resolve(UNKNOWN)),
      PushState: part(done),
      PushOffset: part(begun, LIST, 1),
      PushDiffers: part(begun, `${LIST}${LIST}`),
      RequestMalformed: part(begun, LIST.slice(0, -5)),
    },
  },
  "POST /v1/pushes/{id}/plan": {
    good: of(({ client }) => landed(client, [rowOf("a"), "{"])),
    refused: { PushUnknown: one({ id: UNKNOWN }), PushState: of(done), PushIncomplete: of(begun), PushDiffers: of(other) },
  },
  "GET /v1/pushes/{id}/rows": {
    good: { parts: async ({ client }) => ({ params: { id: (await planned(client, [rowOf("a"), "{"])).id }, query: { limit: 5 } }) },
    refused: { PushUnknown: { parts: () => ({ params: { id: UNKNOWN }, query: {} }) } },
  },
  "POST /v1/pushes/{id}/apply": {
    good: agreed(({ client }) => planned(client, [rowOf("a"), "{"])),
    refused: {
      PushUnknown: agreed(() => Promise.resolve({ id: UNKNOWN, plan: null })),
      PushState: agreed(async (world) => ({ id: await begun(world), plan: null })),
      PlanChanged: agreed(async ({ client }) => ({ id: (await planned(client, [rowOf("a")])).id, plan: null })),
      RemovalHeld: agreed(emptied),
    },
  },
  "POST /v1/pushes/{id}/drop": { good: of(begun), refused: { PushUnknown: one({ id: UNKNOWN }), PushState: of(done) } },
  "GET /v1/removals": { good: { parts: async (world) => (await removalOf(world), { query: { state: "held" as const } }) }, refused: {} },
  "POST /v1/removals/{id}/release": {
    good: release.good,
    refused: {
      RemovalUnknown: release.unknown,
      RemovalDecided: release.decided,
      SameOperator: { parts: async (world) => ({ params: { id: await removalOf(world) } }), also: WHY },
      ReasonRequired: release.reasonless,
    },
  },
  "POST /v1/removals/{id}/drop": { good: drop.good, refused: { RemovalUnknown: drop.unknown, RemovalDecided: drop.decided, ReasonRequired: drop.reasonless } },
};
