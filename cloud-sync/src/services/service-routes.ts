import { z } from "@hono/zod-openapi";
import { ok, type Result, unixSeconds } from "@portico/card-protocol";
import { sessionId } from "../api/routes/log-in.ts";
import { type Call, route } from "../api/route.ts";
import { audience, listId, names, pageOf, text, time, timeOf, whole } from "../api/schemas.ts";
import { refuse, refuseAs } from "../core/refusal.ts";
import { capabilitiesAt } from "../core/withholding.ts";
import { Campus } from "../expansion/campus-facts.ts";
import { readPeople } from "../expansion/person-facts.ts";
import { readSession, type StandingRefusal } from "../login/sessions.ts";
import { contactText } from "./contact-answer.ts";
import { openScene } from "./scene.ts";
import { type Asker, answerService, answerServices, type ServiceAnswer } from "./service-answer.ts";
import { LOGINS } from "./service-document.ts";
import { readCampusTime } from "../campus-time.ts";

const login = z.enum(LOGINS);
const contact = z.object({
  id: z.string(),
  names,
  place: names.nullable(),
  mail: z.string().nullable(),
  phone: z.string().nullable(),
  hours: z.object({ isOpen: z.boolean(), nextOpening: time.nullable() }).nullable().openapi({ description: "Null: nobody says when it can be reached" }),
});
const answer = z
  .object({
    id: listId,
    names,
    partOf: z.string().nullable(),
    verdict: z.object({
      may: z.enum(["use", "read", "nothing"]),
      rule: z.string().openapi({ description: "The rule of docs/contract.md that says so" }),
      reason: z.enum(["LoginRequired", "ServiceNotForYou", "ServiceWithheld"]).nullable(),
      loginNeeded: login.nullable().openapi({ description: "The login with which more is open" }),
    }),
    audiences: z.array(z.object({ audience, names, login })).openapi({ description: "For whom it is, each with the weakest login that does" }),
    contact: contact.openapi({ description: "Whom to ask (rule 1.7)" }),
    caseCategory: z.object({ id: z.string(), path: z.string(), names, requiresDescription: z.boolean() }).nullable(),
    scene: z.string().nullable(),
    shownIn: z.enum(["home", "allApps", "nowhere"]),
    sentence: z.object({ zh: z.string(), en: z.string() }).openapi({ description: "All of it to read out" }),
  })
  .openapi("ServiceAnswer");
const asker = z.strictObject({ session: sessionId.optional().openapi({ description: "None: somebody who is not logged in" }) });
const params = z.strictObject({ id: listId });

/** Who asks: whoever is logged in, with all that holds of the person now, or anybody. A session that has ended is never taken for none. */
export async function askerOf({ cloud }: Call, session: string | undefined): Promise<Result<Asker, "SessionUnknown" | StandingRefusal>> {
  const { queries } = cloud.database;
  const at = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const { context } = await readCampusTime(cloud, queries);
  if (session === undefined) return ok({ memberships: [], login: "none", at, context });
  const found = await readSession(cloud, session);
  if (!found.ok) return found;
  const { memberships, login: by, person } = found.value;
  const campus = await Campus.read(queries);
  const [facts] = await readPeople(queries, campus, [person]);
  return ok({ memberships, login: by, at, context, ...(facts && capabilitiesAt(facts, campus, at)) });
}

function answerJson(said: ServiceAnswer): z.output<typeof answer> {
  const { verdict, contact: asked } = said;
  const { hours } = asked;
  const next = hours === null || hours.isOpen ? null : hours.nextOpening;
  return {
    ...said,
    verdict: {
      may: verdict.may,
      rule: verdict.rule,
      reason: verdict.may === "nothing" ? verdict.reason : null,
      loginNeeded: "loginNeeded" in verdict ? verdict.loginNeeded : null,
    },
    audiences: said.audiences.map((each) => ({ ...each })),
    contact: { ...asked, hours: hours === null ? null : { isOpen: hours.isOpen, nextOpening: next === null ? null : timeOf(next) } },
    caseCategory: said.caseCategory === null ? null : { ...said.caseCategory },
  };
}

export const serviceRoutes = {
  "GET /v1/services": route({
    scope: "services:read",
    action: null,
    summary: "Every campus service, and what this person may do with it: the table service × audience (rule 1.4)",
    query: asker,
    answer: pageOf(answer),
    refusals: ["SessionUnknown", "StatusEnded", "SponsorEnded"],
    act: async (call, { query }) => {
      const who = await askerOf(call, query.session);
      return who.ok ? ok(whole(answerServices(call.services, who.value).map(answerJson))) : who;
    },
  }),
  "GET /v1/services/{id}": route({
    scope: "services:read",
    action: null,
    summary: "One campus service, and what this person may do with it",
    params,
    query: asker,
    answer,
    refusals: ["ServiceUnknown", "SessionUnknown", "StatusEnded", "SponsorEnded"],
    act: async (call, { params: { id }, query }) => {
      const who = await askerOf(call, query.session);
      if (!who.ok) return who;
      const said = answerService(call.services, id, who.value);
      return said === undefined ? refuse("ServiceUnknown", id) : ok(answerJson(said));
    },
  }),
  "GET /v1/services/{id}/entry": route({
    scope: "services:read",
    action: null,
    summary: "Whether this person may use a service now, or only look: the question before anything is done there",
    description: "Whoever may nothing is refused, with the rule, whom to ask, and the category of the case that helps (rules 1.4 and 1.7).",
    params,
    query: asker.extend({
      writes: z.enum(["yes", "no"]).default("yes").openapi({ description: "Whether something shall be changed: not without a login (rule 1.3)" }),
    }),
    answer: z.object({ service: listId, may: z.enum(["use", "read"]), rule: z.string() }),
    refusals: ["ServiceUnknown", "SessionUnknown", "StatusEnded", "SponsorEnded", "LoginRequired", "ServiceNotForYou", "ServiceWithheld"],
    act: async (call, { params: { id }, query }) => {
      const who = await askerOf(call, query.session);
      if (!who.ok) return who;
      const said = answerService(call.services, id, who.value);
      if (said === undefined) return refuse("ServiceUnknown", id);
      const { verdict } = said;
      const facts = { rule: verdict.rule, contact: contactText(said.contact), caseCategory: said.caseCategory?.id };
      if (verdict.may === "nothing") return refuseAs(verdict.reason, said.sentence.zh, facts);
      if (verdict.may === "read" && query.writes === "yes") return refuseAs("LoginRequired", said.sentence.zh, facts);
      return ok({ service: id, may: verdict.may, rule: verdict.rule });
    },
  }),
  "GET /v1/scenes/{scene}": route({
    scope: "services:read",
    action: null,
    summary: "What a mini program's code leads to: its parameter, carried through as it came, and the service (rule 1.1)",
    params: z.strictObject({ scene: text(1, 128) }),
    answer: z.object({ scene: z.string(), service: z.string().nullable().openapi({ description: "Null: none, and the home page opens" }) }),
    refusals: [],
    act: async ({ services }, { params: { scene } }) => ok({ ...openScene(services, scene) }),
  }),
};
