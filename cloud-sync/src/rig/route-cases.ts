import type { RouteName } from "../api/routes.ts";
import { ADMIN_CASES } from "./admin-cases.ts";
import { cardOf, GATE, LABORATORY, plainPerson, SHOWN_QR, toProfile } from "./api-campus.ts";
import { answered, ENDLESS, names, valueOf } from "./api-rig.ts";
import { BACKEND_CASES, lose } from "./backend-cases.ts";
import { crowd, grantOfPolicy, PUSH_CASES } from "./push-cases.ts";
import {
  cardAfter,
  type CaseWorld,
  CONTROLLER_KEY,
  frozenPhone,
  NO_CREDENTIAL,
  one,
  personOf,
  type RouteCases,
  unfreezingCase,
  UNKNOWN,
  WHY,
} from "./case-world.ts";
import { CASE_CASES, NO_CASE } from "./case-cases.ts";
import { CONTROLLER_CASES } from "./controller-cases.ts";
import { logInCases } from "./log-in-cases.ts";
import { KEY_CASES } from "./key-cases.ts";
import { EVENT_CASES } from "./event-cases.ts";
import { LOCK_CASES } from "./lock-cases.ts";
import { RESERVATION_CASES } from "./reservation-cases.ts";
import { NOTIFICATION_CASES } from "./notification-cases.ts";
import { OUTBOX_CASES } from "./outbox-cases.ts";

const own = (accessPoints: string[], schedule = "always") => ({ kind: "own", accessPoints, capability: "pass", schedule }) as const;
const byOperator = { kind: "operator" } as const;

const grantTo = (person: string, what: ReturnType<typeof own> | ReturnType<typeof toProfile>) => ({ subject: { kind: "person", id: person } as const, what, validity: ENDLESS, source: byOperator }); // prettier-ignore
const withheldFrom = (subject: { readonly kind: "person" | "audience"; readonly id: string }) =>
  ({ subject, effect: "withhold", what: own([GATE]), validity: ENDLESS, source: byOperator }) as const;
const withholdingOf = async ({ client, person }: CaseWorld): Promise<string> =>
  (await valueOf(client.ask("POST /v1/grants", { body: withheldFrom({ kind: "person", id: person }) }, WHY))).id;
const grantOf = async ({ client, person }: CaseWorld, what: ReturnType<typeof own> | ReturnType<typeof toProfile> = toProfile("gates")): Promise<string> =>
  (await valueOf(client.ask("POST /v1/grants", { body: grantTo(person, what) }, WHY))).id;
/** All students may pass the gate, by the schedule `weekdays`. */
async function onWeekdays(world: CaseWorld): Promise<void> {
  await crowd(world);
  await answered(
    world.client.ask("POST /v1/grants", { body: { ...grantTo(world.person, own([GATE], "weekdays")), subject: { kind: "audience", id: "student" } } }),
  );
}
const membership = async ({ client, person }: CaseWorld): Promise<void> =>
  void (await answered(client.ask("PUT /v1/groups/{id}/members/{person}", { params: { id: "class-1", person }, body: { validity: ENDLESS } })));
const named = <const P>(params: P) => ({ parts: () => ({ params, body: { names: names("renamed") } }) });
const credential = (kind: "phone" | "card") => ({ parts: (world: CaseWorld) => ({ params: { id: world[kind] } }) });
const noCredential = one({ id: NO_CREDENTIAL });
const audienceOf = (audience: "student" | "family", sponsor: (world: CaseWorld) => string | null | Promise<string | null> = () => null) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await personOf(world, `${audience}@example.edu`), audience }, body: { validity: ENDLESS, sponsor: await sponsor(world) } }), // prettier-ignore
});
const vouching = async (world: CaseWorld): Promise<string> => {
  await answered(world.client.ask("PUT /v1/persons/{id}/audiences/{audience}", await audienceOf("family", ({ person }) => person).parts(world)));
  return world.person;
};

