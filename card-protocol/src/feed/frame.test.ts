import * as fc from "fast-check";
import { expect, test } from "vitest";
import { concatBytes } from "../bytes.ts";
import { encodeCbor } from "../cbor.ts";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { encodeFrame, type Frame, FRAME_BYTES_MAX, FRAME_NUMBER, FrameReader } from "./frame.ts";
import type { CborValue } from "../cbor-value.ts";

const record = Uint8Array.of(1, 2, 3);
const EVERY_KIND: readonly Frame[] = [
  { kind: "hello", site: "demo-campus", publish: 40 },
  { kind: "trustList", record },
  { kind: "head", record },
  { kind: "delta", record },
  { kind: "manifest", record },
  { kind: "command", record },
  { kind: "keepalive", nextS: 20 },
  { kind: "bye", retryAfterS: 300 },
  { kind: "zoneKeys", generations: [["east", 2]] },
  { kind: "configuration", record },
];
const push = (bytes: Uint8Array) => new FrameReader().push(bytes);
const hex = (text: string): Uint8Array => hexToBytes(text.replaceAll(" ", ""))!;
/** A record frame of so many bytes. */
const sized = (bytes: number): Uint8Array => encodeFrame({ kind: "delta", record: new Uint8Array(bytes - 7) });

/** What a reader makes of a stream that arrives in these pieces: all frames, and the error at its end. */
function readAll(pieces: readonly Uint8Array[]): { readonly frames: readonly Frame[]; readonly error: string | undefined } {
  const reader = new FrameReader();
  const frames: Frame[] = [];
  for (const piece of pieces) {
    const read = reader.push(piece);
    if (!read.ok) return { frames, error: read.error };
    frames.push(...read.value);
  }
  return { frames, error: undefined };
}

