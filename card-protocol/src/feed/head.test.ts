import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import type { KeyUsage } from "../issuer-key.ts";
import { nodeSigner, nodeVerifier } from "../node/node-ed25519.ts";
import { err, ok } from "../result.ts";
import { RECORD, sign1 } from "../signed.ts";
import { keysFor, kidBytes, type TrustList } from "../trust-list.ts";
import { unixSeconds } from "../units.ts";
import { readDeltaPart } from "./delta.ts";
import { type Head, HEAD_LIFE_MAX_S, makeHead, readHead } from "./head.ts";
import { readManifest } from "./manifest.ts";
import { zonePartition } from "./partition.ts";
import type { CborValue } from "../cbor-value.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(1));
const kid = kidBytes(3);
const NOW = 1_800_000_000;
const zoneHead: Head = {
  partition: zonePartition("east"),
  epoch: 1,
  version: 7,
  digest: new Uint8Array(32).fill(0xd1),
  publish: 40,
  issued: unixSeconds(NOW),
  expires: unixSeconds(NOW + HEAD_LIFE_MAX_S),
  globalVersion: 3,
  trustListSequence: 9,
};
const globalHead: Head = { ...zoneHead, partition: "global", globalVersion: null };
const read = (bytes: Uint8Array, site = SITE) => readHead(bytes, site, () => ok(signer.publicKey), nodeVerifier);
const signed = (payload: CborValue): Uint8Array => sign1("head", SITE, kid, encodeCbor(payload), signer);
const elements = [1, "zone/east", 1, 7, zoneHead.digest, 40, NOW, NOW + 600, 3, 9] as const;

test.each<[string, Head]>([
  ["a zone", zoneHead],
  ["global", globalHead],
  ["a partition that was never published", { ...zoneHead, version: 0, publish: 0, globalVersion: 0 }],
  ["a partition with the longest name and one second of life", { ...zoneHead, partition: zonePartition("z".repeat(59)), expires: unixSeconds(NOW + 1) }],
])("the head of %s reads as it was written", (_, head) => {
  const bytes = makeHead(SITE, head, kid, signer);
  expect(read(bytes)).toEqual({ ok: true, value: head });
  expect(bytes.length).toBeLessThanOrEqual(RECORD.head.bytesMax);
});

test("a head has the ten elements of the document", () => {
  expect(makeHead(SITE, zoneHead, kid, signer)).toEqual(signed(elements));
});

test.each<[string, Partial<Head>]>([
  ["of no partition", { partition: "zone/" }],
  ["of a zone in capitals", { partition: "zone/East" }],
  ["with a digest of 31 bytes", { digest: new Uint8Array(31) }],
  ["that expires as it is issued", { expires: unixSeconds(NOW) }],
  ["that expires before it is issued", { expires: unixSeconds(NOW - 1) }],
  ["that lives a second too long", { expires: unixSeconds(NOW + HEAD_LIFE_MAX_S + 1) }],
  ["of a zone without a version of global", { globalVersion: null }],
  ["of global with a version of global", { partition: "global", globalVersion: 3 }],
  ["of a negative version", { version: -1 }],
  ["of half an epoch", { epoch: 0.5 }],
  ["with a publish counter above 2³²−1", { publish: 2 ** 32 }],
  ["with a trust list of no number", { trustListSequence: NaN }],
])("a head %s cannot be made", (_, change) => {
  expect(() => makeHead(SITE, { ...zoneHead, ...change }, kid, signer)).toThrow(RangeError);
});

test.each<[string, CborValue]>([
  ["another layout", [2, ...elements.slice(1)]],
  ["nine elements", elements.slice(0, 9)],
  ["eleven elements", [...elements, 0]],
  ["a life of 601 s", [...elements.slice(0, 7), NOW + 601, 3, 9]],
  ["a version as text", [1, "zone/east", 1, "7", ...elements.slice(4)]],
  ["a partition that is none", [1, "east", ...elements.slice(2)]],
  ["no array", "a head"],
])("a signed head with %s is malformed", (_, payload) => {
  expect(read(signed(payload))).toMatchObject({ error: "FeedMalformed" });
});

test("a head of another site, by a stranger, or with a turned bit is refused", () => {
  const bytes = makeHead(SITE, zoneHead, kid, signer);
  expect(read(bytes, "other")).toMatchObject({ error: "SignatureInvalid" });
  expect(read(makeHead(SITE, zoneHead, kid, nodeSigner(new Uint8Array(32).fill(2))))).toMatchObject({ error: "SignatureInvalid" });
  expect(read(bytes.map((byte, at) => (at === 30 ? byte ^ 1 : byte)))).toMatchObject({ error: "SignatureInvalid" });
  expect(readHead(bytes, SITE, () => err("KeyUntrusted"), nodeVerifier)).toMatchObject({ error: "KeyUntrusted" });
  expect(read(new Uint8Array(RECORD.head.bytesMax + 1))).toMatchObject({ error: "RecordTooLarge" });
});

test.each<[readonly KeyUsage[], string]>([
  [["feed"], "ok"],
  [["command", "ticket", "time"], "KeyUntrusted"],
])("a head by a key for %j gives %s: the trust list says who may sign a feed", (usages, expected) => {
  const keys = new Map([[3, { kid: 3, publicKey: signer.publicKey, usages, notBefore: unixSeconds(0), notAfter: unixSeconds(2 * NOW), ttlS: 0, status: "active" as const }]]); // prettier-ignore
  const trustList: TrustList = {
    sequence: 9,
    issued: unixSeconds(NOW),
    validUntil: unixSeconds(2 * NOW),
    feedEpoch: 1,
    roots: { version: 1, threshold: 1, keys: [] },
    keys,
  };
  const head = readHead(makeHead(SITE, zoneHead, kid, signer), SITE, keysFor(trustList, "feed", "untrusted"), nodeVerifier);
  expect(head.ok ? "ok" : head.error).toBe(expected);
});

test("a head is no delta and no manifest, and neither of these a head", () => {
  const keyFor = () => ok(signer.publicKey);
  const bytes = makeHead(SITE, zoneHead, kid, signer);
  expect(readDeltaPart(bytes, SITE, keyFor, nodeVerifier)).toMatchObject({ error: "SignatureInvalid" });
  expect(readManifest(bytes, SITE, keyFor, nodeVerifier)).toMatchObject({ error: "SignatureInvalid" });
  expect(read(sign1("delta", SITE, kid, encodeCbor(elements), signer))).toMatchObject({ error: "SignatureInvalid" });
});

test("any bytes have a typed outcome, signed or not", () => {
  const payload = encodeCbor(elements);
  const turned = fc.tuple(fc.nat(payload.length - 1), fc.nat(255)).map(([at, byte]) => payload.map((old, nth) => (nth === at ? byte : old)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), turned), fc.uint8Array(), (any, unsigned) => {
      expect(read(unsigned)).toMatchObject({ error: "RecordMalformed" });
      const head = read(sign1("head", SITE, kid, any, signer));
      if (head.ok) expect(makeHead(SITE, head.value, kid, signer)).toEqual(sign1("head", SITE, kid, any, signer));
      else expect(head.error).toBe("FeedMalformed");
    }),
  );
});
