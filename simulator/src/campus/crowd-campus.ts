import { accessPointsOf, type Campus, type CampusLane } from "./campus.ts";
import { drawnKeys, drawnPerson, type PersonPlan } from "./drawn-people.ts";

export interface CrowdPlan {
  readonly people: number;
  readonly gates: number;
  readonly lanesPerGate: number;
}

/** Of so many people one is frozen, one has a slow phone, one comes with a card, one is a visitor, one needs more time. */
const ONE_OF = { frozen: 50, slow: 45, card: 10, visitor: 20, extended: 25 } as const;
const SLOW_S = -75;

/** A campus of many people and gates alone. The same secret gives the same people. */
export function crowdCampus(secret: Uint8Array, { people, gates, lanesPerGate }: CrowdPlan): Campus {
  const lanes = Array.from({ length: gates }, (_, gate) =>
    Array.from({ length: lanesPerGate }, (__, lane): CampusLane => ({ id: `gate-${gate + 1}-${lane + 1}`, gate: `gate-${gate + 1}`, readsCards: true })),
  ).flat();
  return {
    site: "crowd-campus",
    controller: "crowd-gates",
    parts: [{ controller: "crowd-gates", zone: "gates", names: { zh: "校门", en: "Gates" }, places: lanes.map(({ id }) => id) }],
    timeZone: "Asia/Shanghai",
    lanes,
    doors: [],
    schedules: [],
    profiles: [{ id: "campus", accessPoints: accessPointsOf({ lanes, doors: [] }).map(({ id }) => id), schedule: "always" }],
    people: Array.from({ length: people }, (_, index) => drawnPerson(secret, planOf(index))),
    keys: drawnKeys(secret),
  };
}

function planOf(index: number): PersonPlan {
  const isOneOf = (every: number): boolean => index % every === every - 1;
  const id = `p-${String(index + 1).padStart(5, "0")}`;
  const profiles = ["campus"];
  if (isOneOf(ONE_OF.visitor)) return { id, profiles, audience: "visitor", flags: ["visitor"], wallet: true };
  const phone = isOneOf(ONE_OF.frozen) ? ({ suspension: "Frozen" } as const) : isOneOf(ONE_OF.slow) ? { clockErrorS: SLOW_S } : {};
  return { id, profiles, phone, ...(isOneOf(ONE_OF.extended) ? { flags: ["extendedTime"] } : {}), ...(isOneOf(ONE_OF.card) ? { card: {} } : {}) };
}
