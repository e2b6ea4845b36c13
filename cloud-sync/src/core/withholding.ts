import type { Capability } from "@portico/card-protocol";
import { audienceTimes, type Membership } from "./audience.ts";
import { ALWAYS, differenceOf, holdsAt, intersectionOf, unionOf, type Validity } from "./validity.ts";
import type { CampusFacts, GrantFacts, PersonFacts, ProfileLine } from "./access-facts.ts";
import type { Effect } from "./access-facts.ts";

/** A grant that reaches a person, and when. */
export interface TimedGrant {
  readonly grant: GrantFacts;
  readonly times: readonly Validity[];
}
type Lines = Pick<CampusFacts, "linesOf">;
type Place = Pick<ProfileLine, "accessPoint" | "capability">;

/** The grants that give a person something, and when: the grant's own times within those of the membership that it names. */
export const grantTimes = (facts: PersonFacts): readonly TimedGrant[] => timesOf(facts, "give");

/** The grants that withhold something from a person, and when. */
export const withholdingTimes = (facts: PersonFacts): readonly TimedGrant[] => timesOf(facts, "withhold");

function timesOf(facts: PersonFacts, effect: Effect): readonly TimedGrant[] {
  const grants = facts.grants.filter((grant) => grant.effect === effect);
  if (grants.length === 0) return [];
  const audiences = audienceTimes(facts.memberships);
  const memberOf = ({ subject }: GrantFacts): readonly Validity[] => {
    if (subject.kind === "person")
      return subject.within === undefined ? [ALWAYS] : unionOf(subject.within.flatMap((audience) => audiences.get(audience) ?? []));
    if (subject.kind === "group") return unionOf(facts.groups.filter(({ id }) => id === subject.id).map(({ validity }) => validity));
    return audiences.get(subject.id as Membership["audience"]) ?? [];
  };
  return grants.map((grant) => ({ grant, times: intersectionOf([grant.validity], memberOf(grant)) }));
}

/** Whether a grant's content covers a capability at an access point. */
export function covers(what: GrantFacts["what"], { accessPoint, capability }: Place, campus: Lines): boolean {
  switch (what.kind) {
    case "everywhere":
      return what.capability === capability;
    case "own":
      return what.capability === capability && what.accessPoints.includes(accessPoint);
    case "profile":
      return campus.linesOf(what.profile).some((line) => line.accessPoint === accessPoint && line.capability === capability);
  }
}

/** When a capability is withheld at an access point. */
export const withheldAt = (withholdings: readonly TimedGrant[], place: Place, campus: Lines): Validity[] =>
  unionOf(withholdings.filter(({ grant }) => covers(grant.what, place, campus)).flatMap(({ times }) => times));

/** What is left of some lines: those with the same capability, schedule and times together. */
export interface RemainingPart {
  readonly capability: Capability;
  readonly schedule: string;
  readonly accessPoints: readonly string[];
  readonly validity: Validity;
}

/** What withholdings leave of lines that are given at some times. */
export function remainingParts(lines: readonly ProfileLine[], times: readonly Validity[], withholdings: readonly TimedGrant[], campus: Lines): RemainingPart[] {
  const parts = new Map<string, RemainingPart & { readonly accessPoints: string[] }>();
  for (const { accessPoint, capability, schedule } of lines)
    for (const validity of differenceOf(times, withheldAt(withholdings, { accessPoint, capability }, campus))) {
      const key = `${capability} ${schedule} ${validity.from} ${validity.until}`;
      const part = parts.get(key) ?? { capability, schedule, accessPoints: [], validity };
      parts.set(key, part);
      part.accessPoints.push(accessPoint);
    }
  return [...parts.values()];
}

/** What a person may by grants at an instant, at one place at least, and what is withheld everywhere: then no audience opens it either. */
export function capabilitiesAt(
  facts: PersonFacts,
  campus: Lines,
  at: Validity["from"],
): { readonly granted: readonly Capability[]; readonly withheld: readonly Capability[] } {
  const [granted, withheld] = [new Set<Capability>(), new Set<Capability>()];
  const withholdings = withholdingTimes(facts).filter(({ times }) => holdsAt(times, at));
  for (const { grant } of withholdings) if (grant.what.kind === "everywhere") withheld.add(grant.what.capability);
  for (const { grant, times } of grantTimes(facts)) {
    if (!holdsAt(times, at)) continue;
    for (const place of placesOf(grant.what, campus))
      if (!withholdings.some((withholding) => covers(withholding.grant.what, place, campus))) granted.add(place.capability);
  }
  return { granted: [...granted], withheld: [...withheld] };
}

/** The places that a grant names, or its profile. */
function placesOf(what: GrantFacts["what"], campus: Lines): readonly Place[] {
  switch (what.kind) {
    case "everywhere":
      return [];
    case "own":
      return what.accessPoints.map((accessPoint) => ({ accessPoint, capability: what.capability }));
    case "profile":
      return campus.linesOf(what.profile);
  }
}
