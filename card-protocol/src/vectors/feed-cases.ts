import { concatBytes } from "../bytes.ts";
import type { Sha256 } from "../event-chain.ts";
import type { ItemBytes } from "../feed/feed-item.ts";
import { encodeFrame, type Frame } from "../feed/frame.ts";
import { bucketOf, digestOf } from "../feed/partition-digest.ts";
import { GLOBAL } from "../feed/partition.ts";
import { bytesToHex } from "../hex.ts";
import { bytesOf, GOOD_ITEMS, MALFORMED_ITEMS, OPTIONAL_ITEMS } from "./feed-item-cases.ts";
import { deltaVectors, FEED_KID, FEED_SIGNER, FEED_SITE, gate, headVectors, manifestVectors } from "./feed-record-cases.ts";
import { type DigestVector, type FrameVector, inJson, jsonItem, numbered } from "./feed-vector.ts";
import { SEED } from "./signed-cases.ts";

const GENERATED = "item n of 0, 1, 2 …: key 06 and n as u16, value the CBOR text `ap-` and n in decimal";

/** The published file about the feed. */
export function feedVectors(sha256: Sha256): Readonly<Record<string, unknown>> {
  return {
    comment: "The permission list as it travels: items, digests, heads, deltas, manifests with their chunks, and frames. docs/feed-and-events.md, Feed.",
    site: FEED_SITE,
    seed: bytesToHex(SEED),
    publicKey: bytesToHex(FEED_SIGNER.publicKey),
    kid: bytesToHex(FEED_KID),
    generated: GENERATED,
    items: numbered([...GOOD_ITEMS, ...OPTIONAL_ITEMS, ...MALFORMED_ITEMS].map((each) => inJson(each) as object)),
    digests: digestVectors(sha256),
    heads: headVectors(),
    deltas: deltaVectors(),
    manifests: manifestVectors(sha256),
    frames: frameVectors(),
  };
}

function digestVectors(sha256: Sha256): DigestVector[] {
  const zone = GOOD_ITEMS.filter(({ partition }) => partition !== GLOBAL);
  const pair = sameBucket(sha256);
  const lists: [string, readonly ItemBytes[]][] = [
    ["no items at all", []],
    ["one item", [gate(1)]],
    ["three items", [gate(3), gate(1), gate(2)]],
    ["an item of an optional table, without a value", [{ key: bytesOf("80 00"), value: bytesOf("") }]],
    ["two items of one bucket", pair],
    ["two items of one bucket the other way round", [...pair].reverse()],
    ["an item of each table of a zone", [...new Map(zone.map(({ key, value }) => [key[0], { key, value }])).values()]],
  ];
  const many = Array.from({ length: 5_000 }, (_, n) => gate(n));
  return numbered([
    ...lists.map(([comment, items]) => ({ comment, flags: ["Digest"], items: items.map(jsonItem), digest: bytesToHex(digestOf(items, sha256)) })),
    { comment: "5,000 items", flags: ["Digest"], items: many.length, digest: bytesToHex(digestOf(many, sha256)) },
  ]);
}

/** The first two generated items that share a bucket. */
function sameBucket(sha256: Sha256): readonly ItemBytes[] {
  const seen = new Map<number, ItemBytes>();
  for (let n = 0; ; n++) {
    const bucket = bucketOf(gate(n).key, sha256);
    const other = seen.get(bucket);
    if (other !== undefined) return [other, gate(n)];
    seen.set(bucket, gate(n));
  }
}

const RECORD_BYTES = bytesOf("d2 84 01");

function frameVectors(): FrameVector[] {
  const every: readonly Frame[] = [
    { kind: "hello", site: FEED_SITE, publish: 40 },
    { kind: "trustList", record: RECORD_BYTES },
    { kind: "head", record: RECORD_BYTES },
    { kind: "delta", record: RECORD_BYTES },
    { kind: "manifest", record: RECORD_BYTES },
    { kind: "command", record: RECORD_BYTES },
    { kind: "keepalive", nextS: 20 },
    { kind: "bye", retryAfterS: 300 },
    { kind: "zoneKeys", generations: [["east", 2]] },
    { kind: "configuration", record: RECORD_BYTES },
  ];
  const good: [string, Uint8Array, readonly Frame[]][] = [
    ["nothing yet", bytesOf(""), []],
    ...every.map((frame): [string, Uint8Array, readonly Frame[]] => [`a frame ${frame.kind}`, encodeFrame(frame), [frame]]),
    ["every frame one behind the other", concatBytes(every.map(encodeFrame)), every],
    ["a frame of an unknown number between two", bytesOf("82 06 01 84 18 63 f6 81 81 80 'x' 82 06 02"), [1, 2].map((nextS) => ({ kind: "keepalive", nextS }))],
    ["a frame and the beginning of the next", bytesOf("82 06 01 82 02 58 40 00"), [{ kind: "keepalive", nextS: 1 }]],
    ["the beginning of a frame of exactly the limit", bytesOf("82 03 5a 000101c9 00"), []],
  ];
  const malformed: [string, string][] = [
    ["a number that is no array", "06"],
    ["an empty array", "80"],
    ["a frame whose number is text", "82 '6' 14"],
    ["a frame without its record", "81 02"],
    ["a record as text", "82 02 'x'"],
    ["something behind a record", "83 02 41 00 00"],
    ["a hello of another protocol", "84 00 02 'x' 00"],
    ["a keepalive whose seconds are null", "82 06 f6"],
    ["a number in a longer encoding", "82 06 18 14"],
    ["an array of indefinite length", "9f 06 14 ff"],
    ["a map in a frame of an unknown number", "82 18 63 a0"],
    ["a frame of an unknown number with arrays 9 deep", "82 18 63 81 81 81 81 81 81 81 80"],
    ["a good frame and then none", "82 06 01 07"],
  ];
  const large: [string, string][] = [
    ["the beginning of a frame of 66,001 bytes", "82 03 5a 000101ca"],
    ["the beginning of a frame of 4 GiB", "82 03 5a ffffffff"],
  ];
  const refused =
    (expected: "FeedMalformed" | "FeedTooLarge") =>
    ([comment, bytes]: [string, string]) => ({ comment, flags: ["Refused"], bytes: bytesToHex(bytesOf(bytes)), expected });
  return numbered([
    ...good.map(([comment, bytes, frames]) => ({ comment, flags: ["Valid"], bytes: bytesToHex(bytes), expected: "ok" as const, frames: inJson(frames) })),
    ...malformed.map(refused("FeedMalformed")),
    ...large.map(refused("FeedTooLarge")),
  ]);
}
