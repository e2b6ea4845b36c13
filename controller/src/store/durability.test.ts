import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, type MonotonicMs, monotonicMs } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ControllerDatabase, SYNC_WITHIN_MS } from "./database.ts";
import { CHECKPOINT_DELAY_MS, Durability, SYNC_DELAY_MS } from "./durability.ts";
import { RecordingFailed } from "./recording-failed.ts";

/** A clock that stands still until it is moved. */
class HandClock implements Clock {
  #now = 0;
  readonly #waiting = new Set<{ readonly at: number; readonly callback: () => void }>();
  readonly monotonic = (): MonotonicMs => monotonicMs(this.#now);
  readonly wall = (): "untrusted" => "untrusted";
  readonly after = (delayMs: number, callback: () => void): (() => void) => {
    const timer = { at: this.#now + delayMs, callback };
    this.#waiting.add(timer);
    return () => this.#waiting.delete(timer);
  };

  pass(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = [...this.#waiting].sort((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > end) break;
      this.#waiting.delete(next);
      this.#now = next.at;
      next.callback();
    }
    this.#now = end;
  }

  get timers(): number {
    return this.#waiting.size;
  }
}

let folder: string;
let database: ControllerDatabase;
let clock: HandClock;
let syncs: ((error: Error | null) => void)[];
let failures: RecordingFailed[];
/** Counts of rows: those that a sync began with, and those that the disk has kept for certain. */
let kept: number;
let durability: Durability;
let counter = 0;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "portico-"));
  database = ControllerDatabase.open(join(folder, "controller.db"));
  clock = new HandClock();
  syncs = [];
  failures = [];
  kept = 0;
  durability = new Durability(
    database,
    clock,
    (failure) => failures.push(failure),
    (_, done) => syncs.push(done),
    () => {
      const rows = database.prepare<[], number>("SELECT count(*) FROM schedule").pluck().get()!;
      return () => (kept = rows);
    },
  );
});
afterEach(() => {
  durability.close();
  for (const done of syncs.splice(0)) done(null);
  database.close();
  rmSync(folder, { recursive: true });
});

const commit = (): unknown => database.transaction("quick", () => database.prepare<[number]>("INSERT INTO schedule VALUES (?, 'gate')").run(++counter));
const diskAnswers = (error: Error | null = null): void => syncs.shift()!(error);

test("commits are on their way to the disk well within the promise, many with one sync", () => {
  expect(SYNC_DELAY_MS * 3).toBeLessThan(SYNC_WITHIN_MS);
  commit();
  clock.pass(SYNC_DELAY_MS - 1);
  commit();
  expect(syncs).toHaveLength(0);
  clock.pass(1);
  expect(syncs).toHaveLength(1);
  diskAnswers();
  clock.pass(SYNC_DELAY_MS * 4);
  expect(syncs).toHaveLength(0);
});

test("what is committed while the disk is busy goes with the next sync, at once", () => {
  commit();
  clock.pass(SYNC_DELAY_MS);
  commit();
  clock.pass(SYNC_DELAY_MS * 4);
  expect(syncs).toHaveLength(1);
  diskAnswers();
  expect(syncs).toHaveLength(1);
  expect(durability.slowestSyncMs).toBe(SYNC_DELAY_MS * 4);
});

test("what was undone needs no sync", () => {
  expect(() =>
    database.transaction("quick", () => {
      throw new RangeError("no");
    }),
  ).toThrow("no");
  clock.pass(SYNC_WITHIN_MS);
  expect(syncs).toHaveLength(0);
});

test("a disk that fails a sync is never trusted again in this run: nothing more is recorded, and the owner hears it once", () => {
  commit();
  clock.pass(SYNC_DELAY_MS);
  diskAnswers(new Error("EIO: i/o error"));
  expect(failures.map(({ message }) => message)).toEqual(["the disk did not keep what was written: EIO: i/o error"]);
  expect(commit).toThrow(RecordingFailed);
  expect(() => durability.flush()).toThrow(RecordingFailed);
  expect(durability.failure).toBe(failures[0]);
});

test("what is on the disk is known when a sync has ended, as far as the commits had come when it began", () => {
  commit();
  clock.pass(SYNC_DELAY_MS);
  commit();
  expect(kept).toBe(0);
  diskAnswers();
  expect(kept).toBe(1);
  diskAnswers(new Error("EIO: i/o error"));
  expect(kept, "not of one that failed").toBe(1);
});

test("of a durable commit it is known when it returns", () => {
  commit();
  database.transaction("durable", commit);
  expect(kept).toBe(2);
});

test("flush brings everything to the disk now", () => {
  commit();
  durability.flush();
  expect(kept).toBe(1);
  clock.pass(SYNC_WITHIN_MS);
  expect(syncs).toHaveLength(0);
});

test("the WAL is moved into the database from a timer", () => {
  for (let i = 0; i < 100; i++) commit();
  const before = statSync(database.path).size;
  clock.pass(CHECKPOINT_DELAY_MS);
  const wal = statSync(`${database.path}-wal`).size;
  for (let i = 0; i < 50; i++) commit();
  expect(statSync(`${database.path}-wal`).size).toBe(wal);
  expect(statSync(database.path).size).toBeGreaterThanOrEqual(before);
});

test("after closing no timer runs and a sync still under way does no harm", () => {
  commit();
  clock.pass(SYNC_DELAY_MS);
  durability.close();
  durability.close();
  commit();
  expect(clock.timers).toBe(0);
  expect(() => diskAnswers()).not.toThrow();
});
