import { concatBytes } from "../bytes.ts";
import { encodeCbor } from "../cbor.ts";
import type { Sha256 } from "../event-chain.ts";
import { type Delta, makeDelta } from "../feed/delta.ts";
import { encodeItem, type ItemBytes } from "../feed/feed-item.ts";
import { type Head, makeHead } from "../feed/head.ts";
import { type Chunk, CHUNK_BYTES_MAX, type ChunkReference, makeManifest, type Manifest } from "../feed/manifest.ts";
import { bucketOf, digestOf, itemRow } from "../feed/partition-digest.ts";
import { zonePartition } from "../feed/partition.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import { type RecordKind, sign1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { kidBytes } from "../trust-list.ts";
import { unixSeconds } from "../units.ts";
import { bytesOf } from "./feed-item-cases.ts";
import { type DeltaVector, type HeadVector, inJson, jsonItem, type ManifestVector, numbered, type RecordOutcome } from "./feed-vector.ts";
import { SEED } from "./signed-cases.ts";
import type { CborValue } from "../cbor-value.ts";

export const FEED_SITE = "campus-east";
/** The file's key, known to everybody. */
export const FEED_SIGNER: Signer = nodeSigner(SEED);
export const FEED_KID = kidBytes(3);
const ZONE = zonePartition("east");
const NOW = unixSeconds(1_800_000_000);
const signed = (kind: RecordKind, payload: CborValue, site = FEED_SITE): Uint8Array => sign1(kind, site, FEED_KID, encodeCbor(payload), FEED_SIGNER);
const changed = (elements: readonly CborValue[], change: Readonly<Record<number, CborValue>>): CborValue[] =>
  elements.map((element, place) => change[place] ?? element);
/** An item of the file's rule. */
export const gate = (n: number): ItemBytes => encodeItem({ table: "accessPoint", number: n, id: `ap-${n}` });

const D1 = new Uint8Array(32).fill(0xd1);
const D2 = new Uint8Array(32).fill(0xd2);
const HEAD: Head = {
  partition: ZONE,
  epoch: 1,
  version: 7,
  digest: D1,
  publish: 40,
  issued: NOW,
  expires: unixSeconds(NOW + 600),
  globalVersion: 3,
  trustListSequence: 9,
};
const HEAD_ELEMENTS: readonly CborValue[] = [1, ZONE, 1, 7, D1, 40, NOW, NOW + 600, 3, 9];

export function headVectors(): HeadVector[] {
  const good: [string, Head][] = [
    ["of a zone", HEAD],
    ["of global", { ...HEAD, partition: "global", globalVersion: null }],
    ["of version 0 and one second of life", { ...HEAD, version: 0, publish: 0, globalVersion: 0, expires: unixSeconds(NOW + 1) }],
    ["of a zone with the longest name", { ...HEAD, partition: zonePartition("z".repeat(59)) }],
  ];
  const refused: [string, Uint8Array, RecordOutcome][] = [
    ["of another layout", signed("head", changed(HEAD_ELEMENTS, { 0: 2 })), "FeedMalformed"],
    ["of a zone in capitals", signed("head", changed(HEAD_ELEMENTS, { 1: "zone/East" })), "FeedMalformed"],
    ["of a zone whose name is too long", signed("head", changed(HEAD_ELEMENTS, { 1: `zone/${"z".repeat(60)}` })), "FeedMalformed"],
    ["with a digest of 31 bytes", signed("head", changed(HEAD_ELEMENTS, { 4: D1.subarray(1) })), "FeedMalformed"],
    ["that lives 601 s", signed("head", changed(HEAD_ELEMENTS, { 7: NOW + 601 })), "FeedMalformed"],
    ["that expires as it is issued", signed("head", changed(HEAD_ELEMENTS, { 7: NOW })), "FeedMalformed"],
    ["of global with a version of global", signed("head", changed(HEAD_ELEMENTS, { 1: "global" })), "FeedMalformed"],
    ["of a zone without one", signed("head", [...HEAD_ELEMENTS.slice(0, 8), null, 9]), "FeedMalformed"],
    ["with an element too many", signed("head", [...HEAD_ELEMENTS, 0]), "FeedMalformed"],
    ["that is signed as a delta", signed("delta", HEAD_ELEMENTS), "SignatureInvalid"],
    ["of another site", signed("head", HEAD_ELEMENTS, "campus-west"), "SignatureInvalid"],
    ["by a kid that nobody knows", sign1("head", FEED_SITE, kidBytes(4), encodeCbor(HEAD_ELEMENTS), FEED_SIGNER), "KeyUntrusted"],
    ["cut off", makeHead(FEED_SITE, HEAD, FEED_KID, FEED_SIGNER).slice(0, -1), "RecordMalformed"],
  ];
  return numbered([
    ...good.map(([what, head]) => {
      const bytes = bytesToHex(makeHead(FEED_SITE, head, FEED_KID, FEED_SIGNER));
      return { comment: `a head ${what}`, flags: ["Valid"], bytes, expected: "ok" as const, head: inJson(head) };
    }),
    ...refused.map(([what, bytes, expected]) => ({ comment: `a head ${what}`, flags: ["Refused"], bytes: bytesToHex(bytes), expected })),
  ]);
}

