import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, type KeyUsage, makeTrustList, SetupError, type TrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { START } from "../rig/cloud-rig.ts";
import { readFeedKeys, SIGNING_KEY_FILE, TRUST_LISTS_FOLDER } from "./feed-key-files.ts";

const SITE = "demo-campus";
const SEED = new Uint8Array(32).fill(5);
const cloud = nodeSigner(SEED);
const root = nodeSigner(new Uint8Array(32).fill(6));
const randomBytes = (length: number): Uint8Array => SEED.slice(0, length);

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "portico-"))));
afterEach(() => rmSync(folder, { recursive: true }));

function put(sequence: number, usages: readonly KeyUsage[], name = `${sequence}.cose`, site = SITE, status: "active" | "retired" = "active"): void {
  const key = { kid: 9, publicKey: cloud.publicKey, usages, notBefore: unixSeconds(START), notAfter: unixSeconds(START + 1e7), ttlS: 0, status };
  const list: TrustList = { sequence, issued: unixSeconds(START), validUntil: unixSeconds(START + 1e7), feedEpoch: 1, roots: { version: 1, threshold: 1, keys: [root.publicKey] }, keys: new Map([[9, key]]) }; // prettier-ignore
  const made = makeTrustList(site, list, [root]);
  if (!made.ok) throw new Error(made.detail);
  mkdirSync(join(folder, TRUST_LISTS_FOLDER), { recursive: true });
  writeFileSync(join(folder, TRUST_LISTS_FOLDER, name), made.value);
}
const found = () => readFeedKeys(folder, SITE, randomBytes);

test("a cloud makes its key once, for itself alone, and names it until a trust list lets it sign", () => {
  expect(found()).toEqual({ keys: undefined, publicKey: cloud.publicKey, missing: expect.stringContaining(TRUST_LISTS_FOLDER) });
  const path = join(folder, SIGNING_KEY_FILE);
  expect([statSync(path).mode & 0o777, bytesToHex(readFileSync(path))]).toEqual([0o600, bytesToHex(SEED)]);
  put(1, ["command"]);
  expect(found()).toMatchObject({ keys: undefined, missing: "trust list 1 does not let the cloud's key sign the feed" });
  put(2, ["feed"]);
  expect(found()).toMatchObject({ keys: undefined, missing: "trust list 2 does not let the cloud's key sign the time" });
  put(3, ["feed", "time"]);
  expect(found()).toMatchObject({
    keys: { kid: 9, time: { kid: 9 }, trustList: { sequence: 3 }, trustLists: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }] },
  });
});

test("a key that the newest list has retired signs nothing", () => {
  put(1, ["feed", "time"]);
  put(2, ["feed", "time"], "2.cose", SITE, "retired");
  expect(found()).toMatchObject({ keys: undefined, missing: "trust list 2 does not let the cloud's key sign the feed" });
});

test.each<[string, () => void, string]>([
  ["a signing key that others may read", () => (found(), chmodSync(join(folder, SIGNING_KEY_FILE), 0o640)), "others on this machine may read"],
  ["half a signing key", () => writeFileSync(join(folder, SIGNING_KEY_FILE), SEED.slice(1), { mode: 0o600 }), "31 bytes instead of 32"],
  ["a file that is no trust list", () => (put(1, ["feed", "time"]), writeFileSync(join(folder, TRUST_LISTS_FOLDER, "x.cose"), "hello")), "RecordMalformed"],
  ["another site's trust list", () => put(1, ["feed", "time"], "1.cose", "campus-west"), "SignatureInvalid"],
  ["two lists of one sequence", () => (put(1, ["feed"]), put(1, ["feed", "time"], "again.cose")), "two trust lists of sequence 1"],
])("%s is refused with what to do", (_, spoil, what) => {
  spoil();
  expect(found).toThrow(SetupError);
  expect(found).toThrow(what);
});
