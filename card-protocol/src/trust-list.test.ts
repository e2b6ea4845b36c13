import { Encoder } from "cbor-x";
import * as fc from "fast-check";
import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { sameBytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { KEY_USAGES } from "./issuer-key.ts";
import { nodeSigner, nodeVerifier } from "./node/node-ed25519.ts";
import { type RootSet, signByRoots } from "./root-signatures.ts";
import type { Signer } from "./signer.ts";
import {
  acceptTrustList,
  decodeTrustList,
  encodeTrustList,
  EXPIRY_WARNING_S,
  keysFor,
  kidBytes,
  makeTrustList,
  readOwnTrustList,
  type TrustedKey,
  type TrustList,
  type TrustListError,
  trustListState,
  VALIDITY_MIN_S,
} from "./trust-list.ts";
import { unixSeconds } from "./units.ts";

const SITE = "demo-campus";
const ISSUED = 1_800_000_000;
const seeded = (n: number): Signer => nodeSigner(new Uint8Array(32).fill(n));
const [root1, root2, root3, root4, root5] = [1, 2, 3, 4, 5].map(seeded) as [Signer, Signer, Signer, Signer, Signer];
const rootSet = (version: number, threshold: number, ...roots: Signer[]): RootSet => ({ version, threshold, keys: roots.map(({ publicKey }) => publicKey) });
const pinnedRoots = rootSet(1, 2, root1, root2, root3);
const context = { site: SITE, pinnedRoots, verifier: nodeVerifier };

const key = (kid: number, change: Partial<TrustedKey> = {}): TrustedKey => ({
  kid,
  publicKey: seeded(100 + kid).publicKey,
  usages: ["T"],
  notBefore: unixSeconds(ISSUED),
  notAfter: unixSeconds(ISSUED + VALIDITY_MIN_S),
  ttlS: 30,
  status: "active",
  ...change,
});
const withKeys = (...keys: TrustedKey[]): ReadonlyMap<number, TrustedKey> => new Map(keys.map((each) => [each.kid, each]));
const list = (change: Partial<TrustList> = {}): TrustList => ({
  sequence: 7,
  feedEpoch: 1,
  issued: unixSeconds(ISSUED),
  validUntil: unixSeconds(ISSUED + VALIDITY_MIN_S),
  roots: pinnedRoots,
  keys: withKeys(key(1), key(2, { usages: ["feed", "command", "ticket", "time"], ttlS: 0 }), key(3, { status: "retired" })),
  ...change,
});
function signedBy(roots: readonly Signer[], of: TrustList, site = SITE): Uint8Array {
  const made = makeTrustList(site, of, roots);
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}
const outcome = (current: TrustList | undefined, bytes: Uint8Array): TrustListError | "ok" => {
  const accepted = acceptTrustList(current, bytes, context);
  return accepted.ok ? "ok" : accepted.error;
};

test("a list that two of three pinned roots have signed is taken up as it was written", () => {
  for (const roots of [
    [root1, root2],
    [root3, root1],
    [root1, root2, root3],
  ])
    // prettier-ignore
    expect(acceptTrustList(undefined, signedBy(roots, list()), context)).toEqual({ ok: true, value: list() });
});

test.each<[string, Uint8Array, TrustListError]>([
  ["one root's signature", signedBy([root1], list()), "SignatureInvalid"],
  ["the signatures of strangers", signedBy([root4, root5], list()), "SignatureInvalid"],
  ["one root and a stranger", signedBy([root1, root4], list()), "SignatureInvalid"],
  ["one root's signature twice", signByRoots(SITE, encodeTrustList(list()), [root1, root1]), "RecordMalformed"],
  ["a list of another site", signedBy([root1, root2], list(), "other-campus"), "SignatureInvalid"],
  ["three signatures of which one does not hold", flipped(signedBy([root1, root2, root3], list()), -1), "SignatureInvalid"],
  ["a changed payload", flipped(signedBy([root1, root2], list()), 10), "SignatureInvalid"],
  ["signatures in another order", swapped(signedBy([root1, root2], list())), "RecordMalformed"],
  ["a byte more", Uint8Array.of(...signedBy([root1, root2], list()), 0), "RecordMalformed"],
  ["no signature", signByRoots(SITE, encodeTrustList(list()), []), "RecordMalformed"],
  ["nothing", new Uint8Array(), "RecordMalformed"],
  ["more bytes than a list may have", new Uint8Array(65_537), "RecordTooLarge"],
  ["a signed payload that is no list", signByRoots(SITE, encodeCbor([1]), [root1, root2]), "TrustListMalformed"],
])("%s is refused", (_, bytes, error) => {
  expect(outcome(undefined, bytes)).toBe(error);
});

test.each<[string, Partial<TrustList>, TrustListError | "ok"]>([
  ["the same list again", {}, "ok"],
  ["a newer one", { sequence: 8 }, "ok"],
  ["a much newer one", { sequence: 800 }, "ok"],
  ["an older one", { sequence: 6 }, "TrustListRollback"],
  ["a newer one of a later feed epoch", { sequence: 8, feedEpoch: 2 }, "ok"],
  ["a newer one of an older feed epoch", { sequence: 8, feedEpoch: 0 }, "TrustListRollback"],
  ["another one of the same sequence", { validUntil: unixSeconds(ISSUED + VALIDITY_MIN_S + 1) }, "TrustListFork"],
  ["a newer one with a key more", { sequence: 8, keys: withKeys(...list().keys.values(), key(4)) }, "ok"],
  ["a newer one that retires a key", { sequence: 8, keys: withKeys(key(1, { status: "retired" }), list().keys.get(2)!, key(3, { status: "retired" })) }, "ok"],
  ["a newer one that forgot a tombstone", { sequence: 8, keys: withKeys(key(1), list().keys.get(2)!) }, "KidChanged"],
  ["a newer one that revives a key", { sequence: 8, keys: withKeys(key(1), list().keys.get(2)!, key(3)) }, "KidChanged"],
  [
    "a newer one that gives a kid to another key",
    { sequence: 8, keys: withKeys(key(1, { publicKey: seeded(9).publicKey }), ...[2, 3].map((kid) => list().keys.get(kid)!)) },
    "KidChanged",
  ],
  ["a newer one that changes a ttl", { sequence: 8, keys: withKeys(key(1, { ttlS: 60 }), ...[2, 3].map((kid) => list().keys.get(kid)!)) }, "KidChanged"],
  ["other roots under the same version", { sequence: 8, roots: rootSet(1, 2, root1, root2, root4) }, "RootVersionSkipped"],
  ["another threshold under the same version", { sequence: 8, roots: rootSet(1, 1, root1, root2, root3) }, "RootVersionSkipped"],
  ["a new version of the same roots", { sequence: 8, roots: rootSet(2, 2, root1, root2, root3) }, "RootVersionSkipped"],
  ["new roots two versions on", { sequence: 8, roots: rootSet(3, 2, root1, root2, root4) }, "RootVersionSkipped"],
  ["roots of a lower version", { sequence: 8, roots: rootSet(4_294_967_295, 2, root1, root2, root4) }, "RootVersionSkipped"],
])("after a list in force, %s gives %s", (_, change, expected) => {
  const before = list();
  expect(outcome(before, signedBy([root1, root2, root4], list(change)))).toBe(expected);
  expect(before).toEqual(list());
});

test("the same list with other signatures is the same list", () => {
  const accepted = acceptTrustList(list(), signedBy([root2, root3], list()), context);
  expect(accepted).toEqual({ ok: true, value: list() });
});

const rotated = list({ sequence: 8, roots: rootSet(2, 2, root3, root4, root5) });
test.each<[string, Signer[], TrustListError | "ok"]>([
  ["old and new thresholds", [root1, root2, root4, root5], "ok"],
  ["old and new thresholds with one root in both", [root1, root3, root4], "ok"],
  ["the old roots alone", [root1, root2], "SignatureInvalid"],
  ["the new roots alone", [root4, root5], "SignatureInvalid"],
  ["one new root too few", [root1, root2, root4], "SignatureInvalid"],
])("new roots that are signed by %s give %s", (_, signers, expected) => {
  expect(outcome(list(), signedBy(signers, rotated))).toBe(expected);
});

test("a controller that missed two root changes catches up with the kept lists, one after the other", () => {
  const last = list({ sequence: 9, roots: rootSet(3, 1, root5) });
  const bytes = [signedBy([root1, root2, root4, root5], rotated), signedBy([root4, root5], last), signedBy([root5], { ...last, sequence: 10 })];
  expect(outcome(list(), bytes[1]!)).toBe("SignatureInvalid");
  let current: TrustList | undefined = list();
  for (const each of bytes) {
    const accepted = acceptTrustList(current, each, context);
    current = accepted.ok ? accepted.value : undefined;
  }
  expect(current?.sequence).toBe(10);
  expect(outcome(current, signedBy([root1, root2], list({ sequence: 11 })))).toBe("SignatureInvalid");
});

test("past its end a list is stale, 30 days before it is announced, and without a clock nobody knows", () => {
  const end = list().validUntil;
  const stateAt = (now: number): string => trustListState(list(), { now: unixSeconds(now), uncertaintyS: 0 });
  expect([end - EXPIRY_WARNING_S - 1, end - EXPIRY_WARNING_S, end - 1, end].map(stateAt)).toEqual(["valid", "expires soon", "expires soon", "stale"]);
  expect(trustListState(list(), "untrusted")).toBe("unknown");
});

test.each<[number, (typeof KEY_USAGES)[number], number, number, string]>([
  [1, "T", ISSUED, 0, "ok"],
  [1, "T", ISSUED - 1, 0, "kid 1 is not valid yet"],
  [1, "T", ISSUED - 1, 1, "ok"],
  [1, "T", ISSUED + VALIDITY_MIN_S - 1, 0, "ok"],
  [1, "T", ISSUED + VALIDITY_MIN_S, 0, "kid 1 is no longer valid"],
  [1, "T", ISSUED + VALIDITY_MIN_S, 1, "ok"],
  [1, "time", ISSUED, 0, "kid 1 may not sign time"],
  [2, "time", ISSUED, 0, "ok"],
  [2, "T", ISSUED, 0, "kid 2 may not sign T"],
  [3, "T", ISSUED, 0, "kid 3 is retired"],
  [258, "T", ISSUED, 0, "kid 258 is unknown"],
])("kid %d for %s at %d with %d s of uncertainty: %s", (kid, usage, now, uncertaintyS, expected) => {
  const found = keysFor(list(), usage, { now: unixSeconds(now), uncertaintyS })(kidBytes(kid));
  expect(found.ok ? "ok" : found.detail).toBe(expected);
  if (found.ok) expect(sameBytes(found.value, list().keys.get(kid)!.publicKey)).toBe(true);
});

test("while the clock is untrusted the list's word counts without dates, so that a time frame can set the clock", () => {
  const over = list({ keys: withKeys(key(2, { usages: ["time"], ttlS: 0, notAfter: unixSeconds(ISSUED + 1) })) });
  expect(keysFor(over, "time", "untrusted")(kidBytes(2)).ok).toBe(true);
  expect(keysFor(over, "feed", "untrusted")(kidBytes(2)).ok).toBe(false);
});

test.each<[string, Partial<TrustList>, string]>([
  ["89 days of validity", { validUntil: unixSeconds(ISSUED + VALIDITY_MIN_S - 1) }, "valid for less than 90 days"],
  ["a threshold of none", { roots: { ...pinnedRoots, threshold: 0 } }, "roots"],
  ["a threshold above the number of roots", { roots: { ...pinnedRoots, threshold: 4 } }, "roots"],
  ["root version 0", { roots: { ...pinnedRoots, version: 0 } }, "roots"],
  ["one root twice", { roots: rootSet(1, 2, root1, root1) }, "roots"],
  ["seventeen roots", { roots: rootSet(1, 2, ...Array.from({ length: 17 }, (_, n) => seeded(n + 1))) }, "roots"],
  ["a root key of small order", { roots: { version: 1, threshold: 1, keys: [new Uint8Array(32)] } }, "roots"],
  ["a key without usage", { keys: withKeys(key(1, { usages: [], ttlS: 0 })) }, "key 1"],
  ["a key of small order", { keys: withKeys(key(1, { publicKey: new Uint8Array(32) })) }, "key 1"],
  ["a key that ends before it begins", { keys: withKeys(key(1, { notAfter: unixSeconds(ISSUED) })) }, "key 1"],
  ["an issuer of passes without a ttl", { keys: withKeys(key(1, { ttlS: 0 })) }, "key 1"],
  ["passes of eleven minutes", { keys: withKeys(key(1, { ttlS: 601 })) }, "key 1"],
  ["a ttl for a key that issues no passes", { keys: withKeys(key(1, { usages: ["feed"] })) }, "key 1"],
])("%s cannot be signed", (_, change, detail) => {
  expect(makeTrustList(SITE, list(change), [root1, root2])).toEqual({ ok: false, error: "TrustListMalformed", detail });
});

test("keys out of order, twice, of another length or of an unknown status are no list", () => {
  const payload = (rows: unknown): Uint8Array => {
    const read = decodeCbor(encodeTrustList(list()), 10_000);
    return encodeCbor([...(read.ok ? (read.value as never[]) : []).slice(0, 6), rows as never]);
  };
  const row = (kid: Uint8Array, status = 0): unknown[] => [kid, seeded(9).publicKey, 1, ISSUED, ISSUED + 1, 30, status];
  expect(decodeTrustList(payload([row(kidBytes(1)), row(kidBytes(2))])).ok).toBe(true);
  for (const rows of [[row(kidBytes(2)), row(kidBytes(1))], [row(kidBytes(1)), row(kidBytes(1))], [row(Uint8Array.of(1))], [row(kidBytes(1), 2)], [[]], 5])
    // prettier-ignore
    expect(decodeTrustList(payload(rows))).toMatchObject({ ok: false, error: "TrustListMalformed" });
});

test("a list is read by its own word where the roots that it names have signed it, and by nobody else's", () => {
  expect(readOwnTrustList(SITE, signedBy([root1, root2], list()), nodeVerifier)).toEqual({ ok: true, value: list() });
  for (const bytes of [
    signedBy([root1], list()),
    signedBy([root4, root5], list()),
    signedBy([root1, root2], list(), "other-campus"),
    flipped(signedBy([root1, root2], list()), -1),
    Uint8Array.of(1, 2, 3),
    new Uint8Array(),
  ])
    expect(readOwnTrustList(SITE, bytes, nodeVerifier).ok).toBe(false);
});

test("any list keeps its values through its bytes, and any bytes have a typed outcome", () => {
  const keys = fc
    .uniqueArray(fc.nat(65_535), { maxLength: 6 })
    .map((kids) => withKeys(...kids.sort((a, b) => a - b).map((kid) => key(kid, { publicKey: root1.publicKey }))));
  fc.assert(
    fc.property(fc.nat(0xffff_ffff), keys, fc.uint8Array({ maxLength: 300 }), (sequence, given, bytes) => {
      const any = list({ sequence, keys: given });
      expect(decodeTrustList(encodeTrustList(any))).toEqual({ ok: true, value: any });
      expect(outcome(undefined, bytes)).toBe("RecordMalformed");
      expect(decodeTrustList(bytes)).toMatchObject({ error: "TrustListMalformed" });
    }),
  );
});

test("a plain COSE reader and a Sig_structure built elsewhere agree: RFC 9052 §4.1 and §4.4", () => {
  const [body, unprotected, payload, signatures] = new Encoder({ mapsAsObjects: false }).decode(signedBy([root1, root2], list())) as [
    Uint8Array,
    Map<unknown, unknown>,
    Uint8Array,
    [Uint8Array, Map<unknown, unknown>, Uint8Array][],
  ];
  expect([body.length, unprotected.size, signatures.length]).toEqual([0, 0, 2]);
  for (const [header, , signature] of signatures) {
    const message = new Encoder({ tagUint8Array: false }).encode(["Signature", body, header, Buffer.from(`CP1\u0005${SITE}`, "latin1"), payload]);
    const holds = [root1, root2].map(({ publicKey }) => {
      const x = Buffer.from(publicKey).toString("base64url");
      return verify(null, message, createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" }), signature);
    });
    expect(holds.filter(Boolean)).toHaveLength(1);
  }
});

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = bytes.slice();
  changed[at < 0 ? changed.length + at - 40 : at]! ^= 1;
  return changed;
}

function swapped(bytes: Uint8Array): Uint8Array {
  return Uint8Array.of(...bytes.subarray(0, -164), ...bytes.subarray(-82), ...bytes.subarray(-164, -82));
}
