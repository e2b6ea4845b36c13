import { spawnSync } from "node:child_process";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { CborValue } from "./cbor-value.ts";

const hex = (text: string): Uint8Array => Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
const LIMIT = 65_536;

const plain: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    fc.integer({ min: 0, max: 0xffff_ffff }),
    fc.string({ unit: "binary" }).map((text) => text.replaceAll("\ufeff", "")),
    fc.uint8Array({ maxLength: 300 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 30 }),
  ),
})).value;

test("what is encoded reads back the same, as bytes of its own", () => {
  fc.assert(
    fc.property(plain, (value) => {
      const bytes = encodeCbor(value);
      const read = decodeCbor(bytes, LIMIT * 16);
      expect(read).toEqual({ ok: true, value });
      bytes.fill(0xff);
      expect(read).toEqual({ ok: true, value });
    }),
  );
});

test("whatever reads at all encodes to the same bytes again", () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), mutated()), (bytes) => {
      const read = decodeCbor(bytes, LIMIT);
      expect(read.ok ? encodeCbor(read.value) : bytes).toEqual(bytes);
    }),
    { numRuns: 2000 },
  );
});

test.each([
  ["u8 in a longer head", "18 17"],
  ["u16 in a longer head", "1a 00 00 00 ff"],
  ["u32 in eight bytes", "1b 00 00 00 00 00 00 00 01"],
  ["2³²", "1b 00 00 00 01 00 00 00 00"],
  ["a negative integer", "20"],
  ["a float that is an integer", "f9 3c 00"],
  ["negative zero", "f9 80 00"],
  ["NaN", "f9 7e 00"],
  ["undefined", "f7"],
  ["a map", "a1 01 02"],
  ["a map with a duplicate key", "a2 01 02 01 03"],
  ["a tag", "c1 1a 6b 49 d2 00"],
  ["a tagged byte string", "d8 40 41 00"],
  ["a cbor-x record", "d9 df 40 83 18 40 81 61 61 01"],
  ["a shared reference", "d8 1c 81 d8 1d 00"],
  ["a packed string table", "d8 33 84 81 61 61 80 80 e0"],
  ["an indefinite array", "9f 01 ff"],
  ["indefinite bytes", "5f 41 00 ff"],
  ["an overlong array head", "98 01 01"],
  ["an overlong text head", "78 01 61"],
  ["text that is not UTF-8", "62 c3 28"],
  ["a lone surrogate in UTF-8", "63 ed a0 80"],
  ["a byte behind the item", "01 01"],
  ["an item cut short", "82 01"],
  ["nothing", ""],
  ["an array of four thousand million items", "9a ff ff ff ff"],
  ["bytes of four thousand million", "5a ff ff ff ff"],
  ["nine arrays inside each other", "81 81 81 81 81 81 81 81 81 01"],
])("%s is refused", (_, text) => {
  expect(decodeCbor(hex(text), LIMIT)).toMatchObject({ ok: false, error: "CborMalformed" });
});

test("arrays ten thousand deep are refused, not a stack overflow", () => {
  expect(decodeCbor(new Uint8Array(10_000).fill(0x81), LIMIT)).toMatchObject({ ok: false, error: "CborMalformed" });
});

test("more bytes than allowed are refused unread", () => {
  expect(decodeCbor(new Uint8Array(11), 10)).toEqual({ ok: false, error: "CborTooLarge", detail: "11 bytes, at most 10" });
});

test.each<[unknown]>([[-1], [1.5], [Number.NaN], [2 ** 32], [undefined], [1n], [new Map()], [{}], [[[[[[[[[[1]]]]]]]]]], [new Date(0)], ["\ud800"]])(
  "%s cannot be encoded",
  (value) => {
    expect(() => encodeCbor(value as CborValue)).toThrow(RangeError);
  },
);

test("the bytes that were read are left as they were", () => {
  const bytes = encodeCbor([1, Uint8Array.of(2)]);
  const keys = Object.keys(bytes);
  decodeCbor(bytes, LIMIT);
  expect(Object.keys(bytes)).toEqual(keys);
});

test("integers take their shortest head", () => {
  expect(encodeCbor([0, 23, 24, 255, 256, 65_535, 65_536, 0xffff_ffff])).toEqual(hex("88 00 17 18 18 18 ff 19 01 00 19 ff ff 1a 00 01 00 00 1a ff ff ff ff"));
});

/** Valid encodings with a byte changed, dropped or added: nearer to trouble than chance alone. */
function mutated(): fc.Arbitrary<Uint8Array> {
  return fc.tuple(plain, fc.nat(), fc.nat(255), fc.constantFrom("change", "drop", "add")).map(([value, at, byte, how]) => {
    const bytes = [...encodeCbor(value)];
    const index = at % bytes.length;
    if (how === "change") bytes[index] = byte;
    else bytes.splice(index, how === "drop" ? 1 : 0, ...(how === "add" ? [byte] : []));
    return Uint8Array.from(bytes);
  });
}

test("a codec with its native part and one without read the same", () => {
  const read = (native: boolean): string =>
    spawnSync(
      process.execPath,
      [
        "--input-type=module",
        "-e",
        `import { decodeCbor } from ${JSON.stringify(new URL("../dist/cbor.js", import.meta.url).href)};
         const texts = ["\\ufeff" + "x".repeat(70), "x\\ufeffy".repeat(30), "界".repeat(70), "\\ud83d\\ude00".repeat(40)];
         const head = (length) => length < 256 ? [0x78, length] : [0x79, length >> 8, length & 255];
         const outcome = (text) => { const utf8 = new TextEncoder().encode(text); return decodeCbor(Uint8Array.from([...head(utf8.length), ...utf8]), 1000).ok; };
         console.log(JSON.stringify(texts.map(outcome)));`,
      ],
      { encoding: "utf8", env: native ? {} : { CBOR_NATIVE_ACCELERATION_DISABLED: "true" } },
    ).stdout.trim();
  expect([read(true), read(false)]).toEqual(["[false,false,true,true]", "[false,false,true,true]"]);
});
