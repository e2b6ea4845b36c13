import type { FeedItem, NumberedSchedule, Schedule } from "@portico/card-protocol";
import { adoptedStrangers } from "../epoch/adoption.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { Campus } from "./campus-facts.ts";
import { ALWAYS_SCHEDULE, SUSPENSION_OF } from "../core/expansion.ts";
import { unixSeconds, type Weekday } from "@portico/card-protocol";

/** A schedule as the store keeps it: JSON of everything but its id. */
export type ScheduleDefinition = Omit<Schedule, "id">;
export const readDefinition = (definition: string): ScheduleDefinition => JSON.parse(definition) as ScheduleDefinition;

/**
 * What a zone's partition says beside people: its places, profiles, schedules and special days, each under its number, and which key made the tokens.
 * A schedule that was ever named in the zone stays as long as there is one.
 */
export async function expandZone(queries: Queries, campus: Campus, zoneId: string): Promise<FeedItem[]> {
  const zone = campus.zones.get(zoneId);
  if (zone === undefined) return [];
  const items: FeedItem[] = [{ table: "zoneKey", generation: zone.keyGeneration, check: campus.token(zoneId, new Uint8Array(0)) }];
  for (const [id, accessPoint] of campus.accessPoints)
    if (accessPoint.zone === zoneId) items.push({ table: "accessPoint", number: campus.number(zoneId, "accessPoint", id), id });
  const profiles = new Map<string, Extract<FeedItem, { readonly table: "accessProfile" }>["policies"][number][]>();
  for (const { accessProfile, accessPoint, capability, schedule } of campus.policies) {
    if (campus.zoneOf(accessPoint) !== zoneId) continue;
    const policies = profiles.get(accessProfile) ?? [];
    policies.push({ accessPoint: campus.number(zoneId, "accessPoint", accessPoint), capability, schedule: campus.number(zoneId, "schedule", schedule) });
    profiles.set(accessProfile, policies);
  }
  for (const [id, policies] of profiles) items.push({ table: "accessProfile", number: campus.number(zoneId, "accessProfile", id), id, policies });
  return [...items, ...(await lockItemsOf(queries, campus, zoneId)), ...(await scheduleItems(queries, campus, zoneId))];
}

async function lockItemsOf(queries: Queries, campus: Campus, zone: string): Promise<FeedItem[]> {
  const locks = await queries.selectFrom("room_lock").selectAll().execute();
  return locks
    .filter(({ id }) => campus.zoneOf(id) === zone)
    .map(({ id, public_key }) => ({
      table: "roomLock",
      accessPoint: campus.number(zone, "accessPoint", id),
      publicKey: new Uint8Array(public_key),
    }));
}

async function scheduleItems(queries: Queries, campus: Campus, zone: string): Promise<FeedItem[]> {
  const named = [...campus.zones.get(zone)!.numbers.schedule.keys()].filter((id) => id !== ALWAYS_SCHEDULE);
  if (named.length === 0) return [];
  const rows = await queries.selectFrom("schedule").selectAll().where("id", "in", named).execute();
  const items: FeedItem[] = [];
  const groups = new Set<string>();
  for (const { id, definition } of rows) {
    const { weekly, specialDays, follows } = readDefinition(definition);
    for (const { group } of specialDays) groups.add(group);
    const numbered: NumberedSchedule = {
      id,
      weekly,
      specialDays: specialDays.map(({ group, periods }) => ({ group: campus.number(zone, "specialDays", group), periods })),
      follows,
    };
    items.push({ table: "schedule", number: campus.number(zone, "schedule", id), schedule: numbered });
  }
  if (groups.size === 0) return items;
  const days = await queries
    .selectFrom("special_day_group")
    .selectAll()
    .where("id", "in", [...groups])
    .execute();
  return [...items, ...days.map((row): FeedItem => ({ table: "specialDays", number: campus.number(zone, "specialDays", row.id), id: row.id, days: JSON.parse(row.days) as string[] }))]; // prettier-ignore
}

/** What `global` says that concerns nobody in particular: the calendar, and revocations that were adopted of credentials which the cloud does not know. */
export async function expandCalendar(queries: Queries): Promise<FeedItem[]> {
  const days = await queries.selectFrom("calendar_day").selectAll().execute();
  const phases = await queries.selectFrom("term_phase").selectAll().execute();
  const starts = new Map<string, { phase: string; until: string }[]>();
  for (const { phase, from_date, until_date } of phases) starts.set(from_date, [...(starts.get(from_date) ?? []), { phase, until: until_date }]);
  const strangers = await adoptedStrangers(queries);
  return [
    ...strangers.map((each): FeedItem => ({ table: "revocation", ...each, since: unixSeconds(each.since) })),
    ...days.map(({ date, runs_as }): FeedItem =>
      runs_as === null ? { table: "calendarDay", date, kind: "holiday" } : { table: "calendarDay", date, kind: "makeUpDay", runsAs: runs_as as Weekday },
    ),
    ...[...starts].map(([from, list]): FeedItem => ({ table: "termPhase", from, phases: list })),
  ];
}

/** What `global` says of some people's credentials: those that are refused everywhere, and those that are gone. */
export async function expandRevocations(queries: Queries, people: readonly string[]): Promise<{ readonly person: string; readonly item: FeedItem }[]> {
  if (people.length === 0) return [];
  const rows = await queries
    .selectFrom("credential")
    .select(["id", "person", "state", "state_since"])
    .where("person", "in", people)
    .where("state", "in", ["lost", "frozen", "suspended"])
    .execute();
  const lifted = await queries
    .selectFrom("credential")
    .innerJoin("adopted_revocation", "adopted_revocation.credential", "credential.id")
    .select(["credential.id", "credential.person", "credential.state_since"])
    .where("credential.person", "in", people)
    .where("credential.state", "not in", ["lost", "frozen", "suspended"])
    .execute();
  const removed = await queries.selectFrom("removed_credential").selectAll().where("person", "in", people).execute();
  return [
    ...removed.map(({ id, person, since }) => ({
      person,
      item: { table: "revocation", credential: id, suspension: "CredentialDestroyed", since: unixSeconds(since) } as const,
    })),
    // Doors may still keep it from an epoch before: what ends it has to be said by name.
    ...lifted.map(({ id, person, state_since }) => ({
      person,
      item: { table: "revocation", credential: id, suspension: undefined, since: unixSeconds(state_since) } as const,
    })),
    ...rows.map(({ id, person, state, state_since }) => ({
      person,
      item: { table: "revocation", credential: id, suspension: SUSPENSION_OF[state as keyof typeof SUSPENSION_OF], since: unixSeconds(state_since) } as const,
    })),
  ];
}
