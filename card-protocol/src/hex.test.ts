import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "./hex.ts";

test("bytes and their hex digits belong to each other one to one", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(hexToBytes(bytesToHex(bytes))).toEqual(bytes);
    }),
  );
});

test.each(["0", "0A", "0g", "zz", "0 ", "é0", "0x00", "ff0"])("%j is not hex", (text) => {
  expect(hexToBytes(text)).toBeUndefined();
});
