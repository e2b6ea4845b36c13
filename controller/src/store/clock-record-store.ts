import { unixSeconds } from "@portico/card-protocol";
import type { ClockRecord } from "../core/clock-state.ts";
import type { ControllerDatabase } from "./database.ts";
import { checkedRows, rowCheck } from "./row-check.ts";

type ClockRow = [only: number, ratchet: number, trustedNow: number | null, trustedUncertainty: number | null, batteryAhead: number | null];

/** What of the clock outlives a reboot: the time that has certainly been reached, and the clock as it was trusted last. */
export class ClockRecordStore {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  /** What was kept last; undefined before the first time. @throws AlteredTable */
  kept(): ClockRecord | undefined {
    const [row] = checkedRows<ClockRow>((sql) => this.#database.prepare(sql), "clock_record");
    if (row === undefined) return undefined;
    const [, ratchet, now, uncertaintyS, aheadS] = row;
    return {
      ratchet: unixSeconds(ratchet),
      trusted: now === null || uncertaintyS === null ? undefined : { now: unixSeconds(now), uncertaintyS },
      batteryAheadS: aheadS ?? undefined,
    };
  }

  /** Durable when it returns. @throws RecordingFailed when the disk refuses */
  keep({ ratchet, trusted, batteryAheadS }: ClockRecord): void {
    const row: ClockRow = [1, ratchet, trusted?.now ?? null, trusted?.uncertaintyS ?? null, batteryAheadS ?? null];
    this.#database.transaction("durable", () => {
      this.#database
        .prepare<[...ClockRow, number]>(
          "INSERT OR REPLACE INTO clock_record (only, ratchet, trusted_now, trusted_uncertainty, battery_ahead, row_check) VALUES (?, ?, ?, ?, ?, ?)",
        )
        .run(...row, rowCheck(...row));
    });
  }
}
