import { isListId, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import type { Names } from "./core/names.ts";
import { refuse } from "./core/refusal.ts";
import type { Validity } from "./core/validity.ts";
import { validityOf } from "./expansion/person-facts.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";
import { namesOf } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";

/** Some people by name: a class, a team, the tenants of a floor. */
export interface Group {
  readonly id: string;
  readonly names: Names;
}

export interface GroupMember {
  readonly person: string;
  readonly validity: Validity;
}

/** Makes a group, or renames it. */
export function putGroup(cloud: Cloud, note: ChangeNote, { id, names }: Group): Promise<Result<Changed<Group>, "RequestMalformed">> {
  return mutate(cloud, { ...note, target: `group ${id}` }, async ({ queries }) => {
    if (!isListId(id)) return refuse("RequestMalformed", "id: a name for a list");
    const row = { id, name_zh: names.zh, name_en: names.en };
    await queries
      .insertInto("person_group")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    return ok({ id, names });
  });
}

/** Takes a group away. Refused while it has members or grants. */
export function removeGroup(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "GroupUnknown" | "StillInUse">> {
  return mutate(cloud, { ...note, target: `group ${id}` }, async ({ queries }) => {
    const found = await queries.selectFrom("person_group").select("id").where("id", "=", id).executeTakeFirst();
    if (found === undefined) return refuse("GroupUnknown", id);
    const member = await queries.selectFrom("group_member").select("person").where("person_group", "=", id).executeTakeFirst();
    if (member !== undefined) return refuse("StillInUse", `person ${member.person}`);
    const grant = await queries.selectFrom("access_grant").select("id").where("subject_kind", "=", "group").where("subject", "=", id).executeTakeFirst();
    if (grant !== undefined) return refuse("StillInUse", `grant ${grant.id}`);
    await queries.deleteFrom("person_group").where("id", "=", id).execute();
    return ok(null);
  });
}

/** Makes a person a member: replaces what was said of the same person from the same instant on. */
export function putMember(
  cloud: Cloud,
  note: ChangeNote,
  group: string,
  { person, validity }: GroupMember,
): Promise<Result<Changed<GroupMember>, "GroupUnknown" | "PersonUnknown">> {
  return mutate(cloud, { ...note, target: `group ${group}` }, async ({ queries, mark }) => {
    if ((await queries.selectFrom("person_group").select("id").where("id", "=", group).executeTakeFirst()) === undefined) return refuse("GroupUnknown", group);
    if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
    const row = { person_group: group, person, valid_from: validity.from, valid_until: validity.until };
    await queries
      .insertInto("group_member")
      .values(row)
      .onConflict((conflict) => conflict.columns(["person_group", "person", "valid_from"]).doUpdateSet(row))
      .execute();
    mark("person", person);
    return ok({ person, validity });
  });
}

/** Ends a membership at once, whatever its validity. */
export function removeMember(cloud: Cloud, note: ChangeNote, group: string, person: string): Promise<Result<Changed<null>, "GroupUnknown" | "PersonUnknown">> {
  return mutate(cloud, { ...note, target: `group ${group}` }, async ({ queries, mark }) => {
    if ((await queries.selectFrom("person_group").select("id").where("id", "=", group).executeTakeFirst()) === undefined) return refuse("GroupUnknown", group);
    const { numDeletedRows } = await queries
      .deleteFrom("group_member")
      .where("person_group", "=", group)
      .where("person", "=", person)
      .executeTakeFirstOrThrow();
    if (numDeletedRows === 0n) return refuse("PersonUnknown", `${person} is no member`);
    mark("person", person);
    return ok(null);
  });
}

export async function listGroups(queries: Queries): Promise<Group[]> {
  return (await queries.selectFrom("person_group").selectAll().orderBy("id").execute()).map((row) => ({ id: row.id, names: namesOf(row) }));
}

/** The members of a group in the order of their ids. @param after  the last person of the page before */
export async function listMembers(queries: Queries, group: string, after: string, limit: number): Promise<GroupMember[]> {
  const rows = await queries
    .selectFrom("group_member")
    .selectAll()
    .where("person_group", "=", group)
    .where("person", ">", after)
    .orderBy("person")
    .orderBy("valid_from")
    .limit(limit)
    .execute();
  return rows.map((row) => ({ person: row.person, validity: validityOf(row) }));
}
