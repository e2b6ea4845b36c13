import { isOpenAt, nextOpening, ok, type Result, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { TeamRoute } from "../core/cases/routing.ts";
import { teamFor } from "../core/cases/routing.ts";
import type { Names } from "../core/names.ts";
import { refuse } from "../core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "../mutation.ts";
import { namesOf } from "../places.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { readCampusTime } from "../campus-time.ts";

/** A team, and what goes to it. */
export interface TeamContent {
  readonly id: string;
  readonly names: Names;
  /** When somebody is there: hours of the service definitions; null: always. */
  readonly hours: string | null;
  /** Hears of cases by mail; null: does not. */
  readonly mail: string | null;
  readonly routes: readonly Omit<TeamRoute, "team">[];
}
export interface Team extends TeamContent {
  /** Operators. */
  readonly members: readonly string[];
  readonly isOnDuty: boolean;
  /** While nobody is on duty: when next, seconds; null: not soon. */
  readonly nextDuty: number | null;
}

/** Makes a team, or makes it say this. */
export function putTeam(
  cloud: Cloud,
  services: ServiceDocument,
  note: ChangeNote,
  { id, names, hours, mail, routes }: TeamContent,
): Promise<Result<Changed<Team>, "RequestMalformed" | "CaseCategoryUnknown">> {
  return mutate(cloud, { ...note, target: `team ${id}` }, async ({ queries }) => {
    if (hours !== null && !services.hours.some((each) => each.id === hours))
      return refuse("RequestMalformed", `hours: known are ${services.hours.map((each) => each.id).join(", ")}`);
    const stranger = routes.find(({ category }) => category !== null && !services.caseCategories.some((each) => each.id === category));
    if (stranger !== undefined) return refuse("CaseCategoryUnknown", stranger.category ?? "");
    const row = { id, name_zh: names.zh, name_en: names.en, hours, mail };
    await queries
      .insertInto("team")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    await queries.deleteFrom("team_route").where("team", "=", id).execute();
    for (const { category, area } of routes)
      await queries
        .insertInto("team_route")
        .values({ team: id, category: category ?? ANY, area: area ?? ANY })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    return ok((await readTeams(cloud, services, queries)).find((team) => team.id === id)!);
  });
}

/** Takes a team away that no case lies with. */
export function removeTeam(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "TeamUnknown" | "StillInUse">> {
  return mutate(cloud, { ...note, target: `team ${id}` }, async ({ queries }) => {
    if (!(await isTeam(queries, id))) return refuse("TeamUnknown", id);
    const of = await queries.selectFrom("campus_case").select("id").where("team", "=", id).orderBy("nth", "desc").executeTakeFirst();
    if (of !== undefined) return refuse("StillInUse", `case ${of.id}`);
    await queries.deleteFrom("team").where("id", "=", id).execute();
    return ok(null);
  });
}

interface Membership {
  readonly team: string;
  readonly operator: string;
  readonly isMember: boolean;
}

/** Makes an operator a member: they act in the team's cases. */
export function addMember(
  cloud: Cloud,
  note: ChangeNote,
  team: string,
  operator: string,
): Promise<Result<Changed<Membership>, "TeamUnknown" | "OperatorUnknown">> {
  return mutate(cloud, { ...note, target: `team ${team}` }, async ({ queries }) => {
    if (!(await isTeam(queries, team))) return refuse("TeamUnknown", team);
    const found = await queries.selectFrom("operator").select("id").where("id", "=", operator).where("ended_at", "is", null).executeTakeFirst();
    if (found === undefined) return refuse("OperatorUnknown", operator);
    await queries
      .insertInto("team_member")
      .values({ team, operator })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    return ok({ team, operator, isMember: true });
  });
}

export function endMember(cloud: Cloud, note: ChangeNote, team: string, operator: string): Promise<Result<Changed<Membership>, "TeamUnknown">> {
  return mutate(cloud, { ...note, target: `team ${team}` }, async ({ queries }) => {
    if (!(await isTeam(queries, team))) return refuse("TeamUnknown", team);
    await queries.deleteFrom("team_member").where("team", "=", team).where("operator", "=", operator).execute();
    return ok({ team, operator, isMember: false });
  });
}

export const isTeam = async (queries: Queries, id: string): Promise<boolean> =>
  (await queries.selectFrom("team").select("id").where("id", "=", id).executeTakeFirst()) !== undefined;

/** The teams that an operator is a member of. */
export const teamsOf = async (queries: Queries, operator: string): Promise<readonly string[]> =>
  (await queries.selectFrom("team_member").select("team").where("operator", "=", operator).execute()).map(({ team }) => team);

/** Every team, and whether it is on duty by the campus's calendar. */
export async function readTeams(cloud: Cloud, services: ServiceDocument, queries: Queries): Promise<Team[]> {
  const [teams, members, routes] = [
    await queries.selectFrom("team").selectAll().orderBy("id").execute(),
    await queries.selectFrom("team_member").selectAll().orderBy("operator").execute(),
    await readRoutes(queries),
  ];
  const duty = await dutyOf(cloud, services, queries);
  return teams.map((row) => ({
    id: row.id,
    names: namesOf(row),
    hours: row.hours,
    mail: row.mail,
    members: members.filter(({ team }) => team === row.id).map(({ operator }) => operator),
    routes: routes.filter(({ team }) => team === row.id).map(({ category, area }) => ({ category, area })),
    isOnDuty: duty.isOpen(row.hours),
    nextDuty: duty.isOpen(row.hours) ? null : (duty.next(row.hours) ?? null),
  }));
}

/** The team that takes a case of this category at this place; undefined: none does. */
export async function routeCase(cloud: Cloud, services: ServiceDocument, queries: Queries, category: string, area: string | null): Promise<string | undefined> {
  const routes = await readRoutes(queries);
  if (routes.length === 0) return undefined;
  const hours = new Map((await queries.selectFrom("team").select(["id", "hours"]).execute()).map((row) => [row.id, row.hours]));
  const duty = await dutyOf(cloud, services, queries);
  const of = (team: string): string | null => hours.get(team) ?? null;
  return teamFor(routes, { category, area, isOnDuty: (team) => duty.isOpen(of(team)), nextDuty: (team) => duty.next(of(team)) });
}

/** Stands in the store where any will do. */
const ANY = "";
const readRoutes = async (queries: Queries): Promise<TeamRoute[]> =>
  (await queries.selectFrom("team_route").selectAll().orderBy("team").orderBy("category").orderBy("area").execute()).map(({ team, category, area }) => ({
    team,
    category: category === ANY ? null : category,
    area: area === ANY ? null : area,
  }));

async function dutyOf(cloud: Cloud, services: ServiceDocument, queries: Queries) {
  const { context } = await readCampusTime(cloud, queries);
  const at = unixSeconds(Math.floor(cloud.nowMs() / 1000));
  const scheduleOf = (hours: string | null) => services.hours.find((each) => each.id === hours);
  return {
    /** Without hours a team is always there. */
    isOpen: (hours: string | null): boolean => {
      const schedule = scheduleOf(hours);
      return schedule === undefined || isOpenAt(schedule, context, at);
    },
    next: (hours: string | null): number | undefined => {
      const schedule = scheduleOf(hours);
      return schedule === undefined ? at : nextOpening(schedule, context, at);
    },
  };
}
