import * as fc from "fast-check";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { compareBytes, sameBytes } from "../bytes.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSha256 } from "../node/sha256.ts";
import type { ItemBytes } from "./feed-item.ts";
import { BUCKETS, bucketOf, digestOf, itemRow, leafHash, PartitionDigest } from "./partition-digest.ts";

/** The section "Digest" of docs/feed-and-events.md, read again with other means: the two must agree. */
function digestByTheDocument(items: readonly ItemBytes[]): string {
  const hashOf = (...parts: Uint8Array[]): Buffer => createHash("sha256").update(Buffer.concat(parts)).digest();
  const first12Bits = (key: Uint8Array): number => parseInt(hashOf(key).toString("hex").slice(0, 3), 16);
  const u16 = (value: number): Buffer => Buffer.from(value.toString(16).padStart(4, "0"), "hex");
  const placed = items.map((each) => ({ ...each, bucket: first12Bits(each.key) })).sort((a, b) => Buffer.compare(a.key, b.key));
  const leaves = Array.from({ length: 4_096 }, (_, n) => {
    const inside = placed.filter(({ bucket }) => bucket === n);
    return hashOf(Uint8Array.of(0), ...inside.flatMap(({ key, value }) => [Uint8Array.of(key.length), key, u16(value.length), value]));
  });
  const nodes = Array.from({ length: 64 }, (_, n) => hashOf(Uint8Array.of(1), ...leaves.slice(64 * n, 64 * n + 64)));
  return hashOf(Uint8Array.of(2), ...nodes).toString("hex");
}

const EMPTY = "369fb0b6d5123cd0a2ea30e930ae74e7e3f6068712caae030e56bc99ae3e3e28";
const item = (key: string, value = ""): ItemBytes => ({ key: Buffer.from(key), value: Buffer.from(value) });

test("the digest of no items at all is the root over 4,096 leaves of one byte", () => {
  const sha256 = (hex: string): string => createHash("sha256").update(hex, "hex").digest("hex");
  const node = sha256(`01${sha256("00").repeat(64)}`);
  expect(sha256(`02${node.repeat(64)}`)).toBe(EMPTY);
  expect(bytesToHex(digestOf([], nodeSha256))).toBe(EMPTY);
  expect(bytesToHex(new PartitionDigest(nodeSha256).root())).toBe(EMPTY);
});

test("an item's row is its key and its value, each behind its length", () => {
  expect(bytesToHex(itemRow({ key: Uint8Array.of(6, 1, 2), value: new Uint8Array(258).fill(0xab) }))).toBe(`030601020102${"ab".repeat(258)}`);
  expect(bytesToHex(itemRow({ key: Uint8Array.of(128), value: new Uint8Array() }))).toBe("01800000");
});

test("an item's bucket is the first 12 bits of its key's hash, of all of which some key has each", () => {
  const seen = new Set<number>();
  for (let n = 0; n < 50_000; n++) {
    const bucket = bucketOf(Buffer.from(`${n}`), nodeSha256);
    if (n < 100) expect(bucket).toBe(parseInt(createHash("sha256").update(`${n}`).digest("hex").slice(0, 3), 16));
    seen.add(bucket);
  }
  expect(seen.size).toBe(BUCKETS);
});

test("the digest is what the document says, of one item as of many", () => {
  const many = Array.from({ length: 300 }, (_, n) => item(`key ${n}`, "v".repeat(n)));
  for (const items of [[item("one", "value")], [item("a"), item("b")], many]) expect(bytesToHex(digestOf(items, nodeSha256))).toBe(digestByTheDocument(items));
});

test("two items of one bucket stand in the order of their keys, in whatever order they come", () => {
  const first = item("0");
  let n = 0;
  while (bucketOf(item(`other ${n}`).key, nodeSha256) !== bucketOf(first.key, nodeSha256)) n++;
  const pair = [item(`other ${n}`, "x"), first];
  expect(bytesToHex(digestOf(pair, nodeSha256))).toBe(digestByTheDocument(pair));
  expect(leafHash(pair, nodeSha256)).toEqual(leafHash(pair.reverse(), nodeSha256));
});

