import { bytesToHex, itemRow, BUCKETS, kidBytes, makeChunks, makeManifest, type Partition } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import type { PartitionState, Sequencer } from "./sequencer.ts";

/** Chunks that are kept for those who fetch them; the oldest snapshot goes first. */
const KEPT_BYTES_MAX = 256 * 1024 * 1024;
/** Of one partition: who began with the one before the newest may finish. */
const KEPT_OF_PARTITION = 2;

/** A whole version of a partition: its signed manifest, and its chunks by name. */
export interface Snapshot {
  readonly state: PartitionState;
  readonly manifest: Uint8Array;
  /** By their SHA-256 in hex. */
  readonly chunks: ReadonlyMap<string, Uint8Array>;
}

/** Builds snapshots when somebody needs one, and keeps their chunks for a while: a chunk is found by its content's hash, so it never changes. */
export class Snapshots {
  readonly #cloud: Cloud;
  readonly #sequencer: Sequencer;
  /** Oldest first. */
  #kept: Snapshot[] = [];
  readonly #building = new Map<Partition, Promise<Snapshot>>();

  constructor(cloud: Cloud, sequencer: Sequencer) {
    this.#cloud = cloud;
    this.#sequencer = sequencer;
  }

  /** The partition as it is now; several who ask at once get the same. */
  async of(partition: Partition): Promise<Snapshot> {
    const running = this.#building.get(partition);
    if (running !== undefined) return running;
    const building = this.#build(partition).finally(() => this.#building.delete(partition));
    this.#building.set(partition, building);
    return building;
  }

  /** A chunk by the SHA-256 of its bytes in hex; undefined: of no snapshot that is kept. @param partitions  those whose chunks the asker may have */
  chunk(sha256: string, partitions: readonly Partition[]): Uint8Array | undefined {
    for (const { state, chunks } of this.#kept) {
      const bytes = partitions.includes(state.partition) ? chunks.get(sha256) : undefined;
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  /**
   * A chunk as {@link chunk} finds it; where several instances tell of the same store, also one that another has named: of the same items the same chunks
   * are made everywhere.
   */
  async find(sha256: string, partitions: readonly Partition[]): Promise<Uint8Array | undefined> {
    const kept = this.chunk(sha256, partitions);
    if (kept !== undefined || !this.#cloud.database.isShared) return kept;
    for (const partition of partitions) {
      const bytes = (await this.of(partition)).chunks.get(sha256);
      if (bytes !== undefined) return bytes;
    }
    return undefined;
  }

  async #build(partition: Partition): Promise<Snapshot> {
    const read = await this.#cloud.database.transact(async (queries) => {
      const state = await this.#sequencer.state(queries, partition);
      const known = this.#kept.find((snapshot) => snapshot.state.partition === partition && snapshot.state.version === state.version);
      if (known !== undefined && known.state.epoch === state.epoch) return known;
      const items = queries.selectFrom("feed_item").select(["key", "value", "bucket"]).where("feed_partition", "=", partition);
      return { state, rows: await items.orderBy("bucket").orderBy("key").execute() };
    }, "repeatable read");
    if ("chunks" in read) return read;
    const { state, rows } = read;
    const buckets: Uint8Array[][] = Array.from({ length: BUCKETS }, () => []);
    for (const { key, value, bucket } of rows) buckets[bucket]!.push(itemRow({ key, value }));
    const chunks = makeChunks(buckets, nodeSha256);
    const { epoch, version, digest } = state;
    const { kid, signer } = this.#sequencer.keys;
    const references = chunks.map(({ reference }) => reference);
    const manifest = makeManifest(this.#cloud.site, { partition, epoch, version, digest, items: rows.length, chunks: references }, kidBytes(kid), signer);
    const snapshot: Snapshot = { state, manifest, chunks: new Map(chunks.map(({ reference, bytes }) => [bytesToHex(reference.sha256), bytes])) };
    this.#keep(snapshot);
    return snapshot;
  }

  #keep(snapshot: Snapshot): void {
    const others = this.#kept.filter(({ state }) => state.partition === snapshot.state.partition);
    const tooMany = new Set(others.slice(0, Math.max(0, others.length - KEPT_OF_PARTITION + 1)));
    this.#kept = [...this.#kept.filter((kept) => !tooMany.has(kept)), snapshot];
    let bytes = this.#kept.reduce((sum, { chunks }) => sum + sizeOf(chunks), 0);
    while (bytes > KEPT_BYTES_MAX && this.#kept.length > 1) bytes -= sizeOf(this.#kept.shift()!.chunks);
  }
}

const sizeOf = (chunks: Snapshot["chunks"]): number => [...chunks.values()].reduce((sum, { length }) => sum + length, 0);
