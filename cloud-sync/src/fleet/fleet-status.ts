import { bytesToHex, isPartition, type Partition } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { type Controller, controllerOf, partitionsOf } from "../controllers.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { FleetTables } from "../store/fleet-tables.ts";

/** Where a controller is behind what was published. */
export interface Lag {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  /** Where it should be. */
  readonly wanted: { readonly epoch: number; readonly version: number };
  /** When the first version that it has not applied was published, seconds. */
  readonly since: number;
}

/** Where a controller is ahead of everything that this cloud has published. */
export interface Ahead {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  /** How far this cloud is. */
  readonly newest: { readonly epoch: number; readonly version: number };
}

/** A controller as the cloud knows it. */
export interface FleetMember extends Controller {
  /** `connected`: it follows the feed and was heard lately. `silent`: it did once. `never`: not since it was let in. */
  readonly state: "connected" | "silent" | "never" | "revoked";
  /** When it reported last; null: never. */
  readonly heardAt: number | null;
  /** Worst first; empty: it has applied everything. */
  readonly lags: readonly Lag[];
  /** Where it holds more than this cloud has published: the cloud has gone back, as from a backup. */
  readonly ahead: readonly Ahead[];
}

/** What every controller should have, and who has not. */
export interface FeedStatus {
  /** The publication that is asked about. */
  readonly publish: number;
  readonly applied: number;
  readonly of: number;
  readonly missing: readonly FleetMember[];
  /** Who holds more than was ever published here. */
  readonly ahead: readonly FleetMember[];
}

/** Controllers report every minute: whoever was not heard for so long is silent. */
export const SILENT_AFTER_S = 150;

/** Whether somebody who was heard so follows the feed, whichever instance of the cloud it follows. */
export const isFollowing = (contact: Pick<FleetTables["controller_contact"], "heard_at" | "left_at"> | undefined, now: number): boolean =>
  contact !== undefined && contact.left_at === null && now - contact.heard_at < SILENT_AFTER_S;

/** All controllers, and how far each is behind a publication. @param publish  undefined: the newest */
export async function fleet(cloud: Cloud, publish?: number): Promise<FleetMember[]> {
  const { queries } = cloud.database;
  const now = Math.floor(cloud.nowMs() / 1000);
  const controllers = await queries.selectFrom("controller").selectAll().orderBy("id").execute();
  const contacts = new Map((await queries.selectFrom("controller_contact").selectAll().execute()).map((row) => [row.controller, row]));
  const applied = new Map(
    (await queries.selectFrom("controller_applied").selectAll().execute()).map((row) => [`${row.controller} ${row.feed_partition}`, row]),
  );
  const wanted = await wantedVersions(queries, publish);
  const newest = await wantedVersions(queries, undefined);
  const sinceOf = versionTimes(queries);
  const members: FleetMember[] = [];
  for (const row of controllers) {
    const controller = controllerOf(row);
    const contact = contacts.get(row.id);
    const heardAt = contact?.heard_at ?? null;
    const state = row.revoked_at !== null ? "revoked" : isFollowing(contact, now) ? "connected" : heardAt === null ? "never" : "silent";
    const lags: Lag[] = [];
    const ahead: Ahead[] = [];
    for (const partition of state === "revoked" ? [] : partitionsOf(controller)) {
      const [told, last] = [applied.get(`${row.id} ${partition}`), newest.get(partition) ?? { epoch: 1, version: 0 }];
      if (told !== undefined && (told.epoch > last.epoch || (told.epoch === last.epoch && told.version > last.version)))
        ahead.push({ partition, epoch: told.epoch, version: told.version, newest: last });
      const should = wanted.get(partition);
      const has = applied.get(`${row.id} ${partition}`) ?? { epoch: should?.epoch ?? 0, version: 0 };
      if (should === undefined || has.epoch > should.epoch || (has.epoch === should.epoch && has.version >= should.version)) continue;
      const firstMissing = has.epoch === should.epoch ? has.version + 1 : 1;
      const since = (await sinceOf(partition, should.epoch, firstMissing)) ?? row.added_at;
      lags.push({ partition, epoch: has.epoch, version: has.version, wanted: should, since: Math.max(since, row.added_at) });
    }
    lags.sort((a, b) => a.since - b.since);
    members.push({ ...controller, state, heardAt, lags, ahead });
  }
  return members;
}

/** Who has applied a publication, and who has not, the longest missing first. */
export async function feedStatus(cloud: Cloud, asked?: number): Promise<FeedStatus> {
  const { publish: newest } = await cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
  const publish = Math.min(asked ?? newest, newest);
  const members = (await fleet(cloud, publish)).filter(({ state }) => state !== "revoked");
  const missing = members.filter(({ lags }) => lags.length > 0).sort((a, b) => a.lags[0]!.since - b.lags[0]!.since);
  return { publish, applied: members.length - missing.length, of: members.length, missing, ahead: members.filter(({ ahead }) => ahead.length > 0) };
}

/** The version of each partition that a publication brought, or one before it. */
export async function wantedVersions(
  queries: Queries,
  publish: number | undefined,
): Promise<ReadonlyMap<Partition, { readonly epoch: number; readonly version: number }>> {
  const wanted = new Map<Partition, { epoch: number; version: number }>();
  for (const { name, epoch, version, publish: last } of await queries.selectFrom("feed_partition").selectAll().execute()) {
    if (!isPartition(name)) continue;
    if (publish === undefined || last <= publish) {
      wanted.set(name, { epoch, version });
      continue;
    }
    const row = await queries
      .selectFrom("feed_version")
      .select(["epoch", "version"])
      .where("feed_partition", "=", name)
      .where("publish", "<=", publish)
      .orderBy("epoch", "desc")
      .orderBy("version", "desc")
      .limit(1)
      .executeTakeFirst();
    if (row !== undefined) wanted.set(name, row);
  }
  return wanted;
}

/** When versions were published; each is looked up once. */
function versionTimes(queries: Queries): (partition: Partition, epoch: number, version: number) => Promise<number | undefined> {
  const known = new Map<string, number | undefined>();
  return async (partition, epoch, version) => {
    const name = `${partition} ${epoch}:${version}`;
    if (known.has(name)) return known.get(name);
    const row = await queries
      .selectFrom("feed_version")
      .select("at")
      .where("feed_partition", "=", partition)
      .where("epoch", "=", epoch)
      .where("version", "=", version)
      .executeTakeFirst();
    known.set(name, row?.at);
    return row?.at;
  };
}

/** What is kept of versions that another cloud has signed, the newest last. */
export async function feedForks(queries: Queries) {
  const rows = await queries.selectFrom("feed_fork").selectAll().orderBy("at").execute();
  return rows.map(({ controller, feed_partition, epoch, version, digest, head, proven, at }) => ({
    controller,
    partition: feed_partition,
    epoch,
    version,
    digest: bytesToHex(digest),
    head: bytesToHex(head),
    isProven: proven === 1,
    at,
  }));
}
