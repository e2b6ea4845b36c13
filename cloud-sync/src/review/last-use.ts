import { formatLocal, unixSeconds } from "@portico/card-protocol";
import type { ExpressionBuilder } from "kysely";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessReviewRowTable } from "../store/review-tables.ts";
import type { Schema } from "../store/schema.ts";
import type { ReviewSubject } from "./review-subject.ts";

/** What a row is about. */
export type UsedRow = Pick<AccessReviewRowTable, "kind" | "about" | "effect" | "subject_kind" | "subject">;

/** Places in one statement. */
const PLACES_MAX = 300;
/** `2026-09`. */
const MONTH_CHARS = 7;

/**
 * The month, as the campus counts it, in which somebody of each row's subject was let in last at a place that the row opens; null: never, as far as that is kept.
 * The day would be a movement. Whoever has two grants for one door has used both; a review of a place tells nothing of other places.
 */
export async function lastUses(
  { database, timeZone }: Pick<Cloud, "database" | "timeZone">,
  what: ReviewSubject,
  rows: readonly UsedRow[],
): Promise<(string | null)[]> {
  const { queries } = database;
  const opened = new Map<string, readonly string[]>();
  const months: (string | null)[] = [];
  for (const row of rows) {
    // What withholds opens nothing that could be used.
    if (row.effect === "withhold") {
      months.push(null);
      continue;
    }
    const key = `${row.kind} ${row.about}`;
    const places = what.kind === "place" ? [what.accessPoint] : (opened.get(key) ?? (row.kind === "grant" ? await placesOfGrant(queries, row.about) : await placesOfGroup(queries, row.about))); // prettier-ignore
    opened.set(key, places);
    const at = await lastUse(queries, row, places);
    months.push(at === undefined ? null : formatLocal(timeZone, unixSeconds(at)).slice(0, MONTH_CHARS));
  }
  return months;
}

async function lastUse(queries: Queries, row: UsedRow, places: readonly string[]): Promise<number | undefined> {
  const own = row.subject_kind === "person" ? await credentialsEver(queries, row.subject) : undefined;
  if (own?.length === 0) return undefined;
  let newest: number | undefined;
  for (const some of portions(places, PLACES_MAX)) {
    const among = queries.selectFrom("last_use").select("last_use.at").where("access_point", "in", some);
    // Of many who may it is enough to find the last who did: the newest first, up to the first of them.
    const of = own === undefined ? among.where((each) => each.exists(holders(each, row))) : among.where("credential", "in", own);
    const found = await of.orderBy("last_use.at", "desc").limit(1).executeTakeFirst();
    if (found !== undefined && (newest === undefined || found.at > newest)) newest = found.at;
  }
  return newest;
}

/** Those of the subject whose credential it is. */
function holders(each: ExpressionBuilder<Schema, "last_use">, { subject_kind, subject }: UsedRow) {
  const whose = each.selectFrom("credential").select("credential.person").whereRef("credential.id", "=", "last_use.credential");
  if (subject_kind === "group") return whose.innerJoin("group_member", "group_member.person", "credential.person").where("group_member.person_group", "=", subject); // prettier-ignore
  return whose.innerJoin("person_audience", "person_audience.person", "credential.person").where("person_audience.audience", "=", subject as Audience);
}

/** Also those that were taken away. */
async function credentialsEver(queries: Queries, person: string): Promise<string[]> {
  const there = await queries.selectFrom("credential").select("id").where("person", "=", person).execute();
  const removed = await queries.selectFrom("removed_credential").select("id").where("person", "=", person).execute();
  return [...there, ...removed].map(({ id }) => id);
}

async function placesOfGrant(queries: Queries, grant: string): Promise<readonly string[]> {
  const row = await queries.selectFrom("access_grant").select(["access_profile", "access_points"]).where("id", "=", grant).executeTakeFirst();
  return row === undefined ? [] : placesOpened(queries, row);
}

async function placesOfGroup(queries: Queries, group: string): Promise<readonly string[]> {
  const grants = await queries.selectFrom("access_grant").select(["access_profile", "access_points"]).where("effect", "=", "give").where("subject_kind", "=", "group").where("subject", "=", group).execute(); // prettier-ignore
  const places = new Set<string>();
  for (const grant of grants) for (const place of await placesOpened(queries, grant)) places.add(place);
  return [...places];
}

interface Opens {
  readonly access_profile: string | null;
  readonly access_points: string | null;
}

async function placesOpened(queries: Queries, { access_profile, access_points }: Opens): Promise<readonly string[]> {
  if (access_points !== null) return JSON.parse(access_points) as string[];
  if (access_profile === null) return [];
  const rows = await queries.selectFrom("access_policy").select("access_point").distinct().where("access_profile", "=", access_profile).execute();
  return rows.map((row) => row.access_point);
}
