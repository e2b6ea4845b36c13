import { decodeEvent, type UnixSeconds } from "@portico/card-protocol";
import type { OperatorAct } from "../core/door-operation.ts";
import { EVERY_DOOR, type Overruling } from "../core/overruling.ts";
import type { ControllerDatabase } from "./database.ts";
import { FROM_EVENTS_BESIDE_ACCESS } from "./events-beside-access.ts";

/** A lockdown or a drill that lasts: who began it, why and when; null: no clock said when. */
export interface Standing extends OperatorAct {
  /** A zone, or {@link EVERY_DOOR}. */
  readonly of: string;
  readonly since: UnixSeconds | null;
}

/** What the log says of the site: what lasts, and what waits for somebody. */
export interface SiteStanding {
  readonly lockdowns: readonly Standing[];
  readonly drills: readonly Standing[];
  /** Doors and turnstiles that fire or a drill freed, by the number of the event that says so. */
  readonly awaiting: ReadonlyMap<string, number>;
  /** The last relock of each zone, by the number of its event. */
  readonly relocked: ReadonlyMap<string, number>;
}

const NAMES = ["LockdownStarted", "LockdownEnded", "DrillStarted", "DrillEnded", "DoorAwaitsRelock", "DoorsRelocked"] as const;
const SITE_EVENTS_SQL = `name IN (${NAMES.map((name) => `'${name}'`).join(", ")})`;

/** Reads what lasts from the events themselves: the last of each kind and place stays in the log, however short it is cut. */
export function siteStanding(database: ControllerDatabase): SiteStanding {
  const lockdowns = new Map<string, Standing>();
  const drills = new Map<string, Standing>();
  const awaiting = new Map<string, number>();
  const relocked = new Map<string, number>();
  const rows = database.prepareRaw<[], readonly [seq: number, record: Uint8Array]>(
    `SELECT seq, record ${FROM_EVENTS_BESIDE_ACCESS} ${SITE_EVENTS_SQL} ORDER BY seq`,
  );
  for (const [seq, record] of rows.iterate()) {
    const read = decodeEvent(record);
    if (!read.ok) continue; // whoever altered it shows in the chain
    const { event, at } = read.value;
    if (event.name === "LockdownStarted" || event.name === "DrillStarted") {
      const { zone: of, by, reason } = event.fields;
      (event.name === "DrillStarted" ? drills : lockdowns).set(of, { of, by, reason, since: at });
    } else if (event.name === "LockdownEnded") lockdowns.delete(event.fields.zone);
    else if (event.name === "DrillEnded") drills.delete(event.fields.zone);
    else if (event.name === "DoorAwaitsRelock") awaiting.set(event.fields.door, seq);
    else if (event.name === "DoorsRelocked") relocked.set(event.fields.zone, seq);
  }
  return { lockdowns: [...lockdowns.values()], drills: [...drills.values()], awaiting, relocked };
}

/** Whether a door, or a turnstile, that lies in these zones still waits for somebody to have it locked again. */
function isAwaiting({ awaiting, relocked }: Pick<SiteStanding, "awaiting" | "relocked">, door: string, zones: readonly string[]): boolean {
  const since = awaiting.get(door);
  return since !== undefined && ![EVERY_DOOR, ...zones].some((zone) => (relocked.get(zone) ?? 0) > since);
}

/** What overruled a door or turnstile of these zones when the controller went down, beside its fire loop. */
export function overrulingBefore(standing: SiteStanding, id: string, zones: readonly string[]): Omit<Overruling, "fire"> {
  const concerns = ({ of }: Standing): boolean => of === EVERY_DOOR || zones.includes(of);
  return { drill: standing.drills.some(concerns), awaitsRelock: isAwaiting(standing, id, zones), lockdown: standing.lockdowns.find(concerns)?.of };
}

/** The events that a shorter log has to keep. */
export const siteEventsKept = (database: ControllerDatabase): readonly number[] =>
  database.prepare<[], number>(`SELECT max(seq) ${FROM_EVENTS_BESIDE_ACCESS} ${SITE_EVENTS_SQL} GROUP BY name, source`).pluck().all();
