import { GLOBAL, isStrictPublicKey, ok, type Partition, type Result, sameBytes, zonePartition } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate } from "./mutation.ts";
import { changeZoneKey } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";

/** A controller that may follow the feed of its zones. */
export interface Controller {
  readonly id: string;
  /** 32 bytes, made on the controller. */
  readonly publicKey: Uint8Array;
  /** 1 to 16. */
  readonly zones: readonly string[];
  /** Since when it may nothing any more, seconds; null: it may. */
  readonly revokedAt: number | null;
}

/** A controller holds no more: a stolen one tells no more. */
export const CONTROLLER_ZONES_MAX = 16;

/** Lets a controller follow zones. The same again changes nothing; another key under the same id is refused: revoke it first. */
export function addController(
  cloud: Cloud,
  note: ChangeNote,
  { id, publicKey, zones }: Pick<Controller, "id" | "publicKey" | "zones">,
): Promise<Result<Changed<Controller>, "RequestMalformed" | "ZoneUnknown" | "IdTaken">> {
  return mutate(cloud, { ...note, target: `controller ${id}` }, async ({ queries }) => {
    if (!/^[!-~]{1,64}$/.test(id)) return refuse("RequestMalformed", "id: 1 to 64 printable ASCII characters without white space");
    if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: not a key");
    const named = [...new Set(zones)].sort();
    if (named.length === 0 || named.length > CONTROLLER_ZONES_MAX) return refuse("RequestMalformed", `zones: 1 to ${CONTROLLER_ZONES_MAX}`);
    const known = (await queries.selectFrom("zone").select("id").where("id", "in", named).execute()).map((row) => row.id);
    const unknown = named.find((zone) => !known.includes(zone));
    if (unknown !== undefined) return refuse("ZoneUnknown", unknown);
    const before = await queries.selectFrom("controller").selectAll().where("id", "=", id).executeTakeFirst();
    if (before !== undefined && (before.revoked_at !== null || !sameBytes(new Uint8Array(before.public_key), publicKey)))
      return refuse("IdTaken", before.revoked_at === null ? "it has another key" : "it was revoked: choose another id");
    const row = { id, public_key: Buffer.from(publicKey), zones: JSON.stringify(named), added_at: Math.floor(cloud.nowMs() / 1000), revoked_at: null };
    await queries
      .insertInto("controller")
      .values(row)
      .onConflict((conflict) => conflict.column("id").doUpdateSet({ zones: row.zones }))
      .execute();
    return ok({ id, publicKey, zones: named, revokedAt: null });
  });
}

/** From now on a controller may nothing any more, and its zones have other keys for card numbers than those that it holds. A second time changes nothing. */
export function revokeController(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Controller>, "ControllerUnknown">> {
  return mutate(cloud, { ...note, target: `controller ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const known = await readController(queries, id);
    if (known === undefined) return refuse("ControllerUnknown", id);
    if (known.revokedAt !== null) return ok(known);
    await queries.updateTable("controller").set({ revoked_at: now }).where("id", "=", id).execute();
    for (const zone of known.zones) await changeZoneKey(cloud, mutation, zone);
    return ok({ ...known, revokedAt: now });
  });
}

/** Controllers in the order of their ids, the revoked ones too. */
export async function listControllers(queries: Queries): Promise<Controller[]> {
  return (await queries.selectFrom("controller").selectAll().orderBy("id").execute()).map(controllerOf);
}

export async function readController(queries: Queries, id: string): Promise<Controller | undefined> {
  const row = await queries.selectFrom("controller").selectAll().where("id", "=", id).executeTakeFirst();
  return row && controllerOf(row);
}

/** The partitions that a controller may have: its zones, and global. */
export const partitionsOf = ({ zones }: Controller): readonly Partition[] => [GLOBAL, ...zones.map(zonePartition)];

function controllerOf(row: { id: string; public_key: Uint8Array; zones: string; revoked_at: number | null }): Controller {
  return { id: row.id, publicKey: new Uint8Array(row.public_key), zones: JSON.parse(row.zones) as string[], revokedAt: row.revoked_at };
}
