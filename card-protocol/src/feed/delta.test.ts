import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "../cbor.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner, nodeVerifier } from "../node/node-ed25519.ts";
import { err, ok } from "../result.ts";
import { RECORD, sign1 } from "../signed.ts";
import { kidBytes } from "../trust-list.ts";
import { type Delta, DELTA_PARTS_MAX, type DeltaPart, joinDelta, makeDelta, readDeltaPart } from "./delta.ts";
import type { ItemBytes } from "./feed-item.ts";
import { readManifest } from "./manifest.ts";
import { zonePartition } from "./partition.ts";
import type { CborValue } from "../cbor-value.ts";

const SITE = "demo-campus";
const signer = nodeSigner(new Uint8Array(32).fill(1));
const kid = kidBytes(3);
const [BEFORE, AFTER] = [new Uint8Array(32).fill(0xb0), new Uint8Array(32).fill(0xaf)];
const key = (...bytes: number[]): Uint8Array => Uint8Array.of(6, ...bytes);
const put = (n: number, value = "gate"): ItemBytes => ({ key: key(0, n), value: encodeCbor(value) });
const delta = (change: Partial<Delta> = {}): Delta => ({
  partition: zonePartition("east"),
  epoch: 1,
  from: 7,
  to: 9,
  digestBefore: BEFORE,
  digestAfter: AFTER,
  removed: [],
  put: [],
  ...change,
});
const read = (bytes: Uint8Array, site = SITE) => readDeltaPart(bytes, site, () => ok(signer.publicKey), nodeVerifier);
const signed = (payload: Uint8Array): Uint8Array => sign1("delta", SITE, kid, payload, signer);

/** Signs and reads all parts of a delta. */
function travelled(of: Delta): readonly DeltaPart[] {
  return makeDelta(SITE, of, kid, signer)!.map((bytes) => {
    expect(bytes.length).toBeLessThanOrEqual(RECORD.delta.bytesMax);
    const part = read(bytes);
    if (!part.ok) throw new Error(part.detail);
    return part.value;
  });
}
/** Parts that were cut by hand: each with its own operations. */
const parts = (...portions: readonly Partial<Pick<Delta, "removed" | "put">>[]): readonly DeltaPart[] =>
  portions.map((portion, part) => ({ ...delta(portion), part, parts: portions.length }));

test("a delta reads as it was written, in one part, its operations in order", () => {
  const given = delta({ removed: [key(9), key(0, 7)], put: [put(3), put(1), put(2, "north")] });
  const inOrder = delta({ removed: [key(0, 7), key(9)], put: [put(1), put(2, "north"), put(3)] });
  expect(travelled(given)).toEqual([{ ...inOrder, part: 0, parts: 1 }]);
  expect(joinDelta(travelled(given))).toEqual(inOrder);
});

test("a delta has the eleven elements of the document", () => {
  const bytes = makeDelta(SITE, delta({ removed: [key(9)], put: [put(1)] }), kid, signer);
  expect(bytes).toEqual([signed(encodeCbor([1, "zone/east", 1, 7, 9, BEFORE, AFTER, 0, 1, [key(9)], [[key(0, 1), encodeCbor("gate")]]]))]);
});

test("versions that differ in nothing are a delta of one part without operations", () => {
  expect(joinDelta(travelled(delta({ digestAfter: BEFORE })))).toEqual(delta({ digestAfter: BEFORE }));
});

test("any operations, cut into parts and joined again, are the same delta", () => {
  const operations = fc.uniqueArray(
    fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 64 }), fc.option(fc.oneof(fc.nat(40), fc.integer({ min: 3_000, max: 4_096 })))),
    { selector: ([bytes]) => bytes.join(), maxLength: 90, size: "max" },
  );
  let most = 0;
  fc.assert(
    fc.property(operations, (list) => {
      const removed = list.flatMap(([bytes, length]) => (length === null ? [bytes] : []));
      const items = list.flatMap(([bytes, length]) => (length === null ? [] : [{ key: bytes, value: new Uint8Array(length).fill(bytes[0]!) }]));
      const all = travelled(delta({ removed, put: items }));
      most = Math.max(most, all.length);
      const joined = joinDelta(all)!;
      expect(joined.removed).toEqual([...removed].sort((a, b) => Buffer.compare(a, b)));
      expect(texts(joined.put)).toEqual(texts([...items].sort((a, b) => Buffer.compare(a.key, b.key))));
      expect({ ...joined, removed: [], put: [] }).toEqual(delta());
    }),
    { numRuns: 40, endOnFailure: true },
  );
  expect(most, "the inputs reach more than one part").toBeGreaterThan(2);
});

