import { bytesToHex } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { GATE } from "./api-campus.ts";
import { crowd } from "./push-cases.ts";
import { answered, ENDLESS, valueOf } from "./api-rig.ts";
import { type CaseWorld, one, type RouteCases, UNKNOWN } from "./case-world.ts";

const KEY = bytesToHex(nodeSigner(new Uint8Array(32).fill(0x41)).publicKey);
const guard = { name: "李卫", account: "liwei@example.edu", role: "guard", until: null } as const;
/** An operator who has a role, or none. */
const operatorNamed = async ({ client }: CaseWorld, id: string, role: "guard" | "admin" | null = "guard"): Promise<string> =>
  (await valueOf(client.ask("PUT /v1/operators/{id}", { params: { id }, body: { ...guard, account: `${id}@example.edu`, role } }))).id;
const ended = async (world: CaseWorld, id: string): Promise<string> => {
  await operatorNamed(world, id);
  await answered(world.client.ask("POST /v1/operators/{id}/end", { params: { id }, body: { successor: null } }));
  return id;
};
/** Something is granted to all students, by an operator or a delegation. */
async function givenToMany(world: CaseWorld, kind: "operator" | "delegation", source: string): Promise<void> {
  await crowd(world);
  const what = { kind: "own" as const, accessPoints: [GATE], capability: "ride" as const, schedule: "always" };
  const body = { subject: { kind: "audience" as const, id: "student" }, what, validity: ENDLESS, source: { kind: "operator" as const } };
  const { id } = await valueOf(world.client.ask("POST /v1/grants", { body }));
  await world.cloud.database.queries.updateTable("access_grant").set({ source_kind: kind, source }).where("id", "=", id).execute();
}
const toWarden = {
  operator: "warden",
  zones: [] as string[],
  accessPoints: [GATE],
  capabilities: ["pass" as const],
  mayDelegate: false,
  until: "2027-07-01T00:00:00Z",
};
const delegating = (change: Partial<typeof toWarden> = {}) => ({
  parts: async (world: CaseWorld) => (await operatorNamed(world, "warden", null), { body: { ...toWarden, ...change } }),
});
const delegated = async (world: CaseWorld): Promise<string> => (await valueOf(world.client.ask("POST /v1/delegations", await delegating().parts(world)))).id;

const DUE = "2026-10-01T00:00:00Z";
const ofGate = { what: { kind: "place", accessPoint: GATE }, due: DUE, unconfirmed: "end" } as const;
/** A review of the gate, and its row of a grant of this source. */
const reviewed = async ({ client, person, cloud }: CaseWorld, source: "policy" | "operator" | "reservation" = "policy") => {
  const what = { kind: "profile", profile: "gates" } as const;
  if (source === "operator") await answered(client.ask("POST /v1/grants", { body: { subject: { kind: "person", id: person }, what, validity: ENDLESS, source: { kind: "operator" } } })); // prettier-ignore
  if (source === "reservation")
    await cloud.database.queries.updateTable("access_grant").set({ valid_until: 4_294_967_295 }).where("source_kind", "=", source).execute();
  const { review } = await valueOf(client.ask("POST /v1/access-reviews", { body: ofGate }));
  const { rows } = await answered(client.ask("GET /v1/access-reviews/{id}", { params: { id: review.id } }));
  return { id: review.id, row: rows.find((one) => one.source?.kind === source)!.id };
};
const deciding = (
  verdict: "confirm" | "end",
  source?: "policy" | "operator" | "reservation",
  before?: (world: CaseWorld, of: { id: string; row: string }) => Promise<unknown>,
) => ({
  parts: async (world: CaseWorld) => {
    const params = await reviewed(world, source);
    await before?.(world, params);
    return { params, body: { verdict } };
  },
});

export type OperatorRoute =
  | "GET /v1/operators"
  | "PUT /v1/operators/{id}"
  | "POST /v1/operators/{id}/end"
  | "POST /v1/operators/{id}/keys"
  | "GET /v1/delegations"
  | "POST /v1/delegations"
  | "POST /v1/delegations/{id}/end"
  | "GET /v1/access-reviews"
  | "POST /v1/access-reviews"
  | "GET /v1/access-reviews/{id}"
  | "POST /v1/access-reviews/{id}/rows/{row}";
