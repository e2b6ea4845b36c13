import { ok, type Result } from "@portico/card-protocol";
import { createdAt } from "../core/entity-id.ts";
import { refuse } from "../core/refusal.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessReviewRowTable } from "../store/review-tables.ts";
import { type AccessGrantRow, EVERYWHERE } from "../expansion/person-facts.ts";
import type { ReviewSubject } from "./review-subject.ts";

/** A grant or membership that stands, as a review finds it. */
export interface RowFound extends Pick<
  AccessReviewRowTable,
  "kind" | "about" | "effect" | "subject_kind" | "subject" | "since" | "source_kind" | "source" | "granted_by" | "valid_until"
> {
  readonly valid_from: number;
  /** Somebody gave it for its own sake, so that it may end by itself: not a policy's, a reservation's, a visit's or a case's.
   * Never what withholds, nor a membership by which something is withheld: nothing opens because nobody looked. */
  readonly isEndable: boolean;
  /** Those that a grant of its own names; undefined: a profile's, or a membership. */
  readonly accessPoints: readonly string[] | undefined;
}

const DAY_S = 86_400;

/** What a review is about: the grants that reach a place, with the members of the groups among them; a group's members and grants; what is old. */
export async function rowsAbout(queries: Queries, what: ReviewSubject, now: number): Promise<Result<RowFound[], "AccessPointUnknown" | "GroupUnknown">> {
  if (what.kind === "place") {
    if ((await queries.selectFrom("access_point").select("id").where("id", "=", what.accessPoint).executeTakeFirst()) === undefined)
      return refuse("AccessPointUnknown", what.accessPoint);
    const grants = await grantsReaching(queries, what.accessPoint, now);
    const groups = [...new Set(grants.flatMap(({ subject_kind, subject }) => (subject_kind === "group" ? [subject] : [])))];
    return ok([...grants.map(grantRow), ...(await memberRows(queries, groups, now))]);
  }
  if (what.kind === "group") {
    if ((await queries.selectFrom("person_group").select("id").where("id", "=", what.group).executeTakeFirst()) === undefined)
      return refuse("GroupUnknown", what.group);
    const grants = await live(queries, now).where("subject_kind", "=", "group").where("subject", "=", what.group).orderBy("id").execute();
    return ok([...grants.map(grantRow), ...(await memberRows(queries, [what.group], now))]);
  }
  const grants = await live(queries, now).where("source_kind", "in", ["operator", "delegation"]).orderBy("id").execute();
  return ok(grants.map(grantRow).filter(({ since }) => since !== null && since <= now - what.days * DAY_S));
}

const live = (queries: Queries, now: number) => queries.selectFrom("access_grant").selectAll().where("valid_until", ">", now);

/** By a profile that has the place, or by name. */
async function grantsReaching(queries: Queries, accessPoint: string, now: number): Promise<AccessGrantRow[]> {
  const profiles = (await queries.selectFrom("access_policy").select("access_profile").distinct().where("access_point", "=", accessPoint).execute()).map((row) => row.access_profile); // prettier-ignore
  const byProfile = profiles.length === 0 ? [] : await live(queries, now).where("access_profile", "in", profiles).execute();
  // Names of places hold no quotation mark, so the JSON has this one whole or not at all.
  const named = await live(queries, now)
    .where((where) => where.or([where("access_points", "like", `%"${accessPoint.replaceAll(/[%_]/g, "_")}"%`), where("access_points", "=", EVERYWHERE)]))
    .execute();
  const own = named.filter(({ access_points }) => access_points === EVERYWHERE || (JSON.parse(access_points!) as string[]).includes(accessPoint));
  return [...byProfile, ...own].sort((a, b) => (a.id < b.id ? -1 : 1));
}

function grantRow(row: AccessGrantRow): RowFound {
  const { id, effect, subject_kind, subject, source_kind, source, granted_by, valid_from, valid_until, access_points } = row;
  const isEndable = effect === "give" && (source_kind === "operator" || source_kind === "delegation");
  const accessPoints = access_points === null ? undefined : (JSON.parse(access_points) as string[]);
  return { kind: "grant", about: id, effect, subject_kind, subject, since: createdAt(id) ?? null, source_kind, source, granted_by, valid_from, valid_until, isEndable, accessPoints }; // prettier-ignore
}

async function memberRows(queries: Queries, groups: readonly string[], now: number): Promise<RowFound[]> {
  if (groups.length === 0) return [];
  const rows = await queries.selectFrom("group_member").selectAll().where("person_group", "in", groups).where("valid_until", ">", now).orderBy("person_group").orderBy("person").execute(); // prettier-ignore
  const withheld = await live(queries, now).where("effect", "=", "withhold").where("subject_kind", "=", "group").where("subject", "in", groups).execute();
  const barred = new Set(withheld.map(({ subject }) => subject));
  return rows.map(({ person_group, person, valid_from, valid_until }) => ({
    kind: "membership",
    about: person_group,
    effect: "give",
    subject_kind: "person",
    subject: person,
    since: valid_from === 0 ? null : valid_from,
    source_kind: null,
    source: null,
    granted_by: null,
    valid_from,
    valid_until,
    isEndable: !barred.has(person_group),
    accessPoints: undefined,
  }));
}
