import { bytesToHex, hexToBytes } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";
import { rowCheck } from "./row-check.ts";

type Row = [door: string, draft: string | null, protocol: string | null];

/** What is kept of the commissioning of a door. */
export interface KeptCommissioning {
  /** How far somebody is with it, as JSON; null: nobody is at it. */
  readonly draft: string | null;
  /** The newest signed protocol; null: there is none. */
  readonly protocol: Uint8Array | null;
}

/** How doors were commissioned: the newest protocol of each, and what is under way. */
export class CommissioningStore {
  readonly #database: ControllerDatabase;
  readonly #all: Statement<[], Row>;
  readonly #put: Statement<[...Row, number]>;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#all = database.prepareRaw("SELECT door, draft, protocol FROM commissioning ORDER BY door");
    this.#put = database.prepare("INSERT OR REPLACE INTO commissioning (door, draft, protocol, row_check) VALUES (?, ?, ?, ?)");
  }

  /** By door; doors that the configuration does not have any more, too. */
  kept(): ReadonlyMap<string, KeptCommissioning> {
    return new Map(this.#all.all().map(([door, draft, protocol]) => [door, { draft, protocol: protocol === null ? null : (hexToBytes(protocol) ?? null) }]));
  }

  /** Durable when it returns, or with the transaction that it is a part of. @throws RecordingFailed when the disk refuses */
  keep(door: string, { draft, protocol }: KeptCommissioning): void {
    const row: Row = [door, draft, protocol === null ? null : bytesToHex(protocol)];
    this.#database.transaction("durable", () => void this.#put.run(...row, rowCheck(...row)));
  }
}
