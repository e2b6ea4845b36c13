import { encodeCbor } from "./cbor.ts";
import { CborReader } from "./cbor-reader.ts";
import { keyId } from "./cose.ts";
import { type EventRecord, HASH_BYTES } from "./event.ts";
import { type ChainEnd, nextLink, type Sha256 } from "./event-chain.ts";
import { err, ok, type Result } from "./result.ts";
import type { Verifier } from "./signature.ts";
import { isBytes, isWord, type KeyFor, sign1, type SignedError, verify1 } from "./signed.ts";
import type { Signer } from "./signer.ts";

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
  const batch = readPayload(new CborReader(record.value.payload));
  if (batch === undefined) return err("RecordMalformed", "not [controller, firstSeq, prevHash, record…]");
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

/** Undefined: it is none. The records stay where they are: all of them are kept, or none. */
function readPayload(reader: CborReader): EventBatch | undefined {
  const items = reader.items();
  if (items === undefined) return undefined;
  const controller = reader.text();
  if (!isWord(controller)) return undefined;
  const firstSeq = reader.u32();
  if (firstSeq === undefined || firstSeq === 0) return undefined;
  const hash = reader.ownBytes();
  if (!isBytes(hash, HASH_BYTES)) return undefined;
  const records: Uint8Array[] = [];
  while (records.length < items - 3) {
    const record = reader.bytesInPlace();
    if (record === undefined) return undefined;
    records.push(record);
  }
  return records.length > 0 && reader.isAtEnd ? { controller, from: { seq: firstSeq - 1, hash }, records } : undefined;
}
