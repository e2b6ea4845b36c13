import { localTime, type Schedule, scheduleContext, type SpecialDayGroup, unixSeconds } from "@portico/card-protocol";
import { listSchedules, listSpecialDays, readCalendar } from "../calendar.ts";
import type { Cloud } from "../cloud.ts";
import type { Audience } from "../core/audience.ts";
import { ALWAYS_SCHEDULE } from "../core/expansion.ts";
import { losesMost, type OpenTime } from "../core/open-time.ts";
import { portions } from "../core/portions.ts";
import type { AccessProfile } from "../profiles.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { AccessGrantRow } from "../expansion/person-facts.ts";
import type { GrantContent } from "../grants.ts";
import { peopleCounted } from "./people-counted.ts";

/** Of how many people of each audience the access would end with a change. */
export type Ending = ReadonlyMap<Audience, number>;

/** Ids in one statement. */
const IDS_MAX = 300;
const NOBODY: Ending = new Map();
const ALWAYS: Schedule = {
  id: ALWAYS_SCHEDULE,
  weekly: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((weekday) => [weekday, [{ startS: 0, endS: 86_400 }]])),
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
};

/** What a grant grants, to whom: a second one of the same makes the first dispensable. */
const sameAs = (grant: AccessGrantRow): string =>
  JSON.stringify([grant.subject_kind, grant.subject, grant.access_profile, grant.access_points, grant.capability, grant.schedule]);

/** What gives something at an instant. */
const holding = (queries: Queries, now: number) =>
  queries.selectFrom("access_grant").selectAll().where("effect", "=", "give").where("valid_from", "<=", now).where("valid_until", ">", now);

/** Of how many the access would end with these grants. Grants that another one repeats, or that do not hold now, end nothing. */
export async function endedByGrants(queries: Queries, ids: readonly string[], now: number): Promise<Ending> {
  const ending: AccessGrantRow[] = [];
  for (const some of portions(ids, IDS_MAX)) ending.push(...(await holding(queries, now).where("id", "in", some).execute()));
  const [subjects, rest, going] = [[...new Set(ending.map(({ subject }) => subject))], new Set<string>(), new Set(ids)];
  for (const some of portions(subjects, IDS_MAX))
    for (const grant of await holding(queries, now).where("subject", "in", some).execute()) if (!going.has(grant.id)) rest.add(sameAs(grant));
  return peopleCounted(
    queries,
    ending.filter((grant) => !rest.has(sameAs(grant))),
    now,
  );
}

/** From how many a grant would withhold something, now or from a later time on: all whom it reaches, whatever they have. */
export function endedByWithholding(queries: Queries, { subject, validity }: Pick<GrantContent, "subject" | "validity">, now: number): Ending | Promise<Ending> {
  return validity.until <= now ? NOBODY : peopleCounted(queries, [{ subject_kind: subject.kind, subject: subject.id }], now);
}

/**
 * Of how many the access would end at the lines that a profile says no more, or for most of the time that they were open; and at those that it says from now
 * on to those from whom it is withheld.
 */
export async function endedByProfile(cloud: Cloud, { id, policies }: AccessProfile): Promise<Ending> {
  const { queries } = cloud.database;
  const before = await queries.selectFrom("access_policy").select(["access_point", "capability", "schedule"]).where("access_profile", "=", id).execute();
  const after = policies.map(({ accessPoint, capability, schedule }) => ({ access_point: accessPoint, capability, schedule }));
  const { openTime, today, now } = await timesOf(cloud);
  const lines = new Map(before.map((line) => [lineOf(line), line]));
  const schedulesOf = (all: readonly (typeof after)[number][], line: string) => all.filter((one) => lineOf(one) === line).map(({ schedule }) => schedule);
  const isLost = [...lines.keys()].some((line) => losesMost(openTime(schedulesOf(before, line)), openTime(schedulesOf(after, line)), today)); // prettier-ignore
  const isWider = after.some((line) => !lines.has(lineOf(line)));
  const grants = isLost ? await holding(queries, now).where("access_profile", "=", id).execute() : [];
  if (isWider) grants.push(...(await queries.selectFrom("access_grant").selectAll().where("effect", "=", "withhold").where("access_profile", "=", id).where("valid_until", ">", now).execute())); // prettier-ignore
  return grants.length === 0 ? NOBODY : peopleCounted(queries, grants, now);
}
const lineOf = ({ access_point, capability }: { readonly access_point: string; readonly capability: string }): string => `${access_point} ${capability}`;

/** Of how many the access would end for most of the time, by the schedules that say so now. */
export async function endedBySchedule(cloud: Cloud, schedule: Schedule): Promise<Ending> {
  const { openTime, today } = await timesOf(cloud);
  const { schedules: all } = openTime([schedule.id]);
  if (all.length === 0) return NOBODY;
  const after = { ...openTime([]), schedules: [schedule] };
  return losesMost(openTime([schedule.id]), after, today) ? endedAtSchedules(cloud, [schedule.id]) : NOBODY;
}

/** Of how many the access would end for most of the time, by what these special days do to the schedules that name them. */
export async function endedBySpecialDays(cloud: Cloud, group: SpecialDayGroup): Promise<Ending> {
  const { openTime, openTimeWith, today, schedules } = await timesOf(cloud);
  const naming = schedules.filter(({ specialDays }) => specialDays.some((one) => one.group === group.id));
  const lost = naming.filter(({ id }) => losesMost(openTime([id]), openTimeWith(group, [id]), today)).map(({ id }) => id);
  return endedAtSchedules(cloud, lost);
}

/** Whoever is granted something by these schedules. */
async function endedAtSchedules({ database: { queries }, nowMs }: Cloud, ids: readonly string[]): Promise<Ending> {
  if (ids.length === 0) return NOBODY;
  const now = Math.floor(nowMs() / 1000);
  const profiles = (await queries.selectFrom("access_policy").select("access_profile").distinct().where("schedule", "in", ids).execute()).map((row) => row.access_profile); // prettier-ignore
  const grants = await holding(queries, now).where("schedule", "in", ids).execute();
  if (profiles.length > 0) grants.push(...(await holding(queries, now).where("access_profile", "in", profiles).execute()));
  return peopleCounted(queries, grants, now);
}

/** The schedules as they are, with what they are read against. */
async function timesOf(cloud: Cloud) {
  const { queries } = cloud.database;
  const [schedules, groups, calendar] = [await listSchedules(queries), await listSpecialDays(queries), await readCalendar(queries)];
  const known = new Map([[ALWAYS_SCHEDULE, ALWAYS], ...schedules.map((schedule): [string, Schedule] => [schedule.id, schedule])]);
  const named = (ids: readonly string[]): Schedule[] => ids.flatMap((id) => known.get(id) ?? []);
  const context = scheduleContext(cloud.timeZone, groups, calendar);
  const now = Math.floor(cloud.nowMs() / 1000);
  return {
    schedules,
    now,
    today: localTime(cloud.timeZone, unixSeconds(now)).date,
    openTime: (ids: readonly string[]): OpenTime => ({ schedules: named(ids), context }),
    openTimeWith: (group: SpecialDayGroup, ids: readonly string[]): OpenTime => ({
      schedules: named(ids),
      context: scheduleContext(cloud.timeZone, [...groups.filter(({ id }) => id !== group.id), group], calendar),
    }),
  };
}