const DELTA: Omit<Delta, "removed" | "put"> = { partition: ZONE, epoch: 1, from: 7, to: 9, digestBefore: D1, digestAfter: D2 };
const pairOf = ({ key, value }: ItemBytes): CborValue => [key, value];
const deltaElements = (part = 0, parts = 1, removed: readonly number[] = [], put: readonly number[] = []): CborValue[] => [
  1,
  ZONE,
  1,
  7,
  9,
  D1,
  D2,
  part,
  parts,
  removed.map((n) => gate(n).key),
  put.map((n) => pairOf(gate(n))),
];

export function deltaVectors(): DeltaVector[] {
  const part = (...of: Parameters<typeof deltaElements>): Uint8Array => signed("delta", deltaElements(...of));
  const [one, two, three, four] = [part(0, 4, [1]), part(1, 4, [3], [2]), part(2, 4), part(3, 4, [], [4, 5])];
  const told = (removed: number[], put: number[], change: Partial<Delta> = {}): Delta => ({
    ...DELTA,
    removed: removed.map((n) => gate(n).key),
    put: put.map(gate),
    ...change,
  });
  const made = (delta: Delta): readonly Uint8Array[] => makeDelta(FEED_SITE, delta, FEED_KID, FEED_SIGNER) ?? [];
  const first = told([], [1, 2], { from: 0, to: 1, digestAfter: D1 });
  const joined: [string, readonly Uint8Array[], Delta | undefined][] = [
    ["a delta of one part", made(told([1, 3], [2, 4])), told([1, 3], [2, 4])],
    ["a delta without operations", made(told([], [])), told([], [])],
    ["a delta from version 0", made(first), first],
    ["a delta of four parts", [one, two, three, four], told([1, 3], [2, 4, 5])],
    ["a part missing", [one, two, three], undefined],
    ["two parts exchanged", [one, three, two, four], undefined],
    ["a part twice", [one, two, two, four], undefined],
    ["a part more than there are", [one, two, three, four, four], undefined],
    ["a part of another epoch", [one, two, signed("delta", changed(deltaElements(2, 4), { 2: 2 })), four], undefined],
    ["a part to another version", [one, two, signed("delta", changed(deltaElements(2, 4), { 4: 8 })), four], undefined],
    ["a part to another digest", [one, two, signed("delta", changed(deltaElements(2, 4), { 6: D1 })), four], undefined],
    ["a part of another count", [one, two, part(2, 5), four], undefined],
    ["a removal behind a put", [part(0, 2, [], [1]), part(1, 2, [2])], undefined],
    ["puts of two parts out of order", [part(0, 2, [], [2]), part(1, 2, [], [1])], undefined],
    ["a key that goes in one part and comes in another", [part(0, 2, [1]), part(1, 2, [], [1])], undefined],
  ];
  const refused: [string, Uint8Array, RecordOutcome][] = [
    ["that goes nowhere", signed("delta", changed(deltaElements(), { 4: 7 })), "FeedMalformed"],
    ["that is part 1 of 1", part(1, 1), "FeedMalformed"],
    ["of 257 parts", part(0, 257), "FeedMalformed"],
    ["with removals out of order", part(0, 1, [2, 1]), "FeedMalformed"],
    ["with a removal twice", part(0, 1, [1, 1]), "FeedMalformed"],
    ["with puts out of order", part(0, 1, [], [2, 1]), "FeedMalformed"],
    ["with a key that goes and comes", part(0, 1, [1], [1]), "FeedMalformed"],
    ["with a key of 65 bytes", signed("delta", changed(deltaElements(), { 9: [new Uint8Array(65)] })), "FeedMalformed"],
    ["with a value of 4,097 bytes", signed("delta", changed(deltaElements(), { 10: [[bytesOf("80"), new Uint8Array(4_097)]] })), "FeedMalformed"],
    ["of another layout", signed("delta", changed(deltaElements(), { 0: 3 })), "FeedMalformed"],
    ["that is signed as a head", signed("head", deltaElements()), "SignatureInvalid"],
  ];
  return numbered([
    ...joined.map(([comment, parts, delta]) => ({
      comment,
      flags: [delta === undefined ? "Refused" : "Valid"],
      parts: parts.map((bytes) => ({ bytes: bytesToHex(bytes), expected: "ok" as const })),
      delta: delta === undefined ? null : inJson(delta),
    })),
    ...refused.map(([what, bytes, expected]) => ({
      comment: `a delta ${what}`,
      flags: ["Refused"],
      parts: [{ bytes: bytesToHex(bytes), expected }],
      delta: null,
    })),
  ]);
}

/** What is downloaded for a chunk, and what it holds; null: not the chunk that the reference names, or none. */
interface Download extends Chunk {
  readonly holds: readonly ItemBytes[] | null;
}

