import { encodeCbor } from "../cbor.ts";
import { LOCK_FINGERS_MAX } from "../lock/lock-words.ts";
import { SEALED_PIN_BYTES } from "../lock/sealed-pin.ts";
import { elementsOf, isBytes } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { arrayValue } from "./item-fields.ts";
import type { CborValue } from "../cbor-value.ts";

/** What a zone wants of a room lock, and of what is set there for a person. docs/feed-and-events.md, Items. */
export type LockItem =
  /** A lock that stands at an access point. */
  | {
      readonly table: "roomLock";
      readonly accessPoint: number;
      /** X25519, 32 bytes: what PINs are sealed to. */
      readonly publicKey: Uint8Array;
    }
  /** A holder's PIN, which the lock alone can open. It is wanted from ≤ t < until; where the item is gone the PIN has to go. */
  | {
      readonly table: "lockPin";
      readonly accessPoint: number;
      readonly holder: number;
      /** 1 and up, of this holder at this lock. */
      readonly version: number;
      readonly validFrom: UnixSeconds;
      readonly validUntil: UnixSeconds;
      /** {@link SEALED_PIN_BYTES}, docs/lock-profile.md. */
      readonly sealed: Uint8Array;
    }
  /** A place for one finger of a holder. The template never leaves the lock. */
  | {
      readonly table: "lockFinger";
      readonly accessPoint: number;
      /** 0..{@link LOCK_FINGERS_MAX} − 1, the lock's own. */
      readonly slot: number;
      readonly holder: number;
      /** 1 and up, of this slot: a higher one wants the finger enrolled anew. */
      readonly version: number;
      readonly validFrom: UnixSeconds;
      readonly validUntil: UnixSeconds;
      /** Enrolment at the lock begins before. */
      readonly enrolUntil: UnixSeconds;
    };

/** The first bytes of the keys: above the tables that every reader has to know. */
export const LOCK_TABLE = { roomLock: 144, lockPin: 145, lockFinger: 146 } as const satisfies Record<LockItem["table"], number>;
export const isLockTable = (table: number): boolean => Object.values<number>(LOCK_TABLE).includes(table);
export const isLockItem = (item: { readonly table: string }): item is LockItem => Object.hasOwn(LOCK_TABLE, item.table);

/** @throws RangeError for a number that does not fit: the caller's mistake */
export function lockItemKey(item: LockItem): Uint8Array {
  const table = LOCK_TABLE[item.table];
  switch (item.table) {
    case "roomLock":
      return Uint8Array.of(table, ...u16Bytes(item.accessPoint));
    case "lockPin":
      return Uint8Array.of(table, ...u16Bytes(item.accessPoint), ...u32Bytes(item.holder));
    case "lockFinger":
      return Uint8Array.of(table, ...u16Bytes(item.accessPoint), ...u16Bytes(item.slot));
  }
}

export function lockItemValue(item: LockItem): Uint8Array {
  switch (item.table) {
    case "roomLock":
      return encodeCbor([item.publicKey]);
    case "lockPin":
      return encodeCbor([item.version, item.validFrom, item.validUntil, item.sealed]);
    case "lockFinger":
      return encodeCbor([item.version, item.holder, item.validFrom, item.validUntil, item.enrolUntil]);
  }
}

/** Undefined: it is none. Total over any bytes; the caller compares what it writes again. */
export function readLockItem(key: Uint8Array, value: Uint8Array): LockItem | undefined {
  const fields = arrayValue(value);
  if (fields === undefined) return undefined;
  const view = new DataView(key.buffer, key.byteOffset, key.byteLength);
  if (key[0] === LOCK_TABLE.roomLock && key.length === 3) {
    const [publicKey] = elementsOf(fields, 1) ?? [];
    return isBytes(publicKey, 32) ? { table: "roomLock", accessPoint: view.getUint16(1), publicKey } : undefined;
  }
  if (key[0] === LOCK_TABLE.lockPin && key.length === 7) {
    const [version, from, until, sealed] = elementsOf(fields, 4) ?? [];
    const times = timesOf(from, until);
    if (times === undefined || !isVersion(version) || !isBytes(sealed, SEALED_PIN_BYTES)) return undefined;
    return { table: "lockPin", accessPoint: view.getUint16(1), holder: view.getUint32(3), version, ...times, sealed };
  }
  if (key[0] !== LOCK_TABLE.lockFinger || key.length !== 5) return undefined;
  const [version, holder, from, until, end] = elementsOf(fields, 5) ?? [];
  const [times, slot] = [timesOf(from, until), view.getUint16(3)];
  if (times === undefined || !isVersion(version) || !isU32(holder) || !isU32(end) || slot >= LOCK_FINGERS_MAX) return undefined;
  return { table: "lockFinger", accessPoint: view.getUint16(1), slot, holder, version, ...times, enrolUntil: unixSeconds(end) };
}

function timesOf(from: CborValue | undefined, until: CborValue | undefined): { readonly validFrom: UnixSeconds; readonly validUntil: UnixSeconds } | undefined {
  return isU32(from) && isU32(until) && from < until ? { validFrom: unixSeconds(from), validUntil: unixSeconds(until) } : undefined;
}

const isVersion = (value: CborValue | undefined): value is number => isU32(value) && value > 0;

function u16Bytes(number: number): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff) throw new RangeError(`${number} is no number of 2 bytes`);
  return Uint8Array.of(number >> 8, number & 0xff);
}

function u32Bytes(number: number): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number > 0xffff_ffff) throw new RangeError(`${number} is no number of 4 bytes`);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
