import type { LockItem } from "@portico/card-protocol";
import { differenceOf, type Validity } from "./validity.ts";
import { covers, grantTimes, withheldAt, withholdingTimes } from "./withholding.ts";
import type { CampusFacts, PersonFacts } from "./access-facts.ts";
import type { LockStateFacts } from "./access-facts.ts";

type Lines = Pick<CampusFacts, "linesOf">;

/**
 * When a person may have a PIN or a finger at a lock (rule 14.4): while an `unlock` grant holds there, and is not withheld. At which hours of these times it
 * opens, the lock's list says (docs/decisions/0030): the schedule of the grant, as with card and phone.
 */
export function lockTimes(facts: PersonFacts, campus: Lines, accessPoint: string): Validity[] {
  const place = { accessPoint, capability: "unlock" } as const;
  const times = grantTimes(facts).filter(({ grant }) => covers(grant.what, place, campus)).flatMap((grant) => grant.times); // prettier-ignore
  return differenceOf(times, withheldAt(withholdingTimes(facts), place, campus));
}

/** The stretch of lock times in which something was set; undefined: it has no grant to stand on, and has to go. */
export const heldWhile = (facts: PersonFacts, campus: Lines, { lock, setAt }: Pick<LockStateFacts, "lock" | "setAt">): Validity | undefined =>
  lockTimes(facts, campus, lock).find(({ from, until }) => from <= setAt && setAt < until);

/** What is set for a person and may stand, each with the stretch that it stands for. */
export function heldLockStates(facts: PersonFacts, campus: Lines): readonly { readonly state: LockStateFacts; readonly held: Validity }[] {
  return facts.lockStates.flatMap((state) => {
    const held = heldWhile(facts, campus, state);
    return held === undefined ? [] : [{ state, held }];
  });
}

/** What the zones of the locks say of it. */
export function lockItems(facts: PersonFacts, campus: CampusFacts): readonly { readonly zone: string; readonly item: LockItem }[] {
  return heldLockStates(facts, campus).flatMap(({ state, held }): { zone: string; item: LockItem }[] => {
    const zone = campus.zoneOf(state.lock);
    if (zone === undefined) return [];
    const where = { accessPoint: campus.number(zone, "accessPoint", state.lock), holder: campus.holder(zone, facts.person) };
    const { version } = state;
    const times = { validFrom: held.from, validUntil: held.until };
    if (state.kind === "pin") return [{ zone, item: { table: "lockPin", ...where, version, ...times, sealed: state.sealed } }];
    return [{ zone, item: { table: "lockFinger", ...where, slot: state.slot, version, ...times, enrolUntil: state.enrolUntil } }];
  });
}
