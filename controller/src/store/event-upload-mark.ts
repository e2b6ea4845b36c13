import { bytesToHex, type ChainEnd, CHAIN_START, hexToBytes, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";
import { AlteredTable, checkedRows, rowCheck } from "./row-check.ts";

type UploadRow = [only: number, ackedSeq: number, ackedHash: string, ackedAt: number | null, sentSeq: number];

/** How far the log has gone up. */
export interface UploadPosition {
  /** The cloud has said that it keeps everything up to here. */
  readonly acknowledged: ChainEnd;
  /** When it said so; null while no clock knows. */
  readonly acknowledgedAt: UnixSeconds | null;
  /** Everything up to here was sent; what is not acknowledged of it may be there or not. */
  readonly sentSeq: number;
}

/** Events as they go up together. */
export interface EventPortion {
  readonly from: ChainEnd;
  readonly records: readonly Uint8Array[];
  readonly lastSeq: number;
}

/** How far the event log has gone up, and the next events that are to go. It outlives the program; what a power cut takes of it is only sent again. */
export class EventUploadMark {
  readonly #database: ControllerDatabase;
  readonly #next: Statement<[number, number], readonly [seq: number, record: Uint8Array]>;
  readonly #hash: Statement<[number], Uint8Array>;
  readonly #before: Statement<[number], ChainEnd>;
  readonly #oldest: Statement<[number], readonly [at: number | null]>;
  readonly #keep: Statement<[...UploadRow, number]>;
  #position: UploadPosition | undefined;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#next = database.prepareRaw("SELECT seq, record FROM event WHERE seq > ? ORDER BY seq LIMIT ?");
    this.#hash = database.prepare<[number], Uint8Array>("SELECT hash FROM event WHERE seq = ?").pluck();
    this.#before = database.prepare("SELECT seq, hash FROM event WHERE seq <= ? ORDER BY seq DESC LIMIT 1");
    this.#oldest = database.prepareRaw("SELECT at FROM event WHERE seq > ? ORDER BY seq LIMIT 1");
    this.#keep = database.prepare("INSERT OR REPLACE INTO event_upload (only, acked_seq, acked_hash, acked_at, sent_seq, row_check) VALUES (?, ?, ?, ?, ?, ?)");
    database.onRollback(() => (this.#position = undefined));
  }

  get position(): UploadPosition {
    return (this.#position ??= this.#read());
  }

  /** The next events behind what is acknowledged, as many as fit, at least one; undefined: there are none. */
  next(countMax: number, bytesMax: number): EventPortion | undefined {
    const from = this.position.acknowledged;
    const records: Uint8Array[] = [];
    let [bytes, lastSeq] = [0, from.seq];
    for (const [seq, record] of this.#next.iterate(from.seq, countMax)) {
      bytes += record.length;
      if (records.length > 0 && bytes > bytesMax) break;
      records.push(new Uint8Array(record));
      lastSeq = seq;
    }
    return records.length === 0 ? undefined : { from, records, lastSeq };
  }

  /** Everything up to `seq` is about to be sent: from now on it stays as it is until it is acknowledged. @throws RecordingFailed when the disk refuses */
  sending(seq: number): void {
    const { position } = this;
    if (seq > position.sentSeq) this.#write({ ...position, sentSeq: seq });
  }

  /** The cloud keeps everything up to `end`; less than before where it has lost something. @throws RecordingFailed when the disk refuses */
  acknowledge(end: ChainEnd, at: UnixSeconds | null): void {
    this.#write({ acknowledged: end, acknowledgedAt: at, sentSeq: Math.max(end.seq, this.position.sentSeq) });
  }

  /** The hash that the event of that number has in this log; undefined where there is none, or a GapRecord stands for more than it. */
  hashOf(seq: number): Uint8Array | undefined {
    const hash = seq === 0 ? CHAIN_START.hash : this.#hash.get(seq);
    return hash && new Uint8Array(hash);
  }

  /** The last event at or in front of that number: a place where the chain can be taken up. */
  endBefore(seq: number): ChainEnd {
    const row = this.#before.get(seq);
    return row === undefined ? CHAIN_START : { seq: row.seq, hash: new Uint8Array(row.hash) };
  }

  /** When the oldest event happened that is not acknowledged; null where no clock knew, undefined where none waits. */
  oldestWaitingAt(): UnixSeconds | null | undefined {
    const row = this.#oldest.get(this.position.acknowledged.seq);
    return row === undefined ? undefined : row[0] === null ? null : unixSeconds(row[0]);
  }

  #read(): UploadPosition {
    const [row] = checkedRows<UploadRow>((sql) => this.#database.prepare(sql), "event_upload");
    const hash = row && hexToBytes(row[2]);
    if (row === undefined || hash === undefined) throw new AlteredTable("event_upload", "its row is missing");
    const [, seq, , at, sentSeq] = row;
    return { acknowledged: { seq, hash }, acknowledgedAt: at === null ? null : unixSeconds(at), sentSeq };
  }

  #write(position: UploadPosition): void {
    const { acknowledged, acknowledgedAt, sentSeq } = position;
    const row: UploadRow = [1, acknowledged.seq, bytesToHex(acknowledged.hash), acknowledgedAt, sentSeq];
    this.#database.statement(() => this.#keep.run(...row, rowCheck(...row)));
    this.#position = position;
  }
}
