import { decodeEvent, type EventName, type EventRecord, type UnixSeconds } from "@portico/card-protocol";
import type { OldDecision, OurDecision } from "../core/shadow-comparison.ts";
import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";

/** What both decided between two instants. */
export interface ShadowDecisions {
  readonly ours: readonly OurDecision[];
  readonly old: readonly OldDecision[];
}

/** An import stands in the log behind the day that it tells of; its record says so in these bytes. */
const IS_IMPORTED_SQL = "instr(record, CAST('import' AS BLOB)) > 0";

/**
 * Reads from the log what both decided at from ≤ t ≤ until. What was recorded while no clock was trusted is in no time, and left out.
 *
 * @param doorOf  the door, or way of a turnstile, that an access point opens; undefined: none that the old system drives
 */
export function shadowDecisions(
  database: Pick<ControllerDatabase, "prepareRaw">,
  { from, until }: { readonly from: UnixSeconds; readonly until: UnixSeconds },
  doorOf: (accessPoint: string) => string | undefined,
): ShadowDecisions {
  const read = (name: EventName, orElse = "FALSE"): EventRecord[] => {
    const rows = database.prepareRaw<[number, number], readonly [record: Uint8Array]>(
      `SELECT record ${FROM_EVENTS_BESIDE_ACCESS} name = '${name}' AND at >= ? AND (at <= ? OR ${orElse}) ORDER BY seq`,
    );
    return rows.all(from, until).flatMap(([record]) => {
      const event = decodeEvent(record);
      return event.ok ? [event.value] : [];
    });
  };
  const ours = [...read("ShadowGranted"), ...read("ShadowDenied")].flatMap(({ seq, at, ms, event }): OurDecision[] => {
    if ((event.name !== "ShadowGranted" && event.name !== "ShadowDenied") || at === null) return [];
    const { accessPoint, credential } = event.fields;
    const door = doorOf(accessPoint);
    const denied = event.name === "ShadowDenied" ? { reason: event.fields.reason, detail: event.fields.detail } : null;
    return door === undefined ? [] : [{ seq, atMs: at * 1000 + ms, door, accessPoint, credential, denied }];
  });
  const old = read("OldSystemDecided", IS_IMPORTED_SQL).flatMap(({ seq, at, ms, event }): OldDecision[] => {
    if (event.name !== "OldSystemDecided" || at === null) return [];
    const { door, accessPoint, decision, by, credential, decidedAt } = event.fields;
    const atMs = decidedAt === null ? at * 1000 + ms : decidedAt * 1000;
    if (atMs < from * 1000 || atMs > until * 1000) return [];
    return [{ seq, atMs, door, accessPoint, credential, granted: decision === "granted", by }];
  });
  return { ours, old };
}
