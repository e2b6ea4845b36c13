import {
  bucketOf,
  BUCKETS,
  type ChunkBucket,
  type Delta,
  err,
  type FeedRefusal,
  GLOBAL,
  isItem,
  isPartition,
  type ItemBytes,
  leafHash,
  type Manifest,
  ok,
  type Partition,
  PartitionDigest,
  type Result,
  sameBytes,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Statement } from "better-sqlite3";
import type { HeldPartition } from "../core/feed-judgement.ts";
import type { ControllerDatabase } from "./database.ts";
import { heldOf, type PartitionRow } from "./feed-partition-row.ts";
import { ItemSet } from "./item-set.ts";
import { KeptRevocations } from "./kept-revocations.ts";

/** Rows of a set that nobody names any more, taken away in one transaction. */
const SWEEP_ROWS = 2_000;
/** The numbers of all sets, from each to the next: by the rows themselves, 100,000 would be looked at. */
const ITEM_SETS = `
  WITH RECURSIVE item_sets (item_set) AS (
    SELECT min(item_set) FROM feed_item
    UNION ALL SELECT (SELECT min(feed_item.item_set) FROM feed_item WHERE feed_item.item_set > item_sets.item_set) FROM item_sets WHERE item_set IS NOT NULL
  ) SELECT item_set FROM item_sets WHERE item_set IS NOT NULL`;
/** Buckets that are hashed before others may go on. */
const SLICE_BUCKETS = 64;

