import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { Campus } from "../../expansion/campus-facts.ts";
import { validityOf, whatOf } from "../../expansion/person-facts.ts";
import type { Within } from "../../delegation/authority.ts";
import { approveGrant, createGrant, type Grant, listGrants, listPolicies, putPolicy, removePolicy, revokeGrant } from "../../grants.ts";
import { heldGrants } from "../held-grants.ts";
import { GRANT_SOURCES } from "../../store/schema.ts";
import { type Call, changed, gone, nothing, published, reasonMissing, route } from "../route.ts";
import { capability, entityId, listId, names, page, pageOf, pageQuery, text, validity, validityFrom, validityJson, whole } from "../schemas.ts";

const policy = z.object({ id: listId, names }).openapi("Policy");
const policyId = z.strictObject({ id: listId });

const subjectKind = z.enum(["person", "group", "audience"]);
export const subject = z.strictObject({ kind: subjectKind, id: text(1, 64) });
export const what = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("profile"), profile: listId }),
  z.strictObject({ kind: z.literal("own"), accessPoints: z.array(listId).min(1).max(255), capability, schedule: listId }),
]);
const grantBody = z
  .strictObject({
    subject,
    what,
    validity,
    source: z
      .discriminatedUnion("kind", [z.strictObject({ kind: z.literal("policy"), id: listId }), z.strictObject({ kind: z.literal("operator") })])
      .openapi({ description: "What it stands and falls with: a policy, or the operator who asks" }),
  })
  .openapi("GrantContent");
const grant = z
  .object({
    id: entityId,
    subject,
    what,
    validity,
    source: z.object({ kind: z.enum(GRANT_SOURCES), id: z.string() }),
    grantedBy: z.string(),
    approvedBy: z.string().nullable(),
    inForce: z.boolean().openapi({ description: "False while a second operator has to approve it: then it opens nothing" }),
  })
  .openapi("Grant");
const grantId = z.strictObject({ id: entityId });

function grantJson(one: Grant): z.output<typeof grant> {
  const { what: opened } = one;
  return {
    ...one,
    subject: { ...one.subject },
    what: opened.kind === "own" ? { ...opened, accessPoints: [...opened.accessPoints] } : { ...opened },
    validity: validityJson(one.validity),
    source: { ...one.source },
  };
}

/** What opens a `high` access point is neither given nor approved without a reason. */
async function reasonOfHigh(call: Call, opened: z.output<typeof what>) {
  if (call.note.reason !== "") return undefined;
  return (await Campus.read(call.cloud.database.queries)).needsTwo(opened) ? reasonMissing(call) : undefined;
}

