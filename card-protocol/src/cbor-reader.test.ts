import { Encoder } from "cbor-x";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { CborReader } from "./cbor-reader.ts";
import { CborWriter } from "./cbor-writer.ts";
import type { CborValue } from "./cbor-value.ts";

const codec = new Encoder({ useRecords: false, variableMapSize: true, useTag259ForMaps: false, mapsAsObjects: false, tagUint8Array: false, int64AsNumber: true } as ConstructorParameters<typeof Encoder>[0]); // prettier-ignore
const writer = new CborWriter();
const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));

/** A general codec reads, what it gave is judged, written again and compared. */
function slowly(bytes: Uint8Array): CborValue | undefined {
  try {
    const value: unknown = codec.decode(new Uint8Array(bytes));
    return isPlain(value, 0) && Buffer.compare(writer.encode(value), bytes) === 0 ? value : undefined;
  } catch {
    return undefined;
  }
}
function isPlain(value: unknown, depth: number): value is CborValue {
  if (typeof value === "number") return Number.isInteger(value) && !Object.is(value, -0) && value >= 0 && value <= 0xffff_ffff;
  if (typeof value === "string") return !/\p{Surrogate}|\ufeff/u.test(value);
  if (typeof value === "boolean" || value === null || value instanceof Uint8Array) return true;
  return Array.isArray(value) && depth < 8 && value.every((item) => isPlain(item, depth + 1));
}

/** Bytes as they are near to what can be read: heads of every type and length, and letters of one to four bytes. */
const near = fc
  .array(
    fc.oneof(
      fc.constantFrom(...["00", "17", "18 17", "18 18", "19 00 ff", "19 01 00", "1a 00 00 ff ff", "1a 00 01 00 00", "1b 00 00 00 01 00 00 00 00", "20", "40", "41 61", "60", "61 61", "62 c3 a9", "63 e4 b8 ad", "64 f0 9f 9a aa", "63 ef bb bf", "63 ed a0 80", "62 c0 80", "63 e0 80 80", "64 f4 90 80 80", "62 c3 28", "80", "81", "82", "98 01", "a0", "c0", "f4", "f5", "f6", "f7", "f8 14", "f9 3c 00", "fb 00 00 00 00 00 00 00 00", "ff", "9f", "5f", "7f"].map(hex)), // prettier-ignore
      fc.uint8Array({ maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => Uint8Array.from(parts.flatMap((part) => [...part])));

test("it reads what a general codec reads whose value is plain and is written as these very bytes, and nothing else", () => {
  let read = 0;
  fc.assert(
    fc.property(near, (bytes) => {
      const value = new CborReader(bytes).whole();
      if (value !== undefined) read++;
      expect(value).toEqual(slowly(bytes));
    }),
    { numRuns: 4_000 },
  );
  expect(read, "some of it can be read").toBeGreaterThan(100);
});

/** What a reader that knows which kind of item it wants gets out of the bytes; undefined: not all of them are one. */
function itemOf(bytes: Uint8Array, read: (reader: CborReader) => CborValue | undefined): CborValue | undefined {
  const reader = new CborReader(bytes);
  const value = read(reader);
  return reader.isAtEnd ? value : undefined;
}
const KINDS: Readonly<Record<string, (reader: CborReader) => CborValue | undefined>> = {
  number: (reader) => reader.u32(),
  string: (reader) => reader.text(),
  boolean: (reader) => reader.boolean(),
  bytes: (reader) => reader.ownBytes(),
  "bytes in place": (reader) => reader.bytesInPlace(),
  null: (reader) => (reader.isNull() ? null : undefined),
  array(reader) {
    const values: CborValue[] = [];
    const count = reader.items();
    for (let nth = 0; nth < (count ?? 0); nth++) {
      const value = reader.item(1);
      if (value === undefined) return undefined;
      values.push(value);
    }
    return count === undefined ? undefined : values;
  },
};
const kindOf = (value: CborValue | undefined): string =>
  value instanceof Uint8Array ? "bytes" : Array.isArray(value) ? "array" : value === null ? "null" : typeof value;

test("item by item it reads the same as whole, by who asks for what stands there alone", () => {
  const seen = new Set<string>();
  fc.assert(
    fc.property(near, (bytes) => {
      const value = new CborReader(bytes).whole();
      const kind = kindOf(value);
      seen.add(kind);
      for (const [name, read] of Object.entries(KINDS)) expect(itemOf(bytes, read), name).toEqual(name.startsWith(kind) ? value : undefined);
    }),
    { numRuns: 4_000 },
  );
  expect([...seen].sort()).toEqual(["array", "boolean", "bytes", "null", "number", "string", "undefined"]);
});

test("bytes in place are the given ones, also in a pool; own ones stay when those change", () => {
  const given = Buffer.concat([Uint8Array.of(0x00), writer.encode(Uint8Array.of(1, 2)), writer.encode(Uint8Array.of(3, 4))]).subarray(1);
  const reader = new CborReader(given);
  const [inPlace, own] = [reader.bytesInPlace()!, reader.ownBytes()!];
  expect([inPlace.constructor, own.constructor, reader.isAtEnd]).toEqual([Uint8Array, Uint8Array, true]);
  given.fill(9);
  expect([[...inPlace], [...own]]).toEqual([
    [9, 9],
    [3, 4],
  ]);
});

test("each letter of one to four bytes reads as itself at both ends of what so many bytes can hold", () => {
  for (const point of [0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfefe, 0xff00, 0xffff, 0x1_0000, 0x10_ffff]) {
    const text = `a${String.fromCodePoint(point)}b`;
    expect(new CborReader(writer.encode([text])).whole(), point.toString(16)).toEqual([text]);
  }
});

test("bytes of a pool, as node gives them, come out as bytes of their own", () => {
  const given = Buffer.from(writer.encode([Uint8Array.of(1, 2), new Uint8Array(100).fill(7)]));
  const read = new CborReader(given).whole() as Uint8Array[];
  given.fill(0);
  expect(read).toEqual([Uint8Array.of(1, 2), new Uint8Array(100).fill(7)]);
  expect(read.map((bytes) => [Object.getPrototypeOf(bytes) === Uint8Array.prototype, bytes.buffer.byteLength])).toEqual([[true, 2], [true, 100]]); // prettier-ignore
});
