import { bytesToHex, hexToBytes } from "../hex.ts";
import { encodeCbor } from "../cbor.ts";
import { concatBytes } from "../bytes.ts";
import { byteString, keyId, protectedHeader } from "../cose.ts";
import { type CommissioningProtocol, makeCommissioningProtocol } from "../commissioning-protocol.ts";
import { makeConfigurationRecord } from "../configuration-record.ts";
import { makeCommand } from "../command.ts";
import { makeEventBatch } from "../event-batch.ts";
import { type EventCheckpoint, makeEventCheckpoint } from "../event-checkpoint.ts";
import { CHAIN_START } from "../event-chain.ts";
import { encodeEvent, eventOf } from "../event.ts";
import { makeFieldTicket } from "../field-ticket.ts";
import { type Denied, makeDenySet } from "../lock/deny-set.ts";
import { type LockList, type LockListRow, makeLockList } from "../lock/lock-list.ts";
import { makeUnlockGrant, type UnlockGrant } from "../lock/unlock-grant.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import { nodeSha256 } from "../node/sha256.ts";
import { makePossession } from "../possession.ts";
import { externalAad, SIGNED_KIND, type SignedKind, sigStructure1 } from "../signature.ts";
import { RECORD, type RecordKind, sign1, type SignedError } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { makeTimeFrame } from "../time-frame.ts";
import { kidBytes } from "../trust-list.ts";
import { unixSeconds } from "../units.ts";

/** One signed record, verified as `kind` for `site` with the file's one key. */
export interface SignedVector {
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly kind: RecordKind;
  readonly site: string;
  readonly bytes: string;
  readonly expected: "ok" | SignedError;
  /** Present where the outcome is ok. */
  readonly payload?: string;
}

/** The file's key: a seed of 32 equal bytes, known to everybody. */
export const SEED = new Uint8Array(32).fill(0x41);
const signer: Signer = nodeSigner(SEED);
const SITE = "campus-east";
const NOW = unixSeconds(1_800_000_000);
const KINDS = Object.keys(RECORD) as RecordKind[];
const kidOf = (kind: RecordKind): Uint8Array => (RECORD[kind].kidBytes === 2 ? kidBytes(3) : keyId(signer.publicKey));

/** The order of the curve's base point, little-endian: S + L verifies where nobody compares S with L. RFC 8032 §5.1. */
const L = Uint8Array.of(0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, ...new Uint8Array(15), 0x10);

type Case = Omit<SignedVector, "id" | "bytes" | "payload"> & { readonly bytes: Uint8Array; readonly payload?: Uint8Array };

/** Every kind's good record, every confusion of kinds and sites, and every way in which the envelope can be another than its one form. */
export function signedVectors(): readonly SignedVector[] {
  const cases = [...goodCases(), ...kindCases(), ...siteCases(), ...envelopeCases(), ...signatureCases()];
  return cases.map(({ comment, flags, kind, site, bytes, expected, payload }, i) => ({
    id: i + 1,
    comment,
    flags,
    kind,
    site,
    bytes: bytesToHex(bytes),
    expected,
    ...(payload === undefined ? {} : { payload: bytesToHex(payload) }),
  }));
}

