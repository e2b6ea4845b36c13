import { decodeItem, FEED_TABLE, type FeedItem, GLOBAL } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";

type Revocation = Extract<FeedItem, { readonly table: "revocation" }>;

/** A kept row is another than the one that was written: then nobody is let in by it. */
export class AlteredRevocation extends Error {
  override readonly name = "AlteredRevocation";
}

/**
 * What `global` said to be revoked before its epoch ended. A cloud that came back from a backup has forgotten what happened behind that, so each revocation
 * stays until a version of the new epoch names its credential: as kept, or as lifted.
 */
export class KeptRevocations {
  readonly #database: ControllerDatabase;
  readonly #unnamed: Statement<[number, Uint8Array, Uint8Array, number], readonly [number, Uint8Array, Uint8Array]>;
  readonly #keep: Statement<[number, Uint8Array, Uint8Array, Uint8Array]>;
  readonly #settle: Statement<[number]>;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#unnamed = database.prepareRaw(
      `SELECT bucket, key, value FROM feed_item AS old WHERE item_set = ? AND key >= ? AND key < ?
       AND NOT EXISTS (SELECT 1 FROM feed_item AS new WHERE new.item_set = ? AND new.bucket = old.bucket AND new.key = old.key)`,
    );
    this.#keep = database.prepare("INSERT OR REPLACE INTO kept_revocation (bucket, key, value, hash) VALUES (?, ?, ?, ?)");
    this.#settle = database.prepare(
      `DELETE FROM kept_revocation WHERE EXISTS
       (SELECT 1 FROM feed_item WHERE item_set = ? AND feed_item.bucket = kept_revocation.bucket AND feed_item.key = kept_revocation.key)`,
    );
  }

  /** Another epoch takes the place of one: what the new one does not name is kept. Within the transaction that replaces it. */
  replaced(oldSet: number, newSet: number): void {
    const table = FEED_TABLE.revocation;
    for (const [bucket, key, value] of this.#unnamed.all(oldSet, Uint8Array.of(table), Uint8Array.of(table + 1), newSet))
      if (revocationOf(key, value).suspension !== undefined) this.#keep.run(bucket, key, value, hashOf(key, value));
    this.settle(newSet);
  }

  /** What a version names is its own word from now on. Within its transaction. */
  settle(itemSet: number): void {
    this.#settle.run(itemSet);
  }

  /** @throws AlteredRevocation */
  all(): readonly Revocation[] {
    const rows = this.#database.prepareRaw<[], readonly [Uint8Array, Uint8Array, Uint8Array]>("SELECT key, value, hash FROM kept_revocation").all();
    return rows.map(([key, value, hash]) => {
      if (Buffer.compare(hash, hashOf(key, value)) !== 0) throw new AlteredRevocation("a revocation that was kept is not the one that was written");
      return revocationOf(key, value);
    });
  }
}

const hashOf = (key: Uint8Array, value: Uint8Array): Uint8Array => nodeSha256(Buffer.concat([key, value]));

function revocationOf(key: Uint8Array, value: Uint8Array): Revocation {
  const read = decodeItem(GLOBAL, { key: new Uint8Array(key), value: new Uint8Array(value) });
  if (read.kind === "item" && read.item.table === "revocation") return read.item;
  throw new AlteredRevocation("a revocation that was checked when it came is none any more");
}
