import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes, sameBytes } from "../bytes.ts";
import { encodeCbor } from "../cbor.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner, nodeVerifier } from "../node/node-ed25519.ts";
import { nodeSha256 } from "../node/sha256.ts";
import { err, ok } from "../result.ts";
import { RECORD, sign1 } from "../signed.ts";
import { kidBytes } from "../trust-list.ts";
import { readDeltaPart } from "./delta.ts";
import type { ItemBytes } from "./feed-item.ts";
import { bucketRows, type Chunk, CHUNK_BYTES_MAX, type ChunkReference, makeChunks, makeManifest, type Manifest, readChunk, readManifest } from "./manifest.ts";
import { zonePartition } from "./partition.ts";
import { BUCKETS, bucketOf, digestOf, itemRow, itemsOfRows, leafHash, leafOfRows } from "./partition-digest.ts";
import type { CborValue } from "../cbor-value.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(1));
const kid = kidBytes(3);
const DIGEST = new Uint8Array(32).fill(0xd1);
const item = (n: number, bytes = 300): ItemBytes => ({ key: Uint8Array.of(1, n >> 16, n >> 8, n & 255), value: new Uint8Array(bytes).fill(n) });
const chunksOf = (items: readonly ItemBytes[]): Chunk[] => makeChunks(bucketRows(items, nodeSha256), nodeSha256);
const manifestOf = (references: readonly ChunkReference[], change: Partial<Manifest> = {}): Manifest => ({
  partition: zonePartition("east"),
  epoch: 1,
  version: 9,
  digest: DIGEST,
  items: references.reduce((sum, { items }) => sum + items, 0),
  chunks: references,
  ...change,
});
const read = (bytes: Uint8Array, site = SITE) => readManifest(bytes, site, () => ok(signer.publicKey), nodeVerifier);
const signed = (payload: CborValue): Uint8Array => sign1("delta", SITE, kid, encodeCbor(payload), signer);

/** 1.5 MB. */
const LARGE = Array.from({ length: 5_000 }, (_, n) => item(n));
const largeChunks = chunksOf(LARGE);

test("chunks cover all buckets one behind the other, none too long, in halves of halves", () => {
  expect(largeChunks.length).toBeGreaterThanOrEqual(6);
  let next = 0;
  for (const { reference, bytes } of largeChunks) {
    const { firstBucket, lastBucket, sha256 } = reference;
    const buckets = lastBucket - firstBucket + 1;
    expect(firstBucket).toBe(next);
    expect([Math.log2(buckets) % 1, firstBucket % buckets]).toEqual([0, 0]);
    expect(bytes.length).toBeLessThanOrEqual(CHUNK_BYTES_MAX);
    expect(reference.bytes).toBe(bytes.length);
    expect(sha256).toEqual(nodeSha256(bytes));
    next = lastBucket + 1;
  }
  expect(next).toBe(BUCKETS);
});

test("the items of all chunks are those of the partition, and have its digest", () => {
  const buckets = largeChunks.flatMap(({ bytes, reference }) => readChunk(bytes, reference, nodeSha256)!);
  for (const { bucket, items, rows } of buckets) {
    expect(itemsOfRows(rows)).toHaveLength(items);
    for (const { key } of itemsOfRows(rows)) expect(bucketOf(key, nodeSha256)).toBe(bucket);
    expect(leafOfRows(rows, nodeSha256)).toEqual(leafHash(itemsOfRows(rows), nodeSha256));
  }
  expect(new Set(buckets.map(({ bucket }) => bucket)).size).toBe(buckets.length);
  const back = buckets.flatMap(({ rows }) => itemsOfRows(rows));
  expect(back).toHaveLength(LARGE.length);
  expect(back.map(({ key }) => bucketOf(key, nodeSha256))).toEqual(back.map(({ key }) => bucketOf(key, nodeSha256)).sort((a, b) => a - b));
  expect(digestOf(back, nodeSha256)).toEqual(digestOf(LARGE, nodeSha256));
});

test("the order in which items come changes no chunk", () => {
  const reversed = chunksOf([...LARGE].reverse());
  expect(reversed.map(({ reference }) => reference)).toEqual(largeChunks.map(({ reference }) => reference));
});

