import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, SetupError } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readZoneKey, ZoneKey } from "./zone-key.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  path = join(folder, "zone.key");
});
afterEach(() => rmSync(folder, { recursive: true }));

const bytes = (length: number): Uint8Array => new Uint8Array(length).fill(0x0b);
const never = (): never => {
  throw new Error("asked for random bytes");
};

test("the key is made once, for its owner alone, and read ever after", () => {
  const made = readZoneKey(path, bytes);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(new Uint8Array(readFileSync(path))).toEqual(bytes(32));
  expect(existsSync(`${path}.new`)).toBe(false);
  expect(readZoneKey(path, never).identify(Uint8Array.of(1))).toEqual(made.identify(Uint8Array.of(1)));
});

test("a key cut off while it was made is made anew", () => {
  writeFileSync(`${path}.new`, bytes(7));
  expect(() => readZoneKey(path, bytes)).not.toThrow();
  expect(readFileSync(path).length).toBe(32);
});

test.each([0o640, 0o604, 0o666, 0o610])("a key of mode %o is refused: others could try every card number", (mode) => {
  readZoneKey(path, bytes);
  chmodSync(path, mode);
  expect(() => readZoneKey(path, never)).toThrow(SetupError);
  expect(() => readZoneKey(path, never)).toThrow(`chmod 600 ${path}`);
});

test("a key of another length is refused", () => {
  writeFileSync(path, bytes(31), { mode: 0o600 });
  expect(() => readZoneKey(path, never)).toThrow(/31 bytes instead of 32/);
});

test("token and credential id are the parts of HMAC-SHA256 , as another implementation has them", () => {
  // python3: hmac.new(b"\x0b" * 32, b"Hi There", hashlib.sha256).hexdigest()
  const identity = new ZoneKey(bytes(32)).identify(new TextEncoder().encode("Hi There"));
  expect(bytesToHex(identity.token) + identity.credential).toBe("198a607eb44bfbc69903a0f1cf2bbdc5ba0aa3f3d9ae3c1c");
});

test("another zone knows the same card by another token", () => {
  const card = Uint8Array.of(1, 2, 3, 4);
  expect(new ZoneKey(bytes(32)).identify(card).token).not.toEqual(new ZoneKey(new Uint8Array(32)).identify(card).token);
});
