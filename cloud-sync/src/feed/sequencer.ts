import {
  bucketOf,
  BUCKETS,
  bytesToHex,
  type Delta,
  encodeCbor,
  GLOBAL,
  type Head,
  HEAD_LIFE_MAX_S,
  isPartition,
  type ItemBytes,
  kidBytes,
  leafHash,
  makeDelta,
  makeHead,
  type Partition,
  PartitionDigest,
  sameBytes,
  unixSeconds,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import type { Publication } from "../expansion/expander.ts";
import type { PartitionChange } from "../expansion/feed-items.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { FeedKeys } from "./feed-keys.ts";

/** The epoch of a site's first trust list. */
const FIRST_EPOCH = 1;
/** Buckets in one statement. */
const BUCKETS_MAX = 500;
/** Of a partition in which nothing stands: 4,096 leaves, hashed once and not with every version. */
const EMPTY_DIGEST: Uint8Array = new PartitionDigest(nodeSha256).root();

/** Where a partition stands. */
export interface PartitionState {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  readonly digest: Uint8Array;
  /** Of the publication that brought the version. */
  readonly publish: number;
}

/** A version that was just made, with its signed records; undefined: too long for a delta. */
export interface NewVersion {
  readonly state: PartitionState;
  readonly records: readonly Uint8Array[] | undefined;
}

/**
 * Gives what the expander changed its versions: without gaps, each with the digest of all that the partition then holds, signed once. Works in the
 * expander's transaction; it alone writes versions.
 */
export class Sequencer {
  readonly #cloud: Cloud;
  #keys: FeedKeys;
  /** Trees over the partitions, as of the last version that was committed. */
  readonly #digests = new Map<Partition, PartitionDigest>();

  constructor(cloud: Cloud, keys: FeedKeys) {
    this.#cloud = cloud;
    this.#keys = keys;
  }

  get keys(): FeedKeys {
    return this.#keys;
  }

  /** From now on. Versions that were signed stay as they are. */
  useKeys(keys: FeedKeys): void {
    this.#keys = keys;
  }

  /** Versions for one publication, in its transaction. */
  async record(queries: Queries, { publish, partitions }: Pick<Publication, "publish" | "partitions">): Promise<NewVersion[]> {
    const made: NewVersion[] = [];
    for (const [partition, change] of partitions) {
      const { removed, put } = net(change);
      if (removed.length + put.length > 0) made.push(await this.#version(queries, partition, publish, removed, put));
    }
    return made;
  }

  /**
   * Lets every partition that stands in an older epoch than the trust list, or that was filled while nobody could sign, begin anew at version 1 with what it
   * holds. Such a version has no delta: a snapshot tells it.
   *
   * @param publish  of the publication that it is
   */
  async beginEpoch(queries: Queries, publish: number): Promise<NewVersion[]> {
    const epoch = this.#keys.trustList.feedEpoch;
    const made: NewVersion[] = [];
    for (const partition of await this.partitionsBefore(queries, epoch)) {
      const tree = await readDigest(queries, partition);
      this.#digests.set(partition, tree);
      const state: PartitionState = { partition, epoch, version: 1, digest: tree.root(), publish };
      await this.#keep(queries, state, undefined);
      made.push({ state, records: undefined });
    }
    return made;
  }

  /**
   * Partitions that have not begun in this epoch. In a later epoch than the first `global` does so too where nothing was ever published in it: doors hold its
   * version 0 of the epoch before.
   */
  async partitionsBefore(queries: Queries, epoch: number): Promise<Partition[]> {
    const kept = await queries.selectFrom("feed_partition").select(["name", "epoch"]).execute();
    const filled = await queries.selectFrom("feed_item").select("feed_partition").distinct().execute();
    const begun = new Set(kept.filter((row) => row.epoch >= epoch).map(({ name }) => name));
    const all = new Set([...(epoch > FIRST_EPOCH ? [GLOBAL] : []), ...kept.map(({ name }) => name), ...filled.map((row) => row.feed_partition)]);
    return [...all]
      .filter((name) => !begun.has(name))
      .filter(isPartition)
      .sort(globalFirst);
  }

  /** The transaction did not come to pass: what was computed for it is forgotten. */
  forget(): void {
    this.#digests.clear();
  }

  /** Where a partition stands; version 0 of the epoch in force where nothing was published in it. */
  async state(queries: Queries, partition: Partition): Promise<PartitionState> {
    const row = await queries.selectFrom("feed_partition").selectAll().where("name", "=", partition).executeTakeFirst();
    const epoch = this.#keys.trustList.feedEpoch;
    if (row === undefined) return { partition, epoch, version: 0, digest: EMPTY_DIGEST, publish: 0 };
    return { partition, epoch: row.epoch, version: row.version, digest: new Uint8Array(row.digest), publish: row.publish };
  }

  /**
   * A partition's head, signed now.
   *
   * @param globalVersion  the version of `global` that a zone was expanded from; of `global` itself null
   * @param publish        the site's newest publication
   */
  head(state: PartitionState, globalVersion: number | null, publish: number): Uint8Array {
    const { partition, epoch, version, digest } = state;
    const issued = unixSeconds(Math.floor(this.#cloud.nowMs() / 1000));
    const expires = unixSeconds(issued + HEAD_LIFE_MAX_S);
    const { trustList, kid, signer } = this.#keys;
    const head: Head = { partition, epoch, version, digest, publish, issued, expires, globalVersion, trustListSequence: trustList.sequence };
    return makeHead(this.#cloud.site, head, kidBytes(kid), signer);
  }

  async #version(queries: Queries, partition: Partition, publish: number, removed: readonly Uint8Array[], put: readonly ItemBytes[]): Promise<NewVersion> {
    const before = await this.state(queries, partition);
    // What was expanded while nobody signed the feed is new to everybody.
    const isFirst = sameBytes(before.digest, EMPTY_DIGEST);
    const change = isFirst ? { removed: [], put: await itemsOf(queries, partition) } : { removed, put };
    const tree = this.#digests.get(partition) ?? (await readDigest(queries, partition));
    this.#digests.set(partition, tree);
    const buckets = new Set([...change.removed, ...change.put.map(({ key }) => key)].map((key) => bucketOf(key, nodeSha256)));
    for (const [bucket, items] of await itemsOfBuckets(queries, partition, buckets)) tree.set(bucket, leafHash(items, nodeSha256));
    const state: PartitionState = { partition, epoch: before.epoch, version: before.version + 1, digest: tree.root(), publish };
    const delta: Delta = {
      partition,
      epoch: state.epoch,
      from: before.version,
      to: state.version,
      digestBefore: before.digest,
      digestAfter: state.digest,
      ...change,
    };
    const records = makeDelta(this.#cloud.site, delta, kidBytes(this.#keys.kid), this.#keys.signer);
    await this.#keep(queries, state, records);
    return { state, records };
  }

  async #keep(queries: Queries, { partition, epoch, version, digest, publish }: PartitionState, records: readonly Uint8Array[] | undefined): Promise<void> {
    const row = { name: partition, epoch, version, publish, digest: Buffer.from(digest) };
    await queries
      .insertInto("feed_partition")
      .values(row)
      .onConflict((conflict) => conflict.column("name").doUpdateSet(row))
      .execute();
    const at = Math.floor(this.#cloud.nowMs() / 1000);
    const bytes = records === undefined ? null : Buffer.from(encodeCbor(records));
    await queries
      .insertInto("feed_version")
      .values({ feed_partition: partition, epoch, version, publish, at, digest: Buffer.from(digest), records: bytes })
      .execute();
  }
}

/** The order in which `global` comes first: a zone's head names its version. */
export const globalFirst = (a: Partition, b: Partition): number => (a === GLOBAL ? -1 : b === GLOBAL ? 1 : a < b ? -1 : a > b ? 1 : 0);

/** At most one operation a key: the last one. */
function net({ removed, put }: PartitionChange): { removed: Uint8Array[]; put: ItemBytes[] } {
  const puts = new Map(put.map((item) => [bytesToHex(item.key), item]));
  const gone = new Map(removed.map((key) => [bytesToHex(key), key]));
  return { removed: [...gone].filter(([key]) => !puts.has(key)).map(([, key]) => key), put: [...puts.values()] };
}

/** The tree over all that a partition holds now. */
async function readDigest(queries: Queries, partition: Partition): Promise<PartitionDigest> {
  const tree = new PartitionDigest(nodeSha256);
  const all = new Set(Array.from({ length: BUCKETS }, (_, bucket) => bucket));
  for (const [bucket, items] of await itemsOfBuckets(queries, partition, all)) if (items.length > 0) tree.set(bucket, leafHash(items, nodeSha256));
  return tree;
}

/** All that a partition holds now. */
async function itemsOf(queries: Queries, partition: Partition): Promise<ItemBytes[]> {
  const rows = await queries.selectFrom("feed_item").select(["key", "value"]).where("feed_partition", "=", partition).orderBy("key").execute();
  return rows.map(({ key, value }) => ({ key: new Uint8Array(key), value: new Uint8Array(value) }));
}

/** What these buckets hold now; those that are empty too. */
async function itemsOfBuckets(queries: Queries, partition: Partition, buckets: ReadonlySet<number>): Promise<ReadonlyMap<number, readonly ItemBytes[]>> {
  const found = new Map<number, ItemBytes[]>([...buckets].map((bucket) => [bucket, []]));
  for (const portion of portions([...buckets], BUCKETS_MAX)) {
    const rows = await queries
      .selectFrom("feed_item")
      .select(["key", "value", "bucket"])
      .where("feed_partition", "=", partition)
      .where("bucket", "in", portion)
      .execute();
    for (const { key, value, bucket } of rows) found.get(bucket)!.push({ key: new Uint8Array(key), value: new Uint8Array(value) });
  }
  return found;
}
