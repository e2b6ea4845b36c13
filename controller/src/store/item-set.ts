import {
  type ChunkBucket,
  err,
  type FeedRefusal,
  isItem,
  leafOfRows,
  type Manifest,
  ok,
  type Partition,
  PartitionDigest,
  type Result,
  sameBytes,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";

/** Rows that one statement puts. Within a statement SQLite stays at the end of the table, where the next row comes, instead of going there from the root. */
const ROWS = 32;
const COLUMNS = 4;

type Column = number | Uint8Array;

/** A whole version of a partition while it is being written, beside the one that is in force. */
export class ItemSet {
  readonly #database: ControllerDatabase;
  readonly #partition: Partition;
  readonly #set: number;
  readonly #putRows: Statement<[readonly Column[]]>;
  readonly #putRow: Statement<[readonly Column[]]>;
  #items = 0;
  /** Over what was written. */
  readonly tree = new PartitionDigest(nodeSha256);

  /** @param set  its number in the table, under which there is nothing yet */
  constructor(database: ControllerDatabase, partition: Partition, set: number) {
    this.#database = database;
    this.#partition = partition;
    this.#set = set;
    this.#putRows = database.prepare(insertOf(ROWS));
    this.#putRow = database.prepare(insertOf(1));
  }

  /**
   * Writes the buckets of one chunk, in one transaction. They are hashed as they came: no second look at what was written.
   *
   * @returns `FeedMalformed`: an item that is none; nothing of the chunk was written
   * @throws RecordingFailed when the disk refuses
   */
  put(buckets: readonly ChunkBucket[]): Result<null, FeedRefusal> {
    for (const { items } of buckets)
      for (const item of items) if (!isItem(this.#partition, item)) return err("FeedMalformed", `an item of table ${item.key[0] ?? 0} is none`);
    this.#database.transaction("quick", () => this.#insert(buckets));
    for (const { bucket, items, rows } of buckets) {
      this.#items += items.length;
      this.tree.set(bucket, leafOfRows(rows, nodeSha256));
    }
    return ok(null);
  }

  /** Whether it is the version that a manifest names: no item more or less, and its digest. */
  is({ items, digest }: Pick<Manifest, "items" | "digest">): boolean {
    return this.#items === items && sameBytes(this.tree.root(), digest);
  }

  #insert(buckets: readonly ChunkBucket[]): void {
    const columns: Column[] = [];
    for (const { bucket, items } of buckets)
      for (const { key, value } of items) {
        columns.push(this.#set, bucket, key, value);
        if (columns.length < ROWS * COLUMNS) continue;
        this.#putRows.run(columns);
        columns.length = 0;
      }
    for (let at = 0; at < columns.length; at += COLUMNS) this.#putRow.run(columns.slice(at, at + COLUMNS));
  }
}

/** Of rows whose keys are not there yet. */
const insertOf = (rows: number): string =>
  `INSERT INTO feed_item (item_set, bucket, key, value) VALUES ${Array.from({ length: rows }, () => "(?, ?, ?, ?)").join(", ")}`;