/** To be compared a hundred times as fast as bytes. */
const texts = (items: readonly ItemBytes[]): string[] => items.map((each) => `${bytesToHex(each.key)} ${bytesToHex(each.value)}`);

/** 15 items of the greatest size fill a part. */
const large = (count: number): ItemBytes[] => {
  const value = new Uint8Array(4_096);
  return Array.from({ length: count }, (_, n) => ({ key: key(n >> 16, n >> 8, n & 255), value }));
};

test("256 parts are a delta, and what needs more is told by a snapshot", () => {
  const partsOf = (count: number): number | undefined => makeDelta(SITE, delta({ put: large(count) }), kid, signer)?.length;
  expect(partsOf(15 * DELTA_PARTS_MAX)).toBe(DELTA_PARTS_MAX);
  expect(partsOf(15 * DELTA_PARTS_MAX + 1)).toBeUndefined();
});

test("parts that are missing, exchanged, doubled or of another delta do not join", () => {
  const three = travelled(delta({ removed: [key(9)], put: large(40) }));
  const [a, b, c] = three as [DeltaPart, DeltaPart, DeltaPart];
  expect(three).toHaveLength(3);
  expect(texts(joinDelta(three)!.put)).toEqual(texts(large(40)));
  for (const wrong of [[], [a], [a, b], [b, c], [a, c], [b, a, c], [a, b, b], [a, a, b, c], [a, b, c, c]]) expect(joinDelta(wrong)).toBeUndefined();
  for (const other of [
    { partition: "global" as const },
    { epoch: 2 },
    { from: 6 },
    { to: 10 },
    { digestBefore: AFTER },
    { digestAfter: BEFORE },
    { parts: 4 },
    { part: 0 },
  ])
    expect(joinDelta([a, { ...b, ...other }, c]), JSON.stringify(other)).toBeUndefined();
});

test.each<[string, readonly DeltaPart[]]>([
  ["a removal behind a put", parts({ put: [put(1)] }, { removed: [key(9)] })],
  ["removals out of order", parts({ removed: [key(2)] }, { removed: [key(1)] })],
  ["a removal twice", parts({ removed: [key(1)] }, { removed: [key(1)] })],
  ["puts out of order", parts({ put: [put(2)] }, { put: [put(1)] })],
  ["a put twice", parts({ put: [put(1)] }, { put: [put(1)] })],
  ["a key that goes and comes", parts({ removed: [put(1).key] }, { put: [put(1)] })],
])("over two parts, %s does not join", (_, wrong) => {
  expect(joinDelta(wrong)).toBeUndefined();
});

test("parts join where the last removal and the first put share a part, and where one has nothing", () => {
  const cut = parts({ removed: [key(1)] }, { removed: [key(3)], put: [put(1)] }, {}, { put: [put(2)] });
  expect(joinDelta(cut)).toEqual(delta({ removed: [key(1), key(3)], put: [put(1), put(2)] }));
});

test.each<[string, Partial<Delta>]>([
  ["to the version it comes from", { to: 7 }],
  ["to an earlier version", { to: 6 }],
  ["of no partition", { partition: "zone/" }],
  ["with a digest of 31 bytes", { digestAfter: new Uint8Array(31) }],
  ["that removes a key twice", { removed: [key(1), key(1)] }],
  ["that puts a key twice", { put: [put(1), put(1)] }],
  ["that removes and puts a key", { removed: [put(1).key], put: [put(1)] }],
  ["that names a key twice in two parts", { removed: [large(40).at(-1)!.key], put: large(40) }],
  ["with a key of 65 bytes", { removed: [new Uint8Array(65)] }],
  ["without a key", { put: [{ key: new Uint8Array(), value: new Uint8Array() }] }],
  ["with a value of 4,097 bytes", { put: [{ key: key(1), value: new Uint8Array(4_097) }] }],
])("a delta %s cannot be made", (_, change) => {
  expect(() => makeDelta(SITE, delta(change), kid, signer)).toThrow(RangeError);
});

