import {
  type ChunkBucket,
  err,
  type FeedRefusal,
  isItem,
  type ItemBytes,
  itemsOfRows,
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
   * @returns `FeedMalformed`: an item that is none. What stands before it may be written: this set will not be in force
   * @throws RecordingFailed when the disk refuses
   */
  put(buckets: readonly ChunkBucket[]): Result<null, FeedRefusal> {
    const malformed = this.#database.transaction("quick", () => this.#insert(buckets));
    if (malformed !== undefined) return err("FeedMalformed", `an item of table ${malformed.key[0] ?? 0} is none`);
    for (const { bucket, items, rows } of buckets) {
      this.#items += items;
      this.tree.set(bucket, leafOfRows(rows, nodeSha256));
    }
    return ok(null);
  }

  /** Whether it is the version that a manifest names: no item more or less, and its digest. */
  is({ items, digest }: Pick<Manifest, "items" | "digest">): boolean {
    return this.#items === items && sameBytes(this.tree.root(), digest);
  }

  /** Takes one bucket apart at a time, so that its items are cleared away as cheaply as they were made. @returns an item that is none */
  #insert(buckets: readonly ChunkBucket[]): ItemBytes | undefined {
    const columns: Column[] = [];
    for (const { bucket, rows } of buckets)
      for (const item of itemsOfRows(rows)) {
        if (!isItem(this.#partition, item)) return item;
        columns.push(this.#set, bucket, item.key, item.value);
        if (columns.length < ROWS * COLUMNS) continue;
        this.#putRows.run(columns);
        columns.length = 0;
      }
    for (let at = 0; at < columns.length; at += COLUMNS) this.#putRow.run(columns.slice(at, at + COLUMNS));
    return undefined;
  }
}

/** Of rows whose keys are not there yet. */
const insertOf = (rows: number): string =>
  `INSERT INTO feed_item (item_set, bucket, key, value) VALUES ${Array.from({ length: rows }, () => "(?, ?, ?, ?)").join(", ")}`;
