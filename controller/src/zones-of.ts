import type { Configuration } from "./configuration/configuration.ts";

/**
 * In which zones each door and each turnstile lies: those of the access points that open it. One that none opens lies in the controller's only zone; where it
 * follows several, or none, only what concerns every door concerns it.
 */
export function zonesOf({
  accessPoints,
  doors,
  turnstiles,
  cloud,
}: Pick<Configuration, "accessPoints" | "doors" | "turnstiles" | "cloud">): ReadonlyMap<string, readonly string[]> {
  const only = cloud?.zones.length === 1 ? cloud.zones : [];
  return new Map(
    [...doors, ...turnstiles].map(({ id }) => {
      const readers = accessPoints.filter(({ opens }) => (opens.kind === "door" ? opens.door : opens.turnstile) === id);
      const zones = readers.flatMap(({ zone }) => (zone === undefined ? [] : [zone]));
      return [id, readers.length === 0 ? only : [...new Set(zones)]];
    }),
  );
}
