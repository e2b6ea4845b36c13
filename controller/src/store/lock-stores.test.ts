import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerDatabase } from "./database.ts";
import { DenySetStore, type KeptDenySet } from "./deny-set-store.ts";
import { LockStandings, NO_STANDING } from "./lock-standings.ts";
import { AlteredTable } from "./row-check.ts";

let folder: string;
let database: ControllerDatabase;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
});
afterEach(() => {
  database.close();
  rmSync(folder, { recursive: true });
});
/** As the next start finds it. */
function reopened(): ControllerDatabase {
  database.close();
  return (database = ControllerDatabase.open(join(folder, "controller.db")));
}
const SET: KeptDenySet = { version: 3, issued: 1_800_000_000, meaning: "aa".repeat(32), denied: 2, left: 1, record: Uint8Array.of(0x84, 0, 255) };
const breaks = (): never => {
  throw new Error("the event cannot be written");
};

test("the newest deny set is there again behind a restart, and is the only one", () => {
  const store = new DenySetStore(database);
  expect(store.kept).toBeUndefined();
  store.keep(SET, () => {});
  store.keep({ ...SET, version: 4 }, () => {});
  expect(new DenySetStore(reopened()).kept).toEqual({ ...SET, version: 4 });
});

test("a deny set, or a lock's standing, whose event cannot be written is not kept: neither on the disk nor in memory", () => {
  const [sets, standings] = [new DenySetStore(database), new LockStandings(database)];
  sets.keep(SET, () => {});
  standings.keep("room-301", { listVersion: 1 }, () => {});
  expect(() => sets.keep({ ...SET, version: 4 }, breaks)).toThrow("cannot be written");
  expect(() => standings.keep("room-301", { listVersion: 2 }, breaks)).toThrow("cannot be written");
  expect([sets.kept, standings.of("room-301").listVersion]).toEqual([SET, 1]);
  expect([new DenySetStore(reopened()).kept, new LockStandings(database).of("room-301").listVersion]).toEqual([SET, 1]);
});

test("a row that the disk altered is not gone by", () => {
  new DenySetStore(database).keep(SET, () => {});
  new LockStandings(database).keep("room-301", { listVersion: 1 }, () => {});
  database.prepare("UPDATE lock_deny_set SET denied = 7").run();
  database.prepare("UPDATE room_lock SET standing = '{}'").run();
  expect(() => new DenySetStore(database)).toThrow(AlteredTable);
  expect(() => new LockStandings(database)).toThrow(AlteredTable);
});

test("what is known of each lock is its own, and what is not known has a preset", () => {
  const standings = new LockStandings(database);
  standings.keep("room-301", { listVersion: 4, listed: { holders: [[7, 9]], credentials: [["aa", 9]] } }, () => {});
  standings.keep("room-301", { auditSeq: 12 }, () => {});
  const read = new LockStandings(reopened());
  expect([read.of("room-301"), read.of("room-302"), read.all().length]).toEqual([
    { ...NO_STANDING, listVersion: 4, auditSeq: 12, listed: { holders: [[7, 9]], credentials: [["aa", 9]] } },
    NO_STANDING,
    1,
  ]);
});
