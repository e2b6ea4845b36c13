import type { CampusCalendar, Capability, Credential, CredentialId, Schedule, SpecialDayGroup, UnixSeconds } from "@portico/card-protocol";

/** A credential as a list names it: by its person. The controller gives the person a handle. */
export interface ListedCredential extends Omit<Credential, "holder"> {
  /** The list's word for the person; see {@link isListId}. Seen by technicians, never in an event. */
  readonly person: string;
}

/** A physical card's number, as the zone key made it unreadable. */
export interface ListedCard {
  /** 16 bytes as 32 lower-case hex digits. */
  readonly token: string;
  readonly credential: CredentialId;
}

/** One line of an access profile: what it opens, and when. ONVIF AccessPolicy. */
export interface ListedPolicy {
  readonly accessProfile: string;
  readonly accessPoint: string;
  readonly capability: Capability;
  /** Id of a schedule of the same list. */
  readonly schedule: string;
}

/** A credential has an access profile for a while: validFrom ≤ t < validUntil. ONVIF CredentialAccessProfile. */
export interface ListedGrant {
  readonly credential: CredentialId;
  readonly accessProfile: string;
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
}

/**
 * Everything that a permission list says, in any order. Two lists that say the same have the same digest.
 * No credential, token, policy, schedule, group or day stands twice; a credential has an access profile at most once from each instant on.
 */
export interface ListContent {
  readonly credentials: readonly ListedCredential[];
  readonly cards: readonly ListedCard[];
  readonly policies: readonly ListedPolicy[];
  readonly grants: readonly ListedGrant[];
  readonly schedules: readonly Schedule[];
  readonly specialDayGroups: readonly SpecialDayGroup[];
  readonly calendar: CampusCalendar;
}

/** A list that says nothing: nobody may do anything. */
export const EMPTY_LIST: ListContent = {
  credentials: [],
  cards: [],
  policies: [],
  grants: [],
  schedules: [],
  specialDayGroups: [],
  calendar: { days: new Map(), termPhases: [] },
};
