import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { sameBytes } from "../bytes.ts";
import { type DeltaPart, joinDelta, readDeltaPart } from "../feed/delta.ts";
import { decodeItem, encodeItem, FEED_TABLE, type ItemBytes } from "../feed/feed-item.ts";
import { FRAME_NUMBER, FrameReader } from "../feed/frame.ts";
import { readHead } from "../feed/head.ts";
import { readChunk, readManifest } from "../feed/manifest.ts";
import { digestOf, itemsOfRows } from "../feed/partition-digest.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { nodeVerifier } from "../node/node-ed25519.ts";
import { nodeSha256 } from "../node/sha256.ts";
import { portableVerifier } from "../phone/portable-ed25519.ts";
import { err, ok, type Result } from "../result.ts";
import type { KeyFor } from "../signed.ts";
import {
  type DeltaVector,
  type DigestVector,
  type FrameVector,
  type HeadVector,
  inJson,
  type ItemVector,
  jsonItem,
  type ManifestVector,
} from "./feed-vector.ts";
import { recordVectorFiles } from "./record-vectors.ts";

const text = recordVectorFiles(nodeSha256).find(({ name }) => name === "feed.json")!.text;
const feed = JSON.parse(text) as {
  readonly site: string;
  readonly publicKey: string;
  readonly kid: string;
  readonly items: readonly ItemVector[];
  readonly digests: readonly DigestVector[];
  readonly heads: readonly HeadVector[];
  readonly deltas: readonly DeltaVector[];
  readonly manifests: readonly ManifestVector[];
  readonly frames: readonly FrameVector[];
};
const bytesOf = (hex: string): Uint8Array => hexToBytes(hex)!;
const keyFor: KeyFor = (kid) => (sameBytes(kid, bytesOf(feed.kid)) ? ok(bytesOf(feed.publicKey)) : err("KeyUntrusted"));
const VERIFIERS = [
  ["node:crypto", nodeVerifier],
  ["tweetnacl", portableVerifier],
] as const;
/** What a vector says of a record, and what was made of it. */
const outcomeOf = (read: Result<unknown, string>): unknown => (read.ok ? { expected: "ok", value: inJson(read.value) } : { expected: read.error });

test("the file is small enough to be read", () => {
  expect(text.length).toBeLessThan(400_000);
});

test("every item is what its vector says, and one that is known is written the same again", () => {
  for (const { id, partition, key, value, expected, item } of feed.items) {
    const read = decodeItem(partition, { key: bytesOf(key), value: bytesOf(value) });
    expect({ id, ...(inJson(read) as object) }).toEqual({ id, kind: expected, ...(item === undefined ? {} : { item }) });
    if (read.kind === "item") expect(jsonItem(encodeItem(read.item))).toEqual([key, value]);
  }
  expect(new Set(feed.items.filter(({ expected }) => expected === "item").map(({ key }) => parseInt(key.slice(0, 2), 16)))).toEqual(
    new Set(Object.values<number>(FEED_TABLE)),
  );
});

/** The file's rule, by other means than those that made the file. */
function generated(count: number): ItemBytes[] {
  return Array.from({ length: count }, (_, n) => {
    const name = Buffer.from(`ap-${n}`);
    return { key: Uint8Array.of(6, n >> 8, n & 255), value: Uint8Array.of(0x60 + name.length, ...name) };
  });
}

test("every list of items has its digest, by any SHA-256", () => {
  const otherSha256 = (bytes: Uint8Array): Uint8Array => createHash("sha256").update(bytes).digest();
  for (const { id, items, digest } of feed.digests) {
    const list = typeof items === "number" ? generated(items) : items.map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value) }));
    expect({ id, digest: bytesToHex(digestOf(list, otherSha256)) }).toEqual({ id, digest });
  }
});

test.each(VERIFIERS)("every head has its outcome by %s", (_, verifier) => {
  for (const { id, bytes, expected, head } of feed.heads)
    expect({ id, read: outcomeOf(readHead(bytesOf(bytes), feed.site, keyFor, verifier)) }).toEqual({
      id,
      read: { expected, ...(head === undefined ? {} : { value: head }) },
    });
});

test.each(VERIFIERS)("every delta has its outcome by %s, part by part and together", (_, verifier) => {
  for (const { id, parts, delta } of feed.deltas) {
    const read = parts.map(({ bytes }) => readDeltaPart(bytesOf(bytes), feed.site, keyFor, verifier));
    expect({ id, parts: read.map((each) => (each.ok ? "ok" : each.error)) }).toEqual({ id, parts: parts.map(({ expected }) => expected) });
    const good = read.flatMap((each): DeltaPart[] => (each.ok ? [each.value] : []));
    expect({ id, delta: good.length < read.length ? null : inJson(joinDelta(good) ?? null) }).toEqual({ id, delta });
  }
});

test.each(VERIFIERS)("every manifest has its outcome by %s, and every chunk its items", (_, verifier) => {
  for (const { id, bytes, expected, manifest, chunks } of feed.manifests) {
    const read = readManifest(bytesOf(bytes), feed.site, keyFor, verifier);
    expect({ id, read: outcomeOf(read) }).toEqual({ id, read: { expected, ...(manifest === undefined ? {} : { value: manifest }) } });
    if (!read.ok) continue;
    const items = read.value.chunks.map(
      (reference, nth) => readChunk(bytesOf(chunks[nth]!.bytes), reference, nodeSha256)?.flatMap(({ rows }) => itemsOfRows(rows).map(jsonItem)) ?? null,
    );
    expect({ id, items }).toEqual({ id, items: chunks.map((chunk) => chunk.items) });
  }
});

test("a manifest whose chunks are all good gives the items of its digest", () => {
  const whole = feed.manifests.filter(({ flags, expected }) => expected === "ok" && flags.includes("Valid"));
  expect(whole.length).toBeGreaterThanOrEqual(3);
  for (const { id, manifest, chunks } of whole) {
    const items = chunks.flatMap((chunk) => chunk.items ?? []).map(([key, value]) => ({ key: bytesOf(key), value: bytesOf(value) }));
    expect({ id, digest: bytesToHex(digestOf(items, nodeSha256)) }).toEqual({ id, digest: (manifest as { readonly digest: string }).digest });
  }
});

test("every stream has its frames or its error, in one piece and byte by byte", () => {
  for (const { id, bytes, expected, frames } of feed.frames) {
    expect({ id, read: outcomeOf(new FrameReader().push(bytesOf(bytes))) }).toEqual({
      id,
      read: { expected, ...(frames === undefined ? {} : { value: frames }) },
    });
    const reader = new FrameReader();
    const errors = [...bytesOf(bytes)].map((byte) => reader.push(Uint8Array.of(byte))).flatMap((read) => (read.ok ? [] : [read.error]));
    expect({ id, error: errors[0] ?? "ok" }).toEqual({ id, error: expected });
  }
  const kinds = feed.frames.flatMap(({ frames }) => (frames ?? []) as readonly { readonly kind: string }[]).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(FRAME_NUMBER)));
});
