import { decodeEvent, type EventName, type EventRecord } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";

/**
 * The newest record of one kind for each of its sources: two searches a source, however many records there are. One that was altered is left out.
 *
 * @param index  holds the events of this kind alone, by source
 */
export function newestOfEach(database: Pick<ControllerDatabase, "prepare">, index: "event_of_fire" | "event_of_first_person", name: EventName): EventRecord[] {
  const of = `FROM event INDEXED BY ${index} WHERE name = '${name}' AND source`;
  const next = database.prepare<[string], string>(`SELECT source ${of} > ? ORDER BY source LIMIT 1`).pluck();
  const last = database.prepare<[string], Uint8Array>(`SELECT record ${of} = ? ORDER BY seq DESC LIMIT 1`).pluck();
  const records: EventRecord[] = [];
  for (let source = next.get(""); source !== undefined; source = next.get(source)) {
    const read = decodeEvent(last.get(source)!);
    if (read.ok) records.push(read.value);
  }
  return records;
}
