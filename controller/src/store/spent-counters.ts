import { type CredentialId, type ReplayClass, type SpentCounter, unixSeconds } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { credentialKey } from "./credential-row.ts";
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
  readonly #database: ControllerDatabase;
  readonly #find: Statement<[bigint, number], readonly [counter: number, signedAt: number]>;
  readonly #spend: Statement<[bigint, number, number, number]>;
  /** Numbers of the places by class and group: few, and part of every decision. */
  readonly #places: Record<ReplayClass, Map<string, number>> = { T: new Map(), H: new Map() };

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#find = database.prepareRaw("SELECT counter, signed_at FROM spent_counter WHERE credential = ? AND place = ?");
    this.#spend = database.prepare(
      `INSERT INTO spent_counter (credential, place, counter, signed_at) VALUES (?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET counter = excluded.counter, signed_at = excluded.signed_at`,
    );
    database.onRollback(() => {
      for (const places of Object.values(this.#places)) places.clear();
    });
  }

  /** The last pass of this credential spent here, or undefined when there was none. */
  last(credential: CredentialId, replayClass: ReplayClass, replayGroup: string): SpentCounter | undefined {
    const place = this.#placeOf(replayClass, replayGroup);
    const row = place === undefined ? undefined : this.#find.get(credentialKey(credential)!, place);
    return row && { counter: row[0], signedAt: unixSeconds(row[1]) };
  }

  /** Spends a pass. Meant for the transaction that records its decision; whether it may be spent was judged before. */
  spend({ credential, replayClass, replayGroup, counter, signedAt }: Spend): void {
    const place = this.#placeOf(replayClass, replayGroup) ?? this.#newPlace(replayClass, replayGroup);
    this.#spend.run(credentialKey(credential)!, place, counter, signedAt);
  }

  #placeOf(replayClass: ReplayClass, replayGroup: string): number | undefined {
    const places = this.#places[replayClass];
    const known = places.get(replayGroup);
    if (known !== undefined) return known;
    const found = this.#database
      .prepare<[string, string], number>("SELECT place FROM replay_place WHERE replay_class = ? AND replay_group = ?")
      .pluck()
      .get(replayClass, replayGroup);
    if (found !== undefined) places.set(replayGroup, found);
    return found;
  }

  #newPlace(replayClass: ReplayClass, replayGroup: string): number {
    const place = this.#database
      .prepare<[string, string], number>("INSERT INTO replay_place (replay_class, replay_group) VALUES (?, ?) RETURNING place")
      .pluck()
      .get(replayClass, replayGroup)!;
    this.#places[replayClass].set(replayGroup, place);
    return place;
  }
}
