import type { Credential, CredentialId, CredentialKind, Permission, Schedule, ScheduleContext } from "@portico/card-protocol";

/** Who may do what at the access points that go by it: a list from files, or a zone of the feed. Synchronous: somebody waits at the door. */
export interface AccessList {
  /** The credential of that id, with the worst that is known of it; undefined: not in the list. */
  credential(id: CredentialId): Credential | undefined;
  /** The credential of something that has a number. @param token  what the zone key made of that, 16 bytes */
  credentialByNumber(kind: CredentialKind, token: Uint8Array): Credential | undefined;
  /** Every permission of the credential that names this access point, whatever the time. */
  permissions(id: CredentialId, accessPoint: string): readonly Permission[];
  /** The schedule of that id; undefined: the list holds none. */
  schedule(id: string): Schedule | undefined;
  /** What schedules are read against: special days, campus calendar, time zone. The same object until the list changes. */
  scheduleContext(): ScheduleContext;
  /** Which version decides; undefined before the first. */
  version(): { readonly version: number } | undefined;
}
