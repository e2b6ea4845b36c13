import type { planRoutes } from "../api/routes/plans.ts";
import type { privacyRoutes } from "../api/routes/privacy.ts";
import { GATE, LABORATORY, plainPerson } from "./api-campus.ts";
import { answered, ENDLESS, names, valueOf } from "./api-rig.ts";
import { crowd } from "./push-cases.ts";
import { type CaseWorld, one, type RouteCases, UNKNOWN, WHY } from "./case-world.ts";

const NO_PLAN = "0".repeat(32);
const known = ({ person }: CaseWorld) => ({ params: { id: person } });

const line = (accessPoint: string, schedule = "always") => ({ accessPoint, capability: "pass", schedule }) as const;
const profileOf = (...accessPoints: string[]) => ({ profiles: [{ id: "gates", names: names("gates"), lines: accessPoints.map((id) => line(id)) }], policies: [] }); // prettier-ignore
const policyOf = (kind: "person" | "group" | "audience", id: string, profile = "gates") => ({
  profiles: [],
  policies: [{ id: "students-gates", names: names("students"), grants: [{ subject: { kind, id }, what: { kind: "profile", profile } as const, validity: ENDLESS }] }], // prettier-ignore
});
const wish = (body: ReturnType<typeof profileOf> | ReturnType<typeof policyOf>) => ({ parts: () => ({ body }) });
const planned = async ({ client }: CaseWorld, ...accessPoints: string[]): Promise<{ params: { id: string } }> => ({
  params: { id: (await valueOf(client.ask("POST /v1/access-plans", { body: profileOf(...accessPoints) }))).id },
});

const cards = ({ person }: CaseWorld) => ({ validity: ENDLESS, cards: [{ holder: person, number: "04a1b2c3" }] });
const cardsPlanned = async (world: CaseWorld): Promise<{ params: { id: string } }> => ({
  params: { id: (await valueOf(world.client.ask("POST /v1/card-plans", { body: cards(world) }))).id },
});

const DAY = { from: "2026-09-01T00:00:00+08:00", until: "2026-09-02T00:00:00+08:00" };
const asked = async (world: CaseWorld): Promise<{ params: { id: string } }> => ({
  params: { id: (await valueOf(world.client.ask("POST /v1/persons/{id}/movement-requests", { ...known(world), body: DAY }, WHY))).id },
});

const agreed = async (world: CaseWorld): Promise<{ params: { id: string } }> => {
  const request = await asked(world);
  await answered(world.second.ask("POST /v1/movement-requests/{id}/approve", request, WHY));
  return request;
};
const PAGE = { after: null, limit: 10 };

