import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { bytesToHex, hexToBytes } from "../hex.ts";
import { unixSeconds } from "../units.ts";
import { LOCK_FILE_CASE } from "../vectors/lock-vectors.ts";
import { decodeLockFile, encodeLockFile, LOCK_FILE_BYTES_MAX, LOCK_FILE_LISTS_MAX, type LockFile } from "./lock-file.ts";

const record = (byte: number, length = 3): Uint8Array => new Uint8Array(length).fill(byte);
const list = (lock: string) => ({ lock, version: 7, validUntil: unixSeconds(1_800_000_000), record: record(1) });
const FILE: LockFile = { site: "demo", controller: "east", lists: [list("room-301")], denySet: { version: 2, issued: unixSeconds(1_800_000_000), record: record(2) } }; // prettier-ignore
const HEX = `856f${Buffer.from("portico locks 1").toString("hex")}6464656d6f6465617374818468${Buffer.from("room-301").toString("hex")}071a6b49d2004301010183021a6b49d20043020202`;

test("a lock file has one form, and reads back", () => {
  expect(bytesToHex(encodeLockFile(FILE))).toBe(HEX);
  expect(decodeLockFile(hexToBytes(HEX)!)).toEqual(FILE);
});

test("the vectors' file reads back", () => {
  const { file } = JSON.parse(readFileSync(new URL("../../vectors/lock.json", import.meta.url), "utf8")) as { readonly file: string };
  expect(decodeLockFile(hexToBytes(file)!)).toEqual(LOCK_FILE_CASE);
});

test("lists are put in the order of their locks; a file may bring a deny set alone, or none", () => {
  const both = encodeLockFile({ ...FILE, lists: [list("room-302"), list("room-301")] });
  expect(decodeLockFile(both)!.lists.map(({ lock }) => lock)).toEqual(["room-301", "room-302"]);
  for (const file of [
    { ...FILE, lists: [] },
    { ...FILE, denySet: undefined },
  ])
    expect(decodeLockFile(encodeLockFile(file))).toEqual(file);
});

test("the largest file that may be made is within its bytes", () => {
  const lists = Array.from({ length: LOCK_FILE_LISTS_MAX }, (_, nth) => ({ ...list(`${nth}`.padStart(64, "0")), record: record(1, 16_384) }));
  const bytes = encodeLockFile({ ...FILE, lists, denySet: { ...FILE.denySet!, record: record(2, 8_320) } });
  expect(bytes.length).toBeLessThanOrEqual(LOCK_FILE_BYTES_MAX);
  expect(() => encodeLockFile({ ...FILE, lists: [...lists, list("one-more")] })).toThrow(RangeError);
  expect(() => encodeLockFile({ ...FILE, lists: [list("room-301"), list("room-301")] })).toThrow(RangeError);
});

test.each([
  ["nothing", ""],
  ["another layout", HEX.replace("2031", "2032")],
  ["a file that is cut off", HEX.slice(0, -2)],
  ["something behind it", `${HEX}00`],
  ["a list without bytes", HEX.replace("43010101", "40")],
  ["a list as text", HEX.replace("43010101", "63313131")],
  ["a lock that is none", HEX.replace(Buffer.from("room-301").toString("hex"), Buffer.from("room 301").toString("hex"))],
  ["a deny set of two fields", HEX.replace("83021a6b49d20043020202", "82021a6b49d200")],
  ["no deny set and no word that there is none", HEX.replace(/^85(.*)83021a6b49d20043020202$/, "84$1")],
])("%s is none", (_, hex) => {
  expect(decodeLockFile(hexToBytes(hex)!)).toBeUndefined();
});
