import type { DenyReason, SuspensionReason } from "@portico/card-protocol";
import { type Campus, type CampusPerson, partOfPlace, placeOfReader } from "../campus/campus.ts";

/**
 * What somebody holds before a reader: the code on the person's phone; the card; a picture of the code that is at least {@link SCREENSHOT_AGE_S} old; a picture
 * of a pass that was used at the same gate a moment ago; a forgery; a pass of the same phone for another site.
 */
export type Showing = "pass" | "card" | "screenshot" | "used pass" | "forgery" | "other site";

/** What a reader answers. */
export type Outcome = "granted" | DenyReason;

/** A screenshot of this age is over, whichever kind of pass it was. */
export const SCREENSHOT_AGE_S = 60;
/** A pass may be so old, or so far ahead, when it is judged. Source: docs/card-format.md; one second each for the clock's uncertainty and for the way. */
const OLD_S_MAX = 28;
const AHEAD_S_MAX = 8;

/** Where controllers have their lists from: one of the whole campus in files, or from a cloud one for each zone, in which nobody stands who may nothing there. */
export type ListsFrom = "files" | "zones";

/** What a controller whose clock is right must answer when this person shows this here. Source: precedence of docs/deny-reasons.md. */
export function expectedOutcome(campus: Campus, person: CampusPerson, accessPoint: string, showing: Showing, lists: ListsFrom = "files"): Outcome {
  if (showing === "card") return credentialOutcome(campus, person, accessPoint, person.card?.suspension, lists);
  const clockErrorS = person.phone?.clockErrorS ?? 0;
  if (showing === "screenshot" || clockErrorS < -OLD_S_MAX) return "PassExpired";
  if (clockErrorS > AHEAD_S_MAX) return "PassNotYetValid";
  if (showing === "forgery" || showing === "other site") return "SignatureInvalid";
  const outcome = credentialOutcome(campus, person, accessPoint, person.phone?.suspension, lists);
  // A pass that nobody was let in with was not used up.
  return showing === "used pass" && outcome === "granted" ? "PassReplayed" : outcome;
}

function credentialOutcome(campus: Campus, person: CampusPerson, accessPoint: string, suspension: SuspensionReason | undefined, lists: ListsFrom): Outcome {
  const granted = campus.profiles.flatMap(({ id, accessPoints }) => (person.profiles.includes(id) ? accessPoints : []));
  if (lists === "zones" && !granted.some((point) => zoneOf(campus, point) === zoneOf(campus, accessPoint))) return "CredentialNotFound";
  if (suspension !== undefined) return "CredentialNotEnabled";
  return granted.includes(accessPoint) ? "granted" : "Unauthorized";
}

const zoneOf = (campus: Campus, accessPoint: string): string => partOfPlace(campus, placeOfReader(campus, accessPoint)!).zone;
