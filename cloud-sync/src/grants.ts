import { ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { AUDIENCES, type Audience } from "./core/audience.ts";
import { newEntityId } from "./core/entity-id.ts";
import { ALWAYS_SCHEDULE } from "./core/expansion.ts";
import type { Names } from "./core/names.ts";
import { refuse } from "./core/refusal.ts";
import type { Validity } from "./core/validity.ts";
import { Campus } from "./expansion/campus-facts.ts";
import { type AccessGrantRow, EVERYWHERE, isInForce, validityOf, whatOf } from "./expansion/person-facts.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import { namesOf } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { SubjectOfGrant } from "./store/schema.ts";
import type { GrantFacts, Effect } from "./core/access-facts.ts";
import type { GrantSource } from "./store/grant-words.ts";

/** A rule of the campus, such as "students may use the gates": the source of the grants that it consists of. */
export interface Policy {
  readonly id: string;
  readonly names: Names;
}

/** To whom, what, and for how long. */
export interface GrantContent {
  readonly subject: { readonly kind: SubjectOfGrant; readonly id: string };
  /** Absent: give. What withholds holds at all hours, whatever else gives (rule 2.18). */
  readonly effect?: Effect;
  readonly what: GrantFacts["what"];
  readonly validity: Validity;
  /** A policy, the delegation under which it is asked, or the operator who asks. Reservations, visits and cases give grants of their own. */
  readonly source: { readonly kind: "policy" | "delegation" | "case"; readonly id: string } | { readonly kind: "operator" };
}

export interface Grant extends Omit<GrantContent, "source" | "effect"> {
  readonly id: string;
  readonly effect: Effect;
  /** What it stands and falls with: exactly one. */
  readonly source: { readonly kind: GrantSource; readonly id: string };
  readonly grantedBy: string;
  readonly approvedBy: string | null;
  /** False while a second operator has to approve it: then it opens nothing. */
  readonly inForce: boolean;
}

type GrantRefusal = "PersonUnknown" | "GroupUnknown" | "RequestMalformed" | "ProfileUnknown" | "AccessPointUnknown" | "ScheduleUnknown" | "PolicyUnknown";

/** Makes a policy, or renames it. */
export function putPolicy(cloud: Cloud, note: ChangeNote, { id, names }: Policy): Promise<Result<Changed<Policy>, never>> {
  return mutate(cloud, { ...note, target: `policy ${id}` }, async ({ queries }) => {
    await writePolicy(queries, { id, names });
    return ok({ id, names });
  });
}

export async function writePolicy(queries: Queries, { id, names }: Policy): Promise<void> {
  const row = { id, name_zh: names.zh, name_en: names.en };
  await queries
    .insertInto("policy")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
}

/** Ends a policy: its grants go with it, in the same transaction. */
export function removePolicy(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<{ readonly grants: number }>, "PolicyUnknown">> {
  return mutate(cloud, { ...note, target: `policy ${id}` }, async ({ queries, mark }) => {
    if ((await queries.selectFrom("policy").select("id").where("id", "=", id).executeTakeFirst()) === undefined) return refuse("PolicyUnknown", id);
    const grants = await queries.selectFrom("access_grant").select(["subject_kind", "subject"]).where("policy", "=", id).execute();
    for (const { subject_kind, subject } of grants) mark(subject_kind, subject);
    await queries.deleteFrom("policy").where("id", "=", id).execute();
    return ok({ grants: grants.length });
  });
}

export async function listPolicies(queries: Queries): Promise<Policy[]> {
  return (await queries.selectFrom("policy").selectAll().orderBy("id").execute()).map((row) => ({ id: row.id, names: namesOf(row) }));
}

/** Gives something, or withholds it at once. What opens a `high` access point opens nothing until a second operator approves it. */
export function createGrant(cloud: Cloud, note: ChangeNote, content: GrantContent): Promise<Result<Changed<Grant>, GrantRefusal>> {
  const id = newEntityId(cloud.nowMs(), cloud.randomBytes);
  return mutate(cloud, { ...note, target: `grant ${id}` }, (mutation) => giveGrant(mutation, id, note.actor, content));
}

/** The same within a change that does more. */
export async function giveGrant({ queries, mark }: Mutation, id: string, grantedBy: string, content: GrantContent): Promise<Result<Grant, GrantRefusal>> {
  const refusal = (await subjectRefusal(queries, content.subject)) ?? (await whatRefusal(queries, content));
  if (refusal !== undefined) return refusal;
  const { subject, source } = content;
  if (source.kind === "policy" && (await queries.selectFrom("policy").select("id").where("id", "=", source.id).executeTakeFirst()) === undefined)
    return refuse("PolicyUnknown", source.id);
  const row = grantRow(id, content, grantedBy, null);
  await queries.insertInto("access_grant").values(row).execute();
  mark(subject.kind, subject.id);
  return ok(grantOf(row, await Campus.read(queries)));
}

/** What is written of a grant. @param approvedBy  the second operator; null: none yet */
export function grantRow(
  id: string,
  { subject, effect = "give", what, validity, source }: GrantContent,
  grantedBy: string,
  approvedBy: string | null,
): AccessGrantRow {
  const points = what.kind === "own" ? JSON.stringify([...new Set(what.accessPoints)].sort()) : what.kind === "everywhere" ? EVERYWHERE : null;
  return {
    id,
    effect,
    subject_kind: subject.kind,
    subject: subject.id,
    access_profile: what.kind === "profile" ? what.profile : null,
    access_points: points,
    capability: what.kind === "profile" ? null : what.capability,
    schedule: what.kind === "own" ? what.schedule : what.kind === "everywhere" ? ALWAYS_SCHEDULE : null,
    valid_from: validity.from,
    valid_until: validity.until,
    source_kind: source.kind,
    source: source.kind === "operator" ? grantedBy : source.id,
    policy: source.kind === "policy" ? source.id : null,
    within_audiences: null,
    granted_by: grantedBy,
    approved_by: approvedBy,
  };
}

/** A second operator approves a grant of a `high` access point. */
export function approveGrant(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Grant>, "GrantUnknown" | "SameOperator">> {
  return mutate(cloud, { ...note, target: `grant ${id}` }, async ({ queries, mark }) => {
    const row = await queries.selectFrom("access_grant").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("GrantUnknown", id);
    if (row.granted_by === note.actor) return refuse("SameOperator", note.actor);
    await queries.updateTable("access_grant").set({ approved_by: note.actor }).where("id", "=", id).execute();
    mark(row.subject_kind, row.subject);
    return ok(grantOf({ ...row, approved_by: note.actor }, await Campus.read(queries)));
  });
}

/** Those of reservations, visits and cases go with these. */
const REVOCABLE: readonly GrantSource[] = ["policy", "operator", "delegation"];

/** Takes one grant away. Those of reservations, visits and cases go with their source and no other way. */
export function revokeGrant(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "GrantUnknown" | "SourceOwnsGrant">> {
  return mutate(cloud, { ...note, target: `grant ${id}` }, async ({ queries, mark }) => {
    const row = await queries.selectFrom("access_grant").selectAll().where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("GrantUnknown", id);
    if (!REVOCABLE.includes(row.source_kind)) return refuse("SourceOwnsGrant", `${row.source_kind} ${row.source}`);
    await queries.deleteFrom("access_grant").where("id", "=", id).execute();
    mark(row.subject_kind, row.subject);
    return ok(null);
  });
}

/** Grants in the order of their ids, of one subject or of all. @param after  the last id of the page before */
export async function listGrants(queries: Queries, subject: GrantContent["subject"] | undefined, after: string, limit: number): Promise<Grant[]> {
  let query = queries.selectFrom("access_grant").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (subject !== undefined) query = query.where("subject_kind", "=", subject.kind).where("subject", "=", subject.id);
  const campus = await Campus.read(queries);
  return (await query.execute()).map((row) => grantOf(row, campus));
}

export async function subjectRefusal(queries: Queries, { kind, id }: GrantContent["subject"]) {
  if (kind === "audience") return AUDIENCES.includes(id as Audience) ? undefined : refuse("RequestMalformed", `subject.id: one of ${AUDIENCES.join(", ")}`);
  if (kind === "group")
    return (await queries.selectFrom("person_group").select("id").where("id", "=", id).executeTakeFirst()) === undefined
      ? refuse("GroupUnknown", id)
      : undefined;
  return (await queries.selectFrom("person").select("id").where("id", "=", id).executeTakeFirst()) === undefined ? refuse("PersonUnknown", id) : undefined;
}

export async function whatRefusal(queries: Queries, { what, effect = "give" }: Pick<GrantContent, "what" | "effect">) {
  const [field, why] = effectTrouble(effect, what) ?? [];
  if (field !== undefined) return refuse("RequestMalformed", `what.${field}: ${why}`);
  if (what.kind === "everywhere") return undefined;
  if (what.kind === "profile") {
    const found = await queries.selectFrom("access_profile").select("id").where("id", "=", what.profile).executeTakeFirst();
    return found === undefined ? refuse("ProfileUnknown", what.profile) : undefined;
  }
  const { accessPoints, schedule } = what;
  if (accessPoints.length === 0 || accessPoints.length > 255) return refuse("RequestMalformed", "what.accessPoints: 1 to 255");
  const known = new Set((await queries.selectFrom("access_point").select("id").where("id", "in", accessPoints).execute()).map((row) => row.id));
  const unknown = accessPoints.find((id) => !known.has(id));
  if (unknown !== undefined) return refuse("AccessPointUnknown", unknown);
  if (schedule === ALWAYS_SCHEDULE) return undefined;
  const found = await queries.selectFrom("schedule").select("id").where("id", "=", schedule).executeTakeFirst();
  return found === undefined ? refuse("ScheduleUnknown", schedule) : undefined;
}

/** What an effect cannot be said of: the field of `what`, and why. Undefined: nothing. */
export function effectTrouble(effect: Effect, what: GrantFacts["what"]): readonly [field: "kind" | "schedule", why: string] | undefined {
  if (effect === "give" && what.kind === "everywhere") return ["kind", "everywhere is withheld alone: what gives names its places, or a profile"];
  if (effect === "withhold" && what.kind === "own" && what.schedule !== ALWAYS_SCHEDULE)
    return ["schedule", `${ALWAYS_SCHEDULE}: what is withheld is withheld at all hours; from and until say when`];
  return undefined;
}

function grantOf(row: AccessGrantRow, campus: Campus): Grant {
  const what: GrantFacts["what"] = whatOf(row);
  return {
    id: row.id,
    subject: { kind: row.subject_kind, id: row.subject },
    effect: row.effect,
    what,
    validity: validityOf(row),
    source: { kind: row.source_kind, id: row.source },
    grantedBy: row.granted_by,
    approvedBy: row.approved_by,
    inForce: isInForce(row, campus),
  };
}