/** The partitions that the feed brought, with all of their items. A version is there as a whole or not at all, also after a power cut. */
export class FeedStore {
  readonly #database: ControllerDatabase;
  readonly #value: Statement<[number, number, Uint8Array], Uint8Array>;
  readonly #ofBucket: Statement<[number, number], readonly [key: Uint8Array, value: Uint8Array]>;
  readonly #put: Statement<[number, number, Uint8Array, Uint8Array]>;
  readonly #remove: Statement<[number, number, Uint8Array]>;
  readonly #held = new Map<Partition, { readonly held: HeldPartition; readonly itemSet: number }>();
  /** Trees over what is in force, once they have been made. */
  readonly #trees = new Map<Partition, PartitionDigest>();
  readonly #changeListeners = new Set<(partition: Partition) => void>();
  /** What `global` revoked before its epoch ended, until the new one names it. */
  readonly kept: KeptRevocations;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.kept = new KeptRevocations(database);
    this.#value = database
      .prepare<[number, number, Uint8Array], Uint8Array>("SELECT value FROM feed_item WHERE item_set = ? AND bucket = ? AND key = ?")
      .pluck();
    this.#ofBucket = database.prepareRaw("SELECT key, value FROM feed_item WHERE item_set = ? AND bucket = ? ORDER BY key");
    this.#put = database.prepare("INSERT OR REPLACE INTO feed_item (item_set, bucket, key, value) VALUES (?, ?, ?, ?)");
    this.#remove = database.prepare("DELETE FROM feed_item WHERE item_set = ? AND bucket = ? AND key = ?");
    for (const row of database.prepare<[], PartitionRow>("SELECT * FROM feed_partition").all())
      if (isPartition(row.name)) this.#held.set(row.name, { held: heldOf(row.name, row), itemSet: row.item_set });
  }

  /** What is held of a partition; undefined: nothing was ever applied. */
  held(partition: Partition): HeldPartition | undefined {
    return this.#held.get(partition)?.held;
  }

  get partitions(): readonly HeldPartition[] {
    return [...this.#held.values()].map(({ held }) => held);
  }

  /** Called after each version that was applied. Returns the function that removes the listener. */
  onChange(listener: (partition: Partition) => void): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** The value of an item; undefined: there is none. */
  value(partition: Partition, key: Uint8Array): Uint8Array | undefined {
    const found = this.#held.get(partition);
    return found && this.#value.get(found.itemSet, bucketOf(key, nodeSha256), key);
  }

  /** All items of one table, in no order. */
  *items(partition: Partition, table: number): Generator<ItemBytes> {
    const found = this.#held.get(partition);
    if (found === undefined) return;
    const rows = this.#database.prepareRaw<[number, Uint8Array, Uint8Array], readonly [Uint8Array, Uint8Array]>(
      "SELECT key, value FROM feed_item WHERE item_set = ? AND key >= ? AND key < ?",
    );
    for (const [key, value] of rows.iterate(found.itemSet, Uint8Array.of(table), Uint8Array.of(table + 1))) yield { key, value };
  }

  /**
   * A newer head of the version that is held. It says when the partition was last vouched for, so a power cut may forget it. That nothing was ever published in
   * a partition (version 0) is vouched for like everything else: a campus that has revoked nobody yet lets people in.
   */
  confirm(held: HeldPartition): void {
    if (held.confirmed === null) return;
    const known = this.#held.get(held.partition)?.itemSet;
    const itemSet = known ?? this.#newItemSet();
    const { issued, expires, publish, globalVersion } = held.confirmed;
    this.#database.transaction("quick", () => {
      if (known === undefined) this.#write(held, itemSet);
      this.#database
        .prepare("UPDATE feed_partition SET issued = ?, expires = ?, publish = ?, global_version = ? WHERE name = ?")
        .run(issued, expires, publish, globalVersion, held.partition);
    });
    this.#held.set(held.partition, { itemSet, held });
    this.#openSets.delete(itemSet);
  }

  /**
   * Makes the tree over what is in force, which each delta needs; a value that the disk altered shows here. Yields between portions, so that scans are judged
   * meanwhile.
   *
   * @returns `altered`: the items are not those of the digest; the partition has to be fetched anew
   */
  *prepare(partition: Partition): Generator<void, "whole" | "altered"> {
    const found = this.#held.get(partition);
    if (found === undefined) return "whole";
    const tree = new PartitionDigest(nodeSha256);
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      const items = this.#itemsOf(found.itemSet, bucket);
      if (items.length > 0) tree.set(bucket, leafHash(items, nodeSha256));
      if (bucket % SLICE_BUCKETS === SLICE_BUCKETS - 1) yield;
      // A version came meanwhile, and brought its own tree or has to be looked at itself.
      const now = this.#held.get(partition);
      if (now?.itemSet !== found.itemSet || now.held.version !== found.held.version) return yield* this.prepare(partition);
    }
    if (!sameBytes(tree.root(), found.held.digest)) return "altered";
    this.#trees.set(partition, tree);
    return "whole";
  }

  /**
   * Applies a delta that follows from what is held: all of it, durably, or nothing.
   *
   * @returns `FeedMalformed`: an item that is none; `FeedDigest`: a removal of what is not there, or another content than the delta says
   * @throws RecordingFailed when the disk refuses; what was held is held on
   */
  applyDelta({ partition, epoch, to, removed, put, digestAfter }: Delta): Result<HeldPartition, FeedRefusal> {
    const malformed = put.find((item) => !isItem(partition, item));
    if (malformed !== undefined) return err("FeedMalformed", `an item of table ${malformed.key[0] ?? 0} is none`);
    const { itemSet } = this.#held.get(partition) ?? { itemSet: this.#newItemSet() };
    const tree = this.#trees.get(partition) ?? this.#treeOf(partition);
    const buckets = new Set<number>();
    const before: [bucket: number, leaf: Uint8Array][] = [];
    try {
      const held = this.#database.transaction("durable", () => {
        for (const key of removed) {
          const bucket = bucketOf(key, nodeSha256);
          buckets.add(bucket);
          if (this.#remove.run(itemSet, bucket, key).changes !== 1) throw new Refused("a removal of what is not there");
        }
        for (const { key, value } of put) {
          const bucket = bucketOf(key, nodeSha256);
          buckets.add(bucket);
          this.#put.run(itemSet, bucket, key, value);
        }
        for (const bucket of buckets) {
          before.push([bucket, tree.leaf(bucket)]);
          tree.set(bucket, leafHash(this.#itemsOf(itemSet, bucket), nodeSha256));
        }
        if (!sameBytes(tree.root(), digestAfter)) throw new Refused(`the content is not that of ${partition} ${epoch}:${to}`);
        if (partition === GLOBAL) this.kept.settle(itemSet);
        return this.#write({ partition, epoch, version: to, digest: digestAfter, confirmed: null }, itemSet);
      });
      this.#trees.set(partition, tree);
      this.#changed(held, itemSet);
      return ok(held);
    } catch (error) {
      for (const [bucket, leaf] of before) tree.set(bucket, leaf);
      this.#openSets.delete(itemSet);
      if (error instanceof Refused) return err("FeedDigest", error.message);
      throw error;
    }
  }

  /** Begins to take a whole version, beside the one that is in force. */
  beginSnapshot(manifest: Pick<Manifest, "partition" | "epoch" | "version" | "digest" | "items">): SnapshotWriter {
    const { partition, epoch, version, digest } = manifest;
    const itemSet = this.#newItemSet();
    const written = new ItemSet(this.#database, partition, itemSet);
    return {
      chunk: (buckets) => written.put(buckets),
      close: () => this.#openSets.delete(itemSet),
      finish: () => {
        if (!written.is(manifest)) return err("FeedDigest", `the chunks are not ${partition} ${epoch}:${version}`);
        const held = this.#database.transaction("durable", () => {
          if (partition === GLOBAL) this.#replaceGlobal(epoch, itemSet);
          return this.#write({ partition, epoch, version, digest, confirmed: null }, itemSet);
        });
        this.#trees.set(partition, written.tree);
        this.#changed(held, itemSet);
        return ok(held);
      },
    };
  }

  /** Takes away the items of snapshots that were replaced or never finished. Yields between portions; more than one may be under way. */
  *sweep(): Generator<void, void> {
    const sets = this.#database.prepare<[], number>(ITEM_SETS).pluck().all();
    const some = this.#database.prepare<[number, number]>(
      "DELETE FROM feed_item WHERE (item_set, bucket, key) IN (SELECT item_set, bucket, key FROM feed_item WHERE item_set = ? LIMIT ?)",
    );
    // A number is given anew when nothing is left under it: between two portions it may have become that of a set that is wanted.
    for (const itemSet of sets) while (this.#isLeftover(itemSet) && this.#database.transaction("quick", () => some.run(itemSet, SWEEP_ROWS).changes) > 0) yield;
  }

  /** Forgets a partition that is not subscribed any more; {@link sweep} takes its items away. */
  drop(partition: Partition): void {
    this.#database.transaction("durable", () => this.#database.prepare("DELETE FROM feed_partition WHERE name = ?").run(partition));
    this.#held.delete(partition);
    this.#trees.delete(partition);
  }

  /** Sets that are being filled: they are not swept. */
  readonly #openSets = new Set<number>();

  #isLeftover(itemSet: number): boolean {
    return !this.#openSets.has(itemSet) && [...this.#held.values()].every((held) => held.itemSet !== itemSet);
  }

  #newItemSet(): number {
    const used = this.#database
      .prepare<[], number>("SELECT max(m) FROM (SELECT max(item_set) AS m FROM feed_item UNION ALL SELECT max(item_set) FROM feed_partition)")
      .pluck()
      .get();
    const itemSet = Math.max(used ?? 0, ...this.#openSets) + 1;
    this.#openSets.add(itemSet);
    return itemSet;
  }

  /** The tree over what is in force, in one go: for a partition that is new or was just fetched. */
  #treeOf(partition: Partition): PartitionDigest {
    const steps = this.prepare(partition);
    let step = steps.next();
    while (step.done !== true) step = steps.next();
    return this.#trees.get(partition) ?? new PartitionDigest(nodeSha256);
  }

  /** Nobody who was revoked passes because an epoch began: see {@link KeptRevocations}. */
  #replaceGlobal(epoch: number, itemSet: number): void {
    const before = this.#held.get(GLOBAL);
    if (before !== undefined && before.held.epoch !== epoch) this.kept.replaced(before.itemSet, itemSet);
    else this.kept.settle(itemSet);
  }

  #itemsOf(itemSet: number, bucket: number): ItemBytes[] {
    return this.#ofBucket.all(itemSet, bucket).map(([key, value]) => ({ key, value }));
  }

  #write(held: HeldPartition, itemSet: number): HeldPartition {
    const { partition, epoch, version, digest } = held;
    this.#database
      .prepare("INSERT OR REPLACE INTO feed_partition (name, item_set, epoch, version, digest) VALUES (?, ?, ?, ?, ?)")
      .run(partition, itemSet, epoch, version, digest);
    return held;
  }

  #changed(held: HeldPartition, itemSet: number): void {
    this.#held.set(held.partition, { held, itemSet });
    this.#openSets.delete(itemSet);
    for (const listener of this.#changeListeners) listener(held.partition);
  }
}

/** Takes the chunks of one snapshot, in any order; nothing of it is in force until it is finished. */
export interface SnapshotWriter {
  chunk(buckets: readonly ChunkBucket[]): Result<null, FeedRefusal>;
  finish(): Result<HeldPartition, FeedRefusal>;
  /** To be called in the end, whatever came of it: what is not in force is a leftover from then on, which {@link FeedStore.sweep} takes away. */
  close(): void;
}

/** Undoes the transaction of a delta that does not say what it should. */
class Refused extends Error {
  override readonly name = "Refused";
}
