import { isListId, isZoneId, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import type { Names } from "./core/names.ts";
import { refuse } from "./core/refusal.ts";
import { sql } from "kysely";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import type { Queries } from "./store/cloud-database.ts";

/** One building or group of gates: a partition of the feed, which a controller holds as a whole. */
export interface Zone {
  readonly id: string;
  readonly names: Names;
  /** How often the key of its card numbers was changed. */
  readonly keyGeneration: number;
}

export interface AccessPoint {
  readonly id: string;
  readonly zone: string;
  readonly names: Names;
  /** Two operators have to grant it. */
  readonly high: boolean;
}

/** Bytes of a zone's key for card numbers. */
const ZONE_KEY_BYTES = 32;

/** Makes a zone with a key of its own, or renames it. */
export function putZone(cloud: Cloud, note: ChangeNote, id: string, names: Names): Promise<Result<Changed<Zone>, "RequestMalformed">> {
  return mutate(cloud, { ...note, target: `zone ${id}` }, async ({ queries, mark }) => {
    if (!isZoneId(id)) return refuse("RequestMalformed", "id: 1 to 59 of a-z, 0-9, '.', '_' and '-', a letter or digit first");
    const named = { name_zh: names.zh, name_en: names.en };
    await queries
      .insertInto("zone")
      .values({ id, ...named, key: Buffer.from(cloud.randomBytes(ZONE_KEY_BYTES)), key_generation: 1, holders_given: 0 })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(named))
      .execute();
    mark("zone", id);
    const { key_generation } = await queries.selectFrom("zone").select("key_generation").where("id", "=", id).executeTakeFirstOrThrow();
    return ok({ id, names, keyGeneration: key_generation });
  });
}

/** Gives a zone a new key: every card number of the zone gets another token. */
export function rotateZoneKey(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<{ readonly generation: number }>, "ZoneUnknown">> {
  return mutate(cloud, { ...note, target: `zone ${id}` }, async (mutation) => {
    const generation = await changeZoneKey(cloud, mutation, id);
    return generation === undefined ? refuse("ZoneUnknown", id) : ok({ generation });
  });
}

/** @returns the new key's count; undefined: there is no such zone */
export async function changeZoneKey(cloud: Cloud, { queries, mark }: Mutation, id: string): Promise<number | undefined> {
  const row = await queries
    .updateTable("zone")
    .set((zone) => ({ key: Buffer.from(cloud.randomBytes(ZONE_KEY_BYTES)), key_generation: zone("key_generation", "+", 1) }))
    .where("id", "=", id)
    .returning("key_generation")
    .executeTakeFirst();
  if (row === undefined) return undefined;
  mark("zone", id);
  mark("zoneHolders", id);
  return row.key_generation;
}

export async function listZones(queries: Queries): Promise<Zone[]> {
  const rows = await queries.selectFrom("zone").select(["id", "name_zh", "name_en", "key_generation"]).orderBy("id").execute();
  return rows.map((row) => ({ id: row.id, names: namesOf(row), keyGeneration: row.key_generation }));
}

/** Makes an access point, or makes it say this. Into another zone it takes the grants that name it along. */
export function putAccessPoint(
  cloud: Cloud,
  note: ChangeNote,
  { id, zone, names, high }: AccessPoint,
): Promise<Result<Changed<AccessPoint>, "ZoneUnknown" | "RequestMalformed">> {
  return mutate(cloud, { ...note, target: `access point ${id}` }, async (mutation) => {
    const { queries, mark } = mutation;
    if (!isListId(id)) return refuse("RequestMalformed", "id: 1 to 64 letters and digits, behind the first also '.', '_', '-' and '/'");
    if ((await queries.selectFrom("zone").select("id").where("id", "=", zone).executeTakeFirst()) === undefined) return refuse("ZoneUnknown", zone);
    const before = await queries.selectFrom("access_point").select(["zone", "high"]).where("id", "=", id).executeTakeFirst();
    const row = { id, zone, name_zh: names.zh, name_en: names.en, high: high ? 1 : 0 };
    await queries
      .insertInto("access_point")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    mark("zone", zone);
    if (before !== undefined && (before.zone !== zone || before.high !== row.high)) {
      mark("zone", before.zone);
      await markGrantedAt(mutation, id);
    }
    return ok({ id, zone, names, high });
  });
}

/** Takes an access point away. Refused while a profile, a grant or a place that is booked names it. */
export function removeAccessPoint(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "AccessPointUnknown" | "StillInUse">> {
  return mutate(cloud, { ...note, target: `access point ${id}` }, async ({ queries, mark }) => {
    const row = await queries.selectFrom("access_point").select("zone").where("id", "=", id).executeTakeFirst();
    if (row === undefined) return refuse("AccessPointUnknown", id);
    const policy = await queries.selectFrom("access_policy").select("access_profile").where("access_point", "=", id).executeTakeFirst();
    if (policy !== undefined) return refuse("StillInUse", `access profile ${policy.access_profile}`);
    const grant = await ownGrantsAt(queries, id).select("id").executeTakeFirst();
    if (grant !== undefined) return refuse("StillInUse", `grant ${grant.id}`);
    const resource = await queries
      .selectFrom("resource")
      .select("id")
      .where(sql<boolean>`opens LIKE ${named(id)} ESCAPE '\\'`)
      .executeTakeFirst();
    if (resource !== undefined) return refuse("StillInUse", `resource ${resource.id}`);
    const lock = await queries.selectFrom("room_lock").select("id").where("id", "=", id).executeTakeFirst();
    if (lock !== undefined) return refuse("StillInUse", `lock ${lock.id}`);
    await queries.deleteFrom("access_point").where("id", "=", id).execute();
    mark("zone", row.zone);
    return ok(null);
  });
}

export async function listAccessPoints(queries: Queries): Promise<AccessPoint[]> {
  const rows = await queries.selectFrom("access_point").selectAll().orderBy("id").execute();
  return rows.map((row) => ({ id: row.id, zone: row.zone, names: namesOf(row), high: row.high === 1 }));
}

export const namesOf = ({ name_zh, name_en }: { readonly name_zh: string; readonly name_en: string }): Names => ({ zh: name_zh, en: name_en });

/** Everybody whom a profile or a grant lets through an access point. */
async function markGrantedAt({ queries, mark }: Mutation, accessPoint: string): Promise<void> {
  const policies = await queries.selectFrom("access_policy").select("access_profile").distinct().where("access_point", "=", accessPoint).execute();
  for (const { access_profile } of policies) mark("profile", access_profile);
  for (const { subject_kind, subject } of await ownGrantsAt(queries, accessPoint).select(["subject_kind", "subject"]).execute()) mark(subject_kind, subject);
}

/** The grants that name an access point themselves. */
function ownGrantsAt(queries: Queries, accessPoint: string) {
  return queries.selectFrom("access_grant").where(sql<boolean>`access_points LIKE ${named(accessPoint)} ESCAPE '\\'`);
}

/** Finds an id within JSON. It holds neither quotes nor `%`, but `_`, which stands for any character there. */
const named = (id: string): string => `%"${id.replaceAll("_", "\\_")}"%`;
