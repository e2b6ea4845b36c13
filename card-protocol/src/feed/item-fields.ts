import { decodeCbor, isArray } from "../cbor.ts";
import { isLocalDate } from "../campus-time.ts";
import { isListId } from "../list-id.ts";
import type { LocalDate } from "../schedule.ts";
import { isU32 } from "../units.ts";
import type { CborValue } from "../cbor-value.ts";

/** No item's value is longer. docs/feed-and-events.md. */
export const ITEM_VALUE_BYTES_MAX = 4_096;

/**
 * A number in a key: big-endian.
 *
 * @throws RangeError for one that does not fit: it would stand for another
 */
export function numberKey(table: number, number: number, bytes: 2 | 4): Uint8Array {
  if (!isU32(number) || (bytes === 2 && number > 0xffff)) throw new RangeError(`${number} is no number of ${bytes} bytes`);
  const key = new Uint8Array(1 + bytes);
  key[0] = table;
  const view = new DataView(key.buffer);
  if (bytes === 2) view.setUint16(1, number);
  else view.setUint32(1, number);
  return key;
}

/** The number behind the table's byte of a key of 3 or 5 bytes. */
export function numberOfKey(key: Uint8Array): number {
  let number = 0;
  for (let at = 1; at < key.length; at++) number = number * 256 + key[at]!;
  return number;
}

/** The elements of a value that is an array; undefined where it is none. */
export function arrayValue(value: Uint8Array): readonly CborValue[] | undefined {
  const read = decodeCbor(value, ITEM_VALUE_BYTES_MAX);
  return read.ok && isArray(read.value) ? read.value : undefined;
}

/** A value that is a list id. */
export function idValue(value: Uint8Array): string | undefined {
  const read = decodeCbor(value, ITEM_VALUE_BYTES_MAX);
  return read.ok && isListId(read.value) ? read.value : undefined;
}

/** Reads every element; undefined where one is none. */
export function readAll<T>(value: CborValue | undefined, read: (element: CborValue) => T | undefined): T[] | undefined {
  if (value === undefined || !isArray(value)) return undefined;
  const all: T[] = [];
  for (const element of value) {
    const one = read(element);
    if (one === undefined) return undefined;
    all.push(one);
  }
  return all;
}

/** True where each element comes behind the one before it. */
export function ascends<T>(list: readonly T[], compare: (a: T, b: T) => number): boolean {
  return list.every((element, index) => index === 0 || compare(list[index - 1]!, element) < 0);
}

export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** `2026-10-01` as 20261001. */
export const dateNumber = (date: LocalDate): number => Number(date.replaceAll("-", ""));

/** A day of the calendar from its number; undefined for one that no year has. */
export function dateOfNumber(value: unknown): LocalDate | undefined {
  if (!isU32(value)) return undefined;
  const text = String(value);
  const date = `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}`;
  return isLocalDate(date) ? date : undefined;
}
