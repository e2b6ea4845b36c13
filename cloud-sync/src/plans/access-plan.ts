import { isListId, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { newEntityId } from "../core/entity-id.ts";
import { type DesiredAccess, opening, planAccess, type PlanStep, type StandingAccess } from "../core/grant-plan.ts";
import { refuse } from "../core/refusal.ts";
import { validityOf, whatOf } from "../expansion/person-facts.ts";
import { grantRow, subjectRefusal, whatRefusal, writePolicy } from "../grants.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { namesOf } from "../places.ts";
import { type AccessPolicy, linesRefusal, listAccessProfiles, writeAccessProfile } from "../profiles.ts";
import type { Queries } from "../store/cloud-database.ts";
import { applicablePlan, keepPlan, type KeptPlan, markApplied, type PlanNote, readPlan } from "./kept-plan.ts";
import { concernsOf, type PlanConcern } from "./plan-concerns.ts";

/** What making access profiles and policies say something would take. Nothing is changed yet. */
export interface AccessPlan extends PlanNote {
  readonly steps: readonly PlanStep[];
  readonly concerns: readonly PlanConcern[];
  /** The `high` access points that it opens to more people or at more times: somebody else than its maker has to apply it. */
  readonly high: readonly string[];
}

/** How many profiles, policies and grants were added, changed and ended. */
export interface PlanCounts {
  readonly added: number;
  readonly changed: number;
  readonly ended: number;
}

type ApplyRefusal = "PlanUnknown" | "PlanStale" | "SecondOperatorRequired" | "ReasonRequired";
type DesiredRefusal = "RequestMalformed" | "AccessPointUnknown" | "ScheduleUnknown" | "PersonUnknown" | "GroupUnknown" | "ProfileUnknown";

/** Shows what would be added, changed and ended, and keeps that as a plan. */
export function makeAccessPlan(cloud: Cloud, note: ChangeNote, desired: DesiredAccess): Promise<Result<Changed<AccessPlan>, DesiredRefusal>> {
  return mutate(cloud, { ...note, target: "access plan" }, async (mutation) => {
    const { queries, now } = mutation;
    const refusal = await desiredRefusal(queries, desired);
    if (refusal !== undefined) return refusal;
    const steps = planAccess(desired, await readStanding(queries, desired));
    const kept = await keepPlan(mutation, "access", note.actor, desired, steps);
    return ok({ ...kept, steps, concerns: await concernsOf(queries, steps, now), high: await highOf(queries, steps) });
  });
}

/** A plan as it was made; whom it concerns, as of now. */
export async function readAccessPlan(queries: Queries, id: string, now: number): Promise<AccessPlan | undefined> {
  const kept = await readPlan<DesiredAccess, PlanStep>(queries, "access", id, now);
  if (kept === undefined) return undefined;
  const { content: _, ...plan } = kept;
  const isDone = plan.appliedAt !== null;
  return { ...plan, concerns: isDone ? [] : await concernsOf(queries, plan.steps, now), high: isDone ? [] : await highOf(queries, plan.steps) };
}

/**
 * Does what a plan said, all of it or nothing; refused where the campus has moved so that it would be something else. A second time changes nothing. What
 * opens `high` access points is granted by its maker and approved by whoever applies it, who has to be another.
 */
export function applyAccessPlan(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<PlanCounts>, ApplyRefusal>> {
  return mutate(cloud, { ...note, target: `access plan ${id}` }, async (mutation): Promise<Result<PlanCounts, ApplyRefusal>> => {
    const { queries } = mutation;
    const steps = async (desired: DesiredAccess): Promise<PlanStep[]> => planAccess(desired, await readStanding(queries, desired));
    const found = await applicablePlan(mutation, "access", id, steps);
    if (!found.ok) return found;
    const plan: KeptPlan<DesiredAccess, PlanStep> & { readonly isDone: boolean } = found.value;
    if (plan.isDone) return ok(countsOf(plan.steps));
    const high = await highOf(queries, plan.steps);
    if (high.length > 0 && plan.madeBy === note.actor) return refuse("SecondOperatorRequired", `${high.join(", ")}: ${note.actor} made the plan`);
    if (high.length > 0 && note.reason === "") return refuse("ReasonRequired", `opens ${high.join(", ")}`);
    for (const step of plan.steps) await take(cloud, mutation, step, plan.madeBy, note.actor);
    await markApplied(mutation, id, note.actor);
    return ok(countsOf(plan.steps));
  });
}

async function take(cloud: Cloud, mutation: Mutation, step: PlanStep, madeBy: string, appliedBy: string): Promise<void> {
  const { queries, mark } = mutation;
  if (step.kind === "policy") return writePolicy(queries, step);
  if (step.kind === "profile") {
    const wasHigh = await isHigh(queries, step.id);
    await writeAccessProfile(mutation, { id: step.id, names: step.names, policies: step.lines });
    if (!wasHigh && (await isHigh(queries, step.id))) await approveGrantsOf(queries, step.id, madeBy, appliedBy);
    return;
  }
  const { grant } = step;
  if (step.act !== "add") await queries.deleteFrom("access_grant").where("id", "=", step.id).execute();
  if (step.act !== "end") {
    const content = { ...grant, source: { kind: "policy", id: step.policy } as const };
    const row = grantRow(newEntityId(cloud.nowMs(), cloud.randomBytes), content, madeBy, madeBy === appliedBy ? null : appliedBy);
    await queries.insertInto("access_grant").values(row).execute();
  }
  mark(grant.subject.kind, grant.subject.id);
}

const isHigh = async (queries: Queries, profile: string): Promise<boolean> =>
  (await queries
    .selectFrom("access_policy")
    .innerJoin("access_point", "access_point.id", "access_policy.access_point")
    .select("access_point.id")
    .where("access_policy.access_profile", "=", profile)
    .where("access_point.high", "=", 1)
    .executeTakeFirst()) !== undefined;

/** A profile opens `high` access points for the first time, and two operators have seen it: the grants of it, which needed one until now, have two. */
async function approveGrantsOf(queries: Queries, profile: string, madeBy: string, appliedBy: string): Promise<void> {
  const waiting = queries.updateTable("access_grant").where("access_profile", "=", profile).where("approved_by", "is", null);
  await waiting.set({ approved_by: appliedBy }).where("granted_by", "<>", appliedBy).execute();
  await waiting.set({ approved_by: madeBy }).where("granted_by", "=", appliedBy).execute();
}

async function desiredRefusal(queries: Queries, { profiles, policies }: DesiredAccess) {
  const badId = [...profiles, ...policies].find(({ id }) => !isListId(id));
  if (badId !== undefined) return refuse("RequestMalformed", `${badId.id}: a name for a list`);
  for (const list of [profiles, policies]) if (new Set(list.map(({ id }) => id)).size < list.length) return refuse("RequestMalformed", "an id stands twice");
  const refusal = await linesRefusal(queries, profiles.flatMap(({ lines }) => lines)); // prettier-ignore
  if (refusal !== undefined) return refusal;
  for (const grant of policies.flatMap(({ grants }) => grants)) {
    const { subject, what } = grant;
    const refused = (await subjectRefusal(queries, subject)) ?? (what.kind === "profile" && profiles.some(({ id }) => id === what.profile) ? undefined : await whatRefusal(queries, grant)); // prettier-ignore
    if (refused !== undefined) return refused;
  }
  return undefined;
}

async function readStanding(queries: Queries, desired: DesiredAccess): Promise<StandingAccess> {
  const wanted = new Set(desired.profiles.map(({ id }) => id));
  const profiles = (await listAccessProfiles(queries)).filter(({ id }) => wanted.has(id)).map(({ id, names, policies }) => ({ id, names, lines: policies }));
  const policies: StandingAccess["policies"][number][] = [];
  for (const { id } of desired.policies) {
    const row = await queries.selectFrom("policy").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) continue;
    const grants = await queries.selectFrom("access_grant").selectAll().where("policy", "=", id).orderBy("id").execute();
    policies.push({
      id,
      names: namesOf(row),
      grants: grants.map((grant) => ({
        id: grant.id,
        subject: { kind: grant.subject_kind, id: grant.subject },
        ...(grant.effect === "give" ? {} : { effect: grant.effect }),
        what: whatOf(grant),
        validity: validityOf(grant),
      })),
    });
  }
  return { profiles, policies };
}

/** Of the access points that are opened, those that two operators have to see. */
async function highOf(queries: Queries, steps: readonly PlanStep[]): Promise<string[]> {
  const profiles = new Map((await listAccessProfiles(queries)).map(({ id, policies }): [string, readonly AccessPolicy[]] => [id, policies]));
  for (const step of steps) if (step.kind === "profile") profiles.set(step.id, step.lines);
  const high = new Set((await queries.selectFrom("access_point").select("id").where("high", "=", 1).execute()).map(({ id }) => id));
  return opening(steps, (profile) => profiles.get(profile) ?? []).filter((id) => high.has(id));
}

const countsOf = (steps: readonly PlanStep[]): PlanCounts => ({
  added: steps.filter(({ act }) => act === "add").length,
  changed: steps.filter(({ act }) => act === "change").length,
  ended: steps.filter(({ act }) => act === "end").length,
});
