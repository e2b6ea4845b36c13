import { openPin, type Clock, type Random, type RandomBytes } from "@portico/card-protocol";
import type { RoomLock } from "@portico/firmware-ts";
import type { PlatformExchange } from "@portico/firmware-ts/ttlock";
import type { Configuration } from "../configuration/configuration.ts";
import { readPlatformPinSecret } from "../store/cloud-keys.ts";
import { readPlatformSecrets } from "./platform-secrets.ts";

/** The way to a lock maker's platform. @param url  its origin */
export type OpenPlatform = (url: string, clock: Pick<Clock, "after">) => PlatformExchange;

/** The platform over HTTP. */
export const openHttpPlatform = async (): Promise<OpenPlatform> => {
  const { httpPlatform } = await import("@portico/firmware-ts/ttlock");
  return (url, clock) => httpPlatform(new URL(url), clock);
};

/**
 * The drivers of the locks behind TTLock's platform, which share one account of it.
 *
 * @param openPlatform  called where there is such a lock
 * @throws SetupError where the account's secrets cannot be had
 */
export async function platformLocks(
  { locks, ttlock, site, controller }: Configuration,
  openPlatform: () => OpenPlatform | Promise<OpenPlatform>,
  { clock, random, randomBytes }: { readonly clock: Clock; readonly random: Random; readonly randomBytes: RandomBytes },
): Promise<{ readonly locks: readonly RoomLock[]; close(): Promise<void> }> {
  const rows = locks.flatMap((row) => (row.reach.protocol === "ttlock" ? [{ ...row, reach: row.reach }] : []));
  if (rows.length === 0 || ttlock === undefined) return { locks: [], close: () => Promise.resolve() };
  const secrets = readPlatformSecrets(ttlock.secretFile);
  const { platformAccount, ttlockLock } = await import("@portico/firmware-ts/ttlock");
  const exchange = (await openPlatform())(ttlock.url, clock);
  const account = platformAccount({ login: { clientId: ttlock.clientId, user: ttlock.user, ...secrets }, exchange, clock, random });
  const made = rows.map(({ id, reach, holdMs, checkEveryMs }) => {
    const secret = readPlatformPinSecret(controller.dataFolder, randomBytes, site.id, id);
    return ttlockLock({
      id,
      lockId: reach.lockId,
      account,
      accepts: new Set(reach.accepts),
      openPin: (place, sealed) => openPin(secret, { site: site.id, lock: id, ...place }, sealed),
      holdMs,
      clock,
      random,
      checkEveryMs,
    });
  });
  return {
    locks: made,
    close: () => {
      account.close();
      return Promise.resolve();
    },
  };
}
