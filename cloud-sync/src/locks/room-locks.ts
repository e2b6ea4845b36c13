import { isLockId, type LockPlatform, ok, type Result } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { endLockState } from "../expansion/lock-endings.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import { namesOf } from "../places.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { RoomLockTable } from "../store/lock-tables.ts";
import type { Names } from "../core/names.ts";

/** The lock of a room: it stands at an access point and bears its id. */
export interface RoomLock {
  readonly id: string;
  readonly zone: string;
  /** Of the access point. */
  readonly names: Names;
  readonly settings: LockSettings;
}

export interface LockSettings {
  /** X25519, 32 bytes, made by the lock at commissioning: what PINs are sealed to. */
  readonly publicKey: Uint8Array;
  /** The campus service that says who may set PINs and fingers there (rule 14.3). */
  readonly service: string;
  /** 0..{@link LOCK_FINGERS_MAX}. */
  readonly fingerSlots: number;
  /** The maker's platform that it is behind; null: none, and it keeps every rule. */
  readonly platform: LockPlatform | null;
}

/**
 * Says that a lock stands at an access point, or how it is set. With another key it is another lock: what was set at the one before ends, for nobody could
 * open what was sealed for that one.
 */
export function putRoomLock(
  cloud: Cloud,
  note: ChangeNote,
  id: string,
  settings: LockSettings,
): Promise<Result<Changed<RoomLock>, "AccessPointUnknown" | "RequestMalformed">> {
  return mutate(cloud, { ...note, target: `lock ${id}` }, async (mutation) => {
    const { queries, mark, now } = mutation;
    const point = await queries.selectFrom("access_point").select("zone").where("id", "=", id).executeTakeFirst();
    if (point === undefined) return refuse("AccessPointUnknown", id);
    if (!isLockId(id))
      return refuse("RequestMalformed", "id: a room lock is called by 1 to 64 printable characters of ASCII, for they stand in what is sealed to it");
    const before = await queries.selectFrom("room_lock").select("public_key").where("id", "=", id).executeTakeFirst();
    if (before !== undefined && !Buffer.from(settings.publicKey).equals(Buffer.from(before.public_key))) await endStatesAt(mutation, id, note.actor);
    const row = {
      public_key: Buffer.from(settings.publicKey),
      service: settings.service,
      finger_slots: settings.fingerSlots,
      platform: settings.platform,
    };
    await queries
      .insertInto("room_lock")
      .values({ id, ...row, added_at: now })
      .onConflict((conflict) => conflict.column("id").doUpdateSet(row))
      .execute();
    mark("zone", point.zone);
    return ok((await readRoomLock(queries, id))!);
  });
}

/** Takes a lock away, and all that is set there. */
export function removeRoomLock(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<null>, "LockUnknown">> {
  return mutate(cloud, { ...note, target: `lock ${id}` }, async (mutation) => {
    const { queries, mark } = mutation;
    const lock = await readRoomLock(queries, id);
    if (lock === undefined) return refuse("LockUnknown", id);
    await endStatesAt(mutation, id, note.actor);
    await queries.deleteFrom("room_lock").where("id", "=", id).execute();
    mark("zone", lock.zone);
    return ok(null);
  });
}

async function endStatesAt({ queries, mark, now }: Mutation, lock: string, by: string): Promise<void> {
  const rows = await queries
    .selectFrom("lock_state")
    .select(["lock", "kind", "place", "person"])
    .where("lock", "=", lock)
    .where("ended_at", "is", null)
    .execute();
  for (const row of rows) {
    await endLockState(queries, row, now, "asked", by);
    mark("person", row.person);
  }
}

/** Undefined: there is none. */
export async function readRoomLock(queries: Queries, id: string): Promise<RoomLock | undefined> {
  const row = await rowsOf(queries).where("room_lock.id", "=", id).executeTakeFirst();
  return row && roomLockOf(row);
}

/** All of them, in the order of their ids. */
export async function listRoomLocks(queries: Queries): Promise<RoomLock[]> {
  return (await rowsOf(queries).orderBy("room_lock.id").execute()).map(roomLockOf);
}

const rowsOf = (queries: Queries) =>
  queries
    .selectFrom("room_lock")
    .innerJoin("access_point", "access_point.id", "room_lock.id")
    .selectAll("room_lock")
    .select(["access_point.zone", "access_point.name_zh", "access_point.name_en"]);

const roomLockOf = (row: RoomLockTable & { readonly zone: string; readonly name_zh: string; readonly name_en: string }): RoomLock => ({
  id: row.id,
  zone: row.zone,
  names: namesOf(row),
  settings: {
    publicKey: new Uint8Array(row.public_key),
    service: row.service,
    fingerSlots: row.finger_slots,
    platform: row.platform,
  },
});
