import { type Capability, CREDENTIAL_KINDS, type HolderFlag } from "@portico/card-protocol";
import type { Audience, Membership } from "./audience.ts";
import type { Validity } from "./validity.ts";
import type { UnixSeconds } from "@portico/card-protocol";

/** One credential of a person, as it stands in the store. */
export interface CredentialFacts {
  readonly id: string;
  readonly kind: (typeof CREDENTIAL_KINDS)[number];
  readonly state: "active" | "lost" | "frozen" | "suspended" | "expired";
  readonly validity: Validity;
  readonly publicKey: Uint8Array | undefined;
  /** Kind `qr` with a key: passes T signed before this instant are taken too. */
  readonly takesIssuedUntil: number | undefined;
  /** Canonical bytes by which a card, plate, ID card or face is found. */
  readonly number: Uint8Array | undefined;
}

/** One grant that names the person, a group or an audience. One that withholds holds at all hours. */
export interface GrantFacts {
  readonly id: string;
  readonly effect: Effect;
  /** `within`: a person's grant holds only while the person belongs to one of these; absent: always. */
  readonly subject: { readonly kind: "person"; readonly within?: readonly Audience[] } | { readonly kind: "group" | "audience"; readonly id: string };
  readonly what:
    | { readonly kind: "profile"; readonly profile: string }
    | { readonly kind: "own"; readonly accessPoints: readonly string[]; readonly capability: Capability; readonly schedule: string }
    /** Of a withholding alone. */
    | { readonly kind: "everywhere"; readonly capability: Capability };
  readonly validity: Validity;
}

/** All of one person that a list says something of. */
export interface PersonFacts {
  readonly person: string;
  readonly flags: readonly HolderFlag[];
  readonly partySize: number;
  readonly memberships: readonly Membership[];
  readonly groups: readonly { readonly id: string; readonly validity: Validity }[];
  readonly credentials: readonly CredentialFacts[];
  /** Those in force: approved where two operators are needed. */
  readonly grants: readonly GrantFacts[];
  /** PINs and fingers at room locks that have not ended. */
  readonly lockStates: readonly LockStateFacts[];
  /** What each audience may pay where nobody can be asked, the first that counts first. Absent: nothing is said of it. */
  readonly offline?: readonly OfflineShare[];
  /** The wallet is closed, or owes as much as may be owed: nothing is paid where nobody can be asked. */
  readonly isPayWithheld?: boolean;
}

/** What an audience may pay at each terminal and has not been acknowledged yet. Fen. */
export interface OfflineShare {
  readonly audience: Audience;
  readonly perPaymentFen: number;
  readonly totalFen: number;
  readonly count: number;
}

/** What the campus looks like, and the numbers that its zones give. Numbers are given on demand and never taken back. */
export interface CampusFacts {
  /** The zones in which a profile opens something. */
  zonesOf(profile: string): readonly string[];
  linesOf(profile: string): readonly ProfileLine[];
  /** Undefined: there is no such access point any more. */
  zoneOf(accessPoint: string): string | undefined;
  number(zone: string, kind: "accessProfile" | "schedule" | "accessPoint", id: string): number;
  holder(zone: string, person: string): number;
  /** 16 bytes: the number as the zone's key makes it unreadable. */
  token(zone: string, number: Uint8Array): Uint8Array;
}

/** One line of an access profile. */
export interface ProfileLine {
  readonly accessPoint: string;
  readonly capability: Capability;
  readonly schedule: string;
}

/** What a grant does for those whom it reaches: gives, or withholds whatever else gives (rule 2.18). */
export const EFFECTS = ["give", "withhold"] as const;

export type Effect = (typeof EFFECTS)[number];

/** What is set at room locks for a person, as it stands in the store. */
export type LockStateFacts =
  | {
      readonly kind: "pin";
      /** The lock's access point. */
      readonly lock: string;
      readonly version: number;
      /** Since when; of a change the first setting. */
      readonly setAt: UnixSeconds;
      readonly sealed: Uint8Array;
    }
  | {
      readonly kind: "finger";
      readonly lock: string;
      readonly version: number;
      readonly setAt: UnixSeconds;
      readonly slot: number;
      readonly enrolUntil: UnixSeconds;
    };
