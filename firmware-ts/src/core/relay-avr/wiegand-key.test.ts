import { expect, test } from "vitest";
import { wiegandKey } from "./wiegand-key.ts";

test.each([
  ["0000", "0"],
  ["1001", "9"],
  ["1010", "*"],
  ["1011", "#"],
  ["1100", undefined],
  ["1111", undefined],
  ["11110000", "0"],
  ["01101001", "9"],
  ["01001011", "#"],
  ["00111100", undefined],
  ["11110001", undefined],
  ["10011001", undefined],
  ["101", undefined],
  ["00101", undefined],
  ["", undefined],
])("%s is the key %s", (bits, key) => {
  expect(wiegandKey(bits)).toBe(key);
});
