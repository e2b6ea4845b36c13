import type { AccessPointTarget } from "./configuration/configuration.ts";
import type { GuardStations } from "./guard-stations.ts";
import type { Portal } from "./portal/portal.ts";
import type { Portals } from "./portal/portals.ts";
import type { Printing } from "./printing/printing.ts";
import type { Terminals } from "./terminals.ts";

/** What stands behind a reader: what it opens, a guard's desk, a terminal, or a release station. */
export function portalOf(
  target: AccessPointTarget,
  egress: boolean,
  {
    portals,
    guards,
    terminals,
    printing,
  }: { readonly portals: Portals; readonly guards: GuardStations; readonly terminals: Terminals; readonly printing: Pick<Printing, "portal"> },
): Portal {
  if (target.kind === "terminal") return terminals.portal(target.terminal);
  if (target.kind === "release-station") return printing.portal(target.station);
  return target.kind === "guard-station" ? guards.portal(target.station) : portals.portalOf(target, egress);
}
