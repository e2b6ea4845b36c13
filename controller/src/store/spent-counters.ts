import { type CredentialId, hexToBytes, type ReplayClass, type SpentCounter, unixSeconds } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";

/** A pass to spend. */
export interface Spend extends SpentCounter {
  readonly credential: CredentialId;
  readonly replayClass: ReplayClass;
  /** Access points that spend together, e.g. all lanes of one gate in one direction. */
  readonly replayGroup: string;
}

/** What was spent, for refusing it the second time. Outlives the credential's row: a credential that is listed again cannot be replayed. */
export class SpentCounters {
  readonly #find: Statement<[Uint8Array, string, string], readonly [counter: number, signedAt: number]>;
  readonly #spend: Statement<[Uint8Array, string, string, number, number]>;

  constructor(database: ControllerDatabase) {
    this.#find = database.prepareRaw("SELECT counter, signed_at FROM spent_counter WHERE credential = ? AND replay_class = ? AND replay_group = ?");
    this.#spend = database.prepare(
      `INSERT INTO spent_counter (credential, replay_class, replay_group, counter, signed_at) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET counter = excluded.counter, signed_at = excluded.signed_at`,
    );
  }

  /** The last pass of this credential spent here, or undefined when there was none. */
  last(credential: CredentialId, replayClass: ReplayClass, replayGroup: string): SpentCounter | undefined {
    const row = this.#find.get(hexToBytes(credential)!, replayClass, replayGroup);
    return row && { counter: row[0], signedAt: unixSeconds(row[1]) };
  }

  /** Spends a pass. Meant for the transaction that records its decision; whether it may be spent was judged before. */
  spend(spend: Spend): void {
    this.#spend.run(hexToBytes(spend.credential)!, spend.replayClass, spend.replayGroup, spend.counter, spend.signedAt);
  }
}
