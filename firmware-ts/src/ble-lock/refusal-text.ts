import { LOCK_REFUSAL, type LockAnswer } from "@portico/card-protocol";

/** Why a lock refuses, with the number that goes with it: seconds, or the version that it holds. For a technician. */
export function refusalText({ refusal, number }: Extract<LockAnswer, { readonly kind: "refused" }>): string {
  const more = refusal === "LockedOut" ? `, ${number} s` : refusal === "VersionNotNewer" ? `, version ${number}` : "";
  return `${LOCK_REFUSAL[refusal]}${more}`;
}
