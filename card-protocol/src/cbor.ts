import { Encoder } from "cbor-x";
import { CborReader, DEPTH_MAX } from "./cbor-reader.ts";
import { err, ok, type Result } from "./result.ts";
import { isU32 } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

/** Why bytes are not a record: over the limit (nothing was read), or not the one encoding of a {@link CborValue}. */
export type CborError = "CborTooLarge" | "CborMalformed";

/** What would not read back everywhere: half a character, for which UTF-8 has no bytes, and U+FEFF, which some decoders take for a mark and drop. */
const NOT_PORTABLE = /\p{Surrogate}|\ufeff/u;

/** Source: docs/feed-and-events.md. `useRecords` and the tags would be second ways to write the same value. */
const codec = new Encoder({
  useRecords: false,
  variableMapSize: true,
  useTag259ForMaps: false,
  mapsAsObjects: false,
  tagUint8Array: false,
  int64AsNumber: true,
} as ConstructorParameters<typeof Encoder>[0]);

/**
 * The one encoding of a value: RFC 8949 §4.2.1, shortest heads, definite lengths.
 *
 * @returns bytes of their own, not a view
 * @throws RangeError for what is no {@link CborValue}: the caller's mistake, never a domain outcome
 */
export function encodeCbor(value: CborValue): Uint8Array {
  if (!isPlain(value, 0)) throw new RangeError("not a CborValue: integers of 0..2³²−1, well-formed text, arrays at most 8 deep");
  return new Uint8Array(codec.encode(value));
}

/**
 * Reads bytes that {@link encodeCbor} could have written, and nothing else: each value has exactly one encoding. Meant for bytes whose signature holds; total
 * over any bytes all the same.
 *
 * @param bytesMax  more bytes than this are refused unread
 */
export function decodeCbor(bytes: Uint8Array, bytesMax: number): Result<CborValue, CborError> {
  if (bytes.length > bytesMax) return err("CborTooLarge", `${bytes.length} bytes, at most ${bytesMax}`);
  const reader = new CborReader(bytes);
  const value = reader.whole();
  return value === undefined ? err("CborMalformed", reader.refusal) : ok(value);
}

function isPlain(value: unknown, depth: number): value is CborValue {
  if (typeof value === "number") return isU32(value);
  if (typeof value === "string") return !NOT_PORTABLE.test(value);
  if (typeof value === "boolean" || value === null || value instanceof Uint8Array) return true;
  return Array.isArray(value) && depth < DEPTH_MAX && value.every((item) => isPlain(item, depth + 1));
}

/** `Array.isArray` that narrows a read-only array. */
export const isArray = (value: CborValue): value is readonly CborValue[] => Array.isArray(value);
