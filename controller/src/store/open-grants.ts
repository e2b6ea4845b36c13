import { decodeEvent } from "@portico/card-protocol";
import type { Statement } from "better-sqlite3";
import type { ControllerDatabase } from "./database.ts";
import { checkedMark, rowCheck } from "./row-check.ts";

/** A grant of which nobody knows whether somebody passed. */
export interface OpenGrant {
  readonly seq: number;
  readonly accessPoint: string;
}

/** So many events may lie behind the mark before it is moved: they are what a start has to read. */
const BEHIND_MARK_MAX = 1_000;

/**
 * Which grants neither AccessTaken nor AccessNotTaken has followed: what the events say, kept in memory. The database holds a mark below which none is open,
 * so that a start reads the last events alone.
 */
export class OpenGrants {
  readonly #database: ControllerDatabase;
  readonly #setMark: Statement<[number, number]>;
  #known: { readonly grants: Map<number, string>; mark: number } | undefined;

  constructor(database: ControllerDatabase) {
    this.#database = database;
    this.#setMark = database.prepare("UPDATE open_grant_mark SET seq = ?, row_check = ?");
  }

  /** Oldest first. */
  all(): OpenGrant[] {
    return [...this.#read().grants].map(([seq, accessPoint]) => ({ seq, accessPoint }));
  }

  /** A grant was written. Meant for its transaction. */
  opened(seq: number, accessPoint: string): void {
    this.#read().grants.set(seq, accessPoint);
  }

  /** What came of a grant was written as the event `at`. Meant for its transaction, which moves the mark now and then. */
  closed(seq: number, at: number): void {
    const known = this.#read();
    known.grants.delete(seq);
    if (at - known.mark >= BEHIND_MARK_MAX) this.settle(at);
  }

  /** Moves the mark as far as the event `last`, the newest, allows. */
  settle(last: number): void {
    const known = this.#read();
    const [oldest = last + 1] = known.grants.keys();
    this.#setMark.run(oldest, rowCheck(1, oldest));
    known.mark = oldest;
  }

  /** Something that was told was undone: what holds is read again. */
  forget(): void {
    this.#known = undefined;
  }

  #read(): { readonly grants: Map<number, string>; mark: number } {
    if (this.#known !== undefined) return this.#known;
    const mark = checkedMark((sql) => this.#database.prepare(sql), "open_grant_mark");
    const grants = new Map<number, string>();
    const rows = this.#database.prepareRaw<[number], readonly [number, Uint8Array]>(
      "SELECT seq, record FROM event WHERE seq >= ? AND name IN ('AccessGranted', 'AccessTaken', 'AccessNotTaken') ORDER BY seq",
    );
    for (const [seq, record] of rows.iterate(mark)) {
      const read = decodeEvent(record);
      if (!read.ok) continue; // whoever altered it shows in the chain
      const { event } = read.value;
      if (event.name === "AccessGranted") grants.set(seq, event.fields.accessPoint);
      else if (event.name === "AccessTaken" || event.name === "AccessNotTaken") grants.delete(event.fields.grantedSeq);
    }
    return (this.#known = { grants, mark });
  }
}
