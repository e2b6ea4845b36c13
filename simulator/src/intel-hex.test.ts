import { expect, test } from "vitest";
import { FLASH_BYTES, flashFromIntelHex } from "./intel-hex.ts";
import { standardFirmataHex } from "./uno-program.ts";

const END = ":00000001FF";

test("records land at their addresses, low byte first, and the rest of the flash is erased", () => {
  const flash = flashFromIntelHex(`:0400000001020304F2\r\n:02001000AABB89\n${END}\n`);
  expect([flash.length, flash[0], flash[1], flash[2], flash[8]]).toEqual([FLASH_BYTES / 2, 0x0201, 0x0403, 0xffff, 0xbbaa]);
});

test("StandardFirmata is a program of 12,194 bytes", () => {
  const flash = flashFromIntelHex(standardFirmataHex());
  const bytes = new Uint8Array(flash.buffer);
  expect(bytes.findLastIndex((byte) => byte !== 0xff) + 1).toBe(12_194);
});

test.each([
  ["a line that is no record", "hello", "Intel HEX line 1: not a record"],
  ["a flipped bit", ":0400000001020305F2", "Intel HEX line 1: wrong checksum"],
  ["a record that was cut", ":04000000010203F6", "Intel HEX line 1: 4 bytes announced, 3 there"],
  ["an address outside the flash", ":02FFFF00AABB9B", "Intel HEX line 1: address 65535 is outside the flash"],
  ["a record for larger memories", ":020000040001F9", "Intel HEX line 1: record type 4 has no place in a 32 KiB flash"],
  ["a file without its end", ":0400000001020304F2", "Intel HEX: the end record is missing, the file was cut"],
])("%s is refused in words", (_, text, words) => {
  expect(() => flashFromIntelHex(text === "hello" ? text : `${text}\n`)).toThrow(words);
});
