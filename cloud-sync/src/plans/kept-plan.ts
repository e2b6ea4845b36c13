import { bytesToHex, ok, type Result } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import { refuse } from "../core/refusal.ts";
import type { Mutation } from "../mutation.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { KeptPlanTable } from "../store/plan-tables.ts";

/** A plan that nobody has applied by then is made anew. */
export const PLAN_TIME_S = 24 * 3600;

/** Who made a plan, until when it can be applied, and who did so. */
export interface PlanNote {
  /** 32 hex digits. The same wish upon the same campus is the same plan. */
  readonly id: string;
  readonly madeBy: string;
  readonly madeAt: number;
  readonly until: number;
  readonly appliedBy: string | null;
  readonly appliedAt: number | null;
}

/** A plan with what was wished and what it takes, as it was made. */
export interface KeptPlan<Content, Step> extends PlanNote {
  /** Null once it is applied. */
  readonly content: Content | null;
  readonly steps: readonly Step[];
}

/** The id of a plan: of what is wished and of every step, so that a campus that moved gives another one. */
export const planId = (kind: KeptPlanTable["kind"], content: unknown, steps: readonly unknown[]): string =>
  bytesToHex(nodeSha256(Buffer.from(JSON.stringify([kind, content, steps])))).slice(0, 32);

/** Keeps a plan; one of the same id that waits already keeps its maker. Those whose time is over go. */
export async function keepPlan({ queries, now }: Mutation, kind: KeptPlanTable["kind"], madeBy: string, content: unknown, steps: readonly unknown[]) {
  await queries.deleteFrom("kept_plan").where("until", "<=", now).execute();
  const id = planId(kind, content, steps);
  const row: KeptPlanTable = {
    id,
    kind,
    made_by: madeBy,
    made_at: now,
    until: now + PLAN_TIME_S,
    content: JSON.stringify(content),
    steps: JSON.stringify(steps),
    applied_by: null,
    applied_at: null,
  };
  const there = await queries.selectFrom("kept_plan").selectAll().where("id", "=", id).executeTakeFirst();
  // One that was applied and is wished again, for what it made was undone, begins anew.
  if (there !== undefined && there.applied_at === null) return noteOf(there);
  await queries
    .insertInto("kept_plan")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  return noteOf(row);
}

/** A plan whose time is not over; undefined: there is none. */
export async function readPlan<Content, Step>(
  queries: Queries,
  kind: KeptPlanTable["kind"],
  id: string,
  now: number,
): Promise<KeptPlan<Content, Step> | undefined> {
  const row = await queries.selectFrom("kept_plan").selectAll().where("id", "=", id).where("kind", "=", kind).where("until", ">", now).executeTakeFirst();
  return (
    row && { ...noteOf(row), content: row.content === null ? null : (JSON.parse(row.content) as Content), steps: JSON.parse(row.steps) as readonly Step[] }
  );
}

/** Marks a plan as applied and forgets what was wished. A second time is refused before: there is nothing left to do. */
export async function markApplied({ queries, now }: Mutation, id: string, by: string): Promise<void> {
  await queries.updateTable("kept_plan").set({ applied_by: by, applied_at: now, content: null }).where("id", "=", id).execute();
}

/** A plan that can be applied now, or why not. `stepsNow` says which steps the same wish takes now. */
export async function applicablePlan<Content, Step>(
  { queries, now }: Mutation,
  kind: KeptPlanTable["kind"],
  id: string,
  stepsNow: (content: Content) => Promise<readonly Step[]>,
): Promise<Result<KeptPlan<Content, Step> & { readonly isDone: boolean }, "PlanUnknown" | "PlanStale">> {
  const plan = await readPlan<Content, Step>(queries, kind, id, now);
  if (plan === undefined) return refuse("PlanUnknown", `plan ${id}`);
  if (plan.content === null) return ok({ ...plan, isDone: true });
  if (planId(kind, plan.content, await stepsNow(plan.content)) !== id) return refuse("PlanStale", `plan ${id}`);
  return ok({ ...plan, isDone: false });
}

const noteOf = ({ id, made_by, made_at, until, applied_by, applied_at }: KeptPlanTable): PlanNote => ({
  id,
  madeBy: made_by,
  madeAt: made_at,
  until,
  appliedBy: applied_by,
  appliedAt: applied_at,
});
