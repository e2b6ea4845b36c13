import { type CampusCalendar, isListId, type LocalDate, ok, type Result, type Schedule, type SpecialDayGroup, type Weekday } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { ALWAYS_SCHEDULE } from "./core/expansion.ts";
import { refuse } from "./core/refusal.ts";
import { readDefinition } from "./expansion/definition-items.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import type { Queries } from "./store/cloud-database.ts";

/** Makes a schedule, or makes it say this: whoever is granted by it follows. */
export function putSchedule(
  cloud: Cloud,
  note: ChangeNote,
  { id, ...definition }: Schedule,
): Promise<Result<Changed<Schedule>, "RequestMalformed" | "SpecialDaysUnknown">> {
  return mutate(cloud, { ...note, target: `schedule ${id}` }, async (mutation) => {
    const { queries } = mutation;
    if (!isListId(id) || id === ALWAYS_SCHEDULE) return refuse("RequestMalformed", "id: a name for a list, and not `always`, which is always there");
    for (const { group } of definition.specialDays) {
      const found = await queries.selectFrom("special_day_group").select("id").where("id", "=", group).executeTakeFirst();
      if (found === undefined) return refuse("SpecialDaysUnknown", group);
    }
    const row = { id, definition: JSON.stringify(definition) };
    await queries
      .insertInto("schedule")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    await markZonesNaming(mutation, "schedule", id);
    return ok({ id, ...definition });
  });
}

/** Takes a schedule away. Refused while a profile, a grant or a place that is booked names it. */
export function removeSchedule(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "ScheduleUnknown" | "StillInUse">> {
  return mutate(cloud, { ...note, target: `schedule ${id}` }, async (mutation) => {
    const { queries } = mutation;
    if ((await readSchedule(queries, id)) === undefined) return refuse("ScheduleUnknown", id);
    const policy = await queries.selectFrom("access_policy").select("access_profile").where("schedule", "=", id).executeTakeFirst();
    if (policy !== undefined) return refuse("StillInUse", `access profile ${policy.access_profile}`);
    const grant = await queries.selectFrom("access_grant").select("id").where("schedule", "=", id).executeTakeFirst();
    if (grant !== undefined) return refuse("StillInUse", `grant ${grant.id}`);
    const resource = await queries.selectFrom("resource").select("id").where("schedule", "=", id).executeTakeFirst();
    if (resource !== undefined) return refuse("StillInUse", `resource ${resource.id}`);
    await queries.deleteFrom("schedule").where("id", "=", id).execute();
    await markZonesNaming(mutation, "schedule", id);
    return ok(null);
  });
}

export async function readSchedule(queries: Queries, id: string): Promise<Schedule | undefined> {
  const row = await queries.selectFrom("schedule").selectAll().where("id", "=", id).executeTakeFirst();
  return row && { id, ...readDefinition(row.definition) };
}

export async function listSchedules(queries: Queries): Promise<Schedule[]> {
  return (await queries.selectFrom("schedule").selectAll().orderBy("id").execute()).map(({ id, definition }) => ({ id, ...readDefinition(definition) }));
}

/** Makes a group of special days, or makes it say this. */
export function putSpecialDays(cloud: Cloud, note: ChangeNote, { id, days }: SpecialDayGroup): Promise<Result<Changed<SpecialDayGroup>, "RequestMalformed">> {
  return mutate(cloud, { ...note, target: `special days ${id}` }, async (mutation) => {
    if (!isListId(id)) return refuse("RequestMalformed", "id: a name for a list");
    const sorted = [...new Set(days)].sort();
    const row = { id, days: JSON.stringify(sorted) };
    await mutation.queries
      .insertInto("special_day_group")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    await markZonesNaming(mutation, "specialDays", id);
    return ok({ id, days: sorted });
  });
}

export async function listSpecialDays(queries: Queries): Promise<SpecialDayGroup[]> {
  return (await queries.selectFrom("special_day_group").selectAll().orderBy("id").execute()).map(({ id, days }) => ({
    id,
    days: JSON.parse(days) as string[],
  }));
}

/** One year of the campus calendar, or any other range: its days replace those that were known of it. */
export interface CalendarRange {
  /** from ≤ day < until. */
  readonly from: LocalDate;
  readonly until: LocalDate;
  readonly days: readonly ({ readonly date: LocalDate } & NonNullable<ReturnType<CampusCalendar["days"]["get"]>>)[];
  /** Phases that begin in the range. */
  readonly termPhases: CampusCalendar["termPhases"];
}

/** Replaces what the calendar says of a range of days: holidays, make-up working days (调休) and term phases. */
export async function writeCalendar(
  { queries, mark }: Mutation,
  { from, until, days, termPhases }: CalendarRange,
): Promise<Result<{ readonly days: number; readonly termPhases: number }, "RequestMalformed">> {
  const outside = [...days.map(({ date }) => date), ...termPhases.map((phase) => phase.from)].find((date) => date < from || date >= until);
  if (outside !== undefined) return refuse("RequestMalformed", `${outside}: not in ${from} to ${until}`);
  if (new Set(days.map(({ date }) => date)).size < days.length) return refuse("RequestMalformed", "days: a date stands twice");
  await queries.deleteFrom("calendar_day").where("date", ">=", from).where("date", "<", until).execute();
  await queries.deleteFrom("term_phase").where("from_date", ">=", from).where("from_date", "<", until).execute();
  for (const day of days)
    await queries
      .insertInto("calendar_day")
      .values({ date: day.date, kind: day.kind, runs_as: day.kind === "makeUpDay" ? day.runsAs : null })
      .execute();
  for (const phase of termPhases)
    await queries.insertInto("term_phase").values({ phase: phase.phase, from_date: phase.from, until_date: phase.until }).execute();
  mark("calendar", "");
  return ok({ days: days.length, termPhases: termPhases.length });
}

export async function readCalendar(queries: Queries): Promise<CampusCalendar> {
  const days = await queries.selectFrom("calendar_day").selectAll().orderBy("date").execute();
  const phases = await queries.selectFrom("term_phase").selectAll().orderBy("from_date").orderBy("phase").execute();
  return {
    days: new Map(days.map(({ date, kind, runs_as }) => [date, kind === "makeUpDay" ? { kind, runsAs: runs_as as Weekday } : { kind }])),
    termPhases: phases.map(({ phase, from_date, until_date }) => ({ phase, from: from_date, until: until_date })),
  };
}

/** The zones that ever gave it a number. */
async function markZonesNaming({ queries, mark }: Mutation, kind: "schedule" | "specialDays", id: string): Promise<void> {
  for (const { zone } of await queries.selectFrom("zone_number").select("zone").where("kind", "=", kind).where("id", "=", id).execute()) mark("zone", zone);
}
