import type { caseRoutes } from "../api/routes/cases.ts";
import type { teamRoutes } from "../api/routes/teams.ts";
import { plainPerson } from "./api-campus.ts";
import { answered, ENDLESS, valueOf } from "./api-rig.ts";
import { type CaseWorld, frozenPhone, one, type RouteCases, unfreezingCase, UNKNOWN, WHY } from "./case-world.ts";

export const NO_CASE = "BX-2026-000999";
const NOT_SAID = { place: null, beacons: null, form: {} } as const;
const PLUMBERS = { names: { zh: "水电组", en: "Plumbers" }, hours: "office-hours", mail: "plumbers@example.edu", routes: [{ category: "水", area: null }] };

const team = async ({ client }: CaseWorld): Promise<void> =>
  void (await answered(client.ask("PUT /v1/teams/{id}", { params: { id: "plumbers" }, body: PLUMBERS })));
const report = (world: CaseWorld) => ({
  category: "水",
  description: "三楼茶水间漏水\n请带工具",
  ...NOT_SAID,
  place: { area: "C1", text: "3 楼" },
  reporter: { person: world.person },
});
const opened = async (world: CaseWorld): Promise<string> => (await valueOf(world.client.ask("POST /v1/cases", { body: report(world) }))).id;
const step = async ({ client }: CaseWorld, id: string, body: Record<string, unknown>): Promise<void> =>
  void (await answered(client.ask("POST /v1/cases/{id}/steps", { params: { id }, body: { as: null, ...body } as never })));
