import { type Clock, decodeEvent, unixSeconds } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import { type HolderAt, Whereabouts, WHEREABOUTS_EVENTS } from "../core/whereabouts.ts";
import type { ControllerDatabase } from "./database.ts";
import type { EventLog, LoggedEvent } from "./event-log.ts";
import { RecordingFailed } from "./recording-failed.ts";
import { checkedMark, checkedRows, type Prepare, rowCheck } from "./row-check.ts";

/** Rows follow their events within this time, in ms. */
const WRITE_AFTER_MS = 1_000;
/** So many rows are written at once; then scans are judged before the next. */
const ROWS_AT_ONCE = 500;
const NEXT_AFTER_MS = 10;

type Row = [area: string, holder: number, side: "inside" | "outside", since: number | null, credential: string];
const NAMES: readonly string[] = WHEREABOUTS_EVENTS;

/**
 * Keeps {@link Whereabouts} across restarts. The events are what counts: the table is made of them, within a second and many at once, and what it does not hold
 * yet is read from the events behind its mark.
 */
export class AreaHolders {
  readonly #database: ControllerDatabase;
  readonly #clock: Pick<Clock, "after">;
  readonly #whereabouts: Whereabouts;
  readonly #put: Statement<[...Row, number]>;
  readonly #drop: Statement<[string, number]>;
  readonly #mark: Statement<[number, number]>;
  readonly #removeListener: () => void;
  /** By area and holder; what is to be written is what holds when it is. */
  readonly #unwritten = new Map<string, { readonly area: string; readonly holder: number }>();
  #lastSeq: number;
  #cancelWriting: (() => void) | undefined;

  /**
   * Reads what was kept, and listens from now on. Rows of areas that are not configured any more are dropped: an area that comes back begins empty.
   *
   * @param whereabouts  fresh
   */
  constructor(database: ControllerDatabase, events: EventLog, clock: Pick<Clock, "after">, whereabouts: Whereabouts, areas: readonly string[]) {
    this.#database = database;
    this.#clock = clock;
    this.#whereabouts = whereabouts;
    this.#put = database.prepare("INSERT OR REPLACE INTO area_holder (area, holder, side, since, credential, row_check) VALUES (?, ?, ?, ?, ?, ?)");
    this.#drop = database.prepare("DELETE FROM area_holder WHERE area = ? AND holder = ?");
    this.#mark = database.prepare("UPDATE area_mark SET seq = ?, row_check = ?");
    this.#lastSeq = events.last().seq;
    this.#read(areas);
    this.#removeListener = events.onEvent((event) => this.#take(event));
  }

  /** Writes what has changed, all or none. @throws RecordingFailed when the disk refuses: it stays owed */
  write(count: number = this.#unwritten.size): void {
    const changes = [...this.#unwritten].slice(0, count);
    this.#database.transaction("quick", () => {
      for (const [, { area, holder }] of changes) {
        const at = this.#whereabouts.passed(area, holder);
        if (at === undefined) this.#drop.run(area, holder);
        else {
          const row: Row = [area, holder, at.side, at.since, at.credential];
          this.#put.run(...row, rowCheck(...row));
        }
      }
      // The mark waits until nothing in front of it is owed.
      if (changes.length < this.#unwritten.size) return;
      const mark = Math.min(this.#lastSeq, (this.#whereabouts.oldestUnderway() ?? Number.POSITIVE_INFINITY) - 1);
      this.#mark.run(mark, rowCheck(1, mark));
    });
    for (const [key] of changes) this.#unwritten.delete(key);
  }

  /** Stops listening and writing. What is not written is read from the events at the next start. */
  close(): void {
    this.#removeListener();
    this.#cancelWriting?.();
    this.#cancelWriting = undefined;
  }

  #take(event: LoggedEvent): void {
    if (!NAMES.includes(event.name) || !event.record.ok) return;
    const { seq, at, event: told } = event.record.value;
    this.#lastSeq = seq;
    this.#owe(this.#whereabouts.take(seq, at, told));
  }

  #owe(changed: ReturnType<Whereabouts["take"]>): void {
    for (const { area, holder } of changed) this.#unwritten.set(`${area} ${holder}`, { area, holder });
    if (this.#unwritten.size > 0) this.#writeLater(WRITE_AFTER_MS);
  }

  #writeLater(delayMs: number): void {
    this.#cancelWriting ??= this.#clock.after(delayMs, () => {
      this.#cancelWriting = undefined;
      this.#writeSome();
    });
  }

  #writeSome(): void {
    try {
      this.write(ROWS_AT_ONCE);
      if (this.#unwritten.size > 0) this.#writeLater(NEXT_AFTER_MS);
    } catch (error) {
      if (!(error instanceof RecordingFailed)) throw error;
      this.#writeLater(WRITE_AFTER_MS);
    }
  }

  #read(areas: readonly string[]): void {
    const prepare: Prepare = (sql) => this.#database.prepare(sql);
    const mark = checkedMark(prepare, "area_mark");
    for (const [area, holder, side, since, credential] of checkedRows<Row>(prepare, "area_holder")) {
      if (areas.includes(area))
        this.#whereabouts.keep(area, { holder, side, since: since === null ? null : unixSeconds(since), credential } satisfies HolderAt);
      else this.#unwritten.set(`${area} ${holder}`, { area, holder });
    }
    // What happened before there were areas says nothing of who is in them; where they begin is kept before anybody passes.
    if (mark === 0) this.#writeSome();
    else {
      const rows = this.#database.prepareRaw<[number], readonly [seq: number, record: Uint8Array]>(
        `SELECT seq, record FROM event WHERE seq > ? AND name IN (${NAMES.map((name) => `'${name}'`).join(", ")}) ORDER BY seq`,
      );
      for (const [seq, record] of rows.iterate(mark)) {
        const read = decodeEvent(record);
        if (read.ok) this.#owe(this.#whereabouts.take(seq, read.value.at, read.value.event)); // whoever altered a record shows in the chain
      }
    }
    if (this.#unwritten.size > 0) this.#writeLater(WRITE_AFTER_MS);
  }
}

/** No area is configured: what was kept of any is dropped, so that one that comes back begins empty. Nothing is written where there is nothing. */
export function forgetAreas(database: ControllerDatabase): void {
  const mark = checkedMark((sql) => database.prepare(sql), "area_mark");
  if (mark === 0) return;
  database.transaction("quick", () => {
    database.prepare("DELETE FROM area_holder").run();
    database.prepare<[number, number]>("UPDATE area_mark SET seq = ?, row_check = ?").run(0, rowCheck(1, 0));
  });
}
