import { decodeEvent, type EventName, type EventRecord } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";

/**
 * The newest record of one kind beside access for each of its sources: two searches a source, however many records there are. One that was altered is left
 * out.
 */
export function newestOfEach(database: Pick<ControllerDatabase, "prepare">, name: EventName): EventRecord[] {
  const of = `${FROM_EVENTS_BESIDE_ACCESS} name = '${name}' AND source`;
  const next = database.prepare<[string], string>(`SELECT source ${of} > ? ORDER BY source LIMIT 1`).pluck();
  const last = database.prepare<[string], Uint8Array>(`SELECT record ${of} = ? ORDER BY seq DESC LIMIT 1`).pluck();
  const records: EventRecord[] = [];
  for (let source = next.get(""); source !== undefined; source = next.get(source)) {
    const read = decodeEvent(last.get(source)!);
    if (read.ok) records.push(read.value);
  }
  return records;
}
