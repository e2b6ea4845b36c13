import type { UnixSeconds } from "./units.ts";

/**
 * The three kinds of pass. `T` issued: signed by the issuer's online key. `H` held: signed by the phone's own key, off-line.
 * `HC` challenged: H with the reader's 8-byte challenge.
 */
export type PassKind = "T" | "H" | "HC";

/** 8 random bytes as 16 lower-case hex digits. Mapped to a person in the cloud alone. */
export type CredentialId = string;

/**
 * What stands in a pass. Fields read from unverified bytes have the same shape: nothing here says that the signature holds,
 * only a {@link VerifiedPass} does.
 */
export type Pass =
  | { readonly kind: "T"; readonly credentialId: CredentialId; readonly kid: number; readonly expiresAt: UnixSeconds }
  | { readonly kind: "H"; readonly credentialId: CredentialId; readonly signedAt: UnixSeconds; readonly counter: number }
  | { readonly kind: "HC"; readonly credentialId: CredentialId; readonly signedAt: UnixSeconds; readonly counter: number; readonly challenge: Uint8Array };

/** A pass whose signature holds for this site, with its time as judged. */
export interface VerifiedPass {
  readonly kind: PassKind;
  readonly credentialId: CredentialId;
  /** T: expiry minus the key's ttl. H, HC: the phone's time. */
  readonly signedAt: UnixSeconds;
  /** T: the expiry. H, HC: the phone's counter. Compared within the replay class alone. */
  readonly counter: number;
  /** The 96, 98 or 106 signed bytes as shown, COSE_Sign1 with its signature: the evidence that an event carries. */
  readonly bytes: Uint8Array;
}

/** Counters of T and of H/HC are counted apart. */
export type ReplayClass = "T" | "H";
export const replayClass = (kind: PassKind): ReplayClass => (kind === "T" ? "T" : "H");