test("one item that changes, comes or goes leaves every other chunk as it was", () => {
  const names = (chunks: readonly Chunk[]): string[] => chunks.map(({ reference }) => `${reference.firstBucket}: ${bytesToHex(reference.sha256)}`);
  const before = names(largeChunks);
  fc.assert(
    fc.property(fc.nat(LARGE.length - 1), fc.constantFrom("changes", "comes", "goes"), fc.nat(0xff_ffff), (at, what, n) => {
      const changed = what === "changes" ? LARGE.with(at, item(at, 301)) : what === "goes" ? LARGE.toSpliced(at, 1) : [...LARGE, item(5_000 + n, 9)];
      const after = names(chunksOf(changed));
      expect(after).toHaveLength(before.length);
      expect(after.filter((name, nth) => name !== before[nth])).toHaveLength(1);
    }),
    { numRuns: 25 },
  );
});

test("a partition without items is one chunk without bytes", () => {
  const [chunk, ...others] = chunksOf([]) as [Chunk];
  expect(others).toEqual([]);
  expect(chunk.reference).toEqual({ firstBucket: 0, lastBucket: 4_095, items: 0, bytes: 0, sha256: nodeSha256(new Uint8Array()) });
  expect(readChunk(chunk.bytes, chunk.reference, nodeSha256)).toEqual([]);
});

test("a chunk of exactly the limit is whole, with a byte more it is halved", () => {
  const rows = (length: number): Uint8Array[][] => Array.from({ length: BUCKETS }, (_, bucket) => (bucket === 5 ? [new Uint8Array(length)] : []));
  expect(makeChunks(rows(CHUNK_BYTES_MAX), nodeSha256)).toHaveLength(1);
  expect(() => makeChunks(rows(CHUNK_BYTES_MAX + 1), nodeSha256)).toThrow(RangeError);
  const two = rows(CHUNK_BYTES_MAX);
  two[BUCKETS - 1] = [Uint8Array.of(0)];
  expect(makeChunks(two, nodeSha256).map(({ reference }) => [reference.firstBucket, reference.lastBucket])).toEqual([
    [0, 2_047],
    [2_048, 4_095],
  ]);
});

/** Items of the lower half, in the order of a chunk. */
const lower = Array.from({ length: 40 }, (_, n) => item(n, 20))
  .map((each) => ({ ...each, bucket: bucketOf(each.key, nodeSha256) }))
  .filter(({ bucket }) => bucket < 2_048)
  .sort((a, b) => a.bucket - b.bucket);
const upper = Array.from({ length: 40 }, (_, n) => item(n, 20)).find(({ key }) => bucketOf(key, nodeSha256) >= 2_048)!;
const chunkOf = (items: readonly ItemBytes[]): Uint8Array => concatBytes(items.map(itemRow));
/** As a manifest would name these bytes. */
const named = (bytes: Uint8Array, items = lower.length, change: Partial<ChunkReference> = {}) =>
  readChunk(bytes, { firstBucket: 0, lastBucket: 2_047, items, bytes: bytes.length, sha256: nodeSha256(bytes), ...change }, nodeSha256)?.flatMap(({ rows }) =>
    itemsOfRows(rows),
  );
const good = chunkOf(lower);

test("a chunk gives its items in order", () => {
  expect(named(good)).toEqual(lower.map(({ key, value }) => ({ key, value })));
});

test("a chunk with any one bit turned is not the chunk that the manifest names", () => {
  const [{ reference, bytes }] = chunksOf(lower) as [Chunk];
  expect(readChunk(bytes, reference, nodeSha256)?.flatMap(({ rows }) => itemsOfRows(rows))).toHaveLength(lower.length);
  for (let bit = 0; bit < 8 * bytes.length; bit += 7) {
    const turned = bytes.slice();
    turned[bit >> 3]! ^= 1 << (bit & 7);
    expect(readChunk(turned, reference, nodeSha256), `bit ${bit}`).toBeUndefined();
  }
});

test.each<[string, ReturnType<typeof named>]>([
  ["an item of a foreign bucket", named(chunkOf([...lower, upper]), lower.length + 1)],
  ["items out of order", named(chunkOf([...lower].reverse()))],
  ["an item twice", named(chunkOf([lower[0]!, ...lower]), lower.length + 1)],
  ["a key twice with another value", named(chunkOf([{ ...lower[0]!, value: Uint8Array.of(1) }, ...lower]), lower.length + 1)],
  ["an item too few", named(chunkOf(lower.slice(1)))],
  ["an item too many", named(good, lower.length - 1)],
  ["more bytes than the manifest says", named(good, lower.length, { bytes: good.length - 1 })],
  ["another hash", named(good, lower.length, { sha256: DIGEST })],
  ["buckets below its range", named(good, lower.length, { firstBucket: lower[0]!.bucket + 1 })],
  ["buckets above its range", named(good, lower.length, { lastBucket: lower.at(-1)!.bucket - 1 })],
  ["an empty key", named(Uint8Array.of(0, 0, 0), 1, { lastBucket: 4_095 })],
  ["a key of 65 bytes", named(chunkOf([{ key: new Uint8Array(65), value: new Uint8Array() }]), 1, { lastBucket: 4_095 })],
  ["a value of 4,097 bytes", named(chunkOf([{ key: lower[0]!.key, value: new Uint8Array(4_097) }]), 1)],
])("a chunk with %s is none", (_, items) => {
  expect(items).toBeUndefined();
});

