import { unixSeconds } from "@portico/card-protocol";
import type { ClockRecord } from "../core/clock-state.ts";
import type { ControllerDatabase } from "./database.ts";

interface ClockRow {
  readonly ratchet: number;
  readonly trusted_now: number | null;
  readonly trusted_uncertainty: number | null;
}

/** What of the clock outlives a reboot: the time that has certainly been reached, and the clock as it was trusted last. */
export class ClockRecordStore {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  /** What was kept last; undefined before the first time. */
  kept(): ClockRecord | undefined {
    const row = this.#database.prepare<[], ClockRow>("SELECT * FROM clock_record").get();
    if (row === undefined) return undefined;
    const { ratchet, trusted_now: now, trusted_uncertainty: uncertaintyS } = row;
    return { ratchet: unixSeconds(ratchet), trusted: now === null || uncertaintyS === null ? undefined : { now: unixSeconds(now), uncertaintyS } };
  }

  /** Durable when it returns. @throws RecordingFailed when the disk refuses */
  keep({ ratchet, trusted }: ClockRecord): void {
    this.#database.transaction("durable", () => {
      this.#database
        .prepare<[number, number | null, number | null]>(
          "INSERT OR REPLACE INTO clock_record (only, ratchet, trusted_now, trusted_uncertainty) VALUES (1, ?, ?, ?)",
        )
        .run(ratchet, trusted?.now ?? null, trusted?.uncertaintyS ?? null);
    });
  }
}
