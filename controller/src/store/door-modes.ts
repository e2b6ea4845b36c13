import type { DoorMode, Sha256 } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { SetMode } from "../core/door-operation.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import type { ControllerDatabase } from "./database.ts";
import { doorModes, isSetMode, type ModeRow } from "./door-mode-rows.ts";
import { type Prepare, rowCheck } from "./row-check.ts";

/**
 * The mode that an operator or a schedule set last, of every door and turnstile direction: in a table of its own, so that a start need not search the events, and compared
 * with them there all the same. The two lie on different pages: what the disk alters, loses or brings back of one differs from the other.
 */
export class DoorModes {
  readonly #prepare: Prepare;
  readonly #sha256: Sha256;
  readonly #kept: Statement<[string], readonly [mode: SetMode | null, setBy: number | null]>;
  readonly #keep: Statement<[...ModeRow, number]>;

  constructor(database: ControllerDatabase, sha256: Sha256) {
    this.#prepare = (sql) => database.prepare(sql);
    this.#sha256 = sha256;
    this.#kept = database.prepareRaw("SELECT mode, set_by FROM door_mode WHERE door = ?");
    this.#keep = database.prepare("INSERT OR REPLACE INTO door_mode (door, mode, set_by, last, row_check) VALUES (?, ?, ?, ?, ?)");
  }

  /** The event `seq` says so. Meant for its transaction. */
  changed(door: string, mode: DoorMode, seq: number): void {
    const [stays, setBy] = isSetMode(mode) ? [mode, seq] : (this.#kept.get(door) ?? [null, null]);
    const row: ModeRow = [door, stays, setBy, seq];
    this.#keep.run(...row, rowCheck(...row));
  }

  /** @throws AlteredTable where table and events differ */
  all(): ReadonlyMap<string, ModeStanding> {
    return doorModes(this.#prepare, this.#sha256);
  }
}
