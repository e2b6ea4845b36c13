import type { Statement } from "better-sqlite3";
import { type ListedOut, NOBODY_LISTED } from "../core/deny-list.ts";
import type { KnownState } from "../core/lock-plan.ts";
import type { ControllerDatabase } from "./database.ts";
import { checkedRows, rowCheck } from "./row-check.ts";

/** What this controller knows of one room lock. No PIN is in it, sealed or not. */
export interface LockStanding {
  /** The last row of the lock's log that stands in the events. */
  readonly auditSeq: number;
  /** The last list that was signed for it, whether or not it took it; 0: none ever was. */
  readonly listVersion: number;
  /** What that list meant, as a hash; empty: the lock has not taken it. */
  readonly listMeaning: string;
  /** When that list ends, seconds. */
  readonly listUntil: number;
  /** What it meant when it was signed, as a hash, whether or not the lock has taken it. */
  readonly madeMeaning: string;
  /** Whom lists let in that may be in force there. */
  readonly listed: ListedOut;
  readonly states: readonly KnownState[];
}

export const NO_STANDING: LockStanding = { auditSeq: 0, listVersion: 0, listMeaning: "", listUntil: 0, madeMeaning: "", listed: NOBODY_LISTED, states: [] };

type Row = [id: string, standing: string];

/** What this controller knows of its room locks, each as JSON. */
export class LockStandings {
  readonly #database: ControllerDatabase;
  readonly #put: Statement<[...Row, number]>;
  readonly #standings: Map<string, LockStanding>;

  /** @throws AlteredTable where a row is not the one that was written */
  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#put = database.prepare("INSERT OR REPLACE INTO room_lock (id, standing, row_check) VALUES (?, ?, ?)");
    this.#standings = new Map(checkedRows<Row>((sql) => database.prepare(sql), "room_lock").map(([id, standing]) => [id, { ...NO_STANDING, ...(JSON.parse(standing) as Partial<LockStanding>) }])); // prettier-ignore
  }

  of(lock: string): LockStanding {
    return this.#standings.get(lock) ?? NO_STANDING;
  }

  /** Of all locks that anything is known of, also of those that the configuration names no longer. */
  all(): readonly LockStanding[] {
    return [...this.#standings.values()];
  }

  /** With what is recorded beside it, all or nothing; durable when it returns. @throws RecordingFailed when the disk refuses */
  keep(lock: string, change: Partial<LockStanding>, record: () => void): void {
    const standing = { ...this.of(lock), ...change };
    const row: Row = [lock, JSON.stringify(standing)];
    this.#database.transaction("durable", () => {
      this.#put.run(...row, rowCheck(...row));
      record();
    });
    this.#standings.set(lock, standing);
  }
}