/** Operators, and what is delegated to them. */
export const operatorCases: RouteCases<OperatorRoute> = {
  "GET /v1/operators": { good: { parts: async (world) => (await operatorNamed(world, "liwei"), {}) }, refused: {} },
  "PUT /v1/operators/{id}": {
    good: { parts: () => ({ params: { id: "liwei" }, body: guard }) },
    refused: {
      IdTaken: { parts: async (world) => ({ params: { id: await ended(world, "liwei") }, body: guard }) },
      AccountTaken: { parts: async (world) => (await operatorNamed(world, "liwei"), { params: { id: "another" }, body: guard }) },
      RoleBeyondYours: { parts: () => ({ params: { id: "liwei" }, body: { ...guard, role: "admin" } }), scopes: ["operators:write"] },
    },
  },
  "POST /v1/operators/{id}/end": {
    good: { parts: async (world) => ({ params: { id: await operatorNamed(world, "liwei") }, body: { successor: await operatorNamed(world, "heir") } }) },
    refused: {
      OperatorUnknown: { parts: () => ({ params: { id: "nobody" }, body: { successor: null } }) },
      OperatorEnded: { parts: async (world) => ({ params: { id: await ended(world, "liwei") }, body: { successor: null } }) },
      RemovalHeld: {
        parts: async (world) => (
          await givenToMany(world, "operator", await operatorNamed(world, "liwei")),
          { params: { id: "liwei" }, body: { successor: null } }
        ),
      },
    },
  },
  "POST /v1/operators/{id}/keys": {
    good: { parts: async (world) => ({ params: { id: await operatorNamed(world, "liwei") }, body: { publicKey: KEY, until: null } }) },
    refused: {
      OperatorUnknown: { parts: () => ({ params: { id: "nobody" }, body: { publicKey: KEY, until: null } }) },
      OperatorEnded: { parts: async (world) => ({ params: { id: await ended(world, "liwei") }, body: { publicKey: KEY, until: null } }) },
      KeyTaken: {
        parts: async (world) => {
          const asked = { params: { id: await operatorNamed(world, "liwei") }, body: { publicKey: KEY, until: null } };
          await answered(world.client.ask("POST /v1/operators/{id}/keys", asked));
          return asked;
        },
      },
      RequestMalformed: {
        parts: async (world) => ({ params: { id: await operatorNamed(world, "liwei") }, body: { publicKey: "00".repeat(32), until: null } }),
      },
      RoleBeyondYours: {
        parts: async (world) => ({ params: { id: await operatorNamed(world, "boss", "admin") }, body: { publicKey: KEY, until: null } }),
        scopes: ["operators:write"],
      },
    },
  },
  "GET /v1/delegations": { good: { parts: async (world) => (await delegated(world), {}) }, refused: {} },
  "POST /v1/delegations": {
    good: delegating({ zones: ["east"] }),
    refused: {
      OperatorUnknown: { parts: () => ({ body: { ...toWarden, operator: "nobody" } }) },
      OperatorEnded: { parts: async (world) => (await ended(world, "warden"), { body: toWarden }) },
      ZoneUnknown: delegating({ zones: ["nowhere"] }),
      AccessPointUnknown: delegating({ accessPoints: ["none"] }),
      RequestMalformed: delegating({ accessPoints: [] }),
      RoleBeyondYours: { ...delegating(), scopes: ["delegations:write"] },
    },
  },
  "POST /v1/delegations/{id}/end": {
    good: { parts: async (world) => ({ params: { id: await delegated(world) } }) },
    refused: {
      DelegationUnknown: one({ id: UNKNOWN }),
      RemovalHeld: {
        parts: async (world) => {
          const id = await delegated(world);
          await givenToMany(world, "delegation", id);
          return { params: { id } };
        },
      },
    },
  },
  "GET /v1/access-reviews": { good: { parts: async (world) => (await reviewed(world), {}) }, refused: {} },
  "POST /v1/access-reviews": {
    good: { parts: () => ({ body: ofGate }) },
    refused: {
      AccessPointUnknown: { parts: () => ({ body: { ...ofGate, what: { kind: "place", accessPoint: "none" } } }) },
      GroupUnknown: { parts: () => ({ body: { ...ofGate, what: { kind: "group", group: "none" } } }) },
      RequestMalformed: { parts: () => ({ body: { ...ofGate, due: "2026-08-31T00:00:00Z" } }) },
      RemovalHeld: { parts: async (world) => (await givenToMany(world, "operator", "backend"), { body: ofGate }) },
    },
  },
  "GET /v1/access-reviews/{id}": {
    good: { parts: async (world) => ({ params: { id: (await reviewed(world)).id } }) },
    refused: { ReviewUnknown: one({ id: UNKNOWN }) },
  },
  "POST /v1/access-reviews/{id}/rows/{row}": {
    good: deciding("confirm", "operator"),
    refused: {
      ReviewUnknown: { parts: async (world) => ({ params: { ...(await reviewed(world)), row: UNKNOWN }, body: { verdict: "confirm" } }) },
      ReviewOver: deciding("confirm", "operator", async ({ cloud }) => cloud.pass(31 * 86_400)),
      RowGone: deciding("confirm", "operator", ({ client }, params) =>
        answered(client.ask("POST /v1/access-reviews/{id}/rows/{row}", { params, body: { verdict: "end" } })),
      ),
      SourceOwnsGrant: deciding("end", "reservation"),
      RemovalHeld: deciding("end", "policy", crowd),
      SameOperator: deciding("confirm", "operator", ({ client }) =>
        answered(client.ask("PUT /v1/operators/{id}", { params: { id: "backend" }, body: { ...guard, account: "zhang@connect.example.edu" } })),
      ),
    },
  },
};
