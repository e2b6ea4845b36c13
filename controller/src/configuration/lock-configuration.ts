import { lockKeyOf } from "./lock-schema.ts";
import type { FileContent } from "./schema.ts";

/** How a lock is reached. `carried`: not at all; whoever comes by brings its list. */
export type LockReach = { readonly protocol: "ble"; readonly address: string; readonly publicKey: Uint8Array } | { readonly protocol: "carried" };

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

function reachOf({ protocol, address, public_key: key }: FileContent["lock"][number]): LockReach {
  return protocol === "ble" ? { protocol, address: address!, publicKey: lockKeyOf(key!) } : { protocol };
}
