import { compareBytes, concatBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor } from "../cbor.ts";
import type { Sha256 } from "../event-chain.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32 } from "../units.ts";
import { ITEM_KEY_BYTES_MAX, type ItemBytes } from "./feed-item.ts";
import { ITEM_VALUE_BYTES_MAX, readAll } from "./item-fields.ts";
import { BUCKETS, bucketOf, itemRow } from "./partition-digest.ts";
import { isPartition, type Partition } from "./partition.ts";

/** A run of buckets as one download; its name is its SHA-256. */
export interface ChunkReference {
  /** 0 ≤ first ≤ last ≤ 4,095. */
  readonly firstBucket: number;
  readonly lastBucket: number;
  readonly items: number;
  readonly bytes: number;
  /** 32 bytes. */
  readonly sha256: Uint8Array;
}

/** A whole version of a partition, as chunks. Kind 7, like a delta. */
export interface Manifest {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  readonly digest: Uint8Array;
  /** Of all chunks together. */
  readonly items: number;
  /** They cover the buckets 0 to 4,095, one behind the other. */
  readonly chunks: readonly ChunkReference[];
}

/** No chunk is longer. */
export const CHUNK_BYTES_MAX = 262_144;
const LAYOUT = 2;

/** A chunk and what a manifest says of it. */
export interface Chunk {
  readonly reference: ChunkReference;
  readonly bytes: Uint8Array;
}

/**
 * Cuts a version into chunks: halves of halves of the buckets, until each fits. A chunk whose buckets have not changed is the same chunk in the next snapshot.
 *
 * @param rows  the rows of each bucket in the order of their keys, 4,096 lists
 * @throws RangeError for a bucket that alone is too long: more items than a partition may have
 */
export function makeChunks(rows: readonly (readonly Uint8Array[])[], sha256: Sha256): Chunk[] {
  const sizes = rows.map((bucket) => bucket.reduce((sum, row) => sum + row.length, 0));
  const cut = (first: number, last: number): Chunk[] => {
    let bytes = 0;
    for (let bucket = first; bucket <= last; bucket++) bytes += sizes[bucket]!;
    if (bytes > CHUNK_BYTES_MAX) {
      if (first === last) throw new RangeError(`bucket ${first} has ${bytes} bytes, a chunk at most ${CHUNK_BYTES_MAX}`);
      const middle = first + ((last - first + 1) >> 1);
      return [...cut(first, middle - 1), ...cut(middle, last)];
    }
    const parts = rows.slice(first, last + 1).flat();
    const chunk = concatBytes(parts);
    return [{ bytes: chunk, reference: { firstBucket: first, lastBucket: last, items: parts.length, bytes, sha256: sha256(chunk) } }];
  };
  return cut(0, BUCKETS - 1);
}

/** What a chunk has of one bucket. */
export interface ChunkBucket {
  readonly bucket: number;
  /** 1 or more. */
  readonly items: number;
  /** All of them as they are hashed, see `leafOfRows`; `itemsOfRows` takes them apart. A view of the chunk. */
  readonly rows: Uint8Array;
}

/**
 * The buckets of a chunk in order; undefined where the bytes are not the chunk that the manifest names. Whether the items mean anything, `isItem` tells. The
 * items are not taken apart here, for whoever writes them needs those of one bucket at a time.
 */
export function readChunk(bytes: Uint8Array, reference: ChunkReference, sha256: Sha256): ChunkBucket[] | undefined {
  if (bytes.length !== reference.bytes || compareBytes(sha256(bytes), reference.sha256) !== 0) return undefined;
  const buckets: ChunkBucket[] = [];
  let [bucket, from, items, count] = [-1, 0, 0, 0];
  let before: Uint8Array | undefined;
  const bucketEnds = (end: number): void => {
    if (items > 0) buckets.push({ bucket, items, rows: bytes.subarray(from, end) });
    count += items;
  };
  for (let at = 0; at < bytes.length;) {
    const keyLength = bytes[at]!;
    const valueAt = at + 3 + keyLength;
    const valueLength = (bytes[valueAt - 2] ?? 0) * 256 + (bytes[valueAt - 1] ?? 0);
    if (keyLength === 0 || keyLength > ITEM_KEY_BYTES_MAX || valueLength > ITEM_VALUE_BYTES_MAX || valueAt + valueLength > bytes.length) return undefined;
    const key = bytes.subarray(at + 1, at + 1 + keyLength);
    const own = bucketOf(key, sha256);
    if (own !== bucket) {
      if (own < bucket || own < reference.firstBucket || own > reference.lastBucket) return undefined;
      bucketEnds(at);
      [bucket, from, items] = [own, at, 0];
    } else if (compareBytes(before!, key) >= 0) return undefined;
    before = key;
    items++;
    at = valueAt + valueLength;
  }
  bucketEnds(bytes.length);
  return count === reference.items ? buckets : undefined;
}

