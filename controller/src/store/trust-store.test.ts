import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { TrustStore } from "./trust-store.ts";

let folder: string;
let database: ControllerDatabase;
let trust: TrustStore;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  trust = new TrustStore(database);
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});

const list = (sequence: number, rootVersion = 1, mark = sequence): { sequence: number; rootVersion: number; bytes: Uint8Array } => ({
  sequence,
  rootVersion,
  bytes: Uint8Array.of(mark),
});

test("there is no trust list before the first", () => {
  expect(trust.chain()).toEqual([]);
});

test("a newer list takes the place of the one in force, over a restart too", () => {
  expect(trust.keep(list(3))).toBe("kept");
  expect(trust.keep(list(5))).toBe("kept");
  database.close();
  database = ControllerDatabase.open(join(folder, "controller.db"));
  expect(new TrustStore(database).chain().at(-1)).toEqual(list(5));
});

test("an older list, and another one of the same sequence, are not kept; the same list again changes nothing", () => {
  trust.keep(list(5));
  expect(trust.keep(list(4))).toBe("older");
  expect(trust.keep(list(5, 1, 99))).toBe("older");
  expect(trust.keep(list(5))).toBe("unchanged");
  expect(trust.chain()).toEqual([list(5)]);
});

test("the first list of each root version stays: a controller with the oldest roots can follow them to the newest", () => {
  for (const kept of [list(1), list(2), list(3, 2), list(4, 2), list(5, 3), list(6, 3)]) trust.keep(kept);
  expect(trust.chain()).toEqual([list(1), list(3, 2), list(5, 3), list(6, 3)]);
});

test("the table itself refuses to go back, to change and to lose the list in force", () => {
  trust.keep(list(5));
  const run = (sql: string) => (): unknown => database.prepare<[]>(sql).run();
  expect(run("INSERT INTO trust_list VALUES (4, 1, x'00')")).toThrow(/newer one/);
  expect(run("INSERT OR REPLACE INTO trust_list VALUES (5, 1, x'00')")).toThrow(/newer one/);
  expect(run("UPDATE trust_list SET sequence = 4")).toThrow(/never changed/);
  expect(run("DELETE FROM trust_list")).toThrow(/is kept/);
});
