import { compareBytes } from "../bytes.ts";
import { decodeCbor, encodeCbor } from "../cbor.ts";
import { err, ok, type Result } from "../result.ts";
import type { Verifier } from "../signature.ts";
import { elementsOf, isBytes, type KeyFor, RECORD, sign1, type SignedError, verify1 } from "../signed.ts";
import type { Signer } from "../signer.ts";
import { isU32 } from "../units.ts";
import { ITEM_KEY_BYTES_MAX, type ItemBytes } from "./feed-item.ts";
import { ascends, ITEM_VALUE_BYTES_MAX, readAll } from "./item-fields.ts";
import { isPartition, type Partition } from "./partition.ts";
import type { CborValue } from "../cbor-value.ts";

/** From one version of a partition to a later one: the net result, at most one operation a key. */
export interface Delta {
  readonly partition: Partition;
  readonly epoch: number;
  /** from < to. */
  readonly from: number;
  readonly to: number;
  /** 32 bytes each: what the partition's digest has to be before and after. */
  readonly digestBefore: Uint8Array;
  readonly digestAfter: Uint8Array;
  /** Keys that are there and go, ascending. */
  readonly removed: readonly Uint8Array[];
  /** Items that come or change, ascending by key. */
  readonly put: readonly ItemBytes[];
}

/** One signed record of a delta; all parts are applied together. Kind 7. */
export interface DeltaPart extends Delta {
  /** 0 ≤ part < parts. */
  readonly part: number;
  readonly parts: number;
}

/** More than that is told by a snapshot. */
export const DELTA_PARTS_MAX = 256;
const LAYOUT = 1;
/** Bytes of items in one part: what is left of a record is its envelope, the ids and the digests. */
const ITEMS_BYTES_MAX = RECORD.delta.bytesMax - 512;
/** Of an operation beside key and value: heads of arrays and byte strings. */
const OPERATION_BYTES = 8;

/**
 * Signs a delta in as many parts as it needs, by a key of the trust list with usage `feed`. Undefined: more than {@link DELTA_PARTS_MAX} parts; a snapshot
 * tells it.
 *
 * @param delta  removals and puts in any order, no key twice
 * @throws RangeError for a delta out of range: the caller's mistake
 */
export function makeDelta(site: string, delta: Delta, kid: Uint8Array, signer: Signer): readonly Uint8Array[] | undefined {
  const removed = [...delta.removed].sort(compareBytes);
  const put = [...delta.put].sort((a, b) => compareBytes(a.key, b.key));
  if (!inOrder(removed, put)) throw new RangeError("a delta that names a key twice");
  const portions: { removed: Uint8Array[]; put: ItemBytes[]; bytes: number }[] = [];
  const room = (bytes: number): { removed: Uint8Array[]; put: ItemBytes[] } => {
    let last = portions.at(-1);
    if (last === undefined || last.bytes + bytes > ITEMS_BYTES_MAX) portions.push((last = { removed: [], put: [], bytes: 0 }));
    last.bytes += bytes;
    return last;
  };
  for (const key of removed) room(key.length + OPERATION_BYTES).removed.push(key);
  for (const item of put) room(item.key.length + item.value.length + OPERATION_BYTES).put.push(item);
  if (portions.length === 0) portions.push({ removed: [], put: [], bytes: 0 });
  if (portions.length > DELTA_PARTS_MAX) return undefined;
  return portions.map((portion, part) => {
    const payload = encodePart({ ...delta, removed: portion.removed, put: portion.put, part, parts: portions.length });
    if (decodeDeltaPart(payload) === undefined) throw new RangeError("a delta out of range");
    return sign1("delta", site, kid, payload, signer);
  });
}

/**
 * One part of a delta that is signed and in range. Whether it follows from what is in force, its receiver judges.
 *
 * @param keyFor  `keysFor(trustList, "feed", wall)`
 */
