import type { Capability, Permission, Schedule } from "@portico/card-protocol";
import { ALWAYS_SCHEDULE } from "./core/expansion.ts";
import { differenceOf, type Validity } from "./core/validity.ts";
import { covers, grantTimes, type TimedGrant, withheldAt, withholdingTimes } from "./core/withholding.ts";
import type { Campus } from "./expansion/campus-facts.ts";
import type { GrantFacts, PersonFacts } from "./core/access-facts.ts";
import type { CampusTime } from "./campus-time.ts";

/** What a grant gives at an access point, as a door judges it. */
export interface GivenPermission {
  readonly grant: GrantFacts;
  readonly permission: Permission;
}

/** What a person is given at an access point, whatever is withheld. */
export function givenAt(facts: PersonFacts, campus: Campus, time: CampusTime, accessPoint: string): GivenPermission[] {
  return grantTimes(facts).flatMap(({ grant, times }) =>
    linesAt(grant.what, campus, accessPoint).flatMap(({ accessProfile, capability, schedule }) =>
      times.map(({ from, until }) => ({
        grant,
        permission: { accessProfile, capability, validFrom: from, validUntil: until, schedule: time.schedules.get(schedule) ?? OPEN },
      })),
    ),
  );
}

function linesAt(what: GrantFacts["what"], campus: Campus, accessPoint: string) {
  if (what.kind === "everywhere") return [];
  if (what.kind === "own")
    return what.accessPoints.includes(accessPoint) ? [{ accessProfile: "own", capability: what.capability, schedule: what.schedule }] : [];
  return campus.linesOf(what.profile).filter((line) => line.accessPoint === accessPoint);
}

/** What withholds a capability from a person at an access point. */
export const withholdingsAt = (facts: PersonFacts, campus: Campus, place: { readonly accessPoint: string; readonly capability: Capability }): TimedGrant[] =>
  withholdingTimes(facts).filter(({ grant }) => covers(grant.what, place, campus));

/** What withholdings leave of what is given, as rows say it. */
export function narrowed(given: readonly GivenPermission[], withholdings: readonly TimedGrant[], campus: Campus, accessPoint: string): GivenPermission[] {
  return given.flatMap(({ grant, permission }) => {
    const { validFrom, validUntil, capability } = permission;
    const whole: Validity = { from: validFrom, until: validUntil };
    return differenceOf([whole], withheldAt(withholdings, { accessPoint, capability }, campus)).map(({ from, until }) => ({
      grant,
      permission: { ...permission, validFrom: from, validUntil: until },
    }));
  });
}

/** Open at any time. */
const OPEN: Schedule = {
  id: ALWAYS_SCHEDULE,
  weekly: Object.fromEntries(([1, 2, 3, 4, 5, 6, 7] as const).map((weekday) => [weekday, [{ startS: 0, endS: 86_400 }]])),
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
};
