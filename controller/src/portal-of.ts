import type { AccessPointTarget } from "./configuration/configuration.ts";
import type { GuardStations } from "./guard-stations.ts";
import type { Portal } from "./portal/portal.ts";
import type { Portals } from "./portal/portals.ts";
import type { Terminals } from "./terminals.ts";

/** What stands behind a reader: what it opens, a guard's desk, or a terminal. */
export function portalOf(
  target: AccessPointTarget,
  egress: boolean,
  { portals, guards, terminals }: { readonly portals: Portals; readonly guards: GuardStations; readonly terminals: Terminals },
): Portal {
  if (target.kind === "terminal") return terminals.portal(target.terminal);
  return target.kind === "guard-station" ? guards.portal(target.station) : portals.portalOf(target, egress);
}
