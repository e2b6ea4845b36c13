import { closeSync, fdatasync, fdatasyncSync, openSync } from "node:fs";
import type { Clock } from "@portico/card-protocol";
import type { Commit, ControllerDatabase } from "./database.ts";
import { RecordingFailed } from "./recording-failed.ts";

/** A sync starts this long after the first commit that waits for one, in ms; commits in between share it. Leaves the disk 150 ms of the promise. */
export const SYNC_DELAY_MS = 50;
/** The WAL is moved into the database this long after the first commit since the last time, in ms. */
export const CHECKPOINT_DELAY_MS = 10_000;

/** Asks the disk to keep what was written to the WAL. `done` is called later, from the loop, with the error or null. */
export type SyncFile = (descriptor: number, done: (error: Error | null) => void) => void;

/**
 * Brings quick commits to the disk soon after they were made, off the loop, and keeps the WAL short.
 *
 * A disk that fails a sync may have dropped what it was given, and a later sync that succeeds says nothing about it. So after the first
 * failure nothing more is recorded: the program should end and start again on what the disk did keep.
 */
export class Durability {
  readonly #database: ControllerDatabase;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #sync: SyncFile;
  readonly #witness: () => () => void;
  readonly #wal: number;
  readonly #removeListener: () => void;
  #waiting = false;
  #inFlight = false;
  #closed = false;
  #cancelSync: (() => void) | undefined;
  #cancelCheckpoint: (() => void) | undefined;
  #slowestSyncMs = 0;
  #failure: RecordingFailed | undefined;
  #onFailure: (failure: RecordingFailed) => void;

  /**
   * @param onFailure  called once, when the disk could not keep what was written
   * @param sync       fdatasync unless a test stands in for the disk
   * @param witness    called when a sync begins; what it returns is called once the disk has kept everything that was committed until then
   */
  constructor(
    database: ControllerDatabase,
    clock: Pick<Clock, "monotonic" | "after">,
    onFailure: (failure: RecordingFailed) => void = () => {},
    sync: SyncFile = fdatasync,
    witness: () => () => void = () => () => {},
  ) {
    this.#database = database;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#sync = sync;
    this.#witness = witness;
    this.#wal = openSync(`${database.path}-wal`, "r+");
    this.#removeListener = database.onCommit((commit) => this.#afterCommit(commit));
  }

  /** The longest that a sync took since the start, in ms: for `doctor`. More than {@link SYNC_DELAY_MS} × 3 breaks the promise of the 200 ms. */
  get slowestSyncMs(): number {
    return this.#slowestSyncMs;
  }

  /** Present once the disk has failed a sync. */
  get failure(): RecordingFailed | undefined {
    return this.#failure;
  }

  /**
   * Waits until everything that was committed is on the disk.
   *
   * @throws RecordingFailed when the disk fails
   */
  flush(): void {
    this.#cancelSync?.();
    this.#cancelSync = undefined;
    this.#waiting = false;
    if (this.#failure !== undefined) throw this.#failure;
    const kept = this.#witness();
    try {
      fdatasyncSync(this.#wal);
      kept();
    } catch (error) {
      throw this.#fail(error as Error);
    }
  }

  /** Stops the timers. Does not flush. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#removeListener();
    this.#cancelSync?.();
    this.#cancelCheckpoint?.();
    if (!this.#inFlight) closeSync(this.#wal);
  }

  #afterCommit(commit: Commit): void {
    this.#waiting = true;
    if (commit === "durable" && this.#failure === undefined) this.#witness()();
    this.#cancelCheckpoint ??= this.#clock.after(CHECKPOINT_DELAY_MS, () => {
      this.#cancelCheckpoint = undefined;
      this.#database.checkpoint();
    });
    this.#schedule();
  }

  #schedule(): void {
    if (this.#inFlight || this.#cancelSync !== undefined || this.#failure !== undefined) return;
    this.#cancelSync = this.#clock.after(SYNC_DELAY_MS, () => {
      this.#cancelSync = undefined;
      this.#start();
    });
  }

  #start(): void {
    const startedAt = this.#clock.monotonic();
    const kept = this.#witness();
    this.#waiting = false;
    this.#inFlight = true;
    this.#sync(this.#wal, (error) => {
      this.#inFlight = false;
      if (this.#closed) return closeSync(this.#wal);
      this.#slowestSyncMs = Math.max(this.#slowestSyncMs, this.#clock.monotonic() - startedAt);
      if (error !== null) return void this.#fail(error);
      kept();
      if (this.#waiting) this.#start();
    });
  }

  #fail(error: Error): RecordingFailed {
    if (this.#failure !== undefined) return this.#failure;
    this.#failure = new RecordingFailed("SYNC_FAILED", `the disk did not keep what was written: ${error.message}`, { cause: error });
    this.#database.seal(this.#failure);
    this.#onFailure(this.#failure);
    return this.#failure;
  }
}
