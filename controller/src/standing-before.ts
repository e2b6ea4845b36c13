import type { Configuration } from "./configuration/configuration.ts";
import type { StandingBefore } from "./portal/portals.ts";
import { placesInShadow } from "./portal/shadow-ways.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { doorsCutOver } from "./store/door-standing.ts";
import { overrulingBefore, type SiteStanding } from "./store/site-standing.ts";
import { zonesOf } from "./zones-of.ts";

/** How doors, turnstiles and lifts stood when the controller went down. @throws AlteredTable where it is not certain */
export function standingBefore(
  configuration: Configuration,
  { events, database }: Pick<ControllerStore, "events" | "database">,
  site: SiteStanding,
): StandingBefore {
  const zones = zonesOf(configuration);
  return {
    modes: events.doorStandings(),
    fires: events.fires(),
    overrulingOf: (id) => overrulingBefore(site, id, zones.get(id) ?? []),
    inShadow: placesInShadow(configuration, doorsCutOver(database)),
  };
}
