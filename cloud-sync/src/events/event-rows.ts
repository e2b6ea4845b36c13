import { eventCredential, type EventLink, eventSource } from "@portico/card-protocol";
import { CompiledQuery } from "kysely";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ControllerEventTable } from "../store/event-tables.ts";

/** What is kept of an event, whichever chain it stands in. `seq` and `hash`: the end of the chain behind it. */
export type KeptEvent = Omit<ControllerEventTable, "chain">;

export function keptEvent({ record, bytes, end }: EventLink): KeptEvent {
  const { seq, at, ms, event } = record;
  return { seq, at, ms, name: event.name, source: eventSource(event), credential: eventCredential(event), record: bytes, hash: end.hash };
}

/** Rows of one statement: a full batch is four of them. */
const ROWS = 64;
const COLUMNS = ["chain", "seq", "at", "ms", "name", "source", "credential", "record", "hash"] as const satisfies readonly (keyof ControllerEventTable)[];
type Statement = (chain: number, events: readonly KeptEvent[]) => CompiledQuery;

/** Puts events into the store. A statement for so many rows is put together once: that takes longer than the database does. */
export class EventRows {
  /** By how many rows they put. */
  readonly #statements = new Map<number, Statement>();

  async put(queries: Queries, chain: number, events: readonly KeptEvent[]): Promise<void> {
    for (const portion of portions(events, ROWS)) {
      const statement = this.#statements.get(portion.length) ?? statementOf(queries, portion);
      this.#statements.set(portion.length, statement);
      await queries.executeQuery(statement(chain, portion));
    }
  }
}

function statementOf(queries: Queries, sample: readonly KeptEvent[]): Statement {
  const { sql } = queries
    .insertInto("controller_event")
    .columns([...COLUMNS])
    .values(sample.map((event) => ({ chain: 0, ...event })))
    .compile();
  return (chain, events) => {
    const values: unknown[] = [];
    for (const { seq, at, ms, name, source, credential, record, hash } of events) values.push(chain, seq, at, ms, name, source, credential, record, hash);
    return CompiledQuery.raw(sql, values);
  };
}