test("a chunk that is cut off anywhere but between two items is none", () => {
  const ends = new Set([0]);
  for (const each of lower) ends.add([...ends].at(-1)! + itemRow(each).length);
  for (let length = 0; length < good.length; length++) {
    const count = [...ends].filter((end) => end <= length).length - 1;
    if (ends.has(length)) expect(named(good.subarray(0, length), count)).toHaveLength(count);
    else for (const items of [count, count + 1]) expect(named(good.subarray(0, length), items), `${length} bytes`).toBeUndefined();
  }
});

test("any bytes are a chunk that is written the same again, or none", () => {
  const turned = fc.tuple(fc.nat(good.length - 1), fc.nat(255)).map(([at, byte]) => good.map((old, nth) => (nth === at ? byte : old)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), turned), fc.nat(3), (bytes, count) => {
      for (const items of [count, lower.length]) {
        const back = named(bytes, items, { lastBucket: BUCKETS - 1 });
        if (back !== undefined) expect(sameBytes(chunkOf(back), bytes)).toBe(true);
      }
    }),
    { numRuns: 1_000 },
  );
});

const references = largeChunks.map(({ reference }) => reference);

test("a manifest reads as it was written", () => {
  for (const manifest of [manifestOf(references), manifestOf(chunksOf([]).map(({ reference }) => reference))])
    expect(read(makeManifest(SITE, manifest, kid, signer))).toEqual({ ok: true, value: manifest });
});

const range = (firstBucket: number, lastBucket: number, change: Partial<ChunkReference> = {}): ChunkReference => ({
  firstBucket,
  lastBucket,
  items: 2,
  bytes: 100,
  sha256: DIGEST,
  ...change,
});
const row = ({ firstBucket, lastBucket, items, bytes, sha256 }: ChunkReference): CborValue => [firstBucket, lastBucket, items, bytes, sha256];
const payload = (rows: readonly ChunkReference[], items = 2 * rows.length): CborValue => [2, "zone/east", 1, 9, DIGEST, items, rows.map(row)];

test("a manifest has the seven elements of the document", () => {
  const halves = [range(0, 2_047), range(2_048, 4_095)];
  expect(makeManifest(SITE, manifestOf(halves), kid, signer)).toEqual(signed(payload(halves)));
});

test.each<[string, readonly ChunkReference[], number?]>([
  ["no chunks", []],
  ["a bucket missing in front", [range(1, 4_095)]],
  ["buckets missing behind", [range(0, 2_047)]],
  ["buckets missing between", [range(0, 1_023), range(2_048, 4_095)]],
  ["buckets twice", [range(0, 2_047), range(0, 2_047), range(2_048, 4_095)]],
  ["chunks exchanged", [range(2_048, 4_095), range(0, 2_047)]],
  ["bucket 4,096", [range(0, 4_095), range(4_096, 4_096)]],
  ["a range beyond the last bucket", [range(0, 8_191)]],
  ["a range that ends before it begins", [range(0, 4_095), range(4_096, 4_095)]],
  ["ranges that are no halves", [range(0, 1_499), range(1_500, 4_095)]],
  ["halves of no half", [range(0, 1_023), range(1_024, 3_071), range(3_072, 4_095)]],
  ["lengths that are no powers of two", [range(0, 2_999), range(3_000, 3_999), range(4_000, 4_031), range(4_032, 4_095)]],
  ["a chunk above the limit", [range(0, 4_095, { bytes: CHUNK_BYTES_MAX + 1 })]],
  ["a hash of 31 bytes", [range(0, 4_095, { sha256: new Uint8Array(31) })]],
  ["another count than that of its chunks", [range(0, 4_095)], 3],
])("a manifest with %s cannot be made, and where it is signed it is malformed", (_, chunks, items) => {
  expect(() => makeManifest(SITE, manifestOf(chunks, items === undefined ? {} : { items }), kid, signer)).toThrow(RangeError);
  expect(read(signed(payload(chunks, items)))).toMatchObject({ error: "FeedMalformed" });
});