/** What it says is judged by whoever runs on it; here any text serves. */
const CONFIGURATION = new TextEncoder().encode('[site]\nid = "campus-east"\n');
const nonce16 = new Uint8Array(16).fill(0x5a);
const firstEvent = encodeEvent({ seq: 1, prevHash: CHAIN_START.hash, at: NOW, ms: 7, event: eventOf("RequestToExit", { door: "library" }) });
const CHECKPOINT: EventCheckpoint = {
  controller: "gate-house",
  machine: 2,
  before: { seq: 40, hash: new Uint8Array(32).fill(0xb0) },
  after: { seq: 57, hash: new Uint8Array(32).fill(0xa0) },
  kinds: "AccessGranted 12, AccessTaken 5",
  missing: 3,
  at: NOW,
  trustListSequence: 6,
};
const PROTOCOL: CommissioningProtocol = {
  controller: "gate-house",
  door: "library",
  by: "li.wei",
  begun: unixSeconds(NOW - 600),
  ended: NOW,
  configurationHash: "c0".repeat(32),
  parts: [{ part: "door library", hash: "d0".repeat(32) }],
  outcome: "incomplete",
  steps: [
    { step: "reader:library-in", outcome: "passed", remark: "", seen: [{ seq: 41, text: "AccessDenied" }, { seq: 42, text: "AccessGranted" }] },
    { step: "rex", outcome: "skipped", remark: "button not mounted yet", seen: [] },
  ],
}; // prettier-ignore
const UNLOCK: UnlockGrant = { lock: "room-214", controller: "gate-house", challenge: nonce16, holder: 7, seq: 41, holdMs: 5_000 };
const OPENINGS = [[{ from: NOW, until: unixSeconds(NOW + 3_600) }, { from: unixSeconds(NOW + 86_400), until: unixSeconds(NOW + 90_000) }]]; // prettier-ignore
const ROWS: readonly LockListRow[] = [
  { holder: 7, from: NOW, until: unixSeconds(NOW + 700_000), openings: 0, credentials: [{ id: new Uint8Array(8).fill(1), proof: new Uint8Array(32).fill(2) }, { id: new Uint8Array(8).fill(3), proof: new Uint8Array(16).fill(4) }] },
  { holder: 9, from: NOW, until: unixSeconds(NOW + 600_000), openings: 1, credentials: [] },
]; // prettier-ignore
const LOCK_LIST: LockList = { lock: "room-214", version: 3, issued: NOW, validUntil: unixSeconds(NOW + 604_800), openings: OPENINGS, rows: ROWS };
const DENY_SALT = new Uint8Array(8).fill(0x5c);
/** Of SHA-256 over salt ‖ 00 ‖ 05 × 8 and over salt ‖ 01 ‖ 0000000b, the first four bytes of each. */
const DENY_DIGESTS = hexToBytes("a226aea4baf90a68")!;
const DENIED: readonly Denied[] = [{ credential: new Uint8Array(8).fill(5) }, { holder: 11 }];
/** A record of each kind as its maker writes it. What heads and deltas say is in feed.json; here any payload serves. */
const GOOD: Readonly<Record<RecordKind, { readonly bytes: Uint8Array; readonly payload: Uint8Array }>> = {
  possession: {
    bytes: makePossession(SITE, { nonce: new Uint8Array(32).fill(0x5a), person: "p-1024" }, signer),
    payload: encodeCbor([new Uint8Array(32).fill(0x5a), "p-1024", signer.publicKey]),
  },
  head: { bytes: sign1("head", SITE, kidBytes(3), encodeCbor(["a head"]), signer), payload: encodeCbor(["a head"]) },
  delta: { bytes: sign1("delta", SITE, kidBytes(3), encodeCbor(["a delta"]), signer), payload: encodeCbor(["a delta"]) },
  command: {
    bytes: makeCommand(SITE, { id: nonce16, controller: "gate-house", target: "library", verb: "access", issued: NOW, notAfter: unixSeconds(NOW + 10), nonce: null, by: "li.wei", reason: "parcel" }, kidBytes(3), signer), // prettier-ignore
    payload: encodeCbor([nonce16, "gate-house", "library", "access", NOW, NOW + 10, null, "li.wei", "parcel"]),
  },
  fieldTicket: {
    bytes: makeFieldTicket(SITE, { id: nonce16, holder: "li.wei", controller: "gate-house", roles: ["view", "commission"], notBefore: NOW, notAfter: unixSeconds(NOW + 28_800), nonce: nonce16 }, kidBytes(3), signer), // prettier-ignore
    payload: encodeCbor([nonce16, "li.wei", "gate-house", ["view", "commission"], NOW, NOW + 28_800, nonce16]),
  },
  events: {
    bytes: makeEventBatch(SITE, { controller: "gate-house", from: CHAIN_START, records: [firstEvent] }, signer),
    payload: encodeCbor(["gate-house", 1, CHAIN_START.hash, firstEvent]),
  },
  time: {
    bytes: makeTimeFrame(SITE, { controller: "gate-house", nonce: nonce16 }, NOW, kidBytes(3), signer),
    payload: encodeCbor([SITE, "gate-house", nonce16, NOW]),
  },
  configuration: {
    bytes: makeConfigurationRecord(SITE, { controller: "gate-house", epoch: 2, number: 41, issued: NOW, text: CONFIGURATION }, kidBytes(3), signer),
    payload: encodeCbor([1, "gate-house", 2, 41, NOW, CONFIGURATION]),
  },
  checkpoint: {
    bytes: makeEventCheckpoint(SITE, CHECKPOINT, kidBytes(3), signer),
    payload: encodeCbor([1, "gate-house", 2, 41, 57, CHECKPOINT.before.hash, CHECKPOINT.after.hash, [["AccessGranted", 12], ["AccessTaken", 5]], 3, NOW, 6]), // prettier-ignore
  },
  commissioning: {
    bytes: makeCommissioningProtocol(SITE, PROTOCOL, signer),
    payload: encodeCbor([1, "gate-house", "library", "li.wei", NOW - 600, NOW, new Uint8Array(32).fill(0xc0), [["door library", new Uint8Array(32).fill(0xd0)]], 1, [["reader:library-in", 1, "", [[41, "AccessDenied"], [42, "AccessGranted"]]], ["rex", 3, "button not mounted yet", []]]]), // prettier-ignore
  },
  unlockGrant: {
    bytes: makeUnlockGrant(SITE, UNLOCK, signer),
    payload: encodeCbor([1, "room-214", "gate-house", nonce16, 7, 41, 5_000]),
  },
  lockList: {
    bytes: makeLockList(SITE, LOCK_LIST, signer),
    payload: encodeCbor([1, "room-214", 3, NOW, NOW + 604_800, [[[NOW, NOW + 3_600], [NOW + 86_400, NOW + 90_000]]], [[7, NOW, NOW + 700_000, 0, ROWS[0]!.credentials.map(({ id, proof }) => [id, proof])], [9, NOW, NOW + 600_000, 1, []]]]), // prettier-ignore
  },
  denySet: {
    bytes: makeDenySet(SITE, { controller: "gate-house", version: 2, issued: NOW, salt: DENY_SALT }, DENIED, nodeSha256, signer),
    payload: encodeCbor([1, "gate-house", 2, NOW, DENY_SALT, DENY_DIGESTS]),
  },
};

