import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SetupError } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CONTROLLER_KEY_FILE, readControllerKey, ZoneKeys } from "./cloud-keys.ts";
import { ZoneKey } from "./zone-key.ts";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "portico-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (byte: number) => (length: number) => new Uint8Array(length).fill(byte);
const card = Uint8Array.of(4, 1, 2, 3);
const tokenBy = (key: number): Uint8Array => new ZoneKey(bytes(key)(32)).identify(card).token;

test("a controller makes its key once, for itself alone", () => {
  expect(readControllerKey(folder, bytes(5)).publicKey).toEqual(nodeSigner(bytes(5)(32)).publicKey);
  expect(readControllerKey(folder, bytes(6)).publicKey).toEqual(nodeSigner(bytes(5)(32)).publicKey);
  const path = join(folder, CONTROLLER_KEY_FILE);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  chmodSync(path, 0o644);
  expect(() => readControllerKey(folder, bytes(5))).toThrow(SetupError);
});

const tokensOf = (keys: ZoneKeys, zone: string): Uint8Array[] =>
  keys
    .of(zone)
    .identities(card)
    .map(({ token }) => token);

test("a zone's key serves from the moment it is taken, over a restart too; the one before is tried behind it, for key and list do not change in one moment", () => {
  const keys = new ZoneKeys(folder, bytes(1));
  expect(tokensOf(keys, "east")).toEqual([tokenBy(1)]);
  keys.take("east", bytes(7)(32));
  expect(tokensOf(keys, "east")).toEqual([tokenBy(7)]);
  keys.take("east", bytes(8)(32));
  keys.take("east", bytes(8)(32));
  expect(tokensOf(keys, "east")).toEqual([tokenBy(8), tokenBy(7)]);
  expect(tokensOf(new ZoneKeys(folder, bytes(2)), "east")).toEqual([tokenBy(8), tokenBy(7)]);
  expect(tokensOf(new ZoneKeys(folder, bytes(2)), "west")).toEqual([tokenBy(2)]);
  keys.take("east", bytes(9)(32));
  expect(tokensOf(keys, "east")).toEqual([tokenBy(9), tokenBy(8)]);
  expect(readdirSync(join(folder, "zones"))).toEqual(["east.former", "east.key"]);
  for (const name of readdirSync(join(folder, "zones"))) expect(statSync(join(folder, "zones", name)).mode & 0o777).toBe(0o600);
});

test("the key that a list was made with is found by its check, the one before too, over a restart; another is not", () => {
  const keys = new ZoneKeys(folder, bytes(1));
  const check = (key: number): Uint8Array => new ZoneKey(bytes(key)(32)).identify(new Uint8Array(0)).token;
  for (const key of [6, 7, 8]) keys.take("east", bytes(key)(32));
  for (const each of [keys, new ZoneKeys(folder, bytes(2))]) expect([8, 7, 6].map((key) => each.matching("east", check(key))?.[0])).toEqual([8, 7, undefined]);
  expect(keys.matching("west", check(8))).toBeUndefined();
});

test("half a zone's key is refused by name, and a file of another name is passed over", () => {
  new ZoneKeys(folder, bytes(1)).take("east", bytes(7)(32));
  writeFileSync(join(folder, "zones", "notes.txt"), "x");
  expect(() => new ZoneKeys(folder, bytes(1))).not.toThrow();
  writeFileSync(join(folder, "zones", "east.key"), bytes(7)(31));
  expect(() => new ZoneKeys(folder, bytes(1))).toThrow(/the key of zone east has 31 bytes instead of 32/);
});
