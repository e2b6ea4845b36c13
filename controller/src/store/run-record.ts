import type { ControllerDatabase } from "./database.ts";
import { rowCheck } from "./row-check.ts";
import { lastRun, type Run } from "./run-row.ts";

/** How the last run ended: stopped; killed or crashed while the machine stayed up; with the machine itself. */
export type StartCause = "clean" | "crash" | "power cut";

/** Whether the last run was stopped in an orderly way, and during which boot of the machine it ran. */
export class RunRecord {
  readonly #database: ControllerDatabase;

  constructor(database: ControllerDatabase) {
    this.#database = database;
  }

  /**
   * How the last run ended; `clean` when there was none.
   *
   * @param bootId  names the machine's present boot, e.g. /proc/sys/kernel/random/boot_id: another one means that the machine went down meanwhile
   */
  cause(bootId: string): StartCause {
    const last = this.#last();
    if (last === undefined || last.endedClean) return "clean";
    return last.bootId === bootId ? "crash" : "power cut";
  }

  /** From here on a run that is not ended counts as crashed. Meant for the transaction that records the start. */
  begin(bootId: string): void {
    this.#keep({ bootId, endedClean: false });
  }

  /** The run ends in an orderly way. Meant for the transaction that records the stop. */
  end(): void {
    const last = this.#last();
    if (last !== undefined) this.#keep({ ...last, endedClean: true });
  }

  #last(): Run | undefined {
    return lastRun((sql) => this.#database.prepare(sql));
  }

  #keep({ bootId, endedClean }: Run): void {
    const ended = endedClean ? 1 : 0;
    this.#database
      .prepare<[string, number, number]>("INSERT OR REPLACE INTO run (only, boot_id, ended_clean, row_check) VALUES (1, ?, ?, ?)")
      .run(bootId, ended, rowCheck(1, bootId, ended));
  }
}
