import type { Result } from "@portico/card-protocol";
import { putSchedule, putSpecialDays } from "../calendar.ts";
import type { Cloud } from "../cloud.ts";
import { endDelegation, readDelegation } from "../delegation/delegations.ts";
import { endOperator, isLive, readOperator } from "../delegation/operators.ts";
import { createGrant, type GrantContent, removePolicy, revokeGrant } from "../grants.ts";
import type { ChangeNote } from "../mutation.ts";
import { applyAccessPlan } from "../plans/access-plan.ts";
import { putAccessPoint, removeAccessPoint } from "../places.ts";
import { putAccessProfile } from "../profiles.ts";
import { decideRow, openReview } from "../review/access-reviews.ts";
import { endableBy } from "../review/review-removal.ts";
import type { HeldRemoval } from "./mass-removal.ts";
import { letApply } from "./push-apply.ts";
import { endPush } from "./push-intake.ts";

/** What became of a held change when it was released. */
export interface DoneAct {
  /** Undefined: nothing changed, or a push goes on step by step. */
  readonly change?: number;
  /** Why it could not be done any more; absent: it is done, or goes on. */
  readonly refusal?: string;
}

/** Does what was held, when another operator has released it. The campus may have moved since, so that it is refused now. */
export async function doHeldAct(cloud: Cloud, { actor, reason }: ChangeNote, { id, act, askedBy, reason: why }: HeldRemoval): Promise<DoneAct> {
  const note = (action: string, by = askedBy): ChangeNote => ({
    actor: by,
    action,
    target: "",
    reason: `${why}; removal ${id} released by ${actor}: ${reason}`,
  });
  switch (act.kind) {
    case "push": {
      const begun = await letApply(cloud, act.push);
      return begun.ok ? {} : { refusal: `${begun.error}: ${begun.detail}` };
    }
    case "policy":
      return doneOf(await removePolicy(cloud, note("policy remove"), act.policy));
    case "grant":
      return doneOf(await revokeGrant(cloud, note("grant revoke"), act.grant));
    case "withholding": {
      const refusal = await sourceTrouble(cloud, act.content.source, askedBy);
      return refusal === undefined ? doneOf(await createGrant(cloud, note("grant create"), act.content)) : { refusal };
    }
    case "profile":
      return doneOf(await putAccessProfile(cloud, note("access-profile put"), act.profile));
    case "schedule":
      return doneOf(await putSchedule(cloud, note("schedule put"), act.schedule));
    case "specialDays":
      return doneOf(await putSpecialDays(cloud, note("special-days put"), act.specialDays));
    case "operator":
      return doneOf(await endOperator(cloud, note("operator end"), act.operator, act.successor));
    case "delegation":
      return doneOf(await endDelegation(cloud, note("delegation end"), act.delegation));
    case "review":
      return doneOf(await openReview(cloud, note("access-review open"), act.review, await endableBy(cloud, act.by)));
    case "reviewRow":
      return doneOf(await decideRow(cloud, note("access-review decide"), act.review, act.row, "end"));
    case "accessPoint":
      return doneOf(await putAccessPoint(cloud, note("access-point put"), act.accessPoint));
    case "accessPointEnd":
      return doneOf(await removeAccessPoint(cloud, note("access-point remove"), act.accessPoint));
    case "plan": {
      // A plan that opens a high access point wants another than its maker: of the two who have seen it one is.
      const done = await applyAccessPlan(cloud, note("access-plan apply"), act.plan);
      return doneOf(done.ok || done.error !== "SecondOperatorRequired" ? done : await applyAccessPlan(cloud, note("access-plan apply", actor), act.plan));
    }
  }
}

/** Why a grant would outlive its source: the operator who asked, or the delegation, has ended meanwhile. A policy is looked for by whoever makes the grant. */
async function sourceTrouble(cloud: Cloud, source: GrantContent["source"], askedBy: string): Promise<string | undefined> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  if (source.kind === "operator") {
    const operator = await readOperator(queries, askedBy);
    return operator !== undefined && !isLive(operator, now) ? `OperatorEnded: ${askedBy}` : undefined;
  }
  if (source.kind === "policy") return undefined;
  const delegation = await readDelegation(queries, source.id);
  return delegation === undefined || delegation.endedAt !== null || delegation.until <= now ? `DelegationEnded: ${source.id}` : undefined;
}

/** Ends what waits only for a decision: a push. */
export async function dropHeldAct(cloud: Cloud, { act }: HeldRemoval): Promise<void> {
  if (act.kind !== "push") return;
  const now = Math.floor(cloud.nowMs() / 1000);
  await cloud.database.transact(async (all) => {
    const push = await all.selectFrom("push").select("state").where("id", "=", act.push).executeTakeFirst();
    if (push?.state === "held") await endPush(all, act.push, "dropped", now);
  });
}

const doneOf = (result: Result<{ readonly change: number }, string>): DoneAct =>
  result.ok ? { change: result.value.change } : { refusal: `${result.error}: ${result.detail}` };
