import { eventCredential, type EventLink, eventSource } from "@portico/card-protocol";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ControllerEventTable } from "../store/event-tables.ts";
import { rowsOf } from "../store/statement.ts";

/** What is kept of an event, whichever chain it stands in. `seq` and `hash`: the end of the chain behind it. */
export type KeptEvent = Omit<ControllerEventTable, "chain">;

export function keptEvent({ record, bytes, end }: EventLink): KeptEvent {
  const { seq, at, ms, event } = record;
  return { seq, at, ms, name: event.name, source: eventSource(event), credential: eventCredential(event), record: bytes, hash: end.hash };
}

/** Rows of one statement: a full batch is four of them. */
const ROWS = 64;
const COLUMNS = ["chain", "seq", "at", "ms", "name", "source", "credential", "record", "hash"] as const satisfies readonly (keyof ControllerEventTable)[];

/** Puts events into the store. A statement for so many rows is put together once: that takes longer than the database does. */
export class EventRows {
  /** By how many rows they put. */
  readonly #texts = new Map<number, string>();

  async put(queries: Queries, chain: number, events: readonly KeptEvent[]): Promise<void> {
    for (const portion of portions(events, ROWS)) {
      const text = this.#texts.get(portion.length) ?? textOf(queries, portion);
      this.#texts.set(portion.length, text);
      const values: unknown[] = [];
      for (const { seq, at, ms, name, source, credential, record, hash } of portion) values.push(chain, seq, at, ms, name, source, credential, record, hash);
      await rowsOf(queries, text, values);
    }
  }
}

const textOf = (queries: Queries, sample: readonly KeptEvent[]): string =>
  queries
    .insertInto("controller_event")
    .columns([...COLUMNS])
    .values(sample.map((event) => ({ chain: 0, ...event })))
    .compile().sql;
