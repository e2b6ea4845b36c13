import { z } from "@hono/zod-openapi";
import { ok } from "@portico/card-protocol";
import { Campus } from "../../expansion/campus-facts.ts";
import { type AccessGrantRow, validityOf, whatOf } from "../../expansion/person-facts.ts";
import type { Within } from "../../delegation/authority.ts";
import {
  approveGrant,
  createGrant,
  effectTrouble,
  type Grant,
  type GrantContent,
  listGrants,
  listPolicies,
  putPolicy,
  removePolicy,
  revokeGrant,
} from "../../grants.ts";
import { holdMassRemoval } from "../../push/mass-removal.ts";
import { endedByWithholding } from "../../push/policy-removal.ts";
import { heldGrants } from "../held-grants.ts";
import { type Call, changed, gone, guardOf, nothing, published, reasonMissing, route } from "../route.ts";
import { capability, entityId, listId, names, page, pageOf, pageQuery, text, validity, validityFrom, validityJson, whole } from "../schemas.ts";
import { EFFECTS } from "../../core/access-facts.ts";
import { GRANT_SOURCES } from "../../store/grant-words.ts";

const policy = z.object({ id: listId, names }).openapi("Policy");
const policyId = z.strictObject({ id: listId });

const subjectKind = z.enum(["person", "group", "audience"]);
export const subject = z.strictObject({ kind: subjectKind, id: text(1, 64) });
export const what = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("profile"), profile: listId }),
  z.strictObject({ kind: z.literal("own"), accessPoints: z.array(listId).min(1).max(255), capability, schedule: listId }),
  z.strictObject({ kind: z.literal("everywhere"), capability }).openapi({ description: "Of what withholds alone" }),
]);
export const effect = z.enum(EFFECTS);
export const effectAsked = effect.default("give").openapi({ description: "`withhold` takes away what everything else gives, at all hours (rule 2.18)" });
/** Names the fields of a wish that its effect does not allow. */
export function checkEffect(asked: { readonly effect: z.output<typeof effect>; readonly what: z.output<typeof what> }, context: z.core.$RefinementCtx): void {
  const [field, message] = effectTrouble(asked.effect, asked.what) ?? [];
  if (field !== undefined) context.addIssue({ code: "custom", path: ["what", field], message: message! });
}
const grantBody = z
  .strictObject({
    subject,
    effect: effectAsked,
    what,
    validity,
    source: z
      .discriminatedUnion("kind", [z.strictObject({ kind: z.literal("policy"), id: listId }), z.strictObject({ kind: z.literal("operator") })])
      .openapi({ description: "What it stands and falls with: a policy, or the operator who asks" }),
  })
  .superRefine(checkEffect)
  .openapi("GrantContent");
const grant = z
  .object({
    id: entityId,
    subject,
    effect,
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

/** What opens a `high` access point is neither given nor approved without a reason, and nothing is withheld without one. */
async function reasonNeeded(call: Call, does: z.output<typeof effect>, opened: z.output<typeof what>) {
  if (call.note.reason !== "") return undefined;
  if (does === "withhold") return reasonMissing(call);
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
      if (to.kind === "audience" || opened.kind !== "own" || source.kind === "policy") return "elsewhere";
      return { accessPoints: opened.accessPoints, capabilities: [opened.capability], until: validityFrom(times).until };
    },
    summary: "Give something, or withhold it",
    description:
      "What opens a `high` access point needs a reason, and opens nothing until a second operator approves it. What withholds needs a reason, holds at once and at all hours, and wins over whatever gives (rule 2.18); from too many at once it is held for a second operator.",
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
      "RemovalHeld",
    ],
    act: async (call, { body }) => {
      const missing = await reasonNeeded(call, body.effect, body.what);
      if (missing !== undefined) return missing;
      const source = call.delegation === undefined ? body.source : ({ kind: "delegation", id: call.delegation.id } as const);
      const content: GrantContent = { ...body, source, validity: validityFrom(body.validity) };
      const held = body.effect === "withhold" ? await heldWithholding(call, content) : undefined;
      return held ?? published(call, await createGrant(call.cloud, call.note, content), grantJson);
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
      const row = await grantRowOf(call, params.id);
      const missing = row && (await reasonNeeded(call, row.effect, grantWhat(row)));
      if (missing !== undefined) return missing;
      return published(call, await approveGrant(call.cloud, call.note, params.id), grantJson);
    },
  }),
  "DELETE /v1/grants/{id}": route({
    scope: "grants:write",
    action: "grant revoke",
    // Whose place it is may end what opens it, whoever gave it and for however long.
    within: async (call, asked) => {
      const [whole, row] = [await withinGrant(call, asked), await grantRowOf(call, asked.params.id)];
      if (typeof whole === "string" || row?.effect !== "withhold") return typeof whole === "string" ? whole : { accessPoints: whole.accessPoints };
      // The end of what withholds opens: it is for him who withheld it, as far as he may open.
      return isOwnWithholding(row, call) ? { accessPoints: whole.accessPoints, ...(whole.capabilities && { capabilities: whole.capabilities }) } : "elsewhere";
    },
    summary: "Take a grant away; those of reservations, visits and cases go with their source alone",
    params: grantId,
    answer: changed(gone),
    description: "One that withholds needs a reason: what it withheld is open again.",
    refusals: ["GrantUnknown", "SourceOwnsGrant", "RemovalHeld", "ReasonRequired"],
    act: async (call, { params }) => {
      const row = await grantRowOf(call, params.id);
      const missing = row?.effect === "withhold" ? reasonMissing(call) : undefined;
      if (missing !== undefined) return missing;
      const held = await heldGrants(call, { kind: "grant", grant: params.id }, [params.id]);
      return held ?? published(call, await revokeGrant(call.cloud, call.note, params.id), nothing);
    },
  }),
};

/** A grant that stands, where it was given to somebody for places of its own. */
async function withinGrant(call: Call, { params }: { readonly params: { readonly id: string } }): Promise<Within> {
  const row = await grantRowOf(call, params.id);
  if (row === undefined || row.access_points === null || (row.source_kind !== "operator" && row.source_kind !== "delegation")) return "elsewhere";
  return { accessPoints: JSON.parse(row.access_points) as string[], capabilities: [row.capability!], until: validityOf(row).until };
}

const grantRowOf = ({ cloud }: Call, id: string): Promise<AccessGrantRow | undefined> =>
  cloud.database.queries.selectFrom("access_grant").selectAll().where("id", "=", id).executeTakeFirst();

/** Whether who asks under a delegation has withheld it under one himself. */
export const isOwnWithholding = ({ granted_by, source_kind }: Pick<AccessGrantRow, "granted_by" | "source_kind">, { note }: Call): boolean =>
  source_kind === "delegation" && granted_by === note.actor;

/** Held where this would be withheld from too many at once. */
async function heldWithholding(call: Call, content: GrantContent) {
  const { database, nowMs } = call.cloud;
  return holdMassRemoval(guardOf(call), { kind: "withholding", content }, await endedByWithholding(database.queries, content, Math.floor(nowMs() / 1000)));
}

function grantWhat(row: AccessGrantRow): z.output<typeof what> {
  const opened = whatOf(row);
  return opened.kind === "own" ? { ...opened, accessPoints: [...opened.accessPoints] } : opened;
}
