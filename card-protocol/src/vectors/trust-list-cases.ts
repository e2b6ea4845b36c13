import { compareBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import { protectedHeader, keyId } from "../cose.ts";
import { externalAad, SIGNED_KIND, type SignedKind } from "../signature.ts";
import { withNeutralR, withSPlus } from "./forged-signatures.ts";
import { type RootSet, rootSigStructure, signByRoots } from "../root-signatures.ts";
import type { Signer } from "../signer.ts";
import { encodeTrustList, type TrustedKey, type TrustList, type TrustListError, VALIDITY_MIN_S } from "../trust-list.ts";
import { unixSeconds } from "../units.ts";
import type { CborValue } from "../cbor-value.ts";

/** Lists that arrive one after the other at a controller that was commissioned with the file's pinned roots. */
export interface TrustListVector {
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
  /** Bytes and outcome of each arrival; `sequence` is that of the list in force afterwards, null while there is none. */
  readonly arrivals: readonly { readonly bytes: string; readonly expected: "ok" | TrustListError; readonly sequence: number | null }[];
}

export const SITE = "campus-east";
/** Seeds of 32 equal bytes, known to everybody. */
export const ROOT_SEEDS: readonly number[] = [0x51, 0x52, 0x53, 0x54, 0x55];
const seeded = (byte: number): Signer => nodeSigner(new Uint8Array(32).fill(byte));
const [r1, r2, r3, r4, r5] = ROOT_SEEDS.map(seeded) as [Signer, Signer, Signer, Signer, Signer];
const rootSet = (version: number, threshold: number, ...roots: Signer[]): RootSet => ({ version, threshold, keys: roots.map(({ publicKey }) => publicKey) });
/** Two of three. */
export const PINNED_ROOTS = rootSet(1, 2, r1, r2, r3);

const ISSUED = unixSeconds(1_800_000_000);
const END = unixSeconds(ISSUED + VALIDITY_MIN_S);
const key = (kid: number, change: Partial<TrustedKey> = {}): TrustedKey => ({
  kid,
  publicKey: seeded(0x60 + kid).publicKey,
  usages: ["T"],
  notBefore: ISSUED,
  notAfter: END,
  ttlS: 30,
  status: "active",
  ...change,
});
const feedKey = key(2, { usages: ["feed", "command", "ticket", "time"], ttlS: 0 });
const tombstone = key(3, { status: "retired" });
const withKeys = (...keys: TrustedKey[]): ReadonlyMap<number, TrustedKey> => new Map(keys.map((each) => [each.kid, each]));
const list = (sequence: number, change: Partial<TrustList> = {}): TrustList => ({
  sequence,
  feedEpoch: 1,
  issued: ISSUED,
  validUntil: END,
  roots: PINNED_ROOTS,
  keys: withKeys(key(1), feedKey, tombstone),
  ...change,
});
const signed = (of: TrustList, signers: readonly Signer[] = [r1, r2], site = SITE): Uint8Array => signByRoots(site, encodeTrustList(of), signers);
const newRoots = rootSet(2, 2, r3, r4, r5);

type Arrival = readonly [bytes: Uint8Array, expected: "ok" | TrustListError, sequence: number | null];
const FIRST: Arrival = [signed(list(7)), "ok", 7];

/** Signatures and thresholds, succession, rotation of roots, tombstones, and lists out of range. */
export function trustListVectors(): readonly TrustListVector[] {
  return [...signatureCases(), ...successionCases(), ...rotationCases(), ...rangeCases()].map(([comment, flags, ...arrivals], i) => ({
    id: i + 1,
    comment,
    flags,
    arrivals: arrivals.map(([bytes, expected, sequence]) => ({ bytes: bytesToHex(bytes), expected, sequence })),
  }));
}

type Case = readonly [comment: string, flags: readonly string[], ...arrivals: Arrival[]];

function signatureCases(): Case[] {
  const good = FIRST[0];
  const last = good.slice();
  last[last.length - 40]! ^= 1;
  const exchanged = Uint8Array.of(...good.subarray(0, -164), ...good.subarray(-82), ...good.subarray(-164, -82));
  return [
    ["two of three", ["Valid"], FIRST],
    ["all three", ["Valid"], [signed(list(7), [r1, r2, r3]), "ok", 7]],
    ["two of three and a stranger", ["Valid"], [signed(list(7), [r1, r2, r4]), "ok", 7]],
    ["one of three", ["Threshold"], [signed(list(7), [r1]), "SignatureInvalid", null]],
    ["one of three and a stranger", ["Threshold"], [signed(list(7), [r1, r4]), "SignatureInvalid", null]],
    ["one twice", ["Threshold"], [signed(list(7), [r1, r1]), "RecordMalformed", null]],
    ["none", ["Threshold"], [signed(list(7), []), "RecordMalformed", null]],
    ["one signature does not hold", ["Signature"], [last, "SignatureInvalid", null]],
    ["signatures exchanged", ["Envelope"], [exchanged, "RecordMalformed", null]],
    ["tagged as COSE_Sign", ["Envelope"], [Uint8Array.of(0xd8, 0x62, ...good), "RecordMalformed", null]],
    ["a byte more", ["Envelope"], [Uint8Array.of(...good, 0), "RecordMalformed", null]],
    ["another site", ["Site"], [signed(list(7), [r1, r2], "campus-west"), "SignatureInvalid", null]],
    ["S + L in one signature", ["Signature"], [withLastSignature(good, (signature) => withSPlus(signature, 1)), "SignatureInvalid", null]],
    ["R of small order in one signature", ["Signature"], [neutralR(), "SignatureInvalid", null]],
    ...(Object.keys(SIGNED_KIND) as SignedKind[])
      .filter((kind) => kind !== "trustList")
      .map((kind): Case => [
        `signed as ${kind}`,
        ["Kind"],
        [
          signed(
            list(7),
            [r1, r2].map((root) => asKind(root, kind)),
          ),
          "SignatureInvalid",
          null,
        ],
      ]),
  ];
}

/** A root that signs for another kind: the external_aad is exchanged in what it is given to sign. */
function asKind({ publicKey, sign }: Signer, kind: SignedKind): Signer {
  const header = protectedHeader(keyId(publicKey));
  const payload = encodeTrustList(list(7));
  return { publicKey, sign: () => sign(encodeCbor(["Signature", new Uint8Array(0), header, externalAad(kind, SITE), payload])) };
}

const withLastSignature = (bytes: Uint8Array, change: (signature: Uint8Array) => Uint8Array): Uint8Array =>
  Uint8Array.of(...bytes.subarray(0, -64), ...change(bytes.subarray(-64)));

/** Its last signature holds without chance: R is the neutral point. */
function neutralR(): Uint8Array {
  const [first, second] = [r1, r2].sort((a, b) => compareBytes(keyId(a.publicKey), keyId(b.publicKey))) as [Signer, Signer];
  const seed = new Uint8Array(32).fill(second === r1 ? ROOT_SEEDS[0]! : ROOT_SEEDS[1]!);
  const message = rootSigStructure(SITE, protectedHeader(keyId(second.publicKey)), encodeTrustList(list(7)));
  return withLastSignature(signed(list(7), [first, second]), () => withNeutralR(seed, second.publicKey, message));
}

function successionCases(): Case[] {
  const keys = (...changed: TrustedKey[]): Partial<TrustList> => ({ keys: withKeys(...changed) });
  return [
    ["the same list again", ["Valid"], FIRST, FIRST],
    ["the same list with other signatures", ["Valid"], FIRST, [signed(list(7), [r2, r3]), "ok", 7]],
    ["a newer list", ["Valid"], FIRST, [signed(list(12)), "ok", 12]],
    ["an older list", ["Rollback"], FIRST, [signed(list(6)), "TrustListRollback", 7]],
    ["a newer list of a later feed epoch", ["Valid"], FIRST, [signed(list(8, { feedEpoch: 2 })), "ok", 8]],
    ["a newer list of an older feed epoch", ["Rollback"], FIRST, [signed(list(8, { feedEpoch: 0 })), "TrustListRollback", 7]],
    ["another list of the same sequence", ["Fork"], FIRST, [signed(list(7, { validUntil: unixSeconds(END + 1) })), "TrustListFork", 7]],
    ["a new key and a retired one", ["Valid"], FIRST, [signed(list(8, keys(key(1, { status: "retired" }), feedKey, tombstone, key(4)))), "ok", 8]],
    ["a forgotten tombstone", ["Kid"], FIRST, [signed(list(8, keys(key(1), feedKey))), "KidChanged", 7]],
    ["a revived key", ["Kid"], FIRST, [signed(list(8, keys(key(1), feedKey, key(3)))), "KidChanged", 7]],
    ["a kid for another key", ["Kid"], FIRST, [signed(list(8, keys(key(1, { publicKey: r1.publicKey }), feedKey, tombstone))), "KidChanged", 7]],
    ["another ttl", ["Kid"], FIRST, [signed(list(8, keys(key(1, { ttlS: 60 }), feedKey, tombstone))), "KidChanged", 7]],
  ];
}

function rotationCases(): Case[] {
  const rotated = list(8, { roots: newRoots });
  const rotation: Arrival = [signed(rotated, [r1, r2, r4, r5]), "ok", 8];
  const third = list(9, { roots: rootSet(3, 1, r5) });
  return [
    ["new roots, by old and new thresholds", ["Valid", "Rotation"], FIRST, rotation],
    ["new roots, one holder in both", ["Valid", "Rotation"], FIRST, [signed(rotated, [r1, r3, r4]), "ok", 8]],
    ["new roots, by the old alone", ["Rotation"], FIRST, [signed(rotated, [r1, r2]), "SignatureInvalid", 7]],
    ["new roots, by the new alone", ["Rotation"], FIRST, [signed(rotated, [r4, r5]), "SignatureInvalid", 7]],
    ["old roots after a rotation", ["Rotation"], FIRST, rotation, [signed(list(9)), "SignatureInvalid", 8]],
    [
      "catching up over two rotations",
      ["Valid", "Rotation"],
      FIRST,
      rotation,
      [signed(third, [r4, r5]), "ok", 9],
      [signed({ ...third, sequence: 10 }, [r5]), "ok", 10],
    ],
    ["a rotation left out", ["Rotation"], FIRST, [signed(third, [r1, r2, r5]), "RootVersionSkipped", 7]],
    [
      "other roots under the same version",
      ["Rotation"],
      FIRST,
      [signed(list(8, { roots: { ...newRoots, version: 1 } }), [r1, r2, r4, r5]), "RootVersionSkipped", 7],
    ],
    ["a lower threshold under the same version", ["Rotation"], FIRST, [signed(list(8, { roots: { ...PINNED_ROOTS, threshold: 1 } })), "RootVersionSkipped", 7]],
  ];
}

function rangeCases(): Case[] {
  const refusedPayload = (payload: Uint8Array): Arrival => [signByRoots(SITE, payload, [r1, r2]), "TrustListMalformed", null];
  const refused = (change: Partial<TrustList>): Arrival => refusedPayload(encodeTrustList(list(7, change)));
  return [
    ["89 days", ["Range"], refused({ validUntil: unixSeconds(END - 1) })],
    ["a threshold above the number of roots", ["Range"], refused({ roots: { ...PINNED_ROOTS, threshold: 4 } })],
    ["a root of small order", ["Range"], refused({ roots: { version: 1, threshold: 1, keys: [new Uint8Array(32)] } })],
    ["a key of small order", ["Range"], refused({ keys: withKeys(key(1, { publicKey: Uint8Array.of(1, ...new Uint8Array(31)) })) })],
    ["a key without usage", ["Range"], refused({ keys: withKeys(key(1, { usages: [] })) })],
    ["passes of eleven minutes", ["Range"], refused({ keys: withKeys(key(1, { ttlS: 660 })) })],
    ["a usage that nobody knows", ["Range"], refusedPayload(withKeyField(2, 33))],
    ["a status that nobody knows", ["Range"], refusedPayload(withKeyField(6, 2))],
    ["a key that ends when it begins", ["Range"], refused({ keys: withKeys(key(1, { notAfter: ISSUED })) })],
    ["a ttl for a key that issues nothing", ["Range"], refused({ keys: withKeys(key(2, { usages: ["feed"] })) })],
    ["keys out of order", ["Range"], refusedPayload(withKeysReversed())],
    ["one root twice", ["Range"], refused({ roots: rootSet(1, 2, r1, r1) })],
    ["a layout of the future", ["Range"], refusedPayload(encodeCbor([2, 7, ISSUED, END, 1, [1, 1, [r1.publicKey]], []]))],
    ["a payload that is no CBOR", ["Range"], refusedPayload(Uint8Array.of(0xff))],
    ["a payload in a longer encoding", ["Range"], refusedPayload(longerSequence(encodeTrustList(list(7))))],
  ];
}

/** The list's payload with its first key row changed. */
function changedRows(change: (rows: readonly CborValue[]) => readonly CborValue[]): Uint8Array {
  const read = decodeCbor(encodeTrustList(list(7)), 65_536);
  const fields = read.ok && isArray(read.value) ? read.value : [];
  return encodeCbor([...fields.slice(0, 6), change(fields[6] as readonly CborValue[])]);
}
const withKeyField = (field: number, value: number): Uint8Array =>
  changedRows(([first, ...rest]) => [(first as readonly CborValue[]).map((old, nth) => (nth === field ? value : old)), ...rest]);
const withKeysReversed = (): Uint8Array => changedRows((rows) => [...rows].reverse());

/** The same list, its sequence written in two bytes where one is enough. */
const longerSequence = (payload: Uint8Array): Uint8Array => Uint8Array.of(...payload.subarray(0, 2), 0x18, 7, ...payload.subarray(3));
