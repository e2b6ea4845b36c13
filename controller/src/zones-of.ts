import type { AccessPointTarget, Configuration } from "./configuration/configuration.ts";

/**
 * In which zones each door, turnstile and lift lies: those of the access points that open it. One that none opens lies in the controller's only zone; where it
 * follows several, or none, only what concerns every door concerns it.
 */
export function zonesOf({
  accessPoints,
  doors,
  turnstiles,
  lifts,
  locks,
  cloud,
}: Pick<Configuration, "accessPoints" | "doors" | "turnstiles" | "lifts" | "locks" | "cloud">): ReadonlyMap<string, readonly string[]> {
  const only = cloud?.zones.length === 1 ? cloud.zones : [];
  const ofLocks = locks.map(({ id, zone }): [string, string[]] => [id, zone === undefined ? [] : [zone]]);
  return new Map([
    ...ofLocks,
    ...[...doors, ...turnstiles, ...lifts].map(({ id }): [string, string[]] => {
      const readers = accessPoints.filter(({ opens }) => placeOf(opens) === id);
      const zones = readers.flatMap(({ zone }) => (zone === undefined ? [] : [zone]));
      return [id, readers.length === 0 ? [...only] : [...new Set(zones)]];
    }),
  ]);
}

/** The door, turnstile, lift, guard's station, terminal or release station that an access point opens. */
export function placeOf(opens: AccessPointTarget): string {
  if (opens.kind === "door") return opens.door;
  if (opens.kind === "guard-station" || opens.kind === "release-station") return opens.station;
  if (opens.kind === "terminal") return opens.terminal;
  if (opens.kind === "kiosk") return opens.kiosk;
  if (opens.kind === "room-lock") return opens.lock;
  return opens.kind === "lift" ? opens.lift : opens.turnstile;
}

/** What an access point opens, as operators name it: a door, `<turnstile>/<direction>`, or a lift. */
export const openedBy = (opens: AccessPointTarget): string => (opens.kind === "turnstile" ? `${opens.turnstile}/${opens.direction}` : placeOf(opens));
