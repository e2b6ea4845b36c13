import { decodeCbor, encodeCbor, isArray } from "./cbor.ts";
import { keyId } from "./cose.ts";
import { type EventRecord, HASH_BYTES } from "./event.ts";
import { type ChainEnd, nextLink, type Sha256 } from "./event-chain.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { isBytes, isWord, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";
import { isU32 } from "./units.ts";

/** A run of a controller's events as it goes up. Kind 10. */
export interface EventBatch {
  /** Controller id, 1..64 characters. */
  readonly controller: string;
  /** What the first record follows: its seq is `from.seq` + 1, its prevHash `from.hash`. */
  readonly from: ChainEnd;
  /** At least one, in order; their exact bytes. */
  readonly records: readonly Uint8Array[];
}

/** One record of a batch, read. */
export interface EventLink {
  readonly record: EventRecord;
  readonly bytes: Uint8Array;
  /** The chain behind it. */
  readonly end: ChainEnd;
}

/** What a batch says, once its signature and its chain hold. */
export interface ReadBatch {
  readonly batch: EventBatch;
  /** Its records, one for each. */
  readonly links: readonly EventLink[];
  readonly end: ChainEnd;
}

/** `ChainBroken`: signed, but the records do not follow from one another; the detail names the first break. */
export type EventBatchError = SignedError | "ChainBroken";

/**
 * Signs a batch with the controller's own key: `[controller, firstSeq, prevHash, record…]`, each record a byte string. A stolen list cannot invent
 * events without that key.
 */
export function makeEventBatch(site: string, { controller, from, records }: EventBatch, signer: Signer): Uint8Array {
  return sign1("events", site, keyId(signer.publicKey), encodeCbor([controller, from.seq + 1, from.hash, ...records]), signer);
}

/**
 * A batch whose signature holds and whose records form a chain from the place it names. That this place is where the receiver's chain of this controller
 * ends, and that the key is this controller's, is the receiver's to judge.
 *
 * @param keyFor  the controllers' keys by their {@link keyId}
 */
export function readEventBatch(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier, sha256: Sha256): Result<ReadBatch, EventBatchError> {
  const record = verify1("events", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const read = decodeCbor(record.value.payload, RECORD.events.bytesMax);
  const malformed = err("RecordMalformed", "not [controller, firstSeq, prevHash, record…]");
  if (!read.ok || !isArray(read.value)) return malformed;
  const [controller, firstSeq, hash, ...records] = read.value;
  if (!isWord(controller) || !isU32(firstSeq) || firstSeq === 0 || !isBytes(hash, HASH_BYTES)) return malformed;
  if (records.length === 0 || !records.every((item) => item instanceof Uint8Array)) return malformed;
  const batch: EventBatch = { controller, from: { seq: firstSeq - 1, hash }, records };
  const links: EventLink[] = [];
  let end = batch.from;
  for (const each of batch.records) {
    const link = nextLink(end, each, sha256);
    if (link.kind === "broken") return err("ChainBroken", `${link.cause} at ${link.seq}: ${link.detail}`);
    end = link.end;
    links.push({ record: link.record, bytes: each, end });
  }
  return ok({ batch, links, end });
}
