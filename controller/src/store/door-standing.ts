import { type EventName, eventSource } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";
import { newestOfEach } from "./newest-of-each.ts";

/** Doors and turnstiles that somebody cut over, and nobody has given back to the old system since. */
export const doorsCutOver = (database: Pick<ControllerDatabase, "prepare">): ReadonlySet<string> => begun(database, "DoorCutOver", "DoorReturned");

/** Doors of which the log says that somebody tampers with them, and not that it is over. */
export const tamperedBefore = (database: Pick<ControllerDatabase, "prepare">): ReadonlySet<string> => begun(database, "DoorTamper", "DoorTamperCleared");

/** What of which the newest event that begins stands behind the newest that ends. */
function begun(database: Pick<ControllerDatabase, "prepare">, begins: EventName, ends: EventName): ReadonlySet<string> {
  const ended = new Map(newestOfEach(database, ends).map(({ seq, event }) => [eventSource(event), seq]));
  return new Set(
    newestOfEach(database, begins).flatMap(({ seq, event }) => {
      const source = eventSource(event);
      return source !== null && seq > (ended.get(source) ?? 0) ? [source] : [];
    }),
  );
}

/** The events that a shorter log has to keep. */
export const driverEventsKept = (database: ControllerDatabase): readonly number[] =>
  database.prepare<[], number>(`SELECT max(seq) ${FROM_EVENTS_BESIDE_ACCESS} name IN ('DoorCutOver', 'DoorReturned') GROUP BY name, source`).pluck().all();