function goodCases(): Case[] {
  return KINDS.map((kind) => ({ comment: `a good ${kind} record`, flags: ["Valid"], kind, site: SITE, ...GOOD[kind], expected: "ok" }));
}

/** Each record as every other kind, and each envelope with the signature of every other kind, passes and trust list too. */
function kindCases(): Case[] {
  const others = KINDS.flatMap((signed) => KINDS.filter((kind) => kind !== signed).map((kind) => ({ signed, kind })));
  const relabelled = (Object.keys(SIGNED_KIND) as SignedKind[]).flatMap((signed) => KINDS.filter((kind) => kind !== signed).map((kind) => ({ signed, kind })));
  return [
    ...others.map(({ signed, kind }): Case => ({
      comment: `a ${signed} record as ${kind}`,
      flags: ["Kind"],
      kind,
      site: SITE,
      bytes: GOOD[signed].bytes,
      expected:
        GOOD[signed].bytes.length > RECORD[kind].bytesMax
          ? "RecordTooLarge"
          : RECORD[kind].kidBytes === RECORD[signed].kidBytes
            ? "SignatureInvalid"
            : "RecordMalformed",
    })),
    ...relabelled.map(({ signed, kind }): Case => ({
      comment: `a ${kind} record with a signature of kind ${signed}`,
      flags: ["Kind"],
      kind,
      site: SITE,
      bytes: withSignature(GOOD[kind].bytes, signer.sign(sigStructure1(protectedHeader(kidOf(kind)), externalAad(signed, SITE), GOOD[kind].payload))),
      expected: "SignatureInvalid",
    })),
  ];
}

/** The head of the external_aad changes its length between 19 and 20 letters of the site. */
function siteCases(): Case[] {
  return [1, 19, 20, 32].flatMap((length): Case[] => {
    const site = "s".repeat(length);
    const bytes = sign1("time", site, kidBytes(3), GOOD.time.payload, signer);
    return [
      { comment: `a site of ${length} letters`, flags: ["Valid", "Site"], kind: "time", site, bytes, expected: "ok", payload: GOOD.time.payload },
      { comment: `a site of ${length} letters, verified for another`, flags: ["Site"], kind: "time", site: SITE, bytes, expected: "SignatureInvalid" },
    ];
  });
}