export const grantRoutes = {
  "GET /v1/policies": route({
    scope: "grants:read",
    action: null,
    summary: "All policies",
    answer: pageOf(policy),
    refusals: [],
    act: async ({ cloud }) => ok(whole(await listPolicies(cloud.database.queries))),
  }),
  "PUT /v1/policies/{id}": route({
    scope: "grants:write",
    action: "policy put",
    summary: "Make a policy, or rename it: the source of the grants that it consists of",
    params: policyId,
    body: z.strictObject({ names }),
    example: { names: { zh: "学生进校门", en: "Students may use the gates" } },
    answer: changed(policy),
    refusals: [],
    act: async (call, { params, body }) => published(call, await putPolicy(call.cloud, call.note, { id: params.id, names: body.names }), (made) => made),
  }),
  "DELETE /v1/policies/{id}": route({
    scope: "grants:write",
    action: "policy remove",
    summary: "End a policy: its grants go with it",
    params: policyId,
    answer: changed(z.object({ grants: z.int().openapi({ description: "So many went with it" }) })),
    refusals: ["PolicyUnknown", "RemovalHeld"],
    act: async (call, { params }) => {
      const grants = await call.cloud.database.queries.selectFrom("access_grant").select("id").where("policy", "=", params.id).execute();
      const held = await heldGrants(call, { kind: "policy", policy: params.id }, grants.map(({ id }) => id)); // prettier-ignore
      return held ?? published(call, await removePolicy(call.cloud, call.note, params.id), (counts) => counts);
    },
  }),
  "POST /v1/grants": route({
    scope: "grants:write",
    action: "grant create",
    // Audiences, profiles and policies are the campus's: what they mean changes without whoever holds a delegation.
    within: async (_, { body: { subject: to, what: opened, source, validity: times } }) => {
      if (to.kind === "audience" || opened.kind === "profile" || source.kind === "policy") return "elsewhere";
      return { accessPoints: opened.accessPoints, capabilities: [opened.capability], until: validityFrom(times).until };
    },
    summary: "Grant something",
    description: "What opens a `high` access point needs a reason, and opens nothing until a second operator approves it.",
    body: grantBody,
    example: {
      subject: { kind: "audience", id: "student" },
      what: { kind: "profile", profile: "gates" },
      validity: { from: null, until: null },
      source: { kind: "policy", id: "students-gates" },
    },
    answer: changed(grant),
    status: 201,
    refusals: [
      "PersonUnknown",
      "GroupUnknown",
      "RequestMalformed",
      "ProfileUnknown",
      "AccessPointUnknown",
      "ScheduleUnknown",
      "PolicyUnknown",
      "ReasonRequired",
    ],
    act: async (call, { body }) => {
      const missing = await reasonOfHigh(call, body.what);
      if (missing !== undefined) return missing;
      const source = call.delegation === undefined ? body.source : ({ kind: "delegation", id: call.delegation.id } as const);
      return published(call, await createGrant(call.cloud, call.note, { ...body, source, validity: validityFrom(body.validity) }), grantJson);
    },
  }),
  "GET /v1/grants": route({
    scope: "grants:read",
    action: null,
    summary: "Grants in the order of their ids, of one subject or of all",
    query: pageQuery
      .extend({ "subject-kind": subjectKind.optional(), subject: subject.shape.id.optional() })
      .refine((query) => (query.subject === undefined) === (query["subject-kind"] === undefined), "subject and subject-kind stand together"),
    answer: pageOf(grant),
    refusals: [],
    act: async ({ cloud }, { query: { "subject-kind": kind, subject: id, after, limit } }) => {
      const of = kind === undefined || id === undefined ? undefined : { kind, id };
      return ok(page((await listGrants(cloud.database.queries, of, after ?? "", limit)).map(grantJson), limit, (one) => one.id));
    },
  }),
  "POST /v1/grants/{id}/approve": route({
    scope: "grants:approve",
    action: "grant approve",
    within: withinGrant,
    summary: "Approve a grant as the second operator",
    params: grantId,
    answer: changed(grant),
    refusals: ["GrantUnknown", "SameOperator", "ReasonRequired"],
    act: async (call, { params }) => {
      const row = await call.cloud.database.queries.selectFrom("access_grant").selectAll().where("id", "=", params.id).executeTakeFirst();
      const missing = row && (await reasonOfHigh(call, grantWhat(row)));
      if (missing !== undefined) return missing;
      return published(call, await approveGrant(call.cloud, call.note, params.id), grantJson);
    },
  }),
  "DELETE /v1/grants/{id}": route({
    scope: "grants:write",
    action: "grant revoke",
    // Whose place it is may end what opens it, whoever gave it and for however long.
    within: async (call, asked) => {
      const whole = await withinGrant(call, asked);
      return typeof whole === "string" ? whole : { accessPoints: whole.accessPoints };
    },
    summary: "Take a grant away; those of reservations, visits and cases go with their source alone",
    params: grantId,
    answer: changed(gone),
    refusals: ["GrantUnknown", "SourceOwnsGrant", "RemovalHeld"],
    act: async (call, { params }) => {
      const held = await heldGrants(call, { kind: "grant", grant: params.id }, [params.id]);
      return held ?? published(call, await revokeGrant(call.cloud, call.note, params.id), nothing);
    },
  }),
};

/** A grant that stands, where it was given to somebody for places of its own. */
async function withinGrant({ cloud }: Call, { params }: { readonly params: { readonly id: string } }): Promise<Within> {
  const row = await cloud.database.queries.selectFrom("access_grant").selectAll().where("id", "=", params.id).executeTakeFirst();
  if (row === undefined || row.access_points === null || (row.source_kind !== "operator" && row.source_kind !== "delegation")) return "elsewhere";
  return { accessPoints: JSON.parse(row.access_points) as string[], capabilities: [row.capability!], until: validityOf(row).until };
}

function grantWhat(row: Parameters<typeof whatOf>[0]): z.output<typeof what> {
  const opened = whatOf(row);
  return opened.kind === "own" ? { ...opened, accessPoints: [...opened.accessPoints] } : opened;
}
