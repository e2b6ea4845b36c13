import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex, type KeyUsage, SetupError, type TrustedKey, type TrustList, unixSeconds } from "@portico/card-protocol";
import { nodeSigner } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudRig, cloudRig, NOTE, START } from "../rig/cloud-rig.ts";
import { rigKey, rigTrustList } from "../rig/rig-trust.ts";
import { CloudKeys } from "./cloud-keys.ts";
import { keyFolder, SIGNING_KEY_FILE, SIGNING_KEYS_FOLDER, TRUST_LISTS_FOLDER } from "./signing-key-files.ts";
import { installTrustList } from "./trust-lists.ts";

const SEED = new Uint8Array(32).fill(5);
const cloud = nodeSigner(SEED);

let rig: CloudRig;
let folder: string;
let seeds: Uint8Array[];
beforeEach(async () => {
  rig = await cloudRig();
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  seeds = [SEED, new Uint8Array(32).fill(6)];
});
afterEach(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

const opened = (): Promise<CloudKeys> =>
  CloudKeys.open(
    rig,
    keyFolder(folder, () => seeds.shift()!),
  );
function put(bytes: Uint8Array, name: string): void {
  mkdirSync(join(folder, TRUST_LISTS_FOLDER), { recursive: true });
  writeFileSync(join(folder, TRUST_LISTS_FOLDER, name), bytes);
}
const listFor = (sequence: number, usages: readonly KeyUsage[], change: Partial<TrustedKey> = {}, rest: Partial<TrustList> = {}): Uint8Array =>
  rigTrustList(sequence, [{ ...rigKey(9, cloud.publicKey, usages), ...change }], rest);
const missing = (keys: CloudKeys): string | undefined => {
  const found = keys.feed();
  return found.keys === undefined ? found.missing : undefined;
};

test("a cloud makes its key once, for itself alone, and names it until a trust list lets it sign", async () => {
  const keys = await opened();
  expect([keys.publicKeys, missing(keys)]).toEqual([[cloud.publicKey], expect.stringContaining(TRUST_LISTS_FOLDER)]);
  const path = join(folder, SIGNING_KEY_FILE);
  expect([statSync(path).mode & 0o777, bytesToHex(readFileSync(path))]).toEqual([0o600, bytesToHex(SEED)]);
  const changes: (number | undefined)[] = [];
  keys.onChange(() => void changes.push(keys.trustList?.sequence));
  for (const [sequence, usages, says] of [
    [1, ["command"], "trust list 1 does not let the cloud's key sign the feed"],
    [2, ["feed"], "trust list 2 does not let the cloud's key sign the time"],
    [3, ["feed", "time", "T"], undefined],
  ] as const) {
    put(
      listFor(
        sequence,
        usages.filter((usage) => usage !== "T"),
      ),
      `${sequence}.cose`,
    );
    await keys.refresh();
    expect(missing(keys)).toBe(says);
  }
  await keys.refresh();
  expect(changes).toEqual([1, 2, 3]);
  expect(keys.feed()).toMatchObject({ keys: { kid: 9, time: { kid: 9 }, trustList: { sequence: 3 }, trustLists: [{ sequence: 1 }, { sequence: 2 }, { sequence: 3 }] } }); // prettier-ignore
  // What was taken up stands in the store: the files have done their part.
  rmSync(join(folder, TRUST_LISTS_FOLDER), { recursive: true });
  expect((await opened()).trustList?.sequence).toBe(3);
});

test("while two keys overlap the one that began last signs, each from its own beginning to its own end", async () => {
  const keys = await opened();
  const second = keys.make();
  const first = rigKey(1, cloud.publicKey, ["feed", "time"]);
  const next = { ...rigKey(2, second, ["feed", "time"]), notBefore: unixSeconds(START + 100), notAfter: unixSeconds(START + 300) };
  put(rigTrustList(1, [{ ...first, notAfter: unixSeconds(START + 400) }, next]), "1.cose");
  await keys.refresh();
  const told: (number | undefined)[] = [];
  keys.onChange(() => void told.push(keys.signing("feed")?.kid));
  for (const seconds of [0, 100, 200, 100]) {
    rig.pass(seconds);
    await keys.refresh();
  }
  expect([told, missing(keys)]).toEqual([[2, 1, undefined], "trust list 1 does not let the cloud's key sign the feed"]);
});

test("a file that is no list keeps no list of the store from being in force", async () => {
  const keys = await opened();
  put(new TextEncoder().encode("hello"), "x.cose");
  await installTrustList(rig, NOTE, listFor(1, ["feed", "time"]));
  await expect(keys.refresh()).rejects.toThrow(SetupError);
  await keys.reload();
  expect(keys.trustList?.sequence).toBe(1);
});

test("a key that the newest list has retired signs nothing", async () => {
  put(listFor(1, ["feed", "time"]), "1.cose");
  put(listFor(2, ["feed", "time"], { status: "retired" }), "2.cose");
  expect(missing(await opened())).toBe("trust list 2 does not let the cloud's key sign the feed");
});

test("a list that no controller would take is not taken up: older, forked, signed by strangers, or without a kid that was there", async () => {
  const install = async (bytes: Uint8Array) => {
    const made = await installTrustList(rig, NOTE, bytes);
    return made.ok ? made.value.value.sequence : made.detail;
  };
  expect(await install(listFor(2, ["feed"]))).toBe(2);
  expect(await install(listFor(2, ["feed"]))).toBe(2);
  expect(await install(listFor(1, ["feed"]))).toMatch(/^TrustListRollback: /);
  expect(await install(listFor(2, ["time"]))).toMatch(/^TrustListFork: /);
  expect(await install(rigTrustList(3, []))).toMatch(/^KidChanged: /);
  expect(await install(listFor(3, ["feed"], {}, { roots: { version: 3, threshold: 1, keys: [cloud.publicKey] } }))).toMatch(/^RootVersionSkipped: /);
  const foreign = listFor(3, ["feed"]);
  foreign[foreign.length - 1]! ^= 1;
  expect(await install(foreign)).toMatch(/^SignatureInvalid: /);
  expect((await opened()).trustLists.map(({ list }) => list.sequence)).toEqual([2]);
});

test.each<[string, () => void | Promise<unknown>, string]>([
  ["a signing key that others may read", async () => (await opened(), chmodSync(join(folder, SIGNING_KEY_FILE), 0o640)), "others on this machine may read"],
  ["half a signing key", () => writeFileSync(join(folder, SIGNING_KEY_FILE), SEED.slice(1), { mode: 0o600 }), "31 bytes instead of 32"],
  ["a file that is no trust list", () => put(new TextEncoder().encode("hello"), "x.cose"), "RecordMalformed"],
  ["a list whose signature does not hold", () => put(listFor(1, ["feed"]).map((byte, at, all) => (at === all.length - 1 ? byte ^ 1 : byte)), "1.cose"), "SignatureInvalid"], // prettier-ignore
  ["two lists of one sequence", () => (put(listFor(1, ["feed"]), "1.cose"), put(listFor(1, ["feed", "time"]), "again.cose")), "two trust lists of sequence 1"], // prettier-ignore
])("%s is refused with what to do", async (_, spoil, what) => {
  await spoil();
  await expect(opened()).rejects.toThrow(SetupError);
  await expect(opened()).rejects.toThrow(what);
});

test("a key is made once for as long as its bytes are the same; other bytes, others who may read it, and a key that is gone are seen at the next look", async () => {
  const keys = await opened();
  const made = bytesToHex(keys.make());
  const [first, second] = keys.signers;
  await keys.refresh();
  expect([keys.signers[0] === first, keys.signers[1] === second, keys.signers.length]).toEqual([true, true, 2]);
  const path = join(folder, SIGNING_KEY_FILE);
  writeFileSync(path, new Uint8Array(32).fill(8));
  await keys.refresh();
  expect([bytesToHex(keys.publicKeys[0]!), keys.signers[1] === second]).toEqual([bytesToHex(nodeSigner(new Uint8Array(32).fill(8)).publicKey), true]);
  chmodSync(path, 0o644);
  await expect(keys.refresh()).rejects.toThrow("others on this machine may read the cloud's signing key");
  chmodSync(path, 0o600);
  for (const name of readdirSync(join(folder, SIGNING_KEYS_FOLDER))) rmSync(join(folder, SIGNING_KEYS_FOLDER, name));
  await keys.refresh();
  expect([keys.signers.length, keys.publicKeys.map(bytesToHex).includes(made)]).toEqual([1, false]);
});
