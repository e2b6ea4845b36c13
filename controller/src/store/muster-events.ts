import { decodeEvent } from "@portico/card-protocol";
import { MUSTER_EVENTS, type MusterFacts } from "../core/muster.ts";
import type { ControllerDatabase } from "./database.ts";

/** So many of the newest events are looked through, in portions of so many: scans are judged between two of them. */
const NEWEST = 200_000;
const PORTION = 2_000;
const NAMES = MUSTER_EVENTS.map((name) => `'${name}'`).join(", ");

/** The events that speak of who is inside, oldest first. Reads one portion a step. */
export function* musterEvents(database: ControllerDatabase, last: number): Generator<void, MusterFacts["events"]> {
  const page = database.prepareRaw<[number, number], readonly [seq: number, record: Uint8Array]>(
    `SELECT seq, record FROM event WHERE seq > ? AND seq <= ? AND name IN (${NAMES}) ORDER BY seq`,
  );
  const found: { seq: number; at: MusterFacts["events"][number]["at"]; event: MusterFacts["events"][number]["event"] }[] = [];
  for (let from = Math.max(0, last - NEWEST); from < last; from += PORTION) {
    for (const [seq, record] of page.all(from, Math.min(last, from + PORTION))) {
      const read = decodeEvent(record);
      if (read.ok) found.push({ seq, at: read.value.at, event: read.value.event });
    }
    yield;
  }
  return found;
}
