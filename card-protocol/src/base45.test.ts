import fc from "fast-check";
import { expect, test } from "vitest";
import { characterCodes, decodeBase45, decodePairs, encodeBase45 } from "./base45.ts";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

test.each([
  ["AB", "BB8"],
  ["Hello!!", "%69 VD92EX0"],
  ["base-45", "UJCLQE7W581"],
  ["ietf!", "QED8WEX0"],
])("the example of RFC 9285: %s", (plain, text) => {
  expect(encodeBase45(ascii(plain))).toBe(text);
  expect(decodeBase45(text)).toEqual(ascii(plain));
});

test("bytes and their text belong to each other one to one", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(decodeBase45(encodeBase45(bytes))).toEqual(bytes);
    }),
  );
});

test("no two texts stand for the same bytes", () => {
  const anyText = fc.string({ unit: fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:aé\u0000".split("")), maxLength: 40 });
  fc.assert(
    fc.property(anyText, (text) => {
      const bytes = decodeBase45(text);
      expect(bytes === undefined ? text : encodeBase45(bytes)).toBe(text);
    }),
    { numRuns: 2000 },
  );
});

test("all 91,125 groups of three: exactly the 65,536 that are two bytes decode", () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  const seen = new Set<number>();
  const into = new Uint8Array(2);
  let strict = 0;
  for (const a of alphabet)
    for (const b of alphabet)
      for (const c of alphabet)
        if (decodePairs(characterCodes(a + b + c), 0, into, 1)) {
          strict++;
          seen.add(into[0]! * 256 + into[1]!);
        }
  expect([strict, seen.size]).toEqual([65_536, 65_536]);
});

test.each(["GGW", ":::", "GG", "::", "0", "0000", "00a", "bb8", "0_0", "00é", "00İ", "0\n0", "\u0000\u0000\u0000", "00,"])("%j is refused", (text) => {
  expect(decodeBase45(text)).toBeUndefined();
});

test.each([
  ["FGW", [0xff, 0xff]],
  ["U5", [0xff]],
  ["", []],
])("%j is the last of its length", (text, bytes) => {
  expect(decodeBase45(text)).toEqual(Uint8Array.from(bytes));
});

test("a text that ends before its groups do is not read beyond", () => {
  expect(decodePairs(ascii("00"), 0, new Uint8Array(2), 1)).toBe(false);
});
