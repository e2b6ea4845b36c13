import { z } from "@hono/zod-openapi";
import { ok, unixSeconds } from "@portico/card-protocol";
import type { PlanStep } from "../../core/grant-plan.ts";
import { refuse } from "../../core/refusal.ts";
import { type AccessPlan, applyAccessPlan, makeAccessPlan, readAccessPlan } from "../../plans/access-plan.ts";
import { applyCardPlan, type CardPlan, makeCardPlan } from "../../plans/card-plan.ts";
import type { PlanNote } from "../../plans/kept-plan.ts";
import { holdMassRemoval } from "../../push/mass-removal.ts";
import { changed, guardOf, published, route } from "../route.ts";
import { audience, credentialId, entityId, hexBytes, listId, names, text, time, timeOf, validity, validityFrom, validityJson } from "../schemas.ts";
import { checkEffect, effect, effectAsked, subject, what } from "./grants.ts";
import { POLICIES_MAX, policies as lines } from "./profiles.ts";

/** Of each in one plan: the body stays below its limit. */
const [PROFILES_MAX, DESIRED_POLICIES_MAX, GRANTS_MAX, CARDS_MAX] = [200, 200, 5_000, 5_000];

const planId = z
  .string()
  .regex(/^[0-9a-f]{32}$/, "32 lower-case hex digits")
  .openapi({ example: "3f9c0d5e7a1b2c4d6e8f00112233aabb" });
const idOfPlan = z.strictObject({ id: planId });
const note = {
  id: planId,
  madeBy: z.string(),
  madeAt: time,
  until: time.openapi({ description: "From then on nobody can apply it" }),
  appliedBy: z.string().nullable(),
  appliedAt: time.nullable(),
};
const noteJson = ({ id, madeBy, madeAt, until, appliedBy, appliedAt }: PlanNote) => ({
  id,
  madeBy,
  madeAt: timeOf(madeAt),
  until: timeOf(until),
  appliedBy,
  appliedAt: appliedAt === null ? null : timeOf(appliedAt),
});

const desiredGrant = z.strictObject({ subject, effect: effectAsked, what, validity }).superRefine(checkEffect);
const accessBody = z
  .strictObject({
    profiles: z.array(z.strictObject({ id: listId, names, lines: lines.max(POLICIES_MAX) })).max(PROFILES_MAX),
    policies: z.array(z.strictObject({ id: listId, names, grants: z.array(desiredGrant).max(GRANTS_MAX) })).max(DESIRED_POLICIES_MAX),
  })
  .openapi("DesiredAccess", { description: "Each profile and policy that is named, wholly; all others stay as they are" });
const accessStep = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("profile"), act: z.enum(["add", "change"]), id: listId, names, added: lines, ended: lines }),
  z.object({ kind: z.literal("policy"), act: z.enum(["add", "change"]), id: listId, names }),
  z.object({
    kind: z.literal("grant"),
    act: z.enum(["add", "change", "end"]),
    policy: listId,
    grant: z.object({ subject, effect, what, validity }),
    from: validity.nullable().openapi({ description: "change: when it holds now" }),
  }),
]);
const accessPlan = z
  .object({
    ...note,
    steps: z.array(accessStep).openapi({ description: "In the order in which they are taken" }),
    concerns: z
      .array(z.object({ audience: audience.nullable(), gain: z.int(), lose: z.int() }))
      .openapi({ description: "How many people of each audience something is opened to or ended for; null: who belongs to none" }),
    high: z.array(listId).openapi({ description: "High access points that it opens further: another operator has to apply it" }),
  })
  .openapi("AccessPlan");

function stepJson(step: PlanStep): z.output<typeof accessStep> {
  if (step.kind === "policy") return { ...step };
  if (step.kind === "profile") return { kind: step.kind, act: step.act, id: step.id, names: step.names, added: [...step.added], ended: [...step.ended] };
  const { subject: to, effect: does = "give", what: opened, validity: times } = step.grant;
  const grant = {
    subject: { ...to },
    effect: does,
    what: opened.kind === "own" ? { ...opened, accessPoints: [...opened.accessPoints] } : { ...opened },
    validity: validityJson(times),
  };
  return { kind: step.kind, act: step.act, policy: step.policy, grant, from: step.act === "change" ? validityJson(step.from) : null };
}
const accessPlanJson = (plan: AccessPlan): z.output<typeof accessPlan> => ({
  ...noteJson(plan),
  steps: plan.steps.map(stepJson),
  concerns: plan.concerns.map((concern) => ({ ...concern })),
  high: [...plan.high],
});

const cardsBody = z
  .strictObject({
    validity,
    cards: z
      .array(
        z.strictObject({
          holder: text(1, 254).openapi({ description: "Whole account, phone number or id of a person" }),
          number: hexBytes(1, 64).openapi({ description: "The canonical bytes of what is read. Never answered, never logged" }),
        }),
      )
      .min(1)
      .max(CARDS_MAX),
  })
  .openapi("DesiredCards");
