import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { checkedRows, rowCheck } from "./row-check.ts";

/** The deny set that this controller signed last, for all its locks. */
export interface KeptDenySet {
  /** 1 and up. */
  readonly version: number;
  /** When it was signed, seconds. */
  readonly issued: number;
  /** Whom it names, as a hash. */
  readonly meaning: string;
  /** How many it names, and how many had no room in it. */
  readonly denied: number;
  readonly left: number;
  /** Kind 17. */
  readonly record: Uint8Array;
}

type Row = [only: number, version: number, issued: number, meaning: string, denied: number, left: number, record: string];

/** The newest deny set of a controller: none is ever signed twice under one version. */
export class DenySetStore {
  readonly #database: ControllerDatabase;
  #kept: KeptDenySet | undefined;

  /** @throws AlteredTable where the row is not the one that was written */
  constructor(database: ControllerDatabase) {
    this.#database = database;
    const [row] = checkedRows<Row>((sql) => database.prepare(sql), "lock_deny_set");
    if (row === undefined) return;
    const [, version, issued, meaning, denied, left, record] = row;
    this.#kept = { version, issued, meaning, denied, left, record: hexToBytes(record)! };
  }

  /** Undefined: none was ever signed. */
  get kept(): KeptDenySet | undefined {
    return this.#kept;
  }

  /** With what is recorded beside it, all or nothing; durable when it returns. @throws RecordingFailed when the disk refuses */
  keep(set: KeptDenySet, record: () => void): void {
    const row: Row = [1, set.version, set.issued, set.meaning, set.denied, set.left, bytesToHex(set.record)];
    this.#database.transaction("durable", () => {
      this.#database
        .prepare<[...Row, number]>(
          "INSERT OR REPLACE INTO lock_deny_set (only, version, issued, meaning, denied, left_over, record, row_check) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        )
        .run(...row, rowCheck(...row));
      record();
    });
    this.#kept = set;
  }
}
