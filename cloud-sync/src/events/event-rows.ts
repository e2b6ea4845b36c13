import { eventCredential, type EventLink, eventSource } from "@portico/card-protocol";
import { CompiledQuery } from "kysely";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ControllerEventTable } from "../store/event-tables.ts";

/** Rows of one statement. */
const ROWS = 100;
const COLUMNS = ["chain", "seq", "at", "ms", "name", "source", "credential", "record", "hash"] as const satisfies readonly (keyof ControllerEventTable)[];
type Statement = (rows: readonly ControllerEventTable[]) => CompiledQuery;

/** Puts events into the store. A statement for so many rows is put together once: that takes longer than the database does. */
export class EventRows {
  /** By how many rows they put. */
  readonly #statements = new Map<number, Statement>();

  async put(queries: Queries, chain: number, links: readonly EventLink[]): Promise<void> {
    for (const portion of portions(links, ROWS)) {
      const rows = portion.map((link) => rowOf(chain, link));
      const statement = this.#statements.get(rows.length) ?? statementOf(queries, rows);
      this.#statements.set(rows.length, statement);
      await queries.executeQuery(statement(rows));
    }
  }
}

function statementOf(queries: Queries, sample: readonly ControllerEventTable[]): Statement {
  const { sql } = queries
    .insertInto("controller_event")
    .columns([...COLUMNS])
    .values(sample)
    .compile();
  return (rows) => {
    const values: unknown[] = [];
    for (const { chain, seq, at, ms, name, source, credential, record, hash } of rows) values.push(chain, seq, at, ms, name, source, credential, record, hash);
    return CompiledQuery.raw(sql, values);
  };
}

function rowOf(chain: number, { record, bytes, end }: EventLink): ControllerEventTable {
  const { seq, at, ms, event } = record;
  return { chain, seq, at, ms, name: event.name, source: eventSource(event), credential: eventCredential(event), record: bytes, hash: end.hash };
}
