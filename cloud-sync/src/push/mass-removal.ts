import { ok, type Result, type Schedule, type SpecialDayGroup } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { newEntityId } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import type { GrantContent } from "../grants.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { AccessProfile } from "../profiles.ts";
import type { AccessPoint } from "../places.ts";
import { aboutOfReview, type ReviewContent } from "../review/access-reviews.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { HeldRemovalTable } from "../store/push-tables.ts";

/** How many may lose their access in one change without a second operator. */
export interface MassRemovalLimits {
  /** Percent of the people of an audience. */
  readonly sharePercent: number;
  /** So few are never held: one of a group of ten who leaves is no mass. */
  readonly people: number;
}
export const MASS_REMOVAL_LIMITS: MassRemovalLimits = { sharePercent: 2, people: 10 };

/** What a change would do to an audience. */
export interface EndingCount {
  readonly audience: Audience;
  readonly ending: number;
  /** Who belongs to it now. */
  readonly people: number;
}

/** What waits: the change itself, to be done when it is released. */
export type HeldAct =
  | { readonly kind: "push"; readonly push: string }
  | { readonly kind: "policy"; readonly policy: string }
  | { readonly kind: "grant"; readonly grant: string }
  | { readonly kind: "withholding"; readonly content: GrantContent }
  | { readonly kind: "plan"; readonly plan: string }
  | { readonly kind: "profile"; readonly profile: AccessProfile }
  | { readonly kind: "schedule"; readonly schedule: Schedule }
  | { readonly kind: "specialDays"; readonly specialDays: SpecialDayGroup }
  | { readonly kind: "operator"; readonly operator: string; readonly successor: string | null }
  | { readonly kind: "delegation"; readonly delegation: string }
  /** `by`: the delegation by which it was asked for; null: campus-wide. */
  | { readonly kind: "review"; readonly review: ReviewContent; readonly by: string | null }
  | { readonly kind: "reviewRow"; readonly review: string; readonly row: string }
  /** A `high` access point is to be one like any other, or none. */
  | { readonly kind: "accessPoint"; readonly accessPoint: AccessPoint }
  | { readonly kind: "accessPointEnd"; readonly accessPoint: string };

/** What the change is about, by its id. */
export function aboutOfAct(act: HeldAct): string {
  switch (act.kind) {
    case "push":
      return act.push;
    case "policy":
      return act.policy;
    case "grant":
      return act.grant;
    case "withholding":
      return `${act.content.subject.kind} ${act.content.subject.id}`;
    case "plan":
      return act.plan;
    case "profile":
      return act.profile.id;
    case "schedule":
      return act.schedule.id;
    case "specialDays":
      return act.specialDays.id;
    case "operator":
      return act.operator;
    case "delegation":
      return act.delegation;
    case "review":
      return aboutOfReview(act.review.what);
    case "reviewRow":
      return act.review;
    case "accessPoint":
      return act.accessPoint.id;
    case "accessPointEnd":
      return act.accessPoint;
  }
}

export interface HeldRemoval {
  readonly id: string;
  readonly act: HeldAct;
  readonly state: HeldRemovalTable["state"];
  readonly counts: readonly EndingCount[];
  readonly askedBy: string;
  readonly askedAt: number;
  readonly reason: string;
  readonly decidedBy: string | null;
  readonly decidedAt: number | null;
  readonly decidedReason: string | null;
}

/** The audiences of which a change would end too many. */
export const beyondLimits = (counts: readonly EndingCount[], { sharePercent, people }: MassRemovalLimits): EndingCount[] =>
  counts.filter((count) => count.ending > people && count.ending * 100 > sharePercent * count.people);

/** How many people belong to each audience at an instant. */
export async function peopleOfAudiences(queries: Queries, now: number): Promise<ReadonlyMap<Audience, number>> {
  const rows = await queries
    .selectFrom("person_audience")
    .select(["audience", (table) => table.fn.count<number | string>("person").distinct().as("people")])
    .where("valid_from", "<=", now)
    .where("valid_until", ">", now)
    .groupBy("audience")
    .execute();
  return new Map(rows.map(({ audience, people }) => [audience, Number(people)]));
}

/** What is needed to hold a change. */
export interface Guard {
  readonly cloud: Cloud;
  readonly note: ChangeNote;
  readonly limits: MassRemovalLimits;
  /** Told of each change that is held: an alarm. */
  readonly onHeld: (held: HeldRemoval) => void;
}

/**
 * Holds a change that would end the access of too many: it is kept as it was asked for, and waits for another operator. The same change again is the same
 * that waits.
 *
 * @param meanwhile  what is done at once, in the transaction that holds it: whoever is to lose his office does nothing more while others keep what he gave
 * @returns the refusal that says so; undefined: it may be done
 */
