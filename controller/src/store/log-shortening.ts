import {
  bytesToHex,
  type ChainEnd,
  countsText,
  decodeEvent,
  encodeEvent,
  eventOf,
  type EventRecord,
  readCounts,
  type UnixSeconds,
  unixSeconds,
} from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { driverEventsKept } from "./door-standing.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";
import { checkedMark } from "./row-check.ts";
import { siteEventsKept } from "./site-standing.ts";

/** An event of the log, as far as it matters for dropping it. */
export interface DroppableEvent {
  readonly seq: number;
  readonly at: UnixSeconds | null;
  readonly name: string;
  /** What its row takes, about. */
  readonly bytes: number;
}

/** Neighbouring rows of the log, by the first's and the last's number. */
export interface LogRange {
  readonly firstRow: number;
  readonly lastRow: number;
}

/** What of the log may not be touched: it is needed to go on, whatever the disk says. */
export interface LogBounds {
  /** Everything behind it stays: open grants, passes whose rows are not written yet, the newest events. */
  readonly untouchedFrom: number;
  /** Of each door the events that its mode goes by, of each fire input and tamper loop the last, what lockdowns, drills and relocks go by, and who drives each door. */
  readonly kept: ReadonlySet<number>;
}

/** The newest events stay, so that whoever comes to a controller finds what has just happened. */
const NEWEST_KEPT = 1_000;
/** Of each row the bytes beside its record: hash, name, source, places in the tree. */
const ROW_BYTES = 96;

/**
 * Drops ranges of the log so that its chain still holds: a GapRecord stands in the place of each, and is signed by the controller. Neighbouring GapRecords
 * become one.
 */
export class LogShortening {
  readonly #database: ControllerDatabase;
  readonly #sign: (from: ChainEnd, record: Uint8Array) => Uint8Array;

  /** @param sign  makes a signed batch of the one record behind `from` */
  constructor(database: ControllerDatabase, sign: (from: ChainEnd, record: Uint8Array) => Uint8Array) {
    this.#database = database;
    this.#sign = sign;
  }

  /** What the database takes, without the pages that are free in it, and with them. Bytes. */
  size(): { readonly used: number; readonly file: number } {
    const number = (pragma: string): number => this.#database.prepare<[], number>(`PRAGMA ${pragma}`).pluck().get()!;
    const [pages, free, bytes] = [number("page_count"), number("freelist_count"), number("page_size")];
    return { used: (pages - free) * bytes, file: pages * bytes };
  }

  bounds(last: number): LogBounds {
    const prepare = <Row>(sql: string) => this.#database.prepare<[], Row>(sql);
    const open = checkedMark((sql) => this.#database.prepare(sql), "open_grant_mark");
    const spent = checkedMark((sql) => this.#database.prepare(sql), "spent_mark");
    const kept = new Set<number>();
    for (const { set_by, last: of } of prepare<{ set_by: number | null; last: number }>("SELECT set_by, last FROM door_mode").all()) {
      if (set_by !== null) kept.add(set_by);
      kept.add(of);
    }
    const fires = prepare<number>(`SELECT max(seq) ${FROM_EVENTS_BESIDE_ACCESS} name IN ('FireInput', 'DoorTamper', 'DoorTamperCleared') GROUP BY name, source`)
      .pluck()
      .all();
    for (const seq of [...fires, ...siteEventsKept(this.#database), ...driverEventsKept(this.#database)]) kept.add(seq);
    return { untouchedFrom: Math.min(open, spent + 1, last - NEWEST_KEPT + 1), kept };
  }

  /** Events behind `after`, oldest first. */
  page(after: number, limit: number): DroppableEvent[] {
    return this.#database
      .prepare<[number, number], { seq: number; at: number | null; name: string; bytes: number }>(
        `SELECT seq, at, name, length(record) + ${ROW_BYTES} AS bytes FROM event WHERE seq > ? ORDER BY seq LIMIT ?`,
      )
      .all(after, limit)
      .map(({ at, ...row }) => ({ ...row, at: at === null ? null : unixSeconds(at) }));
  }

  /**
   * Puts a GapRecord in the place of a range.
   *
   * @returns how many events that were still there are gone; 0 where a record in it was altered: what proves that is kept
   * @throws RecordingFailed when the disk refuses; nothing was dropped then
   */
  drop({ firstRow, lastRow }: LogRange, cause: string): number {
    const rows = this.#database
      .prepare<[number, number], { seq: number; name: string; record: Uint8Array; hash: Uint8Array }>(
        "SELECT seq, name, record, hash FROM event WHERE seq BETWEEN ? AND ? ORDER BY seq",
      )
      .all(firstRow, lastRow);
    const [first, last] = [rows[0], rows.at(-1)];
    const [start, end] = [first && decodeEvent(first.record), last && decodeEvent(last.record)];
    if (first === undefined || last === undefined || start?.ok !== true || end?.ok !== true) return 0;
    const kinds = new Map<string, number>();
    let dropped = 0;
    for (const { name, record } of rows) {
      if (name !== "GapRecord") {
        kinds.set(name, (kinds.get(name) ?? 0) + 1);
        dropped++;
        continue;
      }
      const gap = decodeEvent(record);
      if (!gap.ok || gap.value.event.name !== "GapRecord") return 0;
      for (const [kind, count] of readCounts(gap.value.event.fields.kinds)!) kinds.set(kind, (kinds.get(kind) ?? 0) + count);
    }
    const firstSeq = firstOf(start.value);
    const count = last.seq - firstSeq + 1;
    if ([...kinds.values()].reduce((sum, each) => sum + each, 0) !== count) return 0;
    const { prevHash } = start.value;
    const fields = { firstSeq, lastSeq: last.seq, count, kinds: countsText(kinds), lastHash: bytesToHex(new Uint8Array(last.hash)), cause };
    const record = encodeEvent({ seq: last.seq, prevHash, at: end.value.at, ms: end.value.ms, event: eventOf("GapRecord", fields) });
    const signed = this.#sign({ seq: firstSeq - 1, hash: prevHash }, record);
    this.#database.transaction("quick", () => {
      const run = (sql: string, ...values: readonly unknown[]): unknown => this.#database.prepare<unknown[]>(sql).run(...values);
      run("INSERT INTO event_dropping (first_seq, last_seq) VALUES (?, ?)", first.seq, last.seq);
      run("DELETE FROM event WHERE seq BETWEEN ? AND ?", first.seq, last.seq);
      run("DELETE FROM event_dropping");
      run("DELETE FROM event_checkpoint WHERE seq BETWEEN ? AND ?", first.seq, last.seq);
      run(
        "INSERT INTO event (seq, at, ms, name, source, credential, record, hash) VALUES (?, ?, ?, 'GapRecord', NULL, NULL, ?, ?)",
        last.seq,
        end.value.at,
        end.value.ms,
        record,
        last.hash,
      );
      run("INSERT INTO event_checkpoint (seq, signed) VALUES (?, ?)", last.seq, signed);
    });
    return dropped;
  }
}

/** The number of the first event that a record stands for. */
const firstOf = ({ seq, event }: EventRecord): number => (event.name === "GapRecord" ? event.fields.firstSeq : seq);
