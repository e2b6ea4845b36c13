import { type Capability, isListId, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { ALWAYS_SCHEDULE } from "./core/expansion.ts";
import type { Names } from "./core/names.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import { namesOf } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";

/** One line of an access profile. ONVIF AccessPolicy. */
export interface AccessPolicy {
  readonly accessPoint: string;
  readonly capability: Capability;
  /** `always`, or the id of a schedule. */
  readonly schedule: string;
}

/** What several people may do alike. ONVIF AccessProfile. */
export interface AccessProfile {
  readonly id: string;
  readonly names: Names;
  readonly policies: readonly AccessPolicy[];
}

/** Makes an access profile, or makes it say this: everybody who has it follows. Opens no `high` access point further to those who have it: a plan does. */
export function putAccessProfile(
  cloud: Cloud,
  note: ChangeNote,
  { id, names, policies }: AccessProfile,
): Promise<Result<Changed<AccessProfile>, "RequestMalformed" | "AccessPointUnknown" | "ScheduleUnknown" | "SecondOperatorRequired">> {
  return mutate(cloud, { ...note, target: `access profile ${id}` }, async (mutation) => {
    if (!isListId(id)) return refuse("RequestMalformed", "id: a name for a list");
    const refusal = (await linesRefusal(mutation.queries, policies)) ?? (await highRefusal(mutation.queries, id, policies));
    return refusal ?? ok(await writeAccessProfile(mutation, { id, names, policies }));
  });
}

/** One operator alone opens no `high` access point to those who have the profile already: what they were granted two operators have seen as it was. */
async function highRefusal(queries: Queries, id: string, policies: readonly AccessPolicy[]) {
  const given = queries.selectFrom("access_grant").select("id").where("access_profile", "=", id).where("effect", "=", "give");
  if ((await given.executeTakeFirst()) === undefined) return undefined;
  const before = await queries.selectFrom("access_policy").select(["access_point", "capability", "schedule"]).where("access_profile", "=", id).execute();
  const had = new Set(before.map((line) => `${line.access_point} ${line.capability} ${line.schedule}`));
  const high = new Set((await queries.selectFrom("access_point").select("id").where("high", "=", 1).execute()).map((row) => row.id));
  const opened = policies.find(({ accessPoint, capability, schedule }) => high.has(accessPoint) && !had.has(`${accessPoint} ${capability} ${schedule}`));
  return opened && refuse("SecondOperatorRequired", `${opened.accessPoint}: make an access plan, which another operator applies`);
}

/** Undefined: access points and schedules of all lines are there. */
export async function linesRefusal(queries: Queries, policies: readonly AccessPolicy[]) {
  const points = new Set((await queries.selectFrom("access_point").select("id").execute()).map((row) => row.id));
  const schedules = new Set([ALWAYS_SCHEDULE, ...(await queries.selectFrom("schedule").select("id").execute()).map((row) => row.id)]);
  for (const { accessPoint, schedule } of policies) {
    if (!points.has(accessPoint)) return refuse("AccessPointUnknown", accessPoint);
    if (!schedules.has(schedule)) return refuse("ScheduleUnknown", schedule);
  }
  return undefined;
}

/** Writes a profile that {@link linesRefusal} has nothing against. A line that stands twice is one. */
export async function writeAccessProfile(mutation: Mutation, { id, names, policies }: AccessProfile): Promise<AccessProfile> {
  const { queries, mark } = mutation;
  await markZonesOf(mutation, id);
  const row = { id, name_zh: names.zh, name_en: names.en };
  await queries
    .insertInto("access_profile")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
    .execute();
  await queries.deleteFrom("access_policy").where("access_profile", "=", id).execute();
  const lines = new Map(policies.map((policy) => [`${policy.accessPoint} ${policy.capability} ${policy.schedule}`, policy]));
  for (const { accessPoint, capability, schedule } of lines.values())
    await queries.insertInto("access_policy").values({ access_profile: id, access_point: accessPoint, capability, schedule }).execute();
  await markZonesOf(mutation, id);
  // Who has it may now have it in other zones.
  mark("profile", id);
  return { id, names, policies: [...lines.values()] };
}

/** Takes an access profile away. Refused while a grant names it. */
export function removeAccessProfile(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "ProfileUnknown" | "StillInUse">> {
  return mutate(cloud, { ...note, target: `access profile ${id}` }, async (mutation) => {
    const { queries } = mutation;
    const found = await queries.selectFrom("access_profile").select("id").where("id", "=", id).executeTakeFirst();
    if (found === undefined) return refuse("ProfileUnknown", id);
    const grant = await queries.selectFrom("access_grant").select("id").where("access_profile", "=", id).executeTakeFirst();
    if (grant !== undefined) return refuse("StillInUse", `grant ${grant.id}`);
    await markZonesOf(mutation, id);
    await queries.deleteFrom("access_profile").where("id", "=", id).execute();
    return ok(null);
  });
}

export async function listAccessProfiles(queries: Queries): Promise<AccessProfile[]> {
  const rows = await queries.selectFrom("access_profile").selectAll().orderBy("id").execute();
  const policies = await queries.selectFrom("access_policy").selectAll().orderBy("access_point").orderBy("capability").orderBy("schedule").execute();
  return rows.map((row) => ({
    id: row.id,
    names: namesOf(row),
    policies: policies
      .filter(({ access_profile }) => access_profile === row.id)
      .map(({ access_point, capability, schedule }) => ({ accessPoint: access_point, capability, schedule })),
  }));
}

async function markZonesOf({ queries, mark }: Mutation, profile: string): Promise<void> {
  const zones = await queries
    .selectFrom("access_policy")
    .innerJoin("access_point", "access_point.id", "access_policy.access_point")
    .select("access_point.zone")
    .distinct()
    .where("access_policy.access_profile", "=", profile)
    .execute();
  for (const { zone } of zones) mark("zone", zone);
}
