import { type CborValue, encodeCbor } from "../cbor.ts";
import { elementsOf } from "../signed.ts";
import { isU32, type UnixSeconds, unixSeconds } from "../units.ts";
import { arrayValue } from "./item-fields.ts";

/** What a zone wants of a room lock, and of what is set there for a person. docs/feed-and-events.md, Items. */
export type LockItem =
  /** A lock that stands at an access point, and how it treats wrong PINs. */
  | {
      readonly table: "roomLock";
      readonly accessPoint: number;
      /** X25519, 32 bytes: what PINs are sealed to. */
      readonly publicKey: Uint8Array;
      /** 1..5 wrong PINs in a row, then the keypad is dead for a while. */
      readonly pinTriesMax: number;
      /** 30..86,400 s. */
      readonly pinLockOutS: number;
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
      /** As docs/lock-profile.md seals it. */
      readonly sealed: Uint8Array;
    }
  /** A place for one finger of a holder. The template never leaves the lock. */
  | {
      readonly table: "lockFinger";
      readonly accessPoint: number;
      /** 1..65,535, the lock's own. */
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

export const SEALED_PIN_BYTES_MIN = 48;
export const SEALED_PIN_BYTES_MAX = 256;
export const PIN_TRIES_MAX = 5;
export const PIN_LOCK_OUT_MIN_S = 30;
export const PIN_LOCK_OUT_MAX_S = 86_400;

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
      return encodeCbor([item.publicKey, item.pinTriesMax, item.pinLockOutS]);
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
  switch (key[0]) {
    case LOCK_TABLE.roomLock: {
      const [publicKey, pinTriesMax, pinLockOutS] = elementsOf(fields, 3) ?? [];
      if (key.length !== 3 || !isBytesBetween(publicKey, 32, 32) || !isWithin(pinTriesMax, 1, PIN_TRIES_MAX)) return undefined;
      if (!isWithin(pinLockOutS, PIN_LOCK_OUT_MIN_S, PIN_LOCK_OUT_MAX_S)) return undefined;
      return { table: "roomLock", accessPoint: view.getUint16(1), publicKey, pinTriesMax, pinLockOutS };
    }
    case LOCK_TABLE.lockPin: {
      const [version, from, until, sealed] = elementsOf(fields, 4) ?? [];
      if (key.length !== 7 || !isWithin(version, 1) || !isBytesBetween(sealed, SEALED_PIN_BYTES_MIN, SEALED_PIN_BYTES_MAX)) return undefined;
      const times = timesOf(from, until);
      return times && { table: "lockPin", accessPoint: view.getUint16(1), holder: view.getUint32(3), version, ...times, sealed };
    }
    case LOCK_TABLE.lockFinger: {
      const [version, holder, from, until, enrolUntil] = elementsOf(fields, 5) ?? [];
      if (key.length !== 5 || !isWithin(version, 1) || !isU32(holder) || !isU32(enrolUntil) || view.getUint16(3) === 0) return undefined;
      const times = timesOf(from, until);
      return times && { table: "lockFinger", accessPoint: view.getUint16(1), slot: view.getUint16(3), holder, version, ...times, enrolUntil: unixSeconds(enrolUntil) };
    }
    default:
      return undefined;
  }
}

function timesOf(from: CborValue | undefined, until: CborValue | undefined): { readonly validFrom: UnixSeconds; readonly validUntil: UnixSeconds } | undefined {
  return isU32(from) && isU32(until) && from < until ? { validFrom: unixSeconds(from), validUntil: unixSeconds(until) } : undefined;
}

const isBytesBetween = (value: CborValue | undefined, least: number, most: number): value is Uint8Array =>
  value instanceof Uint8Array && value.length >= least && value.length <= most;
const isWithin = (value: CborValue | undefined, least: number, most = 0xffff_ffff): value is number => isU32(value) && value >= least && value <= most;

function u16Bytes(number: number): Uint8Array {
  if (!isU32(number) || number > 0xffff) throw new RangeError(`${number} is no number of 2 bytes`);
  return Uint8Array.of(number >> 8, number & 0xff);
}

function u32Bytes(number: number): Uint8Array {
  if (!isU32(number)) throw new RangeError(`${number} is no number of 4 bytes`);
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
