import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type PdKeys, pdKeys } from "./pd-keys.ts";

const [OLD, NEW] = [new Uint8Array(16).map((_, index) => index), new Uint8Array(16).map((_, index) => 200 - index)];
let folder: string;
let keys: PdKeys;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "pd-keys-"));
  keys = pdKeys(join(folder, "osdp"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("no reader has a key by default, and none is made by asking", () => {
  expect(keys.of("in")).toEqual([]);
  expect(readdirSync(folder)).toEqual([]);
});

test("a key that is being given is kept before anybody has it, for its owner alone, and is in force when the reader has shown it", () => {
  keys.propose("in", OLD);
  expect([keys.of("in"), keys.of("out")]).toEqual([[OLD], []]);
  expect(statSync(join(folder, "osdp", "in.next.scbk")).mode & 0o777).toBe(0o600);
  keys.settle("in", 0);
  expect([keys.of("in"), readdirSync(join(folder, "osdp"))]).toEqual([[OLD], ["in.scbk"]]);
});

test("both keys are tried while nobody knows which one the reader has; the one that it shows stays", () => {
  keys.propose("in", OLD);
  keys.settle("in", 0);
  keys.propose("in", NEW);
  expect(keys.of("in")).toEqual([OLD, NEW]);
  keys.settle("in", 1);
  expect(keys.of("in")).toEqual([NEW]);
  keys.propose("in", OLD);
  keys.settle("in", 0);
  expect(keys.of("in")).toEqual([NEW]);
  keys.propose("in", OLD);
  keys.withdraw("in");
  expect(keys.of("in")).toEqual([NEW]);
});

test("a key that others may read is refused, with what to do", () => {
  keys.propose("in", OLD);
  chmodSync(join(folder, "osdp", "in.next.scbk"), 0o644);
  expect(() => keys.of("in")).toThrow(
    expect.objectContaining({ message: expect.stringContaining("others on this machine may read the key of the reader in") }),
  );
});