/** A case that has come so far. */
async function finished(world: CaseWorld): Promise<string> {
  await team(world);
  const id = await opened(world);
  await step(world, id, { transition: "dispatch" });
  await step(world, id, { transition: "done" });
  return id;
}
const opening = (change: (world: CaseWorld) => object | Promise<object>) => ({
  parts: async (world: CaseWorld) => ({ body: { ...report(world), ...(await change(world)) } as never }),
});
const stepping = (id: (world: CaseWorld) => Promise<string>, body: (world: CaseWorld) => object = () => ({})) => ({
  parts: async (world: CaseWorld) => ({ params: { id: await id(world) }, body: { as: null, transition: "remark", text: "x", ...body(world) } as never }),
});
/** Whose status has ended, by a session that was opened before. */
async function sessionOf(world: CaseWorld, end?: "status" | "sponsor"): Promise<string> {
  const { cloud, client } = world;
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson("wang@example.edu") }));
  const audience = end === "sponsor" ? "family" : "staff";
  const sponsor = end === "sponsor" ? world.person : null;
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience }, body: { validity: ENDLESS, sponsor } }));
  const session = "ab".repeat(32);
  await cloud.database.queries
    .insertInto("session")
    .values({ id: session, person: id, login: "campus", scene: null, opened_at: 0, until: 4_294_967_295 })
    .execute();
  if (end === "status") await answered(client.ask("DELETE /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "staff" } }));
  if (end === "sponsor") await cloud.database.queries.updateTable("person_audience").set({ valid_until: 1 }).where("person", "=", world.person).execute();
  return session;
}
const FAMILY = { name: "李四", relation: "配偶", phone: "+8613800138000" };
const staffOf = async ({ client }: CaseWorld, account: string | null = "li@example.edu"): Promise<string> => {
  const { id } = await valueOf(client.ask("POST /v1/persons", { body: plainPerson(account) }));
  await answered(client.ask("PUT /v1/persons/{id}/audiences/{audience}", { params: { id, audience: "staff" }, body: { validity: ENDLESS, sponsor: null } }));
  return id;
};
const unfreezing = async (world: CaseWorld): Promise<string> => unfreezingCase(world, await frozenPhone(world));
/** An application that its sponsor's status carries. */
const familyCase = async (world: CaseWorld): Promise<string> => {
  const body = { type: "family-account", category: "校园卡", description: "", ...NOT_SAID, form: FAMILY, reporter: { person: await staffOf(world) } };
  return (await valueOf(world.client.ask("POST /v1/cases", { body }))).id;
};
const member = async (world: CaseWorld): Promise<void> => {
  await team(world);
  const body = { name: "李卫", account: "liwei@example.edu", role: "guard", until: null } as const;
  await answered(world.client.ask("PUT /v1/operators/{id}", { params: { id: "liwei" }, body }));
};
const trial = async (world: CaseWorld, profile = "gates"): Promise<string> => {
  const body = { type: "trial", category: "打印机", description: "", ...NOT_SAID, form: { profile }, reporter: { person: world.person } };
  return (await valueOf(world.client.ask("POST /v1/cases", { body }))).id;
};
const withheld = async ({ client, person }: CaseWorld): Promise<void> => {
  const what = { kind: "everywhere", capability: "print" } as const;
  await answered(
    client.ask(
      "POST /v1/grants",
      { body: { subject: { kind: "person", id: person }, effect: "withhold", what, validity: ENDLESS, source: { kind: "operator" } } },
      WHY,
    ),
  );
};

/** A picture of one dot. */
export const DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const attaching = (id: (world: CaseWorld) => Promise<string>, change: (world: CaseWorld) => object | Promise<object> = () => ({})) => ({
  parts: async (world: CaseWorld) => ({
    params: { id: await id(world) },
    body: { as: null, name: "dot.png", type: "image/png", content: DOT, ...(await change(world)) } as never,
  }),
});

/** Cases and teams. */
export const CASE_CASES: RouteCases<keyof typeof caseRoutes | keyof typeof teamRoutes> = {
  "GET /v1/case-types": { good: { parts: () => ({}) }, refused: {} },
  "POST /v1/cases": {
    good: { parts: (world) => ({ body: report(world) }) },
    refused: {
      CaseCategoryUnknown: opening(() => ({ category: "天气" })),
      CaseTypeUnknown: opening(() => ({ type: "unfreeze" })),
      CaseNotYours: opening(() => ({ type: "device-fault", category: "打印机" })),
      CaseDescriptionRequired: opening(() => ({ category: "其他-其他", description: " \n" })),
      CaseFormRefused: opening(() => ({ form: { colour: "blue" } })),
      CredentialUnknown: opening(() => ({ type: "unfreeze", category: "校园卡", form: { credential: "0123456789abcdef" } })),
      CaseNotForThis: opening(async (world) => ({
        type: "unfreeze",
        category: "校园卡",
        form: { credential: world.phone },
        reporter: { person: await staffOf(world) },
      })),
      SessionUnknown: opening(() => ({ reporter: { session: "00".repeat(32) } })),
      PersonUnknown: opening(() => ({ reporter: { person: UNKNOWN } })),
      StatusEnded: opening(async (world) => ({ reporter: { session: await sessionOf(world, "status") } })),
      SponsorEnded: opening(async (world) => ({ reporter: { session: await sessionOf(world, "sponsor") } })),
      LoginRequired: opening(async (world) => ({ type: "family-account", category: "校园卡", form: FAMILY, reporter: { person: await staffOf(world, null) } })),
      ServiceNotForYou: opening(() => ({ type: "family-account", category: "校园卡", form: FAMILY })),
      ServiceWithheld: opening(async (world) => (await withheld(world), { type: "trial", category: "打印机", form: { profile: "gates" } })),
    },
  },
  "GET /v1/cases": {
    good: { parts: async (world) => (await opened(world), { query: { person: world.person, open: "yes", limit: 10 } }) },
    refused: {},
  },
  "GET /v1/cases/{id}": {
    good: { parts: async (world) => ({ params: { id: await opened(world) }, query: { person: world.person } }) },
    refused: { CaseUnknown: one({ id: NO_CASE }), PersonUnknown: { parts: () => ({ params: { id: NO_CASE }, query: { person: UNKNOWN } }) } },
  },
  "POST /v1/cases/{id}/steps": {
    good: stepping(unfreezing, () => ({ transition: "unfreeze" })),
    refused: {
      CaseUnknown: stepping(() => Promise.resolve(NO_CASE)),
      CaseTransitionUnknown: stepping(opened, () => ({ transition: "repaint" })),
      CaseNotYours: stepping(opened, ({ person }) => ({ transition: "dispatch", as: { person } })),
      CaseWindowOver: stepping(
        async (world) => {
          const id = await finished(world);
          world.cloud.pass(7 * 86_400);
          return id;
        },
        ({ person }) => ({ transition: "reject", as: { person } }),
      ),
      CaseTransitionRefused: stepping(opened, () => ({ transition: "done" })),
      CaseDemandMissing: stepping(opened, () => ({ transition: "dispatch" })),
      CaseSameApprover: stepping(
        async (world) => {
          const id = await trial(world);
          await step(world, id, { transition: "approve" });
          return id;
        },
        () => ({ transition: "approve" }),
      ),
      TeamUnknown: stepping(opened, () => ({ transition: "dispatch", team: "nobody" })),
      CaseCategoryUnknown: stepping(opened, () => ({ transition: "correct", category: "天气" })),
      CaseTypeUnknown: stepping(opened, () => ({ transition: "correct", category: "宿舍-账单申诉" })),
      CaseEffectRefused: stepping(
        async (world) => {
          const id = await familyCase(world);
          await world.cloud.database.queries.updateTable("person_audience").set({ valid_until: 1 }).where("audience", "=", "staff").execute();
          return id;
        },
        () => ({ transition: "approve" }),
      ),
      PersonUnknown: stepping(opened, () => ({ as: { person: UNKNOWN } })),
      SessionUnknown: stepping(opened, () => ({ as: { session: "00".repeat(32) } })),
      StatusEnded: { parts: async (world) => ({ params: { id: NO_CASE }, body: { transition: "rate", as: { session: await sessionOf(world, "status") } } }) },
      SponsorEnded: { parts: async (world) => ({ params: { id: NO_CASE }, body: { transition: "rate", as: { session: await sessionOf(world, "sponsor") } } }) },
    },
  },
  "POST /v1/cases/{id}/attachments": {
    good: attaching(opened),
    refused: {
      CaseUnknown: attaching(() => Promise.resolve(NO_CASE)),
      CaseNotYours: { ...attaching(opened), scopes: ["cases:write"] },
      CaseTransitionRefused: attaching(async (world) => {
        const id = await opened(world);
        await step(world, id, { transition: "withdraw", as: { person: world.person } });
        return id;
      }),
      AttachmentTooLarge: attaching(opened, () => ({ content: Buffer.concat([Buffer.from(DOT, "base64"), Buffer.alloc(5 * 1024 * 1024)]).toString("base64") })),
      AttachmentTypeRefused: attaching(opened, () => ({ content: Buffer.from("<html><script>alert(1)</script>").toString("base64") })),
      AttachmentsFull: attaching(async (world) => {
        const id = await opened(world);
        for (let nth = 0; nth < 9; nth++) {
          const content = Buffer.concat([Buffer.from(DOT, "base64"), Buffer.from([nth])]).toString("base64");
          await answered(
            world.client.ask("POST /v1/cases/{id}/attachments", { params: { id }, body: { as: null, name: "x.png", type: "image/png", content } }),
          );
        }
        return id;
      }),
      PersonUnknown: attaching(opened, () => ({ as: { person: UNKNOWN } })),
      SessionUnknown: attaching(opened, () => ({ as: { session: "00".repeat(32) } })),
      StatusEnded: attaching(opened, async (world) => ({ as: { session: await sessionOf(world, "status") } })),
      SponsorEnded: attaching(opened, async (world) => ({ as: { session: await sessionOf(world, "sponsor") } })),
    },
  },
  "GET /v1/cases/{id}/attachments/{sha256}": {
    good: {
      parts: async (world) => {
        const id = await opened(world);
        const { sha256 } = await valueOf(
          world.client.ask("POST /v1/cases/{id}/attachments", { params: { id }, body: { as: null, name: "x.png", type: "image/png", content: DOT } }),
        );
        return { params: { id, sha256 } };
      },
    },
    refused: { AttachmentUnknown: { parts: async (world) => ({ params: { id: await opened(world), sha256: "00".repeat(32) } }) } },
  },
  "GET /v1/teams": { good: { parts: async (world) => (await member(world), {}) }, refused: {} },
  "PUT /v1/teams/{id}": {
    good: { parts: () => ({ params: { id: "plumbers" }, body: PLUMBERS }) },
    refused: {
      RequestMalformed: { parts: () => ({ params: { id: "plumbers" }, body: { ...PLUMBERS, hours: "never" } }) },
      CaseCategoryUnknown: { parts: () => ({ params: { id: "plumbers" }, body: { ...PLUMBERS, routes: [{ category: "天气", area: null }] } }) },
    },
  },
  "DELETE /v1/teams/{id}": {
    good: { parts: async (world) => (await team(world), { params: { id: "plumbers" } }) },
    refused: {
      TeamUnknown: one({ id: "nobody" }),
      StillInUse: { parts: async (world) => (await finished(world), { params: { id: "plumbers" } }) },
    },
  },
  "PUT /v1/teams/{id}/members/{operator}": {
    good: { parts: async (world) => (await member(world), { params: { id: "plumbers", operator: "liwei" } }) },
    refused: {
      TeamUnknown: one({ id: "nobody", operator: "liwei" }),
      OperatorUnknown: { parts: async (world) => (await team(world), { params: { id: "plumbers", operator: "nobody" } }) },
    },
  },
  "DELETE /v1/teams/{id}/members/{operator}": {
    good: { parts: async (world) => (await member(world), { params: { id: "plumbers", operator: "liwei" } }) },
    refused: { TeamUnknown: one({ id: "nobody", operator: "liwei" }) },
  },
};
