import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";
import { newestOfEach } from "./newest-of-each.ts";

/** Doors and turnstiles that somebody cut over, and nobody has given back to the old system since. */
export function doorsCutOver(database: Pick<ControllerDatabase, "prepare">): ReadonlySet<string> {
  const returned = new Map(
    newestOfEach(database, "DoorReturned").flatMap(({ seq, event }) => (event.name === "DoorReturned" ? [[event.fields.door, seq]] : [])),
  );
  return new Set(
    newestOfEach(database, "DoorCutOver").flatMap(({ seq, event }) =>
      event.name === "DoorCutOver" && seq > (returned.get(event.fields.door) ?? 0) ? [event.fields.door] : [],
    ),
  );
}

/** The events that a shorter log has to keep. */
export const driverEventsKept = (database: ControllerDatabase): readonly number[] =>
  database.prepare<[], number>(`SELECT max(seq) ${FROM_EVENTS_BESIDE_ACCESS} name IN ('DoorCutOver', 'DoorReturned') GROUP BY name, source`).pluck().all();
