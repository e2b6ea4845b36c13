import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { phoneFileCounters, readPhoneFile, readSeedFile, writePhoneFile, writeSeedFile } from "./phone-file.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "portico-phone-"));
  onTestFinished(() => rmSync(path, { recursive: true }));
  return path;
}
const zhang = (path: string) => ({ path, site: "demo", credential: "0123456789abcdef", person: "zhang", seed: new Uint8Array(32).fill(0x5a), clockErrorS: 0 });

test("a new phone is read as it was written, its counters unused, and nobody else may read it", () => {
  const phone = zhang(join(folder(), "zhang.json"));
  writePhoneFile(phone);
  expect(readPhoneFile(phone.path)).toEqual(phone);
  expect(phoneFileCounters(phone.path).load()).toBe(0);
  expect(statSync(phone.path).mode & 0o777).toBe(0o600);
  expect(readFileSync(phone.path, "utf8")).not.toContain("clockErrorS");
});

test("a phone whose clock is wrong says by how much, also when counters were used", () => {
  const phone = { ...zhang(join(folder(), "chen.json")), clockErrorS: -90 };
  writePhoneFile(phone);
  const counters = phoneFileCounters(phone.path);
  expect([counters.load(), counters.store(64)]).toEqual([0, true]);
  expect(readPhoneFile(phone.path)).toEqual(phone);
});

test("a phone that is there is never written anew: its counters would be used twice", () => {
  const phone = zhang(join(folder(), "zhang.json"));
  writePhoneFile(phone);
  const before = readFileSync(phone.path, "utf8");
  expect(() => writePhoneFile(phone)).toThrow("there is a phone already");
  expect(readFileSync(phone.path, "utf8")).toBe(before);
});

test.each([
  ["no JSON", "hello", "not a phone file"],
  ["a number", "7", "not a phone file"],
  ["no credential", JSON.stringify({ site: "demo", seed: "5a".repeat(32) }), "no credential of 16 lower-case hex digits"],
  ["no site", JSON.stringify({ credential: "0123456789abcdef", seed: "5a".repeat(32) }), "no site id"],
  ["half a seed", JSON.stringify({ credential: "0123456789abcdef", site: "demo", seed: "5a" }), "no seed of 64 lower-case hex digits"],
  [
    "half a second",
    JSON.stringify({ credential: "0123456789abcdef", site: "demo", seed: "5a".repeat(32), clockErrorS: 0.5 }),
    "no clockErrorS of whole seconds",
  ],
])("a phone file with %s is refused with what to do", (_, text, what) => {
  const path = join(folder(), "phone.json");
  writeFileSync(path, text, { mode: 0o600 });
  expect(() => readPhoneFile(path)).toThrow(expect.objectContaining({ name: "SetupError", where: path, what: expect.stringContaining(what) }));
});

test("a key is read as it was written, and refused when others may read it", () => {
  const path = join(folder(), "issuer.key");
  writeSeedFile(path, new Uint8Array(32).fill(7));
  expect(readSeedFile(path)).toEqual(new Uint8Array(32).fill(7));
  chmodSync(path, 0o640);
  expect(() => readSeedFile(path)).toThrow("others may read this key");
});
