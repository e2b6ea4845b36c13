import { encodeCbor } from "../cbor.ts";
import { keyId } from "../cose.ts";
import { type EventBatchError, makeEventBatch } from "../event-batch.ts";
import { CHAIN_START, type Sha256 } from "../event-chain.ts";
import { bytesToHex } from "../hex.ts";
import { nodeSigner } from "../node/node-ed25519.ts";
import { sign1 } from "../signed.ts";
import { gapRecord, links } from "./event-cases.ts";

/** A signed batch, and what reading it gives. */
export interface BatchVector {
  readonly comment: string;
  readonly flags: readonly string[];
  readonly site: string;
  readonly publicKey: string;
  readonly bytes: string;
  readonly expected:
    | {
        readonly kind: "ok";
        readonly controller: string;
        readonly firstSeq: number;
        readonly records: number;
        readonly lastSeq: number;
        readonly lastHash: string;
      }
    | { readonly kind: EventBatchError };
}

const SITE = "campus-east";
/** A seed of 32 equal bytes, known to everybody. */
const signer = nodeSigner(new Uint8Array(32).fill(0x45));
const stranger = nodeSigner(new Uint8Array(32).fill(0x46));

/** Batches as a controller sends them, and every way in which one is not to be believed. */
export function batchVectors(sha256: Sha256): readonly BatchVector[] {
  const all = links(sha256).slice(0, 6);
  const records = all.map(({ bytes }) => bytes);
  const [a, b, c, d, e, f] = records as [Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const batch = (from = CHAIN_START, of: readonly Uint8Array[] = records, controller = "gate-house"): Uint8Array =>
    makeEventBatch(SITE, { controller, from, records: of }, signer);
  const gap = gapRecord(all, all[3]!.end.hash);
  const altered = c.slice();
  altered[altered.length - 1]! ^= 1;
  const turned = batch();
  turned[turned.length - 1]! ^= 1;
  const good = (firstSeq: number, count: number, nth = 5): BatchVector["expected"] => ({
    kind: "ok",
    controller: "gate-house",
    firstSeq,
    records: count,
    lastSeq: nth + 1,
    lastHash: bytesToHex(all[nth]!.end.hash),
  });
  const signed = (payload: Parameters<typeof encodeCbor>[0]): Uint8Array => sign1("events", SITE, keyId(signer.publicKey), encodeCbor(payload), signer);
  const cases: [string, string, Uint8Array, BatchVector["expected"]][] = [
    ["the first six events", "Valid", batch(), good(1, 6)],
    ["three that follow on the third", "Valid", batch(all[2]!.end, [d, e, f]), good(4, 3)],
    ["a GapRecord alone: a checkpoint, first event 2, last event 4", "Gap", batch(all[0]!.end, [gap]), good(2, 1, 3)],
    ["a GapRecord between those that it does not stand for", "Gap", batch(CHAIN_START, [a, gap, e, f]), good(1, 4)],
    ["a GapRecord that hides one more", "Gap", batch(CHAIN_START, [a, gap, f]), { kind: "ChainBroken" }],
    ["an event missing", "Chain", batch(CHAIN_START, [a, b, d]), { kind: "ChainBroken" }],
    ["an event altered", "Chain", batch(CHAIN_START, [a, b, altered, d]), { kind: "ChainBroken" }],
    ["two events exchanged", "Chain", batch(CHAIN_START, [a, c, b]), { kind: "ChainBroken" }],
    ["a past that the first event does not name", "Chain", batch({ seq: 0, hash: new Uint8Array(32).fill(1) }), { kind: "ChainBroken" }],
    ["no event", "Malformed", signed(["gate-house", 1, CHAIN_START.hash]), { kind: "RecordMalformed" }],
    ["that begins at 0", "Malformed", signed(["gate-house", 0, CHAIN_START.hash, a]), { kind: "RecordMalformed" }],
    ["half a hash", "Malformed", signed(["gate-house", 1, new Uint8Array(16), a]), { kind: "RecordMalformed" }],
    ["of nobody", "Malformed", signed(["", 1, CHAIN_START.hash, a]), { kind: "RecordMalformed" }],
    ["a stranger's key", "Signature", makeEventBatch(SITE, { controller: "gate-house", from: CHAIN_START, records }, stranger), { kind: "KeyUntrusted" }],
    [
      "another site",
      "Signature",
      makeEventBatch("campus-west", { controller: "gate-house", from: CHAIN_START, records }, signer),
      { kind: "SignatureInvalid" },
    ],
    ["one bit of the signature turned", "Signature", turned, { kind: "SignatureInvalid" }],
  ];
  return cases.map(([comment, flag, bytes, expected]) => ({
    comment,
    flags: [flag],
    site: SITE,
    publicKey: bytesToHex(signer.publicKey),
    bytes: bytesToHex(bytes),
    expected,
  }));
}
