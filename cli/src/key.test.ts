import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { acceptTrustList, bytesToHex, hexToBytes, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CAMPUS_SITE, type CampusCloud, campusCloud } from "./campus-cloud.ts";
import { makeRootKey } from "./root-key.ts";

const WHY = ["--reason", "yearly rotation"];
const PHRASE = "four horses cross the river";

let rig: CampusCloud;
let roots: string[];
beforeEach(async () => {
  rig = await campusCloud();
  rig.pass(12 * 3_600); // noon: what began five minutes ago began today
  roots = [1, 2, 3].map((n) => bytesToHex(makeRootKey(join(rig.folder, `root-${n}.key`), undefined, () => new Uint8Array(32).fill(n))));
});
afterEach(() => rig.end());

const json = (text: string): Record<string, unknown> => JSON.parse(text) as Record<string, unknown>;
const done = async (...words: string[]): Promise<Record<string, unknown>> => {
  const { exitCode, out, err } = await rig.run(words);
  if (exitCode !== 0) throw new Error(err);
  return json(out);
};
const sign = (draft: string, root: number) => done("key", "sign", draft, "--root", `root-${root}.key`);
const FIRST = ["key", "rotate", "--threshold", "2", "--out", "first.json"];
/** The first list, signed by two of three and in force. */
async function firstList(): Promise<TrustList> {
  await done(...FIRST, ...roots.flatMap((root) => ["--root", root]));
  await sign("first.json", 1);
  await sign("first.json", 3);
  await done("key", "install", "first.json", "--reason", "the campus begins");
  return rig.keys.trustList!;
}

test("a cloud that nobody signs for gets its first list: drafted, signed by two holders in turn, installed; and the feed begins without a restart", async () => {
  expect([rig.front.feed, rig.reports]).toEqual([undefined, [expect.objectContaining({ kind: "unsigned" })]]);
  const draft = await done(...FIRST, ...roots.flatMap((root) => ["--root", root]));
  expect(draft).toMatchObject({ sequence: 1, isReady: false, sets: [{ version: 1, signed: 0, threshold: 2, of: 3 }] });
  expect(await sign("first.json", 2)).toMatchObject({ signedBy: [roots[1]], isReady: false, file: null });
  const early = await rig.run(["key", "install", "first.json", ...WHY]);
  expect([early.exitCode, early.err]).toEqual([1, expect.stringMatching(/^portico: not enough roots have signed this draft\n/)]);
  expect(await sign("first.json", 3)).toMatchObject({ isReady: true, file: join(rig.folder, "trust-list-1.cose") });
  expect(await done("key", "install", "trust-list-1.cose", ...WHY)).toMatchObject({ sequence: 1, feedEpoch: 1 });
  expect(rig.front.feed).toBeDefined();
  expect(["feed", "time", "T", "command"].map((usage) => rig.keys.signing(usage as "feed")?.kid)).toEqual([1, 2, 3, 4]);
  const pinned = { version: 1, threshold: 2, keys: roots.map((root) => hexToBytes(root)!) };
  const bytes = new Uint8Array(readFileSync(join(rig.folder, "trust-list-1.cose")));
  expect(acceptTrustList(undefined, bytes, { site: CAMPUS_SITE, pinnedRoots: pinned, verifier: nodeVerifier })).toMatchObject({ ok: true });
});

test("a rotation overlaps: the new key begins ahead and the old one ends behind; what is lost is retired at once", async () => {
  const first = await firstList();
  const draft = await done("key", "rotate", "--usage", "feed", "--out", "second.json", ...WHY);
  expect((draft["changes"] as string[]).slice(1)).toEqual([
    expect.stringMatching(/^key 1 \([0-9a-f]{16}…\) signs from 2026-09-01 .* until 2026-09-29 /),
    expect.stringMatching(/^new key 5 \([0-9a-f]{16}…\) may sign feed, from 2026-09-15 /),
  ]);
  await sign("second.json", 1);
  await sign("second.json", 2);
  await done("key", "install", "second.json", ...WHY);
  expect([rig.keys.signing("feed")?.kid, rig.front.feed?.sequencer.keys.trustList.sequence]).toEqual([1, 2]);
  await done("key", "rotate", "--usage", "feed", "--retire", "1", "--ahead", "0", "--out", "third.json", ...WHY);
  await sign("third.json", 1);
  await sign("third.json", 2);
  await done("key", "install", "third.json", ...WHY);
  expect([rig.keys.signing("feed")?.kid, rig.keys.trustList?.keys.get(1)?.status, first.keys.get(1)?.status]).toEqual([6, "retired", "active"]);
  expect(await done("key", "show")).toMatchObject({ sequence: 3, feedEpoch: 1, roots: { version: 1, threshold: 2, keys: roots } });
});