/** The rows of each bucket in the order of their keys, as {@link makeChunks} takes them. */
export function bucketRows(items: Iterable<ItemBytes>, sha256: Sha256): Uint8Array[][] {
  const buckets: ItemBytes[][] = Array.from({ length: BUCKETS }, () => []);
  for (const item of items) buckets[bucketOf(item.key, sha256)]!.push(item);
  return buckets.map((bucket) => bucket.sort((a, b) => compareBytes(a.key, b.key)).map(itemRow));
}

/**
 * Signs a manifest by a key of the trust list with usage `feed`.
 *
 * @throws RangeError for a manifest out of range, or of more chunks than a record holds: the caller's mistake
 */
export function makeManifest(site: string, manifest: Manifest, kid: Uint8Array, signer: Signer): Uint8Array {
  const { partition, epoch, version, digest, items, chunks } = manifest;
  const rows = chunks.map((chunk) => [chunk.firstBucket, chunk.lastBucket, chunk.items, chunk.bytes, chunk.sha256]);
  const payload = encodeCbor([LAYOUT, partition, epoch, version, digest, items, rows]);
  if (decodeManifest(payload) === undefined) throw new RangeError("a manifest out of range");
  const record = sign1("delta", site, kid, payload, signer);
  if (record.length > RECORD.delta.bytesMax) throw new RangeError(`a manifest of ${record.length} bytes, at most ${RECORD.delta.bytesMax}`);
  return record;
}

/**
 * A manifest that is signed and in range.
 *
 * @param keyFor  `keysFor(trustList, "feed", wall)`
 */
export function readManifest(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<Manifest, SignedError | "FeedMalformed"> {
  const record = verify1("delta", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const manifest = decodeManifest(record.value.payload);
  return manifest === undefined ? err("FeedMalformed", "not a manifest, or out of range") : ok(manifest);
}

function decodeManifest(payload: Uint8Array): Manifest | undefined {
  const read = decodeCbor(payload, RECORD.delta.bytesMax);
  const [layout, partition, epoch, version, digest, items, rows] = (read.ok ? elementsOf(read.value, 7) : undefined) ?? [];
  if (layout !== LAYOUT || !isPartition(partition) || !isU32(epoch) || !isU32(version) || !isBytes(digest, 32) || !isU32(items)) return undefined;
  let bucket = 0;
  let counted = 0;
  const chunks = readAll(rows, (row): ChunkReference | undefined => {
    const [firstBucket, lastBucket, count, bytes, sha256] = elementsOf(row, 5) ?? [];
    if (firstBucket !== bucket || !isU32(lastBucket) || lastBucket < bucket || lastBucket >= BUCKETS) return undefined;
    if (!isHalfOfHalves(firstBucket, lastBucket)) return undefined;
    if (!isU32(count) || !isU32(bytes) || bytes > CHUNK_BYTES_MAX || !isBytes(sha256, 32)) return undefined;
    bucket = lastBucket + 1;
    counted += count;
    return { firstBucket, lastBucket, items: count, bytes, sha256 };
  });
  if (chunks === undefined || bucket !== BUCKETS || counted !== items) return undefined;
  return { partition, epoch, version, digest, items, chunks };
}

/** Halved again and again, 4,096 buckets give ranges of a power of two, each at a multiple of its length. */
function isHalfOfHalves(firstBucket: number, lastBucket: number): boolean {
  const buckets = lastBucket - firstBucket + 1;
  return (buckets & (buckets - 1)) === 0 && firstBucket % buckets === 0;
}
