import type { SuspensionReason } from "./deny-reason.ts";
import type { CredentialId, PassKind } from "./pass.ts";
import type { Schedule } from "./schedule.ts";
import type { UnixSeconds } from "./units.ts";

/** What can be presented. One model: each kind is matched to a row of the same list. */
export const CREDENTIAL_KINDS = ["qr", "card", "pin", "finger", "face", "idcard", "plate"] as const;
export type CredentialKind = (typeof CREDENTIAL_KINDS)[number];

/** What a grant allows: gates and doors, lifts, room locks, printing, payment, borrowing. docs/contract.md. */
export const CAPABILITIES = ["pass", "ride", "unlock", "print", "pay", "borrow"] as const;
export type Capability = (typeof CAPABILITIES)[number];

/** Typed flags of a credential's holder; none says why. */
export const HOLDER_FLAGS = ["visitor", "emergency", "extendedTime", "antipassbackExempt"] as const;
export type HolderFlag = (typeof HOLDER_FLAGS)[number];

/** A credential as a controller holds it: no name, no number, no audience. */
export interface Credential {
  readonly id: CredentialId;
  /** Zone-local handle of the person, u32: two credentials of one person share it. */
  readonly holder: number;
  readonly kind: CredentialKind;
  /** Absent: enabled. */
  readonly suspension?: SuspensionReason;
  /** validFrom ≤ t < validUntil. */
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
  /** Kind `qr` with a key of its own: 32 bytes, canonical and not of small order. */
  readonly publicKey?: Uint8Array;
  /** Kind `qr`: which passes it takes. A key: H and HC; T only until {@link takesIssuedUntil}. */
  readonly takes: readonly PassKind[];
  /** Absent: no limit. */
  readonly takesIssuedUntil?: UnixSeconds;
  readonly flags: readonly HolderFlag[];
}

/** One line of an access profile that reaches this credential at this access point. ONVIF AccessPolicy with its schedule resolved. */
export interface Permission {
  /** Which access profile says so, for the explanation. */
  readonly accessProfile: string;
  readonly capability: Capability;
  /** validFrom ≤ t < validUntil. */
  readonly validFrom: UnixSeconds;
  readonly validUntil: UnixSeconds;
  readonly schedule: Schedule;
}
