import type { KeyUsage } from "./issuer-key.ts";
import type { RootSet } from "./root-signatures.ts";
import { sameRoots, type TrustedKey, type TrustList } from "./trust-list.ts";
import { type UnixSeconds, unixSeconds } from "./units.ts";

/** A key that shall sign. */
export interface ComingKey {
  readonly publicKey: Uint8Array;
  readonly usages: readonly KeyUsage[];
  /** With usage T 1..600 s, else 0. */
  readonly ttlS: number;
}

/** What the next list is to say otherwise. */
export interface Rotation {
  readonly issued: UnixSeconds;
  readonly validUntil: UnixSeconds;
  /** They get the next free kids. */
  readonly coming: readonly ComingKey[];
  /** When those begin, and how long they sign. */
  readonly begins: UnixSeconds;
  readonly lifeS: number;
  /** A key of before whose usages are all among those of the coming ones ends so long behind their beginning. */
  readonly overlapS: number;
  /** Kids that sign nothing any more, at once and for ever. */
  readonly retired: readonly number[];
  /** Keys and threshold of the roots from now on; undefined: as they are. Their version follows. */
  readonly roots: Omit<RootSet, "version"> | undefined;
  /** The feed begins anew: only where a backup was restored. */
  readonly raisesEpoch: boolean;
}

/**
 * The list that follows. Nothing of it is judged here: whoever signs it has it judged.
 *
 * @param current  undefined: it is the first, and `roots` are those that controllers have pinned
 */
export function rotatedTrustList(current: TrustList | undefined, rotation: Rotation): TrustList {
  const { issued, validUntil, coming, begins, lifeS, overlapS, retired, raisesEpoch } = rotation;
  const renewed = new Set(coming.flatMap(({ usages }) => usages));
  const keys = new Map<number, TrustedKey>();
  for (const key of current?.keys.values() ?? []) keys.set(key.kid, outgoing(key));
  const next = Math.max(0, ...keys.keys()) + 1;
  coming.forEach(({ publicKey, usages, ttlS }, nth) =>
    keys.set(next + nth, { kid: next + nth, publicKey, usages, ttlS, notBefore: begins, notAfter: unixSeconds(begins + lifeS), status: "active" }),
  );
  const epoch = current?.feedEpoch ?? 1;
  return { sequence: (current?.sequence ?? 0) + 1, issued, validUntil, feedEpoch: epoch + (raisesEpoch ? 1 : 0), roots: rootsAfter(current, rotation), keys };

  function outgoing(key: TrustedKey): TrustedKey {
    if (retired.includes(key.kid)) return { ...key, status: "retired" };
    const end = begins + overlapS;
    return key.status === "active" && key.usages.every((usage) => renewed.has(usage)) && key.notAfter > end && key.notBefore < end
      ? { ...key, notAfter: unixSeconds(end) }
      : key;
  }
}

function rootsAfter(current: TrustList | undefined, { roots }: Rotation): RootSet {
  if (current === undefined) return { version: 1, threshold: roots?.threshold ?? 0, keys: roots?.keys ?? [] };
  if (roots === undefined) return current.roots;
  const next = { ...roots, version: current.roots.version + 1 };
  return sameRoots(current.roots, next) ? current.roots : next;
}
