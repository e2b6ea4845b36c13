import { expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { decodeFeedFile, encodeFeedFile } from "./feed-file.ts";

const file = { stream: Uint8Array.of(0x81, 0x00), chunks: [Uint8Array.of(1), Uint8Array.of(2, 3)], sealed: [] };
const HEX = "836e706f727469636f20666565642031428100824101420203";

test("a feed file has one form, and reads back", () => {
  expect(bytesToHex(encodeFeedFile(file))).toBe(HEX);
  expect(decodeFeedFile(hexToBytes(HEX)!)).toEqual(file);
});

const SEALED = { controller: "gate-house", ephemeral: new Uint8Array(32).fill(7), box: Uint8Array.of(9) };
const BOX = `836a676174652d686f7573655820${"07".repeat(32)}4109`;
const WITH_KEYS = `84${HEX.slice(2)}81${BOX}`;

test("one with zones' keys has them behind the chunks", () => {
  expect(bytesToHex(encodeFeedFile({ ...file, sealed: [SEALED] }))).toBe(WITH_KEYS);
  expect(decodeFeedFile(hexToBytes(WITH_KEYS)!)).toEqual({ ...file, sealed: [SEALED] });
});

test.each([
  ["an empty list of keys", `84${HEX.slice(2)}80`],
  ["keys that are no list", `84${HEX.slice(2)}00`],
  ["keys with an ephemeral key of 31 bytes", WITH_KEYS.replace("582007", "581f")],
  ["keys without a controller", WITH_KEYS.replace("6a676174652d686f757365", "60")],
  ["a fifth field", `85${WITH_KEYS.slice(2)}00`],
  ["nothing", ""],
  ["another layout", HEX.replace("31", "32")],
  ["a file that is cut off", HEX.slice(0, -2)],
  ["something behind it", `${HEX}00`],
  ["no list of chunks", "836e706f727469636f2066656564203142810000"],
  ["a chunk as text", HEX.replace("4101", "6101")],
])("%s is none", (_, hex) => {
  expect(decodeFeedFile(hexToBytes(hex)!)).toBeUndefined();
});
