import type { UnixSeconds } from "./units.ts";

/** What a key of the trust list may sign: issued passes, the feed, commands, field tickets, time frames. */
export const KEY_USAGES = ["T", "feed", "command", "ticket", "time"] as const;
export type KeyUsage = (typeof KEY_USAGES)[number];

/** A key as the trust list states it: facts, not a judgement whether it may be used now. */
export interface IssuerKey {
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  readonly usages: readonly KeyUsage[];
  /** What it signs is dated notBefore ≤ t < notAfter. */
  readonly notBefore: UnixSeconds;
  readonly notAfter: UnixSeconds;
  /** How long a pass T lives, seconds: its signing time is its expiry minus this. Never changes for one kid. 0 for a key without usage T. */
  readonly ttlS: number;
  /** `retired`: a tombstone; it signs nothing any more and its kid is never given to another key. */
  readonly status: "active" | "retired";
}
