import type { ControllerDatabase } from "./database.ts";

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
    const last = this.#database.prepare<[], { boot_id: string; ended_clean: number }>("SELECT boot_id, ended_clean FROM run").get();
    if (last === undefined || last.ended_clean === 1) return "clean";
    return last.boot_id === bootId ? "crash" : "power cut";
  }

  /** From here on a run that is not ended counts as crashed. Meant for the transaction that records the start. */
  begin(bootId: string): void {
    this.#database
      .prepare<[string]>("INSERT INTO run (only, boot_id, ended_clean) VALUES (1, ?, 0) ON CONFLICT DO UPDATE SET boot_id = excluded.boot_id, ended_clean = 0")
      .run(bootId);
  }

  /** The run ends in an orderly way. Meant for the transaction that records the stop. */
  end(): void {
    this.#database.prepare<[]>("UPDATE run SET ended_clean = 1").run();
  }
}