/** Plans, corrections and erasure, movements. */
export const ADMIN_CASES: RouteCases<keyof typeof planRoutes | keyof typeof privacyRoutes> = {
  "POST /v1/access-plans": {
    good: wish(policyOf("group", "class-1")),
    refused: {
      RequestMalformed: wish(policyOf("audience", "pilots")),
      AccessPointUnknown: wish(profileOf("none")),
      ScheduleUnknown: { parts: () => ({ body: { profiles: [{ id: "gates", names: names("gates"), lines: [line(GATE, "none")] }], policies: [] } }) },
      PersonUnknown: wish(policyOf("person", UNKNOWN)),
      GroupUnknown: wish(policyOf("group", "none")),
      ProfileUnknown: wish(policyOf("group", "class-1", "none")),
    },
  },
  "GET /v1/access-plans/{id}": { good: { parts: (world) => planned(world, GATE) }, refused: { PlanUnknown: one({ id: NO_PLAN }) } },
  "POST /v1/access-plans/{id}/apply": {
    good: { parts: (world) => planned(world, GATE, LABORATORY), second: true, also: WHY },
    refused: {
      PlanUnknown: one({ id: NO_PLAN }),
      PlanStale: {
        parts: async (world) => {
          const plan = await planned(world);
          await answered(world.client.ask("PUT /v1/access-profiles/{id}", { params: { id: "gates" }, body: { names: names("others"), policies: [] } }));
          return plan;
        },
      },
      SecondOperatorRequired: { parts: (world) => planned(world, GATE, LABORATORY), also: WHY },
      ReasonRequired: { parts: (world) => planned(world, GATE, LABORATORY), second: true },
      RemovalHeld: { parts: async (world) => (await crowd(world), planned(world)) },
    },
  },
  "POST /v1/card-plans": { good: { parts: (world) => ({ body: cards(world) }) }, refused: {} },
  "POST /v1/card-plans/{id}/apply": {
    good: { parts: cardsPlanned },
    refused: {
      PlanUnknown: one({ id: NO_PLAN }),
      PlanStale: {
        parts: async (world) => {
          const plan = await cardsPlanned(world);
          const body = { kind: "card", validity: ENDLESS, publicKey: null, takesIssuedUntil: null, number: "04a1b2c3" } as const;
          await answered(world.client.ask("POST /v1/persons/{id}/credentials", { ...known(world), body }));
          return plan;
        },
      },
    },
  },
  "POST /v1/persons/{id}/export": {
    good: { parts: known, also: WHY },
    refused: { PersonUnknown: { ...one({ id: UNKNOWN }), also: WHY }, ReasonRequired: { parts: known } },
  },
  "POST /v1/persons/{id}/correct": {
    good: { parts: (world) => ({ ...known(world), body: { name: "张三丰", phone: null } }), also: WHY },
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: { name: "x" } }), also: WHY },
      AccountTaken: {
        parts: async (world) => {
          await answered(world.client.ask("POST /v1/persons", { body: plainPerson("li@connect.example.edu") }));
          return { ...known(world), body: { account: "Li@connect.example.edu" } };
        },
        also: WHY,
      },
      ReasonRequired: { parts: (world) => ({ ...known(world), body: { name: "x" } }) },
    },
  },
  "POST /v1/persons/{id}/erase": {
    good: { parts: known, also: WHY },
    refused: {
      PersonUnknown: { ...one({ id: UNKNOWN }), also: WHY },
      ObligationsStand: {
        parts: async (world) => {
          const { id } = await valueOf(world.client.ask("POST /v1/persons", { body: plainPerson("child@example.edu") }));
          const body = { validity: ENDLESS, sponsor: world.person };
          await answered(world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "family" }, body }));
          return known(world);
        },
        also: WHY,
      },
      ReasonRequired: { parts: known },
    },
  },
  "POST /v1/persons/{id}/movement-requests": {
    good: { parts: (world) => ({ ...known(world), body: DAY }), also: WHY },
    refused: { PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: DAY }), also: WHY }, ReasonRequired: { parts: (world) => ({ ...known(world), body: DAY }) } }, // prettier-ignore
  },
  "POST /v1/refusals": {
    good: { parts: ({ person }) => ({ body: { subject: { kind: "person", id: person }, lastS: 600, limit: 10 } }) },
    refused: { PersonUnknown: { parts: () => ({ body: { subject: { kind: "person", id: UNKNOWN }, lastS: 600, limit: 10 } }) } },
  },
  "GET /v1/movement-requests": { good: { parts: async (world) => (await asked(world), { query: { person: world.person } }) }, refused: {} },
  "POST /v1/movement-requests/{id}/read": {
    good: { parts: async (world) => ({ ...(await agreed(world)), body: PAGE }) },
    refused: {
      MovementRequestUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: PAGE }) },
      MovementsNotApproved: { parts: async (world) => ({ ...(await asked(world)), body: PAGE }) },
      RequestMalformed: { parts: async (world) => ({ ...(await agreed(world)), body: { after: "x", limit: 1 } }) },
    },
  },
  "POST /v1/movement-requests/{id}/approve": {
    good: { parts: asked, second: true, also: WHY },
    refused: {
      MovementRequestUnknown: { ...one({ id: UNKNOWN }), also: WHY },
      SameOperator: { parts: asked, also: WHY },
      ReasonRequired: { parts: asked, second: true },
    },
  },
};
