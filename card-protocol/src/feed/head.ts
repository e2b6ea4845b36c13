import { decodeCbor, encodeCbor } from "../cbor.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { GLOBAL, isPartition, type Partition } from "./partition.ts";

/** What a partition is now. Kind 6. */
export interface Head {
  readonly partition: Partition;
  /** Rises only with a trust list: the feed of a restored backup starts a new one. */
  readonly epoch: number;
  /** 1, 2, 3 … within the epoch; 0: nothing was ever published in it. */
  readonly version: number;
  /** 32 bytes, docs/feed-and-events.md, "Digest". */
  readonly digest: Uint8Array;
  /** The site's counter of changes: whoever has applied this head knows every change up to it. */
  readonly publish: number;
  readonly issued: UnixSeconds;
  /** Past it the partition is stale. issued < expires ≤ issued + {@link HEAD_LIFE_MAX_S}. */
  readonly expires: UnixSeconds;
  /** A zone: the version of `global` that it was expanded from; `global`: null. */
  readonly globalVersion: number | null;
  /** The sequence of the trust list in force when it was signed. */
  readonly trustListSequence: number;
}

/** No head lives longer. */
export const HEAD_LIFE_MAX_S = 600;
const LAYOUT = 1;

/**
 * Signs a head by a key of the trust list with usage `feed`.
 *
 * @throws RangeError for a head out of range: the caller's mistake
 */
export function makeHead(site: string, head: Head, kid: Uint8Array, signer: Signer): Uint8Array {
  const { partition, epoch, version, digest, publish, issued, expires, globalVersion, trustListSequence } = head;
  const payload = encodeCbor([LAYOUT, partition, epoch, version, digest, publish, issued, expires, globalVersion, trustListSequence]);
  if (decodeHead(payload) === undefined) throw new RangeError("a head out of range");
  return sign1("head", site, kid, payload, signer);
}

/**
 * A head that is signed and in range. Whether it may follow the one in force, its receiver judges.
 *
 * @param keyFor  `keysFor(trustList, "feed", wall)`
 */
export function readHead(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<Head, SignedError | "FeedMalformed"> {
  const record = verify1("head", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const head = decodeHead(record.value.payload);
  return head === undefined ? err("FeedMalformed", "not a head, or out of range") : ok(head);
}

function decodeHead(payload: Uint8Array): Head | undefined {
  const read = decodeCbor(payload, RECORD.head.bytesMax);
  const [layout, partition, epoch, version, digest, publish, issued, expires, globalVersion, trustListSequence] =
    (read.ok ? elementsOf(read.value, 10) : undefined) ?? [];
  if (layout !== LAYOUT || !isPartition(partition) || !isU32(epoch) || !isU32(version) || !isBytes(digest, 32) || !isU32(publish)) return undefined;
  if (!isU32(issued) || !isU32(expires) || expires <= issued || expires > issued + HEAD_LIFE_MAX_S || !isU32(trustListSequence)) return undefined;
  if (partition === GLOBAL ? globalVersion !== null : !isU32(globalVersion)) return undefined;
  const from = globalVersion as number | null;
  return { partition, epoch, version, digest, publish, issued: unixSeconds(issued), expires: unixSeconds(expires), globalVersion: from, trustListSequence };
}
