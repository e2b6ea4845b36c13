import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { walDamage } from "./wal-frames.ts";

const HEADER = 32;
const FRAME = 24 + 4096;
let folder: string;
let sqlite: Database.Database;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  sqlite = new Database(join(folder, "live.db"));
  onTestFinished(() => {
    sqlite.close();
    rmSync(folder, { recursive: true });
  });
  sqlite.pragma("locking_mode = EXCLUSIVE");
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("wal_autocheckpoint = 0");
  sqlite.exec("CREATE TABLE row (n INTEGER PRIMARY KEY, text TEXT)");
  sqlite.pragma("wal_checkpoint(PASSIVE)");
});

/** Commits one page each. */
function commit(times: number): void {
  for (let n = 0; n < times; n++) sqlite.exec("INSERT INTO row (text) VALUES ('x')");
}

/** Writes as many pages and more. */
function fill(rows: number): void {
  for (let n = 0; n < rows; n++) sqlite.exec("INSERT INTO row (text) VALUES (printf('%3000d', 1))");
}

let copies = 0;
/** What a kill leaves of the files. */
function killed(): { readonly path: string; readonly wal: string } {
  const copy = join(folder, `copy-${++copies}`);
  mkdirSync(copy);
  const path = join(copy, "controller.db");
  cpSync(join(folder, "live.db"), path);
  cpSync(join(folder, "live.db-wal"), `${path}-wal`);
  return { path, wal: `${path}-wal` };
}

function rowsOf(path: string): number {
  const copy = new Database(path);
  try {
    return copy.prepare<[], number>("SELECT count(*) FROM row").pluck().get()!;
  } finally {
    copy.close();
  }
}

function flip(wal: string, at: number, mask = 0x10): void {
  const bytes = readFileSync(wal);
  bytes[at]! ^= mask;
  writeFileSync(wal, bytes);
}

describe("no damage:", () => {
  test("none, and an empty one", () => {
    expect(walDamage(join(folder, "none"))).toBeUndefined();
    writeFileSync(join(folder, "empty"), "");
    expect(walDamage(join(folder, "empty"))).toBeUndefined();
  });

  test("what a program left that was killed between two commits", () => {
    commit(9);
    expect(walDamage(killed().wal)).toBeUndefined();
  });

  test("frames of the round before behind those of this one", () => {
    commit(20);
    sqlite.pragma("wal_checkpoint(PASSIVE)");
    commit(3);
    const { path, wal } = killed();
    expect(readFileSync(wal).length).toBe(HEADER + 20 * FRAME);
    expect([walDamage(wal), rowsOf(path)]).toEqual([undefined, 23]);
  });

  test.each([1, 24, 25, FRAME - 1])("a last commit of which %i bytes were written", (bytes) => {
    commit(9);
    const { path, wal } = killed();
    truncateSync(wal, HEADER + 8 * FRAME + bytes);
    expect([walDamage(wal), rowsOf(path)]).toEqual([undefined, 8]);
  });

  test("the last commit alone, of many frames, with one that does not hold: a kill came while its checksums were written", () => {
    commit(5);
    sqlite.exec("BEGIN");
    fill(40);
    sqlite.exec("COMMIT");
    const { path, wal } = killed();
    flip(wal, HEADER + 7 * FRAME + 500);
    expect([walDamage(wal), rowsOf(path)]).toEqual([undefined, 5]);
  });

  test("what a transaction left that was undone when it had outgrown its memory", () => {
    commit(5);
    for (let time = 0; time < 3; time++) {
      sqlite.pragma("cache_size = 5");
      sqlite.exec("BEGIN");
      fill(100);
      sqlite.exec("ROLLBACK");
      sqlite.pragma("cache_size = 2000");
      commit(2);
    }
    const { path, wal } = killed();
    expect(readFileSync(wal).length, "it lies there").toBeGreaterThan(HEADER + 60 * FRAME);
    expect([walDamage(wal), rowsOf(path)]).toEqual([undefined, 11]);
  });
});

describe("damage that takes commits with it, though SQLite opens the rest without a word:", () => {
  test.each([
    ["its page", 24 + 100],
    ["its page number", 3],
    ["the mark of a commit", 7],
    ["its salt", 10],
    ["its checksum", 20],
  ])("a frame that is not the last, with a bit flipped in %s", (_, offset) => {
    commit(9);
    const { path, wal } = killed();
    flip(wal, HEADER + 2 * FRAME + offset);
    expect(walDamage(wal)).toBe("frame 3 of 9 does not hold, and there are commits behind it");
    expect(rowsOf(path)).toBe(2);
  });

  test.each([0, 5, 9, 17, 25])("a header with a bit flipped in byte %i", (byte) => {
    commit(9);
    const { wal } = killed();
    flip(wal, byte);
    expect(walDamage(wal)).toBe("its header does not hold");
  });
});

test("a log with big-endian sums, as another computer writes it, is read alike", () => {
  commit(9);
  const { path, wal } = killed();
  writeFileSync(wal, bigEndian(readFileSync(wal)));
  expect(walDamage(wal)).toBeUndefined();
  flip(wal, HEADER + 4 * FRAME + 1000);
  expect(walDamage(wal)).toMatch(/^frame 5 of 9 /);
  flip(wal, HEADER + 4 * FRAME + 1000);
  expect(rowsOf(path), "SQLite takes it too").toBe(9);
});

/** The same log with the other order of bytes in its sums. */
function bigEndian(bytes: Buffer): Buffer {
  let [a, b] = [0, 0];
  const sum = (from: number, to: number): void => {
    for (let at = from; at < to; at += 8) {
      a = (a + bytes.readUInt32BE(at) + b) % 2 ** 32;
      b = (b + bytes.readUInt32BE(at + 4) + a) % 2 ** 32;
    }
  };
  const keep = (at: number): void => {
    bytes.writeUInt32BE(a, at);
    bytes.writeUInt32BE(b, at + 4);
  };
  bytes.writeUInt32BE(0x377f0683, 0);
  sum(0, 24);
  keep(24);
  for (let at = HEADER; at < bytes.length; at += FRAME) {
    sum(at, at + 8);
    sum(at + 24, at + FRAME);
    keep(at + 16);
  }
  return bytes;
}