export function manifestVectors(sha256: Sha256): ManifestVector[] {
  const items = Array.from({ length: 12 }, (_, n) => ({ ...gate(n), bucket: bucketOf(gate(n).key, sha256) })).sort((a, b) => a.bucket - b.bucket);
  const named = (bytes: Uint8Array, count: number, holds: readonly ItemBytes[] | null, change: Partial<ChunkReference> = {}): Download => ({
    bytes,
    reference: { firstBucket: 0, lastBucket: 4_095, items: count, bytes: bytes.length, sha256: sha256(bytes), ...change },
    holds,
  });
  const bytesOfItems = (of: readonly ItemBytes[]): Uint8Array => concatBytes(of.map(itemRow));
  const part = (firstBucket: number, lastBucket: number): Download => {
    const inside = items.filter(({ bucket }) => bucket >= firstBucket && bucket <= lastBucket);
    return named(bytesOfItems(inside), inside.length, inside, { firstBucket, lastBucket });
  };
  const none = (of: readonly ItemBytes[], change: Partial<ChunkReference> = {}): Download => named(bytesOfItems(of), of.length, null, change);
  const all = part(0, 4_095);
  const [lower, upper] = [part(0, 2_047), part(2_048, 4_095)];
  const manifestOf = (chunks: readonly Download[]): Manifest => ({
    partition: ZONE,
    epoch: 1,
    version: 9,
    digest: digestOf(
      chunks.flatMap(({ holds }) => holds ?? items),
      sha256,
    ),
    items: chunks.reduce((sum, { reference }) => sum + reference.items, 0),
    chunks: chunks.map(({ reference }) => reference),
  });
  const good: [string, readonly Download[]][] = [
    ["a partition of one chunk", [all]],
    ["halves of halves", [lower, part(2_048, 3_071), part(3_072, 4_095)]],
    ["a chunk without items", [named(bytesOf(""), 0, [])]],
    ["an item of a foreign bucket", [none(items, { lastBucket: 2_047 }), named(bytesOf(""), 0, [], { firstBucket: 2_048 })]],
    ["items out of order", [none([...items].reverse())]],
    ["an item twice", [none([items[0]!, ...items])]],
    ["an item too few", [none(items, { items: 13 })]],
    ["another length than is named", [none(items, { bytes: all.bytes.length + 1 })]],
    ["a turned bit", [{ ...all, bytes: all.bytes.map((byte, at) => (at === 20 ? byte ^ 4 : byte)), holds: null }]],
    ["the last item cut off", [named(all.bytes.slice(0, -1), 12, null)]],
    ["an empty key", [none([{ key: bytesOf(""), value: bytesOf("") }])]],
    ["a key of 65 bytes", [none([{ key: new Uint8Array(65), value: bytesOf("") }])]],
  ];
  const elements = (...chunks: readonly Download[]): CborValue[] => {
    const { digest, items: count, chunks: references } = manifestOf(chunks);
    return [2, ZONE, 1, 9, digest, count, references.map((each) => [each.firstBucket, each.lastBucket, each.items, each.bytes, each.sha256])];
  };
  const refused: [string, CborValue][] = [
    ["of another layout", changed(elements(all), { 0: 3 })],
    ["of a zone in capitals", changed(elements(all), { 1: "zone/East" })],
    ["without chunks", changed(elements(all), { 5: 0, 6: [] })],
    ["with another count than its chunks", changed(elements(all), { 5: 13 })],
    ["with the first bucket missing", elements(part(1, 4_095))],
    ["with the last bucket missing", elements(part(0, 4_094))],
    ["with a chunk twice", elements(lower, lower, upper)],
    ["with chunks exchanged", elements(upper, lower)],
    ["with bucket 4,096", elements(all, part(4_096, 4_096))],
    ["with ranges that are no halves", elements(part(0, 1_499), part(1_500, 4_095))],
    ["with a half of no half", elements(part(0, 1_023), part(1_024, 3_071), part(3_072, 4_095))],
    ["with a chunk of 262,145 bytes", elements(named(all.bytes, 12, null, { bytes: CHUNK_BYTES_MAX + 1 }))],
    ["with a hash of 31 bytes", elements(named(all.bytes, 12, null, { sha256: D1.subarray(1) }))],
  ];
  return numbered([
    ...good.map(([comment, chunks]) => ({
      comment,
      flags: [chunks.every(({ holds }) => holds !== null) ? "Valid" : "Chunk"],
      bytes: bytesToHex(makeManifest(FEED_SITE, manifestOf(chunks), FEED_KID, FEED_SIGNER)),
      expected: "ok" as const,
      manifest: inJson(manifestOf(chunks)),
      chunks: chunks.map(({ bytes, holds }) => ({ bytes: bytesToHex(bytes), items: holds && holds.map(jsonItem) })),
    })),
    ...refused.map(([what, payload]) => ({
      comment: `a manifest ${what}`,
      flags: ["Refused"],
      bytes: bytesToHex(signed("delta", payload)),
      expected: "FeedMalformed" as const,
      chunks: [],
    })),
    {
      comment: "a manifest that is signed as a head",
      flags: ["Refused"],
      bytes: bytesToHex(signed("head", elements(all))),
      expected: "SignatureInvalid",
      chunks: [],
    },
  ]);
}