test.each<[string, CborValue]>([
  ["another layout", [3, "zone/east", 1, 9, DIGEST, 2, [row(range(0, 4_095))]]],
  ["no known partition", [2, "zone/East", 1, 9, DIGEST, 2, [row(range(0, 4_095))]]],
  ["a short digest", [2, "zone/east", 1, 9, DIGEST.subarray(1), 2, [row(range(0, 4_095))]]],
  ["a version as text", [2, "zone/east", 1, "9", DIGEST, 2, [row(range(0, 4_095))]]],
  ["a chunk of four elements", [2, "zone/east", 1, 9, DIGEST, 2, [[0, 4_095, 2, 100]]]],
  ["chunks that are no array", [2, "zone/east", 1, 9, DIGEST, 2, null]],
  ["an element too many", [2, "zone/east", 1, 9, DIGEST, 2, [row(range(0, 4_095))], 0]],
])("a signed manifest with %s is malformed", (_, value) => {
  expect(read(signed(value))).toMatchObject({ error: "FeedMalformed" });
});

test("what was spoilt above is good unspoilt, a chunk of the limit too", () => {
  expect(read(signed(payload([range(0, 2_047, { bytes: CHUNK_BYTES_MAX }), range(2_048, 3_071), range(3_072, 4_095)])))).toMatchObject({ ok: true });
});

/** Single buckets, then as few halves as cover the rest. */
function singles(count: number): ChunkReference[] {
  const ranges = Array.from({ length: count }, (_, bucket) => range(bucket, bucket));
  for (let from = count; from < BUCKETS; from = ranges.at(-1)!.lastBucket + 1) {
    let buckets = 1;
    while (from % (2 * buckets) === 0 && from + 2 * buckets <= BUCKETS) buckets *= 2;
    ranges.push(range(from, from + buckets - 1));
  }
  return ranges;
}

test("more chunks than one record holds are the caller's mistake, also where the payload alone would fit", () => {
  const counts = Array.from({ length: 100 }, (_, n) => 1_430 + n).map((count) => ({ count, bytes: encodeCbor(payload(singles(count))).length }));
  const most = counts.findLast(({ bytes }) => bytes + 80 <= RECORD.delta.bytesMax)!;
  const payloadFits = counts.find(({ bytes }) => bytes > RECORD.delta.bytesMax - 70 && bytes <= RECORD.delta.bytesMax)!;
  expect(read(makeManifest(SITE, manifestOf(singles(most.count)), kid, signer)).ok).toBe(true);
  for (const count of [payloadFits.count, counts.at(-1)!.count]) expect(() => makeManifest(SITE, manifestOf(singles(count)), kid, signer)).toThrow(RangeError);
});

test("a manifest of another site, by a stranger or an untrusted key is refused, and is no delta", () => {
  const bytes = makeManifest(SITE, manifestOf(references), kid, signer);
  expect(read(bytes, "other")).toMatchObject({ error: "SignatureInvalid" });
  expect(read(makeManifest(SITE, manifestOf(references), kid, nodeSigner(new Uint8Array(32).fill(2))))).toMatchObject({ error: "SignatureInvalid" });
  expect(readManifest(bytes, SITE, () => err("KeyUntrusted"), nodeVerifier)).toMatchObject({ error: "KeyUntrusted" });
  expect(readDeltaPart(bytes, SITE, () => ok(signer.publicKey), nodeVerifier)).toMatchObject({ error: "FeedMalformed" });
});

test("any bytes have a typed outcome, signed or not", () => {
  const value = encodeCbor(payload([range(0, 2_047), range(2_048, 4_095)]));
  const turned = fc.tuple(fc.nat(value.length - 1), fc.nat(255)).map(([at, byte]) => value.map((old, nth) => (nth === at ? byte : old)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), turned), fc.uint8Array(), (any, unsigned) => {
      expect(read(unsigned)).toMatchObject({ error: "RecordMalformed" });
      const record = sign1("delta", SITE, kid, any, signer);
      const manifest = read(record);
      if (manifest.ok) expect(makeManifest(SITE, manifest.value, kid, signer)).toEqual(record);
      else expect(manifest.error).toBe("FeedMalformed");
    }),
  );
});
