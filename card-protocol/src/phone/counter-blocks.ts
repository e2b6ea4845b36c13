import { err, ok, type Result } from "../result.ts";
import { U32_MAX } from "../units.ts";

/** Counters that one stored end pays for. */
export const COUNTER_BLOCK = 64;

/**
 * Where a phone keeps how far its counters may have been used. One store belongs to one key, is never copied to another phone and never restored
 * from a backup; whoever opens it in several tabs holds a lock.
 */
export interface CounterStore {
  /** The end stored last; undefined for a new key. */
  load(): number | undefined;
  /** @returns true only once the end outlives a crash of the phone; false or an exception where it does not */
  store(end: number): boolean;
}

/** Why there is no counter, and so no pass: the store failed or holds nonsense; or all 2³² are used and the phone enrols a new key. */
export type CounterError = "CounterNotStored" | "CounterUnreadable" | "CountersExhausted";

/**
 * Counters that never repeat, whatever crashes: the end of a block is stored before any counter of it is handed out, and after a start the first
 * counter lies behind the stored end. A start costs at most 64 counters.
 */
export class CounterBlocks {
  private readonly store: CounterStore;
  private counter = 0;
  /** Counters below it are paid for. */
  private end = 0;

  constructor(store: CounterStore) {
    this.store = store;
  }

  /** A counter greater than every one before. After an error the next call tries again. */
  take(): Result<number, CounterError> {
    if (this.counter === this.end) {
      const reserved = this.reserve();
      if (!reserved.ok) return reserved;
      this.counter = reserved.value;
      this.end = reserved.value + COUNTER_BLOCK;
    }
    return ok(this.counter++);
  }

  /** Stores the end of the next block; answers its first counter. */
  private reserve(): Result<number, CounterError> {
    let stored: number | undefined;
    try {
      stored = this.store.load();
    } catch {
      return err("CounterUnreadable", "the store cannot be read");
    }
    const first = stored === undefined ? this.end : stored;
    if (typeof first !== "number" || !(first >= this.end) || Math.floor(first) !== first)
      return err("CounterUnreadable", "the stored end went back or is no counter");
    const end = first + COUNTER_BLOCK;
    if (end > U32_MAX + 1) return err("CountersExhausted", "enrol a new key");
    try {
      if (this.store.store(end) && this.store.load() === end) return ok(first);
    } catch {
      // what cannot be stored is not used: same answer as a refusal
    }
    return err("CounterNotStored", "the end of the next block of counters was not stored");
  }
}