test("bytes moved from a key to its value, or from one item to the next, are another digest", () => {
  const digests = [[item("ab", "c")], [item("a", "bc")], [item("a", "b"), item("c")], [item("a"), item("bc")]].map((items) => bytesToHex(digestOf(items, nodeSha256))); // prettier-ignore
  expect(new Set(digests).size).toBe(4);
});

/** A partition as a controller keeps it: items by bucket, and after each change the leaf of that bucket alone. */
class KeptPartition {
  readonly digest: PartitionDigest;
  readonly items = new Map<string, ItemBytes>();

  constructor(leaves?: Uint8Array) {
    this.digest = new PartitionDigest(nodeSha256, leaves);
  }

  change(key: Uint8Array, value: Uint8Array | undefined): void {
    if (value === undefined) this.items.delete(bytesToHex(key));
    else this.items.set(bytesToHex(key), { key, value });
    const bucket = bucketOf(key, nodeSha256);
    const inside = [...this.items.values()].filter((each) => bucketOf(each.key, nodeSha256) === bucket);
    this.digest.set(bucket, leafHash(inside, nodeSha256));
  }
}

const keys = Array.from({ length: 12 }, (_, n) => Uint8Array.of(6, 0, n));
const changes = fc.array(fc.tuple(fc.constantFrom(...keys), fc.option(fc.uint8Array({ maxLength: 8 }), { nil: undefined })), { maxLength: 40 });

test("whatever was put and removed before, in any order, the digest is that of the content from scratch", () => {
  fc.assert(
    fc.property(changes, fc.boolean(), (list, askBetween) => {
      const kept = new KeptPartition();
      for (const [key, value] of list) {
        kept.change(key, value);
        if (askBetween) kept.digest.root();
      }
      const content = [...kept.items.values()];
      expect(kept.digest.root()).toEqual(digestOf(content, nodeSha256));
      expect(kept.digest.root()).toEqual(
        digestOf(
          content.sort((a, b) => compareBytes(b.key, a.key)),
          nodeSha256,
        ),
      );
      for (const { key } of content) kept.change(key, undefined);
      expect(bytesToHex(kept.digest.root())).toBe(EMPTY);
    }),
  );
});

test("leaves that were kept give the same digest, and go on from there", () => {
  const before = new KeptPartition();
  for (const key of keys) before.change(key, key);
  const leaves = before.digest.leaves;
  const keptLeaves = leaves.slice();
  const after = new PartitionDigest(nodeSha256, leaves.slice());
  expect(after.root()).toEqual(before.digest.root());
  expect(after.root()).toEqual(digestOf(before.items.values(), nodeSha256));
  expect(sameBytes(after.leaves, leaves)).toBe(true);
  const bucket = bucketOf(keys[0]!, nodeSha256);
  after.set(bucket, leafHash([], nodeSha256));
  expect(after.root()).toEqual(digestOf([...before.items.values()].slice(1), nodeSha256));
  before.change(keys[1]!, undefined);
  expect(sameBytes(leaves, keptLeaves), "those that were handed out stay as they were").toBe(true);
});

test("one changed item changes one leaf", () => {
  const kept = new KeptPartition();
  for (const key of keys) kept.change(key, key);
  const leavesOf = (): string[] => Array.from({ length: BUCKETS }, (_, bucket) => bytesToHex(kept.digest.leaf(bucket)));
  const before = leavesOf();
  kept.change(keys[3]!, Uint8Array.of(1));
  expect(leavesOf().flatMap((leaf, bucket) => (leaf === before[bucket] ? [] : [bucket]))).toEqual([bucketOf(keys[3]!, nodeSha256)]);
});

test("leaves of another length are the caller's mistake", () => {
  expect(() => new PartitionDigest(nodeSha256, new Uint8Array(4_095 * 32))).toThrow(RangeError);
});