function envelopeCases(): Case[] {
  const { bytes: good, payload } = GOOD.command;
  const header = protectedHeader(kidBytes(3));
  const signature = good.slice(-64);
  const wrapped = (...parts: (Uint8Array | number[])[]): Uint8Array => concatBytes(parts.map((part) => Uint8Array.from(part)));
  const parts = { array: [0x84], header: byteString(header), none: [0xa0], payload: byteString(payload), signature: byteString(signature) };
  const bad: [string, Uint8Array][] = [
    ["nothing", new Uint8Array()],
    ["a byte less", good.slice(0, -1)],
    ["a byte more", Uint8Array.of(...good, 0)],
    ["tagged as COSE_Sign1", Uint8Array.of(0xd2, ...good)],
    ["an array of five", wrapped([0x85], parts.header, parts.none, parts.payload, parts.signature, [0xf6])],
    ["an indefinite array", wrapped([0x9f], parts.header, parts.none, parts.payload, parts.signature, [0xff])],
    ["the payload's head a byte longer", wrapped(parts.array, parts.header, parts.none, [0x59, 0, payload.length], payload, parts.signature)],
    ["the payload of indefinite length", wrapped(parts.array, parts.header, parts.none, [0x5f], parts.payload, [0xff], parts.signature)],
    ["the payload detached", wrapped(parts.array, parts.header, parts.none, [0xf6], parts.signature)],
    ["the payload as text", wrapped(parts.array, parts.header, parts.none, [0x78, payload.length], payload, parts.signature)],
    [
      "the kid in the unprotected header",
      wrapped(parts.array, byteString(Uint8Array.of(0xa1, 0x01, 0x32)), [0xa1, 0x04, 0x42, 0, 3], parts.payload, parts.signature),
    ],
    ["the unprotected header as an empty array", wrapped(parts.array, parts.header, [0x80], parts.payload, parts.signature)],
    ["something unprotected", wrapped(parts.array, parts.header, [0xa1, 0x05, 0x00], parts.payload, parts.signature)],
    [
      "the algorithm EdDSA (-8)",
      wrapped(parts.array, byteString(Uint8Array.of(0xa2, 0x01, 0x27, 0x04, 0x42, 0, 3)), parts.none, parts.payload, parts.signature),
    ],
    [
      "the header's keys exchanged",
      wrapped(parts.array, byteString(Uint8Array.of(0xa2, 0x04, 0x42, 0, 3, 0x01, 0x32)), parts.none, parts.payload, parts.signature),
    ],
    ["a kid of 8 bytes", wrapped(parts.array, byteString(protectedHeader(new Uint8Array(8))), parts.none, parts.payload, parts.signature)],
    ["a signature of 63 bytes", wrapped(parts.array, parts.header, parts.none, parts.payload, byteString(signature.slice(1)))],
  ];
  return [
    ...bad.map(([comment, bytes]): Case => ({ comment, flags: ["Envelope"], kind: "command", site: SITE, bytes, expected: "RecordMalformed" })),
    { comment: "more bytes than a command may have", flags: ["Size"], kind: "command", site: SITE, bytes: sign1("command", SITE, kidBytes(3), new Uint8Array(2_000), signer), expected: "RecordTooLarge" }, // prettier-ignore
    {
      comment: "a kid that nobody knows",
      flags: ["Key"],
      kind: "command",
      site: SITE,
      bytes: sign1("command", SITE, kidBytes(4), payload, signer),
      expected: "KeyUntrusted",
    },
  ];
}

function signatureCases(): Case[] {
  const { bytes: good } = GOOD.time;
  const signature = good.slice(-64);
  const flipped = (at: number): Uint8Array => signature.map((byte, i) => (i === at ? byte ^ 1 : byte));
  const smallOrder = Uint8Array.of(1, ...new Uint8Array(31), ...signature.subarray(32));
  const bad: [string, Uint8Array][] = [
    ["a bit of R turned", withSignature(good, flipped(0))],
    ["a bit of S turned", withSignature(good, flipped(32))],
    ["S + L", withSignature(good, concatBytes([signature.subarray(0, 32), plus(signature.subarray(32), L)]))],
    ["R of small order", withSignature(good, smallOrder)],
    ["all zeros", withSignature(good, new Uint8Array(64))],
    ["a bit of the payload turned", good.map((byte, i) => (i === 14 ? byte ^ 1 : byte))],
  ];
  return bad.map(([comment, bytes]) => ({ comment, flags: ["Signature"], kind: "time", site: SITE, bytes, expected: "SignatureInvalid" }));
}

const withSignature = (record: Uint8Array, signature: Uint8Array): Uint8Array => concatBytes([record.subarray(0, -64), signature]);

function plus(a: Uint8Array, b: Uint8Array): Uint8Array {
  let carry = 0;
  return a.map((byte, i) => {
    carry = (carry >> 8) + byte + b[i]!;
    return carry & 0xff;
  });
}
