import * as fc from "fast-check";
import { expect, test } from "vitest";
import { encodeCbor } from "./cbor.ts";
import { CborWriter } from "./cbor-writer.ts";
import { bytesToHex } from "./hex.ts";
import { U32_MAX } from "./units.ts";
import type { CborValue } from "./cbor-value.ts";

const writer = new CborWriter();
const value: fc.Arbitrary<CborValue> = fc.letrec<{ value: CborValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.integer({ min: 0, max: U32_MAX }),
    fc.constantFrom(0, 23, 24, 255, 256, 65_535, 65_536, U32_MAX),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.string({ unit: "grapheme-ascii", maxLength: 80 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 30 }),
  ),
})).value;

test("every value has the bytes that the general codec gives it", () => {
  fc.assert(
    fc.property(value, (plain) => {
      expect(bytesToHex(writer.encode(plain))).toBe(bytesToHex(encodeCbor(plain)));
    }),
    { numRuns: 3_000 },
  );
});

test.each([
  [0, "00"],
  [23, "17"],
  [24, "1818"],
  [1_000_000, "1a000f4240"],
  ["", "60"],
  ["水", "63e6b0b4"],
  [Uint8Array.of(1, 2, 3, 4), "4401020304"],
  [[1, [2, 3], [4, 5]], "8301820203820405"],
  [[true, false, null], "83f5f4f6"],
] as readonly (readonly [CborValue, string])[])("%j is %s, as RFC 8949 appendix A has it", (plain, hex) => {
  expect(bytesToHex(writer.encode(plain))).toBe(hex);
});

test("what is longer than the writer's room is whole, and what is returned stays as it is", () => {
  const long = Uint8Array.from({ length: 100_000 }, (_, i) => i & 255);
  const first = writer.encode(["a".repeat(5_000), long]);
  const copy = first.slice();
  writer.encode(["b".repeat(5_000), 7]);
  expect(first).toEqual(copy);
  expect(bytesToHex(first)).toBe(bytesToHex(encodeCbor(["a".repeat(5_000), long])));
});
