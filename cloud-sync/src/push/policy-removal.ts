import type { Audience } from "../core/audience.ts";
import type { AccessProfile } from "../profiles.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessGrantTable } from "../store/schema.ts";

/** What a grant grants, to whom: a second one of the same makes the first dispensable. */
const sameAs = (grant: AccessGrantTable): string =>
  JSON.stringify([grant.subject_kind, grant.subject, grant.access_profile, grant.access_points, grant.capability, grant.schedule]);

/** Of how many people of each audience the access would end with these grants. Grants that another one repeats, or that do not hold now, end nothing. */
export async function endedByGrants(queries: Queries, ids: readonly string[], now: number): Promise<ReadonlyMap<Audience, number>> {
  if (ids.length === 0) return new Map();
  const holding = await queries.selectFrom("access_grant").selectAll().where("subject_kind", "<>", "person").where("valid_from", "<=", now).where("valid_until", ">", now).execute(); // prettier-ignore
  const rest = new Set(holding.filter(({ id }) => !ids.includes(id)).map(sameAs));
  return peopleOfSubjects(
    queries,
    holding.filter((grant) => ids.includes(grant.id) && !rest.has(sameAs(grant))),
    now,
  );
}

/** Of how many people of each audience the access would end at the access points that a profile says no more. A line of another schedule is a line. */
export async function endedByProfile(queries: Queries, { id, policies }: AccessProfile, now: number): Promise<ReadonlyMap<Audience, number>> {
  const before = await queries.selectFrom("access_policy").select(["access_point", "capability"]).where("access_profile", "=", id).execute();
  const kept = new Set(policies.map(({ accessPoint, capability }) => `${accessPoint} ${capability}`));
  if (before.every(({ access_point, capability }) => kept.has(`${access_point} ${capability}`))) return new Map();
  const grants = await queries.selectFrom("access_grant").selectAll().where("access_profile", "=", id).where("subject_kind", "<>", "person").where("valid_from", "<=", now).where("valid_until", ">", now).execute(); // prettier-ignore
  return peopleOfSubjects(queries, grants, now);
}

/** How many people of each audience these grants reach, each counted once. */
async function peopleOfSubjects(
  queries: Queries,
  grants: readonly Pick<AccessGrantTable, "subject_kind" | "subject">[],
  now: number,
): Promise<ReadonlyMap<Audience, number>> {
  const audiences = grants.flatMap(({ subject_kind, subject }) => (subject_kind === "audience" ? [subject as Audience] : []));
  const groups = grants.flatMap(({ subject_kind, subject }) => (subject_kind === "group" ? [subject] : []));
  if (audiences.length + groups.length === 0) return new Map();
  const rows = await queries
    .selectFrom("person_audience")
    .select(["audience", (table) => table.fn.count<number | string>("person").distinct().as("people")])
    .where("valid_from", "<=", now)
    .where("valid_until", ">", now)
    .where((where) =>
      where.or([
        ...(audiences.length === 0 ? [] : [where("audience", "in", audiences)]),
        ...(groups.length === 0
          ? []
          : [
              where(
                "person",
                "in",
                where.selectFrom("group_member").select("group_member.person").where("person_group", "in", groups).where("valid_from", "<=", now).where("valid_until", ">", now), // prettier-ignore
              ),
            ]),
      ]),
    )
    .groupBy("audience")
    .execute();
  return new Map(rows.map(({ audience, people }) => [audience, Number(people)]));
}