/** All of them: that none is left out, neither route nor refusal, the compiler sees to. */
export const ROUTE_CASES: RouteCases<RouteName> = {
  ...CONTROLLER_CASES,
  ...logInCases,
  ...EVENT_CASES,
  ...RESERVATION_CASES,
  "POST /v1/persons": {
    good: { parts: () => ({ body: plainPerson("new@example.edu") }) },
    refused: { AccountTaken: { parts: () => ({ body: plainPerson("Zhang@connect.example.edu") }) } },
  },
  "PUT /v1/persons/{id}": {
    good: { parts: () => ({ params: { id: UNKNOWN }, body: plainPerson("new@example.edu") }) },
    refused: {
      AccountTaken: { parts: () => ({ params: { id: UNKNOWN }, body: plainPerson("zhang@connect.example.edu") }) },
      PersonErased: {
        parts: async (world) => {
          const id = await personOf(world, "gone@example.edu");
          await answered(world.client.ask("POST /v1/persons/{id}/erase", { params: { id } }, WHY));
          return { params: { id }, body: plainPerson("new@example.edu") };
        },
      },
    },
  },
  "GET /v1/persons/{id}": { good: { parts: ({ person }) => ({ params: { id: person } }) }, refused: { PersonUnknown: one({ id: UNKNOWN }) } },
  "GET /v1/persons": { good: { parts: () => ({ query: { limit: 1 } }) }, refused: {} },
  "DELETE /v1/persons/{id}": {
    good: { parts: ({ person }) => ({ params: { id: person } }), also: WHY },
    refused: {
      PersonUnknown: { ...one({ id: UNKNOWN }), also: WHY },
      StillSponsor: { parts: async (world) => ({ params: { id: await vouching(world) } }), also: WHY },
      ReasonRequired: { parts: ({ person }) => ({ params: { id: person } }) },
    },
  },
  "PUT /v1/persons/{id}/audiences/{audience}": {
    good: audienceOf("family", ({ person }) => person),
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN, audience: "student" }, body: { validity: ENDLESS, sponsor: null } }) },
      SponsorRequired: audienceOf("family"),
      SponsorNotLive: audienceOf("family", (world) => personOf(world, "nobody@example.edu")),
    },
  },
  "DELETE /v1/persons/{id}/audiences/{audience}": {
    good: { parts: ({ person }) => ({ params: { id: person, audience: "student" } }) },
    refused: { PersonUnknown: one({ id: UNKNOWN, audience: "student" }) },
  },
  "POST /v1/persons/{id}/credentials": {
    good: { parts: ({ person }) => ({ params: { id: person }, body: cardOf("0a0b") }) },
    refused: {
      PersonUnknown: { parts: () => ({ params: { id: UNKNOWN }, body: SHOWN_QR }) },
      NumberTaken: { parts: ({ person }) => ({ params: { id: person }, body: cardOf("04010203") }) },
      RequestMalformed: { parts: ({ person }) => ({ params: { id: person }, body: { ...SHOWN_QR, number: "0a" } }) },
      PossessionRequired: { parts: ({ person }) => ({ params: { id: person }, body: { ...SHOWN_QR, publicKey: CONTROLLER_KEY } }) },
    },
  },
  "GET /v1/persons/{id}/credentials": { good: { parts: ({ person }) => ({ params: { id: person } }) }, refused: { PersonUnknown: one({ id: UNKNOWN }) } },
  "GET /v1/credentials/{id}": { good: credential("card"), refused: { CredentialUnknown: noCredential } },
  "POST /v1/credentials/{id}/report-lost": {
    good: credential("card"),
    refused: { CredentialUnknown: noCredential, CardOnly: credential("phone"), StateRefused: cardAfter("suspend") },
  },
  "POST /v1/credentials/{id}/return": {
    good: cardAfter("report-lost"),
    refused: { CredentialUnknown: noCredential, CardOnly: credential("phone"), StateRefused: cardAfter("freeze") },
  },
  "POST /v1/credentials/{id}/freeze": {
    good: { ...credential("phone"), also: WHY },
    refused: {
      CredentialUnknown: { ...noCredential, also: WHY },
      ReasonRequired: credential("phone"),
      StateRefused: { parts: ({ expired }) => ({ params: { id: expired } }), also: WHY },
    },
  },
  "POST /v1/credentials/{id}/unfreeze": {
    good: { parts: async (world) => ({ params: { id: await frozenPhone(world) }, body: { case: await unfreezingCase(world) } }), also: WHY },
    refused: {
      CredentialUnknown: { parts: () => ({ params: { id: NO_CREDENTIAL }, body: { case: NO_CASE } }), also: WHY },
      StateRefused: { parts: async (world) => ({ ...(await cardAfter("suspend").parts(world)), body: { case: NO_CASE } }), also: WHY },
      CaseRequired: { parts: async (world) => ({ params: { id: await frozenPhone(world) }, body: { case: null } }), also: WHY },
      CaseUnknown: { parts: async (world) => ({ params: { id: await frozenPhone(world) }, body: { case: NO_CASE } }), also: WHY },
      CaseNotForThis: {
        parts: async (world) => ({ params: { id: await frozenPhone(world) }, body: { case: await unfreezingCase(world, world.card) } }),
        also: WHY,
      },
      ReasonRequired: { parts: ({ card }) => ({ params: { id: card }, body: { case: NO_CASE } }) },
    },
  },
  "POST /v1/credentials/{id}/suspend": {
    good: credential("card"),
    refused: { CredentialUnknown: noCredential, StateRefused: { parts: async (world) => ({ params: { id: await frozenPhone(world) } }) } },
  },
  "POST /v1/credentials/{id}/clear": {
    good: cardAfter("suspend"),
    refused: {
      CredentialUnknown: noCredential,
      StateRefused: { parts: async (world) => ({ params: { id: await frozenPhone(world) } }) },
      PhoneLost: { parts: async (world) => (await lose(world), { params: { id: world.phone } }) },
    },
  },
  "DELETE /v1/credentials/{id}": { good: credential("card"), refused: { CredentialUnknown: noCredential } },
  ...BACKEND_CASES,
  ...KEY_CASES,
  ...PUSH_CASES,
  "GET /v1/groups": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/groups/{id}": { good: named({ id: "class-2" }), refused: { RequestMalformed: named({ id: "=class" }) } },
  "DELETE /v1/groups/{id}": {
    good: { parts: async ({ client }) => (await answered(client.ask("PUT /v1/groups/{id}", { params: { id: "new" }, body: { names: names("new") } })), { params: { id: "new" } }) }, // prettier-ignore
    refused: { GroupUnknown: one({ id: "nobody" }), StillInUse: { parts: async (world) => (await membership(world), { params: { id: "class-1" } }) } },
  },
  "GET /v1/groups/{id}/members": { good: one({ id: "class-1" }), refused: { GroupUnknown: one({ id: "nobody" }) } },
  "PUT /v1/groups/{id}/members/{person}": {
    good: { parts: ({ person }) => ({ params: { id: "class-1", person }, body: { validity: ENDLESS } }) },
    refused: {
      GroupUnknown: { parts: ({ person }) => ({ params: { id: "nobody", person }, body: { validity: ENDLESS } }) },
      PersonUnknown: { parts: () => ({ params: { id: "class-1", person: UNKNOWN }, body: { validity: ENDLESS } }) },
    },
  },
  "DELETE /v1/groups/{id}/members/{person}": {
    good: { parts: async (world) => (await membership(world), { params: { id: "class-1", person: world.person } }) },
    refused: { GroupUnknown: one({ id: "nobody", person: UNKNOWN }), PersonUnknown: one({ id: "class-1", person: UNKNOWN }) },
  },
  "GET /v1/zones": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/zones/{id}": { good: named({ id: "south" }), refused: { RequestMalformed: named({ id: "South" }) } },
  "POST /v1/zones/{id}/rotate-key": { good: one({ id: "east" }), refused: { ZoneUnknown: one({ id: "south" }) } },
  "GET /v1/access-points": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/access-points/{id}": {
    good: { parts: () => ({ params: { id: "gate-1/exit" }, body: { zone: "east", names: names("exit"), high: false } }) },
    refused: {
      ZoneUnknown: { parts: () => ({ params: { id: "gate-1/exit" }, body: { zone: "south", names: names("exit"), high: false } }) },
      RequestMalformed: { parts: () => ({ params: { id: "/gate" }, body: { zone: "east", names: names("exit"), high: false } }) },
      SafeguardHeld: { parts: () => ({ params: { id: LABORATORY }, body: { zone: "west", names: names("laboratory"), high: false } }) },
    },
  },
  "DELETE /v1/access-points/{id}": {
    good: { parts: async ({ client }) => (await answered(client.ask("PUT /v1/access-points/{id}", { params: { id: "a/b" }, body: { zone: "east", names: names("b"), high: false } })), { params: { id: "a/b" } }) }, // prettier-ignore
    refused: { AccessPointUnknown: one({ id: "a/b" }), StillInUse: one({ id: GATE }), SafeguardHeld: one({ id: LABORATORY }) },
  },
  "GET /v1/schedules": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/schedules/{id}": {
    good: { parts: () => ({ params: { id: "nights" }, body: { weekly: { "7": [{ startS: 72_000, endS: 108_000 }] }, specialDays: [], follows: { holidays: false, makeUpDays: false, termPhases: ["autumn"] } } }) }, // prettier-ignore
    refused: {
      SpecialDaysUnknown: { parts: () => ({ params: { id: "nights" }, body: { weekly: {}, specialDays: [{ group: "none", periods: [] }], follows: { holidays: false, makeUpDays: false } } }) }, // prettier-ignore
      RequestMalformed: { parts: () => ({ params: { id: "always" }, body: { weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } } }) },
      RemovalHeld: { parts: async (world) => (await onWeekdays(world), { params: { id: "weekdays" }, body: { weekly: {}, specialDays: [], follows: { holidays: false, makeUpDays: false } } }) }, // prettier-ignore
    },
  },
  "DELETE /v1/schedules/{id}": {
    good: one({ id: "weekdays" }),
    refused: { ScheduleUnknown: one({ id: "none" }), StillInUse: { parts: async (world) => (await grantOf(world, own([GATE], "weekdays")), { params: { id: "weekdays" } }) } }, // prettier-ignore
  },
  "GET /v1/special-days": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/special-days/{id}": {
    good: { parts: () => ({ params: { id: "open-days" }, body: { days: ["2026-10-11"] } }) },
    refused: {
      RequestMalformed: { parts: () => ({ params: { id: "open-days" }, body: { days: ["2026-02-30"] } }) },
      RemovalHeld: { parts: async (world) => (await onWeekdays(world), { params: { id: "open-days" }, body: { days: ["2026-10-06", "2026-10-13", "2026-10-20", "2026-10-27", "2026-11-03", "2026-11-10"] } }) }, // prettier-ignore
    },
  },
  "GET /v1/calendar": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/calendar": {
    good: {
      parts: () => ({ body: { from: "2026-01-01", until: "2027-01-01", days: [{ date: "2026-10-10", kind: "makeUpDay", runsAs: 4 }], termPhases: [] } }),
    },
    refused: { RequestMalformed: { parts: () => ({ body: { from: "2026-01-01", until: "2027-01-01", days: [{ date: "2027-01-01", kind: "holiday" }], termPhases: [] } }) } }, // prettier-ignore
  },
  "GET /v1/access-profiles": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/access-profiles/{id}": {
    good: { parts: () => ({ params: { id: "gates" }, body: { names: names("gates"), policies: [{ accessPoint: GATE, capability: "pass", schedule: "weekdays" }] } }) }, // prettier-ignore
    refused: {
      SecondOperatorRequired: { parts: () => ({ params: { id: "gates" }, body: { names: names("gates"), policies: [{ accessPoint: LABORATORY, capability: "pass", schedule: "always" }] } }) }, // prettier-ignore
      RequestMalformed: { parts: () => ({ params: { id: "-" }, body: { names: names("gates"), policies: [] } }) },
      AccessPointUnknown: { parts: () => ({ params: { id: "gates" }, body: { names: names("gates"), policies: [{ accessPoint: "none", capability: "pass", schedule: "always" }] } }) }, // prettier-ignore
      RemovalHeld: { parts: async (world) => (await crowd(world), { params: { id: "gates" }, body: { names: names("gates"), policies: [] } }) },
      ScheduleUnknown: { parts: () => ({ params: { id: "gates" }, body: { names: names("gates"), policies: [{ accessPoint: GATE, capability: "pass", schedule: "none" }] } }) }, // prettier-ignore
    },
  },
  "DELETE /v1/access-profiles/{id}": {
    good: one({ id: "laboratories" }),
    refused: { ProfileUnknown: one({ id: "none" }), StillInUse: one({ id: "gates" }) },
  },
  "GET /v1/policies": { good: { parts: () => ({}) }, refused: {} },
  "PUT /v1/policies/{id}": { good: named({ id: "staff-gates" }), refused: {} },
  "DELETE /v1/policies/{id}": {
    good: one({ id: "students-gates" }),
    refused: { PolicyUnknown: one({ id: "none" }), RemovalHeld: { parts: async (world) => (await crowd(world), { params: { id: "students-gates" } }) } },
  },
  "POST /v1/grants": {
    good: { parts: ({ person }) => ({ body: grantTo(person, own([GATE])) }) },
    refused: {
      PersonUnknown: { parts: () => ({ body: grantTo(UNKNOWN, toProfile("gates")) }) },
      GroupUnknown: { parts: ({ person }) => ({ body: { ...grantTo(person, toProfile("gates")), subject: { kind: "group", id: "none" } } }) },
      RequestMalformed: { parts: ({ person }) => ({ body: { ...grantTo(person, toProfile("gates")), subject: { kind: "audience", id: "none" } } }) },
      ProfileUnknown: { parts: ({ person }) => ({ body: grantTo(person, toProfile("none")) }) },
      AccessPointUnknown: { parts: ({ person }) => ({ body: grantTo(person, own(["none"])) }) },
      ScheduleUnknown: { parts: ({ person }) => ({ body: grantTo(person, own([GATE], "none")) }) },
      PolicyUnknown: { parts: ({ person }) => ({ body: { ...grantTo(person, toProfile("gates")), source: { kind: "policy", id: "none" } } }) },
      ReasonRequired: { parts: ({ person }) => ({ body: grantTo(person, own([LABORATORY])) }) },
      RemovalHeld: { parts: async (world) => (await crowd(world), { body: withheldFrom({ kind: "audience", id: "student" }) }), also: WHY },
    },
  },
  "GET /v1/grants": { good: { parts: ({ person }) => ({ query: { "subject-kind": "person", subject: person } }) }, refused: {} },
  "POST /v1/grants/{id}/approve": {
    good: { parts: async (world) => ({ params: { id: await grantOf(world, toProfile("laboratories")) } }), second: true, also: WHY },
    refused: {
      GrantUnknown: { parts: () => ({ params: { id: UNKNOWN } }), also: WHY },
      SameOperator: { parts: async (world) => ({ params: { id: await grantOf(world, own([LABORATORY])) } }), also: WHY },
      ReasonRequired: { parts: async (world) => ({ params: { id: await grantOf(world, toProfile("laboratories")) } }), second: true },
    },
  },
  "DELETE /v1/grants/{id}": {
    good: { parts: async (world) => ({ params: { id: await grantOf(world) } }) },
    refused: {
      GrantUnknown: one({ id: UNKNOWN }),
      SourceOwnsGrant: { parts: () => ({ params: { id: RESERVED } }) },
      RemovalHeld: { parts: async (world) => (await crowd(world), { params: { id: await grantOfPolicy(world) } }) },
      ReasonRequired: { parts: async (world) => ({ params: { id: await withholdingOf(world) } }) },
    },
  },
  "GET /v1/access-points/{id}/who": {
    good: { parts: () => ({ params: { id: GATE }, query: { capability: "pass", at: "2026-09-01T10:00:00+08:00" } }) },
    refused: { AccessPointUnknown: { parts: () => ({ params: { id: "none" }, query: { capability: "pass" } }) } },
  },
  "GET /v1/explain": {
    good: { parts: ({ person }) => ({ query: { person, "access-point": GATE, capability: "pass" } }) },
    refused: {
      PersonUnknown: { parts: () => ({ query: { person: UNKNOWN, "access-point": GATE, capability: "pass" } }) },
      AccessPointUnknown: { parts: ({ person }) => ({ query: { person, "access-point": "none", capability: "pass" } }) },
    },
  },
  ...ADMIN_CASES,
  ...LOCK_CASES,
  "GET /v1/changes": { good: { parts: () => ({ query: { after: 3, limit: 2 } }) }, refused: {} },
  ...CASE_CASES,
  ...NOTIFICATION_CASES,
  ...OUTBOX_CASES,
  "GET /v1/health": { good: { parts: () => ({}) }, refused: {} },
  "GET /v1/openapi.json": { good: { parts: () => ({}) }, refused: {} },
};

/** A grant of a reservation, which the test puts there. */
export const RESERVED = "01990246-a5d0-7000-8000-000000000001";
