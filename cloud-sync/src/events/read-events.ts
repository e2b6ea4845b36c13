import { decodeEvent, type Result, type EventRecord } from "@portico/card-protocol";
import type { Queries } from "../store/cloud-database.ts";
import { eventsAs } from "./event-chains.ts";

/** Which events. */
export interface EventQuery {
  readonly controller?: string;
  /** Events of these names alone; empty: of all. */
  readonly names: readonly string[];
  /** Events that happened at this second or later; those without a time are left out then. */
  readonly from?: number;
  /** Behind this place. */
  readonly after: ArrivalPlace;
  readonly limit: number;
}

/** A place in the order of arrival: a batch, and a record of it. */
export interface ArrivalPlace {
  readonly batch: number;
  readonly seq: number;
}

/** An event as it is kept. */
export interface KeptEvent {
  readonly controller: string;
  /** As {@link eventsAs} calls it. */
  readonly chain: string;
  readonly place: ArrivalPlace;
  readonly receivedAt: number;
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly record: Result<EventRecord, "EventMalformed">;
}

/** A page of events, and where the next begins: it may hold fewer than were asked for, and goes on all the same. */
export interface EventPage {
  readonly events: readonly KeptEvent[];
  /** Undefined: what came last is on this page. */
  readonly next: ArrivalPlace | undefined;
}

/** So many events are looked at for one page, however few of them fit. */
const LOOKED_AT_MAX = 5_000;

/** Events in the order in which they came, which of one machine is that in which they happened. */
export async function readEvents(queries: Queries, { controller, names, from, after, limit }: EventQuery): Promise<EventPage> {
  const events: KeptEvent[] = [];
  let [place, left] = [after, LOOKED_AT_MAX];
  let batches = queries
    .selectFrom("event_batch")
    .innerJoin("event_chain", "event_chain.number", "event_batch.chain")
    .select(["event_batch.id", "event_batch.chain", "event_batch.new_from", "event_batch.last_seq", "event_batch.received_at"])
    .select(["event_chain.controller", "event_chain.machine"])
    .where("event_batch.id", ">=", after.batch)
    .orderBy("event_batch.id")
    .limit(limit + LOOKED_AT_MAX / 10);
  if (controller !== undefined) batches = batches.where("event_chain.controller", "=", controller);
  const found = await batches.execute();
  for (const batch of found) {
    const { id } = batch;
    for (;;) {
      const first = id === place.batch ? Math.max(batch.new_from, place.seq + 1) : batch.new_from;
      if (first > batch.last_seq) break;
      if (events.length >= limit || left <= 0) return { events, next: place };
      const rows = await queries
        .selectFrom("controller_event")
        .select(["seq", "at", "name", "record", "hash"])
        .where("chain", "=", batch.chain)
        .where("seq", ">=", first)
        .where("seq", "<=", batch.last_seq)
        .orderBy("seq")
        .limit(Math.min(left, limit))
        .execute();
      for (const { seq, at, name, record, hash } of rows) {
        if (events.length >= limit) return { events, next: place };
        place = { batch: id, seq };
        left--;
        if ((names.length > 0 && !names.includes(name)) || (from !== undefined && (at === null || at < from))) continue;
        events.push({
          controller: batch.controller,
          chain: eventsAs(batch),
          place,
          receivedAt: batch.received_at,
          seq,
          hash: new Uint8Array(hash),
          record: decodeEvent(new Uint8Array(record)),
        });
      }
      if (rows.length === 0) break;
    }
  }
  return { events, next: found.length < limit + LOOKED_AT_MAX / 10 ? undefined : place };
}