export function readDeltaPart(bytes: Uint8Array, site: string, keyFor: KeyFor, verifier: Verifier): Result<DeltaPart, SignedError | "FeedMalformed"> {
  const record = verify1("delta", site, bytes, keyFor, verifier);
  if (!record.ok) return record;
  const part = decodeDeltaPart(record.value.payload);
  return part === undefined ? err("FeedMalformed", "not a delta, or out of range") : ok(part);
}

/**
 * A delta out of its parts, in order; undefined where they are not the parts of one delta.
 *
 * @param parts  all of one delta, at least one
 */
export function joinDelta(parts: readonly DeltaPart[]): Delta | undefined {
  const first = parts[0];
  if (first === undefined || parts.length !== first.parts) return undefined;
  const belongs = parts.every(
    (each, nth) =>
      each.part === nth &&
      each.parts === first.parts &&
      each.partition === first.partition &&
      each.epoch === first.epoch &&
      each.from === first.from &&
      each.to === first.to &&
      compareBytes(each.digestBefore, first.digestBefore) === 0 &&
      compareBytes(each.digestAfter, first.digestAfter) === 0,
  );
  const removed = parts.flatMap((each) => each.removed);
  const put = parts.flatMap((each) => each.put);
  // No part removes anything behind the first that puts.
  const firstPut = parts.findIndex((each) => each.put.length > 0);
  const inFront = firstPut < 0 || parts.slice(firstPut + 1).every((each) => each.removed.length === 0);
  if (!belongs || !inFront || !inOrder(removed, put)) return undefined;
  const { partition, epoch, from, to, digestBefore, digestAfter } = first;
  return { partition, epoch, from, to, digestBefore, digestAfter, removed, put };
}

/** Removals ascend, puts ascend, and no key stands in both. */
function inOrder(removed: readonly Uint8Array[], put: readonly ItemBytes[]): boolean {
  if (!ascends(removed, compareBytes) || !ascends(put, (a, b) => compareBytes(a.key, b.key))) return false;
  let nth = 0;
  return removed.every((key) => {
    while (nth < put.length && compareBytes(put[nth]!.key, key) < 0) nth++;
    return nth === put.length || compareBytes(put[nth]!.key, key) !== 0;
  });
}

function encodePart({ partition, epoch, from, to, digestBefore, digestAfter, part, parts, removed, put }: DeltaPart): Uint8Array {
  return encodeCbor([LAYOUT, partition, epoch, from, to, digestBefore, digestAfter, part, parts, removed, put.map(({ key, value }) => [key, value])]);
}

function decodeDeltaPart(payload: Uint8Array): DeltaPart | undefined {
  const read = decodeCbor(payload, RECORD.delta.bytesMax);
  const [layout, partition, epoch, from, to, digestBefore, digestAfter, part, parts, removals, puts] = (read.ok ? elementsOf(read.value, 11) : undefined) ?? [];
  if (layout !== LAYOUT || !isPartition(partition) || !isU32(epoch) || !isU32(from) || !isU32(to) || from >= to) return undefined;
  if (!isBytes(digestBefore, 32) || !isBytes(digestAfter, 32) || !isU32(part) || !isU32(parts) || part >= parts || parts > DELTA_PARTS_MAX) return undefined;
  const removed = readAll(removals, readKey);
  const put = readAll(puts, (row) => {
    const [keyElement, value] = elementsOf(row, 2) ?? [];
    const key = readKey(keyElement);
    return key !== undefined && value instanceof Uint8Array && value.length <= ITEM_VALUE_BYTES_MAX ? { key, value } : undefined;
  });
  if (removed === undefined || put === undefined || !inOrder(removed, put)) return undefined;
  return { partition, epoch, from, to, digestBefore, digestAfter, part, parts, removed, put };
}

const readKey = (value: CborValue | undefined): Uint8Array | undefined =>
  value instanceof Uint8Array && value.length > 0 && value.length <= ITEM_KEY_BYTES_MAX ? value : undefined;