const cardStep = z.discriminatedUnion("act", [
  z.object({ act: z.literal("add"), person: entityId }),
  z.object({ act: z.literal("there"), person: entityId, credential: credentialId }),
  z.object({ act: z.literal("taken"), person: entityId, credential: credentialId, by: entityId }),
  z.object({ act: z.literal("twice"), person: entityId, above: z.int().openapi({ description: "Which card of the list has the same number, from 0" }) }),
  z.object({ act: z.literal("unknown") }),
]);
const cardPlan = z
  .object({ ...note, steps: z.array(cardStep).openapi({ description: "What becomes of each card, in the order of the list" }) })
  .openapi("CardPlan");
const cardPlanJson = (plan: CardPlan): z.output<typeof cardPlan> => ({ ...noteJson(plan), steps: [...plan.steps] });

export const planRoutes = {
  "POST /v1/access-plans": route({
    scope: "grants:write",
    action: "access-plan make",
    summary: "Show what it would take that access profiles and policies say this; nothing is changed yet",
    description: "Kept for 24 hours. The same wish upon the same campus is the same plan.",
    body: accessBody,
    example: {
      profiles: [{ id: "gates", names: { zh: "校门", en: "Gates" }, lines: [{ accessPoint: "gate-1/entry", capability: "pass", schedule: "always" }] }],
      policies: [
        {
          id: "students-gates",
          names: { zh: "学生进校门", en: "Students may use the gates" },
          grants: [{ subject: { kind: "audience", id: "student" }, what: { kind: "profile", profile: "gates" }, validity: { from: null, until: null } }],
        },
      ],
    },
    answer: changed(accessPlan),
    status: 201,
    refusals: ["RequestMalformed", "AccessPointUnknown", "ScheduleUnknown", "PersonUnknown", "GroupUnknown", "ProfileUnknown"],
    act: async (call, { body }) => {
      const policies = body.policies.map((policy) => ({
        ...policy,
        grants: policy.grants.map(({ effect: does, ...grant }) => ({
          ...grant,
          ...(does === "give" ? {} : { effect: does }),
          validity: validityFrom(grant.validity),
        })),
      }));
      return published(call, await makeAccessPlan(call.cloud, call.note, { profiles: body.profiles, policies }), accessPlanJson);
    },
  }),
  "GET /v1/access-plans/{id}": route({
    scope: "grants:read",
    action: null,
    summary: "A plan as it was made; whom it concerns, as of now",
    params: idOfPlan,
    answer: accessPlan,
    refusals: ["PlanUnknown"],
    act: async ({ cloud }, { params }) => {
      const plan = await readAccessPlan(cloud.database.queries, params.id, unixSeconds(Math.floor(cloud.nowMs() / 1000)));
      return plan === undefined ? refuse("PlanUnknown", `plan ${params.id}`) : ok(accessPlanJson(plan));
    },
  }),
  "POST /v1/access-plans/{id}/apply": route({
    scope: "grants:write",
    action: "access-plan apply",
    summary: "Do what a plan says, all of it or nothing",
    description: "Where it opens `high` access points somebody else than its maker has to ask, with a reason. A second time changes nothing.",
    params: idOfPlan,
    answer: changed(z.object({ added: z.int(), changed: z.int(), ended: z.int() })),
    refusals: ["PlanUnknown", "PlanStale", "SecondOperatorRequired", "ReasonRequired", "RemovalHeld"],
    act: async (call, { params }) => {
      const plan = await readAccessPlan(call.cloud.database.queries, params.id, unixSeconds(Math.floor(call.cloud.nowMs() / 1000)));
      const ending = new Map((plan?.concerns ?? []).flatMap(({ audience: of, lose }) => (of === null ? [] : [[of, lose] as const])));
      const held = await holdMassRemoval(guardOf(call), { kind: "plan", plan: params.id }, ending);
      return held ?? published(call, await applyAccessPlan(call.cloud, call.note, params.id), (counts) => counts);
    },
  }),
  "POST /v1/card-plans": route({
    scope: "credentials:write",
    action: "card-plan make",
    summary: "Show what giving people these cards would do; nothing is changed yet",
    description: "Kept for 24 hours. Cards that are there already, that somebody else has, or whose holder is unknown are told one by one.",
    body: cardsBody,
    example: { validity: { from: null, until: null }, cards: [{ holder: "zhang@connect.example.edu", number: "04a1b2c3" }] },
    answer: changed(cardPlan),
    status: 201,
    refusals: [],
    act: async (call, { body }) => {
      const desired = { validity: validityFrom(body.validity), cards: body.cards };
      return published(call, await makeCardPlan(call.cloud, call.note, desired), cardPlanJson);
    },
  }),
  "POST /v1/card-plans/{id}/apply": route({
    scope: "credentials:write",
    action: "card-plan apply",
    summary: "Add the cards that a plan adds, all of them or none",
    params: idOfPlan,
    answer: changed(z.object({ added: z.int() })),
    refusals: ["PlanUnknown", "PlanStale"],
    act: async (call, { params }) => published(call, await applyCardPlan(call.cloud, call.note, params.id), (counts) => counts),
  }),
};
