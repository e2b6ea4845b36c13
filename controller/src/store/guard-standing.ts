import { type ControllerEvent, type EventName, eventSource } from "@portico/card-protocol";
import type { ControllerDatabase } from "./database.ts";
import { newestOfEach } from "./newest-of-each.ts";

const PAIRS = [
  ["GuardSignedIn", "GuardSignedOut"],
  ["LaneHeld", "LaneHoldEnded"],
] as const satisfies readonly (readonly [EventName, EventName])[];

/** What the log leaves open at guard stations: who is signed in, and which ways are held. */
export function guardStanding(database: Pick<ControllerDatabase, "prepare">): readonly ControllerEvent[] {
  return PAIRS.flatMap(([begins, ends]) => {
    const over = new Map(newestOfEach(database, ends).map(({ event, seq }) => [eventSource(event), seq]));
    return newestOfEach(database, begins).flatMap(({ event, seq }) => (seq > (over.get(eventSource(event)) ?? 0) ? [event] : []));
  });
}
