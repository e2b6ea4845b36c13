import { lockKeyOf } from "./lock-schema.ts";
import type { FileContent } from "./schema.ts";

/** How a lock is reached. `carried`: not at all; whoever comes by brings its list. */
export type LockReach =
  | { readonly protocol: "ble"; readonly address: string; readonly publicKey: Uint8Array }
  | { readonly protocol: "ttlock"; readonly account: string; readonly lockNumber: number }
  | { readonly protocol: "carried" };

/** `[[lock]]`: the lock of a room. Its id is that of its access point in the lists. */
export interface LockConfiguration {
  readonly id: string;
  readonly reach: LockReach;
  /** The zone whose list it goes by; absent: lists are loaded from files, and the lock has no list of its own. */
  readonly zone?: string;
  readonly holdMs: number;
  readonly extendedHoldMs: number;
  readonly checkEveryMs: number;
}

/** `[[ttlock]]`: an account of TTLock's open platform. */
export interface TtlockConfiguration {
  readonly id: string;
  readonly url: string;
  readonly clientId: string;
  readonly clientSecretFile: string;
  readonly user: string;
  readonly passwordFile: string;
}

/** `[[lock]]` as the controller takes it. References are checked: what its protocol needs is there. */
export function lockOf(row: FileContent["lock"][number], { cloud }: FileContent): LockConfiguration {
  const zone = cloud === undefined ? undefined : (row.zone ?? cloud.zones[0]);
  return {
    id: row.id,
    reach: reachOf(row),
    ...(zone === undefined ? {} : { zone }),
    holdMs: row.hold_time_ms,
    extendedHoldMs: row.extended_hold_time_ms,
    checkEveryMs: row.check_every_s * 1_000,
  };
}

function reachOf({ protocol, address, public_key: key, ttlock, lock_number: lockNumber }: FileContent["lock"][number]): LockReach {
  if (protocol === "ble") return { protocol, address: address!, publicKey: lockKeyOf(key!) };
  return protocol === "ttlock" ? { protocol, account: ttlock!, lockNumber: lockNumber! } : { protocol };
}

/** `[[ttlock]]` as the controller takes it. @param beside  makes a path absolute, from the file's folder */
export const ttlockOf = (row: FileContent["ttlock"][number], beside: (path: string) => string): TtlockConfiguration => ({
  id: row.id,
  url: row.url,
  clientId: row.client_id,
  clientSecretFile: beside(row.client_secret_file),
  user: row.user,
  passwordFile: beside(row.password_file),
});
