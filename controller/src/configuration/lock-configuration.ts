import type { LockRule } from "@portico/card-protocol";
import { lockKeyOf } from "./lock-schema.ts";
import type { FileContent } from "./schema.ts";

/** How a lock is reached. `carried`: not at all; whoever comes by brings its list. `ttlock`: through the maker's platform; `accepts` are rules not kept there. */
export type LockReach =
  | { readonly protocol: "ble"; readonly address: string; readonly publicKey: Uint8Array }
  | { readonly protocol: "carried" }
  | { readonly protocol: "ttlock"; readonly lockId: number; readonly accepts: readonly LockRule[] };

/** `[ttlock]`: where TTLock's platform is, and as whom it is asked. */
export interface TtlockConfiguration {
  readonly url: string;
  readonly clientId: string;
  /** Of the account in the maker's app. */
  readonly user: string;
  /** Two lines: the application's secret, the account's password. */
  readonly secretFile: string;
}

/** `[[lock]]`: the lock of a room. Its id is that of its access point in the lists. */
export interface LockConfiguration {
  readonly id: string;
  readonly reach: LockReach;
  /** The zone whose list it goes by; absent: lists are loaded from files, and the lock has no list of its own. */
  readonly zone?: string;
  /** It reads cards itself, and is given the zone's key for their numbers. */
  readonly cards: boolean;
  readonly holdMs: number;
  readonly extendedHoldMs: number;
  readonly checkEveryMs: number;
}

/** `[[lock]]` as the controller takes it. References are checked: what its protocol needs is there. */
export function lockOf(row: FileContent["lock"][number], { cloud }: FileContent): LockConfiguration {
  const zone = cloud === undefined ? undefined : (row.zone ?? cloud.zones[0]);
  return {
    id: row.id,
    reach: reachOf(row),
    ...(zone === undefined ? {} : { zone }),
    cards: row.cards,
    holdMs: row.hold_time_ms,
    extendedHoldMs: row.extended_hold_time_ms,
    checkEveryMs: (row.check_every_s ?? CHECK_EVERY_S[row.protocol]) * 1_000,
  };
}

/** A platform counts its calls. */
const CHECK_EVERY_S = { ble: 60, carried: 60, ttlock: 600 } as const;

function reachOf({ protocol, address, public_key: key, lock_id: lockId, accepts = [] }: FileContent["lock"][number]): LockReach {
  switch (protocol) {
    case "ble":
      return { protocol, address: address!, publicKey: lockKeyOf(key!) };
    case "carried":
      return { protocol };
    case "ttlock":
      return { protocol, lockId: lockId!, accepts };
  }
}

/** @param beside  makes a path of the file absolute */
export const ttlockOf = (
  { url, client_id: clientId, user, secret_file: file }: NonNullable<FileContent["ttlock"]>,
  beside: (path: string) => string,
): TtlockConfiguration => ({ url, clientId, user, secretFile: beside(file) });