const elements = (change: Readonly<Record<number, CborValue>> = {}): Uint8Array => {
  const good: CborValue[] = [1, "zone/east", 1, 7, 9, BEFORE, AFTER, 0, 1, [key(1), key(2)], [[key(3), new Uint8Array()], [key(4), new Uint8Array()]]]; // prettier-ignore
  return encodeCbor(good.map((element, place) => change[place] ?? element));
};

test.each<[string, Uint8Array]>([
  ["another layout", elements({ 0: 3 })],
  ["no known partition", elements({ 1: "zone/East" })],
  ["from above to", elements({ 3: 10 })],
  ["a short digest", elements({ 5: new Uint8Array(31) })],
  ["part 1 of 1", elements({ 7: 1 })],
  ["no parts", elements({ 8: 0 })],
  ["257 parts", elements({ 8: 257 })],
  ["removals out of order", elements({ 9: [key(2), key(1)] })],
  ["a removal twice", elements({ 9: [key(2), key(2)] })],
  ["a removal without a key", elements({ 9: [new Uint8Array()] })],
  ["a removal as text", elements({ 9: ["key"] })],
  ["puts out of order", elements({ 10: [[key(4), new Uint8Array()], [key(3), new Uint8Array()]] })], // prettier-ignore
  ["a put twice", elements({ 10: [[key(4), new Uint8Array()], [key(4), new Uint8Array()]] })], // prettier-ignore
  ["a put without a value", elements({ 10: [[key(4)]] })],
  ["a put with a value as text", elements({ 10: [[key(4), "gate"]] })],
  ["a put with a value of 4,097 bytes", elements({ 10: [[key(4), new Uint8Array(4_097)]] })],
  ["a key that goes and comes", elements({ 9: [key(4)] })],
  ["an element too many", encodeCbor([1, "zone/east", 1, 7, 9, BEFORE, AFTER, 0, 1, [], [], 0])],
  ["no CBOR", Uint8Array.of(0xff)],
])("a signed delta with %s is malformed", (_, payload) => {
  expect(read(signed(payload))).toMatchObject({ error: "FeedMalformed" });
});

test("256 parts are in range, and what was spoilt above is good unspoilt", () => {
  expect(read(signed(elements({ 8: 256 })))).toMatchObject({ ok: true, value: { parts: 256 } });
});

test("a delta of another site, by a stranger or an untrusted key is refused", () => {
  const [bytes] = makeDelta(SITE, delta(), kid, signer) as [Uint8Array];
  expect(read(bytes, "other")).toMatchObject({ error: "SignatureInvalid" });
  expect(read(makeDelta(SITE, delta(), kid, nodeSigner(new Uint8Array(32).fill(2)))![0]!)).toMatchObject({ error: "SignatureInvalid" });
  expect(readDeltaPart(bytes, SITE, () => err("KeyUntrusted"), nodeVerifier)).toMatchObject({ error: "KeyUntrusted" });
  expect(read(new Uint8Array(RECORD.delta.bytesMax + 1))).toMatchObject({ error: "RecordTooLarge" });
});

test("a delta is no manifest, though both are records of one kind", () => {
  const [bytes] = makeDelta(SITE, delta(), kid, signer) as [Uint8Array];
  expect(readManifest(bytes, SITE, () => ok(signer.publicKey), nodeVerifier)).toMatchObject({ error: "FeedMalformed" });
});

test("any bytes have a typed outcome, signed or not", () => {
  const payload = elements();
  const turned = fc.tuple(fc.nat(payload.length - 1), fc.nat(255)).map(([at, byte]) => payload.map((old, nth) => (nth === at ? byte : old)));
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array(), turned), fc.uint8Array(), (any, unsigned) => {
      expect(read(unsigned)).toMatchObject({ error: "RecordMalformed" });
      const part = read(signed(any));
      if (!part.ok) expect(part.error).toBe("FeedMalformed");
      else if (part.value.parts === 1) expect(makeDelta(SITE, part.value, kid, signer)).toEqual([signed(any)]);
    }),
  );
});
