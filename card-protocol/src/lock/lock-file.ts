import { decodeCbor, encodeCbor, isArray } from "../cbor.ts";
import { elementsOf, isWord, RECORD } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { isLockId } from "./lock-words.ts";
import type { CborValue } from "../cbor-value.ts";

/** A list on its way to a lock, with what whoever carries it is told of it. */
export interface CarriedLockList {
  readonly lock: string;
  readonly version: number;
  readonly validUntil: UnixSeconds;
  /** Signed, kind 16. */
  readonly record: Uint8Array;
}

/** A deny set on its way to any lock of its controller. */
export interface CarriedDenySet {
  readonly version: number;
  readonly issued: UnixSeconds;
  /** Signed, kind 17. */
  readonly record: Uint8Array;
}

/**
 * What is carried to locks that nobody reaches: lists, and the deny set of their controller. Nothing in it is believed because it lies there: a lock judges each
 * record by its signature, and the versions beside them serve for words alone. docs/lock-profile.md, By file.
 */
export interface LockFile {
  readonly site: string;
  readonly controller: string;
  /** At most {@link LOCK_FILE_LISTS_MAX}, ascending by lock, none twice. */
  readonly lists: readonly CarriedLockList[];
  /** Undefined: the controller has nobody to name, and never had. */
  readonly denySet: CarriedDenySet | undefined;
}

export const LOCK_FILE_LISTS_MAX = 100;
/** No file is longer. */
export const LOCK_FILE_BYTES_MAX = 1_800_000;
const LAYOUT = "portico locks 1";

/**
 * `["portico locks 1", site, controller, [[lock, version, validUntil, list]…], [version, issued, deny set] or null]`; deterministic CBOR. Lists are put in order.
 *
 * @throws RangeError for too many lists, or two for one lock: the caller's mistake
 */
export function encodeLockFile({ site, controller, lists, denySet }: LockFile): Uint8Array {
  const rows = lists.toSorted(byLock).map(({ lock, version, validUntil, record }): CborValue => [lock, version, validUntil, record]);
  const bytes = encodeCbor([LAYOUT, site, controller, rows, denySet === undefined ? null : [denySet.version, denySet.issued, denySet.record]]);
  if (decodeLockFile(bytes) === undefined) throw new RangeError("a lock file out of range");
  return bytes;
}

/** Undefined: it is none. Total over any bytes. */
export function decodeLockFile(bytes: Uint8Array): LockFile | undefined {
  const read = decodeCbor(bytes, LOCK_FILE_BYTES_MAX);
  const [layout, site, controller, rows, set] = (read.ok ? elementsOf(read.value, 5) : undefined) ?? [];
  if (layout !== LAYOUT || !isWord(site) || !isWord(controller) || rows === undefined || !isArray(rows) || rows.length > LOCK_FILE_LISTS_MAX) return undefined;
  const lists = rows.map(listOf).filter((list) => list !== undefined);
  const ascend = lists.every((list, nth) => nth === 0 || byLock(lists[nth - 1]!, list) < 0);
  const denySet = set === null || set === undefined ? undefined : setOf(set);
  if (lists.length !== rows.length || !ascend || (set !== null && denySet === undefined)) return undefined;
  return { site, controller, lists, denySet };
}

const byLock = (a: CarriedLockList, b: CarriedLockList): number => (a.lock < b.lock ? -1 : a.lock === b.lock ? 0 : 1);

function listOf(value: CborValue): CarriedLockList | undefined {
  const [lock, version, validUntil, record] = elementsOf(value, 4) ?? [];
  if (!isLockId(lock) || !isU32(version) || !isU32(validUntil) || !isRecord(record, RECORD.lockList.bytesMax)) return undefined;
  return { lock, version, validUntil: unixSeconds(validUntil), record };
}

function setOf(value: CborValue): CarriedDenySet | undefined {
  const [version, issued, record] = elementsOf(value, 3) ?? [];
  if (!isU32(version) || !isU32(issued) || !isRecord(record, RECORD.denySet.bytesMax)) return undefined;
  return { version, issued: unixSeconds(issued), record };
}

const isRecord = (value: unknown, most: number): value is Uint8Array => value instanceof Uint8Array && value.length > 0 && value.length <= most;
