import { GLOBAL, isStrictPublicKey, ok, type Partition, type Result, sameBytes, zonePartition } from "@portico/card-protocol";
import type { Cloud } from "./cloud.ts";
import { refuse } from "./core/refusal.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "./mutation.ts";
import { changeZoneKey } from "./places.ts";
import type { Queries } from "./store/cloud-database.ts";
import type { ControllerTable } from "./store/fleet-tables.ts";

/** A controller that may follow the feed of its zones. */
export interface Controller {
  readonly id: string;
  /** 32 bytes, made on the controller. */
  readonly publicKey: Uint8Array;
  /** 1 to 16, ascending. */
  readonly zones: readonly string[];
  /** Since when it may nothing any more, seconds; null: it may. */
  readonly revokedAt: number | null;
  /** 1, 2, 3 …: the nth machine under this id. */
  readonly machine: number;
}
/** What a controller is let in with. */
export type ControllerContent = Pick<Controller, "id" | "publicKey" | "zones">;

/** A controller holds no more: a stolen one tells no more. */
export const CONTROLLER_ZONES_MAX = 16;

/** Lets a controller follow zones, or from now on these. The same again changes nothing; another key under the same id is refused: that is another machine. */
export function addController(
  cloud: Cloud,
  note: ChangeNote,
  content: ControllerContent,
): Promise<Result<Changed<Controller>, "RequestMalformed" | "ZoneUnknown" | "IdTaken" | "KeyTaken">> {
  return mutate(cloud, { ...note, target: `controller ${content.id}` }, (mutation) => putController(mutation, content));
}

/** The same within a change that is under way. */
export async function putController(
  { queries, now }: Mutation,
  { id, publicKey, zones }: ControllerContent,
): Promise<Result<Controller, "RequestMalformed" | "ZoneUnknown" | "IdTaken" | "KeyTaken">> {
  if (!isControllerId(id)) return refuse("RequestMalformed", "id: 1 to 64 printable ASCII characters without white space");
  if (!isStrictPublicKey(publicKey)) return refuse("RequestMalformed", "publicKey: not a key");
  const named = [...new Set(zones)].sort();
  if (named.length === 0 || named.length > CONTROLLER_ZONES_MAX) return refuse("RequestMalformed", `zones: 1 to ${CONTROLLER_ZONES_MAX}`);
  const known = (await queries.selectFrom("zone").select("id").where("id", "in", named).execute()).map((row) => row.id);
  const unknown = named.find((zone) => !known.includes(zone));
  if (unknown !== undefined) return refuse("ZoneUnknown", unknown);
  const before = await readController(queries, id);
  if (before?.revokedAt !== null && before !== undefined) return refuse("IdTaken", "it was revoked: another machine may replace it, or choose another id");
  if (before !== undefined && !sameBytes(before.publicKey, publicKey)) return refuse("IdTaken", "it has another key: another machine has to replace it");
  if (before === undefined && (await isKeyTaken(queries, publicKey))) return refuse("KeyTaken", "it is, or was, another controller's");
  if (before !== undefined && before.zones.join() === named.join()) return ok(before);
  const changed = await countChange(queries);
  const row = { id, public_key: Buffer.from(publicKey), zones: JSON.stringify(named), added_at: now, revoked_at: null, machine: 1, changed };
  await queries
    .insertInto("controller")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doUpdateSet({ zones: row.zones, changed }))
    .execute();
  return ok({ id, publicKey, zones: named, revokedAt: null, machine: before?.machine ?? 1 });
}

/**
 * Another machine takes the place of a controller, with its id and zones, also of one that was revoked. The key before is a tombstone from now on, and the
 * zones get other keys for card numbers: nobody knows who has the machine before.
 */
export async function replaceMachine(
  cloud: Cloud,
  mutation: Mutation,
  { id, publicKey }: Pick<Controller, "id" | "publicKey">,
): Promise<Result<Controller, "ControllerUnknown" | "KeyTaken">> {
  const { queries, now } = mutation;
  const before = await queries.selectFrom("controller").selectAll().where("id", "=", id).executeTakeFirst();
  if (before === undefined) return refuse("ControllerUnknown", id);
  if (await isKeyTaken(queries, publicKey)) return refuse("KeyTaken", "it is, or was, another machine's");
  const { public_key, machine, added_at: since } = before;
  await queries.insertInto("former_controller_key").values({ public_key, controller: id, machine, since, until: now }).execute();
  for (const table of ["controller_applied", "controller_contact"] as const) await queries.deleteFrom(table).where("controller", "=", id).execute();
  const changed = await countChange(queries);
  const row = { public_key: Buffer.from(publicKey), machine: machine + 1, added_at: now, revoked_at: null, changed };
  await queries.updateTable("controller").set(row).where("id", "=", id).execute();
  const replaced = controllerOf({ ...before, ...row });
  for (const zone of replaced.zones) await changeZoneKey(cloud, mutation, zone);
  return ok(replaced);
}

/** From now on a controller may nothing any more, and its zones have other keys for card numbers than those that it holds. A second time changes nothing. */
export function revokeController(cloud: Cloud, note: ChangeNote, id: string): Promise<Result<Changed<Controller>, "ControllerUnknown">> {
  return mutate(cloud, { ...note, target: `controller ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const known = await readController(queries, id);
    if (known === undefined) return refuse("ControllerUnknown", id);
    if (known.revokedAt !== null) return ok(known);
    const changed = await countChange(queries);
    await queries.updateTable("controller").set({ revoked_at: now, changed }).where("id", "=", id).execute();
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
export const partitionsOf = ({ zones }: Pick<Controller, "zones">): readonly Partition[] => [GLOBAL, ...zones.map(zonePartition)];

export const isControllerId = (id: string): boolean => /^[!-~]{1,64}$/.test(id);

/** A key belongs to one machine, also when that one is gone. */
export async function isKeyTaken(queries: Queries, publicKey: Uint8Array): Promise<boolean> {
  const key = Buffer.from(publicKey);
  const holder = await queries.selectFrom("controller").select("id").where("public_key", "=", key).executeTakeFirst();
  return holder !== undefined || (await queries.selectFrom("former_controller_key").select("controller").where("public_key", "=", key).executeTakeFirst()) !== undefined; // prettier-ignore
}

/** Counted in the site's row, so that whoever watches need not read all controllers to see that none has changed. */
async function countChange(queries: Queries): Promise<number> {
  const { controllers_changed } = await queries
    .updateTable("site")
    .set((site) => ({ controllers_changed: site("controllers_changed", "+", 1) }))
    .returning("controllers_changed")
    .executeTakeFirstOrThrow();
  return controllers_changed;
}

export function controllerOf({ id, public_key, zones, revoked_at, machine }: Omit<ControllerTable, "added_at" | "changed">): Controller {
  return { id, publicKey: new Uint8Array(public_key), zones: JSON.parse(zones) as string[], revokedAt: revoked_at, machine };
}