function cut(stream: Uint8Array, at: readonly number[]): Uint8Array[] {
  const places = [0, ...at.map((place) => place % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return places.slice(1).map((place, nth) => stream.subarray(places[nth], place));
}

test.each(EVERY_KIND)("a frame of kind $kind reads back", (frame) => {
  expect(push(encodeFrame(frame))).toEqual({ ok: true, value: [frame] });
});

test("there is a frame of each number, and its bytes are those of the document", () => {
  expect(EVERY_KIND.map(({ kind }) => FRAME_NUMBER[kind])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(EVERY_KIND.map((frame) => bytesToHex(encodeFrame(frame)))).toEqual(
    ["84 00 01 6b 64656d6f2d63616d707573 1828", "82 01 43 010203", "82 02 43 010203", "82 03 43 010203", "82 04 43 010203", "82 05 43 010203", "82 06 14", "82 07 19 012c", "82 08 81 82 64 65617374 02", "82 09 43 010203"] // prettier-ignore
      .map((text) => text.replaceAll(" ", "")),
  );
});

const anyFrame: fc.Arbitrary<Uint8Array> = fc.oneof(
  fc.constantFrom(...EVERY_KIND.map(encodeFrame)),
  fc.uint8Array({ maxLength: 300 }).map((bytes) => encodeFrame({ kind: "head", record: bytes })),
  fc
    .tuple(fc.integer({ min: 10, max: 99 }), fc.constantFrom<CborValue[]>([], [null, true, "text"], [[[1, [], 70_000]], record]))
    .map(([number, fields]) => encodeCbor([number, ...fields])),
);

test("however a stream is cut into pieces, its frames are the same", () => {
  fc.assert(
    fc.property(fc.array(anyFrame, { maxLength: 8 }), fc.array(fc.nat(5_000)), (list, places) => {
      const known = list.flatMap((bytes) => (bytes[1]! < 10 ? [bytesToHex(bytes)] : []));
      const read = readAll(cut(concatBytes(list), places));
      expect({ ...read, frames: read.frames.map((frame) => bytesToHex(encodeFrame(frame))) }).toEqual({ frames: known, error: undefined });
    }),
  );
});

test("any bytes are frames or an error, the same error however they are cut into pieces", () => {
  const spoilt = fc.tuple(fc.array(anyFrame, { minLength: 1, maxLength: 4 }), fc.nat(2_000), fc.nat(255)).map(([list, at, byte]) => {
    const stream = concatBytes(list);
    stream[at % stream.length] = byte;
    return stream;
  });
  fc.assert(
    fc.property(fc.oneof(spoilt, fc.uint8Array({ maxLength: 60 })), fc.array(fc.nat(2_000)), (stream, places) => {
      const whole = readAll([stream]);
      const pieces = readAll(cut(stream, places));
      const bytewise = readAll(Array.from(stream, (byte) => Uint8Array.of(byte)));
      expect([pieces.error, bytewise.error]).toEqual([whole.error, whole.error]);
      if (whole.error === undefined) expect([pieces, bytewise]).toEqual([whole, whole]);
    }),
    { numRuns: 1_000 },
  );
});

test("frames keep nothing of the bytes that were pushed", () => {
  const stream = encodeFrame({ kind: "head", record });
  const reader = new FrameReader();
  const first = stream.slice(0, 4);
  reader.push(first);
  first.fill(0xee);
  const rest = stream.slice(4);
  const read = reader.push(rest);
  rest.fill(0xee);
  expect(read).toEqual({ ok: true, value: [{ kind: "head", record }] });
});

test.each([
  ["a frame of number 10", "81 0a"],
  ["a frame of the greatest number", "82 1a ffffffff 00"],
  ["an unknown frame of arrays 8 deep", "82 0a 81 81 81 81 81 81 80"],
])("%s is passed over, and the next one is read", (_, bytes) => {
  expect(push(concatBytes([hex(bytes), encodeFrame(EVERY_KIND[6]!)]))).toEqual({ ok: true, value: [EVERY_KIND[6]] });
});

test.each([
  ["a number that is no array", "06"],
  ["a text", "63 666f6f"],
  ["an empty array", "80"],
  ["a frame whose number is a text", "82 61 36 14"],
  ["a frame without its record", "81 02"],
  ["a frame with something behind its record", "83 02 41 00 00"],
  ["a record as text", "82 02 61 61"],
  ["a keepalive with a record", "82 06 41 00"],
  ["a bye without a number", "82 07 f6"],
  ["keys of no list of zones", "82 08 02"],
  ["a key's generation without its zone", "82 08 81 81 02"],
  ["a key of what is no zone", "82 08 81 82 64 45617374 02"],
  ["a key's generation that is none", "82 08 81 82 64 65617374 f6"],
  ["a hello of another protocol", "84 00 02 63 666f6f 00"],
  ["a hello without publish", "83 00 01 63 666f6f"],
  ["a hello with something behind", "85 00 01 63 666f6f 00 00"],
  ["a hello whose site is bytes", "84 00 01 43 666f6f 00"],
  ["a number in a longer encoding", "82 06 18 14"],
  ["a record's length in a longer encoding", "82 02 58 01 00"],
  ["an array of indefinite length", "9f 06 14 ff"],
  ["a record of indefinite length", "82 02 5f 41 00 ff"],
  ["a negative integer", "82 06 20"],
  ["a map", "82 08 a0"],
  ["a tag", "82 08 c0 00"],
  ["a float", "82 08 f9 0000"],
  ["undefined", "82 08 f7"],
  ["an integer of 8 bytes", "82 06 1b 0000000000000001"],
  ["text that is no UTF-8", "82 0a 61 ff"],
  ["arrays 9 deep", "82 08 81 81 81 81 81 81 81 80"],
])("%s is malformed", (_, bytes) => {
  expect(push(hex(bytes))).toMatchObject({ error: "FeedMalformed" });
  expect(readAll(Array.from(hex(bytes), (byte) => Uint8Array.of(byte)))).toEqual({ frames: [], error: "FeedMalformed" });
});

test("a frame of exactly the limit passes, and one of a byte more is too large", () => {
  expect(sized(FRAME_BYTES_MAX)).toHaveLength(FRAME_BYTES_MAX);
  const good = concatBytes([sized(FRAME_BYTES_MAX), sized(FRAME_BYTES_MAX)]);
  for (const pieces of [[good], cut(good, [1, FRAME_BYTES_MAX - 1]), cut(good, [FRAME_BYTES_MAX + 1])])
    expect(readAll(pieces)).toMatchObject({ frames: [{ kind: "delta" }, { kind: "delta" }], error: undefined });
  const large = sized(FRAME_BYTES_MAX + 1);
  for (const pieces of [[large], cut(large, [1, 2, 3, 4, 5, 6, 7]), cut(large, [FRAME_BYTES_MAX])])
    expect(readAll(pieces)).toEqual({ frames: [], error: "FeedTooLarge" });
});

test("a frame whose last number ends behind the limit is too large, before that number has arrived", () => {
  const stream = concatBytes([hex("83 09 5a 000101c8"), new Uint8Array(FRAME_BYTES_MAX - 8), hex("1818")]);
  expect(stream).toHaveLength(FRAME_BYTES_MAX + 1);
  expect(push(stream)).toMatchObject({ error: "FeedTooLarge" });
  expect(push(stream.subarray(0, -1))).toMatchObject({ error: "FeedTooLarge" });
});

test("a frame that says it will be too large is refused before it arrives", () => {
  expect(push(hex("82 03 5a 000101cb"))).toMatchObject({ error: "FeedTooLarge" });
  expect(push(hex("82 03 5a ffffffff"))).toMatchObject({ error: "FeedTooLarge" });
  expect(push(hex("82 03 5a 000101c9")), "7 bytes and 65,993 are the limit").toEqual({ ok: true, value: [] });
});

test("a frame of many small elements is too large where the next one would stand behind the limit", () => {
  const stream = new Uint8Array(FRAME_BYTES_MAX);
  stream.set(hex("9a ffffffff 08"));
  expect(push(stream.subarray(0, -1))).toEqual({ ok: true, value: [] });
  expect(push(stream)).toMatchObject({ error: "FeedTooLarge" });
  expect(readAll(cut(stream, [10_000, 20_000, FRAME_BYTES_MAX]))).toEqual({ frames: [], error: "FeedTooLarge" });
});

test("after an error the stream is over: what is pushed then is the same error", () => {
  const reader = new FrameReader();
  expect(reader.push(hex("82 02"))).toEqual({ ok: true, value: [] });
  expect(reader.push(hex("f7"))).toMatchObject({ error: "FeedMalformed" });
  expect(reader.push(hex("41 00"))).toMatchObject({ error: "FeedMalformed" });
  expect(reader.push(encodeFrame(EVERY_KIND[6]!))).toMatchObject({ error: "FeedMalformed" });
});
