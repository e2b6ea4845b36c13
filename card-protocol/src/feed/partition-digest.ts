import { compareBytes, concatBytes } from "../bytes.ts";
import type { Sha256 } from "../event-chain.ts";
import type { ItemBytes } from "./feed-item.ts";

/** The buckets of a partition; an item is in that of the first 12 bits of its key's SHA-256. */
export const BUCKETS = 4_096;
const LEAVES_PER_NODE = 64;
const HASH_BYTES = 32;
const LEAF_BYTE = Uint8Array.of(0);
const NODE = 1;
const ROOT = 2;

/** The bucket of a key, 0..4,095. */
export function bucketOf(key: Uint8Array, sha256: Sha256): number {
  const hash = sha256(key);
  return (hash[0]! << 4) | (hash[1]! >> 4);
}

/** An item as leaves and chunks hold it: key length u8, key, value length u16, value. */
export function itemRow({ key, value }: ItemBytes): Uint8Array {
  const row = new Uint8Array(3 + key.length + value.length);
  row[0] = key.length;
  row.set(key, 1);
  row[1 + key.length] = value.length >> 8;
  row[2 + key.length] = value.length & 0xff;
  row.set(value, 3 + key.length);
  return row;
}

/** The items whose {@link itemRow}s stand one behind the other. @param rows  nothing else, as `readChunk` has seen. @returns views of them */
export function itemsOfRows(rows: Uint8Array): ItemBytes[] {
  const items: ItemBytes[] = [];
  for (let at = 0; at < rows.length;) {
    const valueAt = at + 3 + rows[at]!;
    const end = valueAt + rows[valueAt - 2]! * 256 + rows[valueAt - 1]!;
    items.push({ key: rows.subarray(at + 1, valueAt - 2), value: rows.subarray(valueAt, end) });
    at = end;
  }
  return items;
}

/** The hash of a bucket. @param items  all of the bucket, in any order */
export function leafHash(items: readonly ItemBytes[], sha256: Sha256): Uint8Array {
  return leafOfRows(concatBytes([...items].sort((a, b) => compareBytes(a.key, b.key)).map(itemRow)), sha256);
}

/** The hash of a bucket. @param rows  all of its {@link itemRow}s in the order of their keys, one behind the other: as a chunk has them */
export const leafOfRows = (rows: Uint8Array, sha256: Sha256): Uint8Array => sha256(concatBytes([LEAF_BYTE, rows]));

/**
 * The tree over a partition's buckets, kept between versions: a changed bucket costs three short hashes. The digest depends on the content alone, and
 * not on how it came about. docs/feed-and-events.md, "Digest".
 */
export class PartitionDigest {
  readonly #sha256: Sha256;
  readonly #leaves: Uint8Array;
  readonly #nodes: Uint8Array;
  /** Nodes whose leaves have changed since they were hashed. */
  readonly #changed = new Set<number>();

  /** @param leaves  as {@link leaves} gave them, taken over; without: the digest of no items at all */
  constructor(sha256: Sha256, leaves?: Uint8Array) {
    if (leaves !== undefined && leaves.length !== BUCKETS * HASH_BYTES) throw new RangeError("a partition has 4,096 leaves of 32 bytes");
    this.#sha256 = sha256;
    this.#nodes = new Uint8Array((BUCKETS / LEAVES_PER_NODE) * HASH_BYTES);
    this.#leaves = leaves ?? emptyLeaves(sha256);
    for (let node = 0; node < BUCKETS / LEAVES_PER_NODE; node++) this.#changed.add(node);
  }

  /** The leaves of all buckets, one behind the other: to be kept and handed over again. */
  get leaves(): Uint8Array {
    return this.#leaves.slice();
  }

  /** The hash of one bucket. */
  leaf(bucket: number): Uint8Array {
    return this.#leaves.slice(bucket * HASH_BYTES, (bucket + 1) * HASH_BYTES);
  }

  /** @param leaf  {@link leafHash} of what the bucket now holds */
  set(bucket: number, leaf: Uint8Array): void {
    this.#leaves.set(leaf, bucket * HASH_BYTES);
    this.#changed.add(Math.floor(bucket / LEAVES_PER_NODE));
  }

  /** The root, 32 bytes. */
  root(): Uint8Array {
    for (const node of this.#changed) {
      const from = node * LEAVES_PER_NODE * HASH_BYTES;
      const leaves = this.#leaves.subarray(from, from + LEAVES_PER_NODE * HASH_BYTES);
      this.#nodes.set(this.#sha256(concatBytes([Uint8Array.of(NODE), leaves])), node * HASH_BYTES);
    }
    this.#changed.clear();
    return this.#sha256(concatBytes([Uint8Array.of(ROOT), this.#nodes]));
  }
}

/** The digest of a partition from all of its items, in any order. */
export function digestOf(items: Iterable<ItemBytes>, sha256: Sha256): Uint8Array {
  const buckets = new Map<number, ItemBytes[]>();
  for (const item of items) {
    const bucket = bucketOf(item.key, sha256);
    const list = buckets.get(bucket);
    if (list === undefined) buckets.set(bucket, [item]);
    else list.push(item);
  }
  const digest = new PartitionDigest(sha256);
  for (const [bucket, list] of buckets) digest.set(bucket, leafHash(list, sha256));
  return digest.root();
}

function emptyLeaves(sha256: Sha256): Uint8Array {
  const leaves = new Uint8Array(BUCKETS * HASH_BYTES);
  const empty = leafHash([], sha256);
  for (let bucket = 0; bucket < BUCKETS; bucket++) leaves.set(empty, bucket * HASH_BYTES);
  return leaves;
}
