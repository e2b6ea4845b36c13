/** Why a credential is not enabled. ONVIF Credential service, suspension reasons; `Frozen` and `Suspended` are ours. */
export const SUSPENSION_REASONS = [
  "CredentialLost",
  "CredentialStolen",
  "CredentialDamaged",
  "CredentialDestroyed",
  "CredentialInactivity",
  "CredentialBlocked",
  "CredentialLockedOut",
  "CredentialRenewalNeeded",
  "Frozen",
  "Suspended",
] as const;
export type SuspensionReason = (typeof SUSPENSION_REASONS)[number];
