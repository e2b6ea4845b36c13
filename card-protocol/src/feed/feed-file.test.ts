import { expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { decodeFeedFile, encodeFeedFile } from "./feed-file.ts";

const file = { stream: Uint8Array.of(0x81, 0x00), chunks: [Uint8Array.of(1), Uint8Array.of(2, 3)] };
const HEX = "836e706f727469636f20666565642031428100824101420203";

test("a feed file has one form, and reads back", () => {
  expect(bytesToHex(encodeFeedFile(file))).toBe(HEX);
  expect(decodeFeedFile(hexToBytes(HEX)!)).toEqual(file);
});

test.each([
  ["nothing", ""],
  ["another layout", HEX.replace("31", "32")],
  ["a file that is cut off", HEX.slice(0, -2)],
  ["something behind it", `${HEX}00`],
  ["no list of chunks", "836e706f727469636f2066656564203142810000"],
  ["a chunk as text", HEX.replace("4101", "6101")],
])("%s is none", (_, hex) => {
  expect(decodeFeedFile(hexToBytes(hex)!)).toBeUndefined();
});
