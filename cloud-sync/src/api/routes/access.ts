import { z } from "@hono/zod-openapi";
import { CREDENTIAL_KINDS, DENY_REASONS, ok, unixSeconds } from "@portico/card-protocol";
import { explainAccess, type Explanation, NOT_KNOWN, whoMayPass } from "../../explain.ts";
import { helpAgainst } from "../../services/help-answer.ts";
import { help } from "../help.ts";
import { type Call, route } from "../route.ts";
import { capability, credentialId, entityId, listId, pageOf, pageQuery, secondsOf, time, timeOf, validity, validityJson } from "../schemas.ts";
import { accessPointParams } from "./places.ts";
import { GRANT_SOURCES } from "../../store/grant-words.ts";

const at = time.optional().openapi({ description: "Default: now" });
const withholder = { grant: entityId, source: z.object({ kind: z.enum(GRANT_SOURCES), id: z.string() }), grantedBy: z.string() };
const explanation = z
  .object({
    person: entityId,
    accessPoint: listId,
    at: time,
    grants: z.array(
      z.object({
        grant: entityId,
        source: z.object({ kind: z.enum(GRANT_SOURCES), id: z.string() }),
        accessProfile: z.string().openapi({ description: "A profile's id; `own`: the grant names the access point itself" }),
        schedule: z.string(),
        validity,
      }),
    ),
    withholdings: z
      .array(
        z.object({
          ...withholder,
          by: z.string().openapi({ description: "A profile's id; `own`: the grant names the access point itself; `everywhere`" }),
          validity,
          holds: z.boolean().openapi({ description: "At the instant that was asked about" }),
        }),
      )
      .openapi({ description: "What withholds there what was asked for: it wins over all that gives (rule 2.18)" }),
    credentials: z.array(
      z.object({
        credential: credentialId,
        kind: z.enum(CREDENTIAL_KINDS),
        outcome: z.enum(["granted", "denied"]).openapi({ description: "As far as the cloud can know" }),
        reason: z.enum(DENY_REASONS).nullable(),
        help: help.nullable().openapi({ description: "Against the refusal (rule 1.7); null: granted" }),
        checks: z
          .array(
            z.object({
              check: z.string(),
              checkZh: z.string().openapi({ description: "The check's name in Chinese" }),
              outcome: z.enum(["passed", "failed", "not reached"]),
              detail: z.string(),
              detailZh: z.string().openapi({ description: "The detail in Chinese" }),
              reason: z.enum(DENY_REASONS).nullable(),
            }),
          )
          .openapi({ description: "In the controller's order of precedence" }),
      }),
    ),
    help: help.nullable().openapi({ description: "Where nothing of the person opens: what helps, and whom to ask; null: something does" }),
    notKnown: z.array(z.string()).openapi({ description: "What only the controller can check" }),
    notKnownZh: z.array(z.string()).openapi({ description: "The same checks in Chinese" }),
  })
  .openapi("Explanation");

const explanationJson = ({ person, accessPoint, at: when, grants, withholdings, credentials, help: helps }: Explanation): z.output<typeof explanation> => ({
  person,
  accessPoint,
  at: timeOf(when),
  grants: grants.map(({ grant, source, accessProfile, schedule, validFrom, validUntil }) => {
    return { grant, source: { ...source }, accessProfile, schedule, validity: validityJson({ from: validFrom, until: validUntil }) };
  }),
  withholdings: withholdings.map(({ validFrom, validUntil, source, ...rest }) => {
    return { ...rest, source: { ...source }, validity: validityJson({ from: validFrom, until: validUntil }) };
  }),
  credentials: credentials.map(({ checks, ...verdict }) => ({ ...verdict, checks: checks.map((check) => ({ ...check, reason: check.reason ?? null })) })),
  help: helps,
  notKnown: NOT_KNOWN.map(({ name }) => name),
  notKnownZh: NOT_KNOWN.map(({ zh }) => zh),
});

const instant = ({ cloud }: Call, given: string | undefined) => (given === undefined ? unixSeconds(Math.floor(cloud.nowMs() / 1000)) : secondsOf(given, 0));

export const accessRoutes = {
  "GET /v1/access-points/{id}/who": route({
    scope: "access:read",
    action: null,
    within: async (_, { params }) => ({ accessPoints: [params.id] }),
    summary: "Who may pass an access point at an instant, as far as the cloud can know, and from whom it is withheld",
    description: "A page may hold fewer people than its limit, or none: `next` says whether there are more.",
    params: accessPointParams,
    query: pageQuery.extend({ capability, at }),
    answer: pageOf(entityId).extend({
      withheld: z
        .array(z.object({ person: entityId, ...withholder }))
        .openapi({ description: "Who of this page would pass if a grant did not withhold it (rule 2.18)" }),
      others: help.openapi({ description: "What helps whoever is not among them, and whom to ask (rule 1.7)" }),
    }),
    refusals: ["AccessPointUnknown"],
    act: async (call, { params, query }) => {
      const found = await whoMayPass(call.cloud, params.id, query.capability, instant(call, query.at), query.after ?? "", query.limit);
      if (!found.ok) return found;
      const { people, withheld, next } = found.value;
      const others = helpAgainst(call.services, "Unauthorized", "", query.capability);
      return ok({ items: [...people], withheld: withheld.map((each) => ({ ...each, source: { ...each.source } })), others, next });
    },
  }),
  "GET /v1/explain": route({
    scope: "access:read",
    action: null,
    within: async (_, { query }) => ({ accessPoints: [query["access-point"]] }),
    summary: "Why somebody may pass an access point or not: every check, where the grants came from, what withholds, what helps and whom to ask",
    query: z.strictObject({ person: entityId, "access-point": listId, capability, at }),
    answer: explanation,
    refusals: ["PersonUnknown", "AccessPointUnknown"],
    act: async (call, { query }) => {
      const found = await explainAccess(call.cloud, query.person, query["access-point"], query.capability, instant(call, query.at), call.services);
      return found.ok ? ok(explanationJson(found.value)) : found;
    },
  }),
};