export async function holdMassRemoval(
  { cloud, note, limits, onHeld }: Guard,
  act: HeldAct,
  ending: ReadonlyMap<Audience, number>,
  meanwhile?: (mutation: Mutation) => Promise<void>,
) {
  const { queries } = cloud.database;
  const people = await peopleOfAudiences(queries, Math.floor(cloud.nowMs() / 1000));
  const counts = [...ending].map(([audience, count]) => ({ audience, ending: count, people: people.get(audience) ?? 0 })).filter((count) => count.ending > 0);
  if (beyondLimits(counts, limits).length === 0) return undefined;
  return hold({ cloud, note, onHeld }, "RemovalHeld", act, counts, meanwhile);
}

/** Holds what would take the second operator away from a `high` access point: it waits for one itself, as {@link holdMassRemoval} does. */
export const holdSafeguard = (guard: Guard, act: HeldAct) => hold(guard, "SafeguardHeld", act, []);

async function hold<E extends "RemovalHeld" | "SafeguardHeld">(
  { cloud, note, onHeld }: Omit<Guard, "limits">,
  refusal: E,
  act: HeldAct,
  counts: readonly EndingCount[],
  meanwhile?: (mutation: Mutation) => Promise<void>,
) {
  const { queries } = cloud.database;
  const text = JSON.stringify(act);
  const waiting = await queries.selectFrom("held_removal").selectAll().where("state", "=", "held").where("act", "=", text).executeTakeFirst();
  if (waiting !== undefined) return refuse(refusal, sentenceOf(heldOf(waiting)));
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  const made = await mutate<HeldRemoval, E>(cloud, { ...note, action: "removal hold", target: `removal ${id}` }, async (mutation) => {
    const row: HeldRemovalTable = {
      id,
      act: text,
      state: "held",
      counts: JSON.stringify(counts),
      asked_by: note.actor,
      asked_at: mutation.now,
      reason: note.reason,
      decided_by: null,
      decided_at: null,
      decided_reason: null,
    };
    await mutation.queries.insertInto("held_removal").values(row).execute();
    await meanwhile?.(mutation);
    return ok(heldOf(row));
  });
  if (!made.ok) return made;
  onHeld(made.value.value);
  return refuse(refusal, sentenceOf(made.value.value));
}

/** `removal 0199…: student 120 of 500, staff 3 of 80`. */
export const sentenceOf = ({ id, act, counts }: HeldRemoval): string =>
  counts.length === 0
    ? `removal ${id}: ${aboutOfAct(act)}`
    : `removal ${id}: ${counts.map(({ audience, ending, people }) => `${audience} ${ending} of ${people}`).join(", ")}`;

/** Another operator than who asked lets it be done. The change itself is done by who called. */
export const releaseRemoval = (
  cloud: Cloud,
  note: ChangeNote,
  id: string,
): Promise<Result<Changed<HeldRemoval>, "RemovalUnknown" | "RemovalDecided" | "SameOperator">> =>
  decide(cloud, note, id, "released", ({ asked_by }) => (asked_by === note.actor ? refuse("SameOperator", note.actor) : undefined));

/** It is not done. */
export const dropRemoval = (cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<HeldRemoval>, "RemovalUnknown" | "RemovalDecided">> =>
  decide(cloud, note, id, "dropped", () => undefined);

function decide<E extends string>(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  state: "released" | "dropped",
  against: (row: HeldRemovalTable) => Result<never, E> | undefined,
): Promise<Result<Changed<HeldRemoval>, "RemovalUnknown" | "RemovalDecided" | E>> {
  return mutate<HeldRemoval, "RemovalUnknown" | "RemovalDecided" | E>(cloud, { ...note, target: `removal ${id}` }, async ({ queries, now }) => {
    const row = await queries.selectFrom("held_removal").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("RemovalUnknown", id);
    if (row.state !== "held") return refuse("RemovalDecided", `${row.state} by ${row.decided_by}`);
    const refusal = against(row);
    if (refusal !== undefined) return refusal;
    const decided = { state, decided_by: note.actor, decided_at: now, decided_reason: note.reason };
    await queries.updateTable("held_removal").set(decided).where("id", "=", id).execute();
    return ok(heldOf({ ...row, ...decided }));
  });
}

/** Held ones, or those of another state; the oldest first. @param after  the last id of the page before */
export async function listRemovals(queries: Queries, state: HeldRemoval["state"] | undefined, after: string, limit: number): Promise<HeldRemoval[]> {
  let query = queries.selectFrom("held_removal").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (state !== undefined) query = query.where("state", "=", state);
  return (await query.execute()).map(heldOf);
}

function heldOf(row: HeldRemovalTable): HeldRemoval {
  return {
    id: row.id,
    act: JSON.parse(row.act) as HeldAct,
    state: row.state,
    counts: JSON.parse(row.counts) as EndingCount[],
    askedBy: row.asked_by,
    askedAt: row.asked_at,
    reason: row.reason,
    decidedBy: row.decided_by,
    decidedAt: row.decided_at,
    decidedReason: row.decided_reason,
  };
}
