import type { Statement } from "better-sqlite3";
import type { PrintRelease } from "../core/print-release.ts";
import type { ControllerDatabase } from "./database.ts";
import { rowCheck } from "./row-check.ts";

type Row = [id: string, release: string];

/** Releases whose money has not come to rest, each as JSON: what was printed and charged stands in the events. */
export class PrintReleaseStore {
  readonly #database: ControllerDatabase;
  readonly #all: Statement<[], Row>;
  readonly #put: Statement<[...Row, number]>;
  readonly #drop: Statement<[string]>;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#all = database.prepareRaw("SELECT id, release FROM print_release ORDER BY id");
    this.#put = database.prepare("INSERT OR REPLACE INTO print_release (id, release, row_check) VALUES (?, ?, ?)");
    this.#drop = database.prepare("DELETE FROM print_release WHERE id = ?");
  }

  open(): readonly PrintRelease[] {
    return this.#all.all().map(([, release]) => JSON.parse(release) as PrintRelease);
  }

  /** With what is recorded beside it, all or nothing; durable when it returns. One that is over is dropped. @throws RecordingFailed when the disk refuses */
  keep(release: PrintRelease, record: () => void): void {
    const row: Row = [release.id, JSON.stringify(release)];
    this.#database.transaction("durable", () => {
      if (release.phase === "over") this.#drop.run(release.id);
      else this.#put.run(...row, rowCheck(...row));
      record();
    });
  }
}
