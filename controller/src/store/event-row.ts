import { eventCredential, type EventRecord, eventSource, hexToBytes } from "@portico/card-protocol";

/** A row of the event log: the record's bytes and hash, and beside them what they say, for searching. */
export interface EventRow {
  readonly seq: number;
  readonly at: number | null;
  readonly ms: number;
  readonly name: string;
  readonly source: string | null;
  readonly credential: Uint8Array | null;
  readonly record: Uint8Array;
  readonly hash: Uint8Array;
}

/** The column that says something else than the record beside it; undefined where none does. @param hash  of the chain behind the record */
export function alteredColumn(row: EventRow, record: EventRecord, hash: Uint8Array): keyof EventRow | undefined {
  if (row.seq !== record.seq) return "seq";
  if (row.at !== record.at) return "at";
  if (row.ms !== record.ms) return "ms";
  if (row.name !== record.event.name) return "name";
  if (row.source !== eventSource(record.event)) return "source";
  const credential = eventCredential(record.event);
  if (credential === null ? row.credential !== null : row.credential === null || Buffer.compare(row.credential, hexToBytes(credential)!) !== 0)
    return "credential";
  return Buffer.compare(row.hash, hash) === 0 ? undefined : "hash";
}
