import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, expect, test } from "vitest";
import { quietCheckpoints } from "./quiet-checkpoints.ts";

let path: string;
let sqlite: Database.Database;
beforeEach(() => {
  const folder = mkdtempSync(join(tmpdir(), "portico-"));
  path = join(folder, "cloud.db");
  sqlite = new Database(path);
  sqlite.pragma("journal_mode = WAL");
  sqlite.exec("CREATE TABLE event (record BLOB)");
  return () => {
    sqlite.close();
    rmSync(folder, { recursive: true });
  };
});

const append = (rows: number): void =>
  sqlite.transaction(() => {
    for (let row = 0; row < rows; row++) sqlite.prepare("INSERT INTO event VALUES (zeroblob(4096))").run();
  })();
const bytesInDatabase = (): number => statSync(path).size;

test("a burst stays in the WAL, and goes into the database in the first quiet moment behind it", () => {
  const tidy = quietCheckpoints(sqlite);
  append(3_000);
  tidy();
  expect(bytesInDatabase()).toBeLessThan(100_000);
  tidy();
  expect(bytesInDatabase()).toBeGreaterThan(12_000_000);
});

test("a trickle goes into the database as it comes, and nothing is done when nothing was written", () => {
  const tidy = quietCheckpoints(sqlite);
  append(20);
  tidy();
  expect(bytesInDatabase()).toBeGreaterThan(80_000);
  const before = statSync(path).mtimeMs;
  tidy();
  expect(statSync(path).mtimeMs).toBe(before);
});

test("a transaction that is under way is no quiet moment: what it holds waits for the next one", () => {
  const tidy = quietCheckpoints(sqlite);
  append(20);
  sqlite.exec("BEGIN; INSERT INTO event VALUES (zeroblob(4096))");
  tidy();
  expect(bytesInDatabase()).toBeLessThan(50_000);
  sqlite.exec("COMMIT");
  tidy();
  expect(bytesInDatabase()).toBeGreaterThan(80_000);
});
