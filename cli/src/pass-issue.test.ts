import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesToHex } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CloudInMemory, cloudInMemory } from "./cloud-in-memory.ts";
import { makeRootKey } from "./root-key.ts";

let folder: string;
let rig: CloudInMemory;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  rig = await cloudInMemory(folder);
  await done("person", "add", "--name", "张三", "--account", ZHANG, "--audience", "student");
});
afterEach(async () => {
  await rig.close();
  rmSync(folder, { recursive: true });
});

const ZHANG = "zhang@example.edu";
async function done(...words: string[]): Promise<Record<string, unknown>[]> {
  const { exitCode, out, err } = await rig.run(...words);
  if (exitCode !== 0) throw new Error(err);
  return out.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as Record<string, unknown>]));
}
/** A list that lets the cloud sign passes. */
async function trustList(): Promise<void> {
  const root = bytesToHex(makeRootKey(join(rig.desk, "root.key"), undefined, () => new Uint8Array(32).fill(9)));
  await done("key", "rotate", "--root", root, "--threshold", "1", "--out", "first.json");
  await done("key", "sign", "first.json", "--root", "root.key");
  await done("key", "install", "first.json", "--reason", "begin");
}
const withQr = () => done("credential", "add", "--person", ZHANG, "--kind", "qr");

test("passes are issued with their times, one behind the other, and read back as T of the person's credential", async () => {
  await trustList();
  const credential = (await withQr())[0]!["id"];
  const passes = await done("pass", "issue", ZHANG, "--for", "90");
  expect(passes.map(({ signedAt, expiresAt }) => [signedAt, expiresAt])).toEqual([
    ["2027-01-15T08:00:00Z", "2027-01-15T08:00:30Z"],
    ["2027-01-15T08:00:30Z", "2027-01-15T08:01:00Z"],
    ["2027-01-15T08:01:00Z", "2027-01-15T08:01:30Z"],
  ]);
  const { out } = await rig.run("pass", "inspect", String(passes[0]!["text"]));
  expect(JSON.parse(out)).toMatchObject({ kind: "T", credentialId: credential });
  const table = await rig.surroundings({ isTty: true }).run("pass", "issue", ZHANG);
  expect(table.out).toMatch(/^SHOW FROM +UNTIL +PASS\n2027-01-15 .* +CP1:\S{147}\n$/);
});

test("as codes each stands until its time is over, and Ctrl-C ends it", async () => {
  await trustList();
  await withQr();
  const shown = rig.surroundings({ isTty: true });
  shown.onWait = () => shown.passTime();
  const { exitCode, err } = await shown.run("pass", "issue", ZHANG, "--qr", "--for", "90");
  expect([exitCode, err.match(/\d of 3, good until/g)]).toEqual([0, ["1 of 3, good until", "2 of 3, good until", "3 of 3, good until"]]);
  expect([shown.out.split("\u001b[2J").length - 1, shown.now()]).toEqual([3, 1_800_000_060]);
  const ended = rig.surroundings({ isTty: true });
  ended.onWait = () => ended.interrupt();
  expect((await ended.run("pass", "issue", ZHANG, "--qr", "--for", "90")).err).not.toContain("2 of 3");
});

test("rule 4.5: to whom a phone is lost no pass is issued, nor without a credential that shows them, nor by a cloud that may not sign any", async () => {
  expect(await rig.run("pass", "issue", ZHANG)).toMatchObject({ exitCode: 1, err: expect.stringContaining("PassKeyMissing") });
  await trustList();
  expect(await rig.run("pass", "issue", ZHANG)).toMatchObject({ exitCode: 1, err: expect.stringMatching(/PassNotTaken, rule 2\.3.*\non: person .*\nnext: /) });
  await withQr();
  await done("phone", "lost", ZHANG, "--channel", "guard", "--identity-check", "staff card seen");
  expect(await rig.run("pass", "issue", ZHANG)).toMatchObject({ exitCode: 1, out: "", err: expect.stringContaining("PhoneLost, rule 4.5") });
  expect(await rig.run("pass", "issue", ZHANG, "--for", "601")).toMatchObject({ exitCode: 2 });
});
