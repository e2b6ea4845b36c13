import { type Credential, type Permission, type UnixSeconds, unixSeconds } from "@portico/card-protocol";

/**
 * Since when somebody should have left who is inside: the end of their credential, or of the last permission that led in, whichever came first. `withdrawn`: the
 * list has no such credential any more, or nothing that leads in. Undefined: they may be there.
 *
 * @param permissions  those of the credential that name a way into the area
 */
export function overdueSince(credential: Credential | undefined, permissions: readonly Permission[], now: UnixSeconds): UnixSeconds | "withdrawn" | undefined {
  if (credential === undefined || permissions.length === 0) return "withdrawn";
  const end = Math.min(credential.validUntil, Math.max(...permissions.map(({ validUntil }) => validUntil)));
  return end <= now ? unixSeconds(end) : undefined;
}
