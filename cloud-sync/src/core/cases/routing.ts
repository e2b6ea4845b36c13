/** What a team takes: cases of a category, of an area, of both, or, where both are null, all that nobody else takes. */
export interface TeamRoute {
  readonly team: string;
  readonly category: string | null;
  readonly area: string | null;
}

/** Where a case belongs, and what is known of when a team is there. */
export interface RoutingFacts {
  readonly category: string;
  readonly area: string | null;
  /** Whether a team is on duty. */
  readonly isOnDuty: (team: string) => boolean;
  /** When it is next, in seconds; undefined: nobody says, or not soon. */
  readonly nextDuty: (team: string) => number | undefined;
}

/**
 * The team that a case goes to: by category and area, else by category, else by area, else the one that takes all else. Where several take the same, the one
 * that is on duty, else the one that is there first. Undefined: nobody takes it, and the desk decides.
 */
export function teamFor(routes: readonly TeamRoute[], { category, area, isOnDuty, nextDuty }: RoutingFacts): string | undefined {
  const fitting = routes.filter((route) => (route.category === null || route.category === category) && (route.area === null || route.area === area));
  const weight = ({ category: ofCategory, area: ofArea }: TeamRoute): number => (ofCategory === null ? 0 : 2) + (ofArea === null ? 0 : 1);
  const most = Math.max(-1, ...fitting.map(weight));
  const teams = [...new Set(fitting.filter((route) => weight(route) === most).map(({ team }) => team))].sort();
  return teams.find(isOnDuty) ?? teams.toSorted((one, other) => (nextDuty(one) ?? Infinity) - (nextDuty(other) ?? Infinity))[0];
}