test("another root comes in with the old threshold and the new one; controllers follow list by list", async () => {
  await firstList();
  const fourth = bytesToHex(makeRootKey(join(rig.folder, "root-4.key"), undefined, () => new Uint8Array(32).fill(4)));
  const next = [roots[1]!, roots[2]!, fourth];
  await done("key", "rotate", "--usage", "none", ...next.flatMap((root) => ["--root", root]), "--out", "second.json", ...WHY);
  await sign("second.json", 1);
  expect(await sign("second.json", 4)).toMatchObject({
    isReady: false,
    sets: [
      { version: 1, signed: 1 },
      { version: 2, signed: 1 },
    ],
  });
  expect(await sign("second.json", 2)).toMatchObject({ isReady: true });
  await done("key", "install", "second.json", ...WHY);
  let current: TrustList | undefined;
  const context = { site: CAMPUS_SITE, pinnedRoots: { version: 1, threshold: 2, keys: roots.map((root) => hexToBytes(root)!) }, verifier: nodeVerifier };
  for (const { bytes } of rig.front.feed!.sequencer.keys.trustLists) {
    const accepted = acceptTrustList(current, bytes, context);
    current = accepted.ok ? accepted.value : undefined;
  }
  expect(current?.roots).toMatchObject({ version: 2, threshold: 2 });
});

test("a sealed root key opens by its passphrase alone; an unsealed one is for its owner alone, and none is ever written over", async () => {
  const typed = (input: string, ...words: string[]) => rig.run(words, { input });
  const made = await typed(`${PHRASE}\n`, "key", "root", "sealed.key", "--passphrase-file", "-");
  const { root } = json(made.out) as { root: string };
  expect([made.exitCode, statSync(join(rig.folder, "sealed.key")).mode & 0o777, readFileSync(join(rig.folder, "sealed.key"), "utf8").includes(root)]).toEqual([0, 0o600, true]); // prettier-ignore
  await done("key", "rotate", "--root", root, "--threshold", "1", "--out", "first.json", ...WHY);
  const signing = ["key", "sign", "first.json", "--root", "sealed.key"];
  expect((await rig.run(signing)).err).toMatch(/^portico: this root key is sealed by a passphrase\n/);
  expect((await typed("another phrase\n", ...signing, "--passphrase-file", "-")).err).toMatch(/^portico: the passphrase does not open this root key\n/);
  expect(json((await typed(PHRASE, ...signing, "--passphrase-file", "-")).out)).toMatchObject({ isReady: true });
  expect((await typed("short", "key", "root", "other.key", "--passphrase-file", "-")).err).toMatch(/^portico: a passphrase has at least 12 characters\n/);
  expect((await rig.run(["key", "root", "root-1.key"])).err).toMatch(/^portico: this file is there already: a root key is never written over\n/);
  chmodSync(join(rig.folder, "root-1.key"), 0o644);
  expect((await rig.run(["key", "sign", "first.json", "--root", "root-1.key"])).err).toMatch(
    /^portico: others on this machine may read the root key \(mode 0644\)\n/,
  );
});

test("what nobody should sign is refused: a stranger's key, a draft that was altered, a kid that is not there, a cloud left without a key", async () => {
  await firstList();
  await done("key", "rotate", "--usage", "feed", "--out", "second.json", ...WHY);
  makeRootKey(join(rig.folder, "stranger.key"), undefined, () => new Uint8Array(32).fill(9));
  expect((await rig.run(["key", "sign", "second.json", "--root", "stranger.key"])).err).toMatch(/^portico: this root cannot sign the draft: /);
  await sign("second.json", 2);
  const text = readFileSync(join(rig.folder, "second.json"), "utf8");
  writeFileSync(
    join(rig.folder, "foul.json"),
    text.replace(/"payload": "[0-9a-f]{20}/, (found) => `${found.slice(0, -2)}ff`),
  );
  expect((await rig.run(["key", "sign", "foul.json", "--root", "root-1.key"])).err).toMatch(/^portico: no controller would take this list: /);
  expect((await rig.run(["key", "rotate", "--retire", "77", ...WHY])).err).toMatch(/^portico: the list has no such key\non: --retire 77\n/);
  expect(existsSync(join(rig.folder, "trust-list-2.json"))).toBe(false);
  await done("key", "rotate", "--usage", "none", "--retire", "1", "--out", "silent.json", ...WHY);
  await sign("silent.json", 1);
  await sign("silent.json", 2);
  expect((await rig.run(["key", "install", "silent.json", ...WHY])).err).toContain("SigningKeyMissing");
  expect((await rig.run(["key", "install", "second.json"])).err).toContain("not enough roots have signed");
});
