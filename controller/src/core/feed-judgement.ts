import {
  type Delta,
  err,
  type FeedRefusal,
  type Head,
  type Manifest,
  ok,
  type Partition,
  type Result,
  sameBytes,
  type UnixSeconds,
  type WallTime,
  type Freshness,
} from "@portico/card-protocol";
import { FEED_STALE_POLICY, freshnessOf, type StalePolicy } from "./freshness.ts";

/** What is durably held of a partition, and the newest head that confirmed it. */
export interface HeldPartition {
  readonly partition: Partition;
  readonly epoch: number;
  /** 0: nothing was ever applied. */
  readonly version: number;
  readonly digest: Uint8Array;
  /** Null: no head has confirmed it yet. */
  readonly confirmed: ConfirmedHead | null;
}

/** Of the newest head of the version that is held. */
export interface ConfirmedHead {
  readonly issued: UnixSeconds;
  readonly expires: UnixSeconds;
  readonly publish: number;
  /** Of a zone: the version of `global` that it was expanded from. */
  readonly globalVersion: number | null;
}

/** What a head says of what is held: it is the newest, or there is more to fetch. */
export type HeadVerdict =
  | { readonly kind: "confirmed"; readonly held: HeldPartition }
  /** A version that is not here: what lies between was not heard. Ask again from where one stands. */
  | { readonly kind: "behind" };

/** What a record is judged by beside what is held. */
export interface FeedContext {
  /** Those that were asked for. */
  readonly subscribed: readonly Partition[];
  /** Of the trust list in force: only the roots can raise it. */
  readonly feedEpoch: number;
}

/** A partition of which nothing is held. @param digest  of no items at all */
export const nothingHeld = (partition: Partition, epoch: number, digest: Uint8Array): HeldPartition => ({
  partition,
  epoch,
  version: 0,
  digest,
  confirmed: null,
});

/**
 * Whether a head may follow. Its signature holds already. Never lower than what is held, never another digest for what is known, and never an older head of
 * the same version: that one was issued, and somebody kept it back.
 */
export function judgeHead(held: HeldPartition, head: Head, context: FeedContext): Result<HeadVerdict, FeedRefusal> {
  const refusal = placeRefusal(held, head, context);
  if (refusal !== undefined) return refusal;
  if (head.epoch > held.epoch || head.version > held.version) return ok({ kind: "behind" });
  if (!sameBytes(head.digest, held.digest)) return err("FeedFork", `another digest for ${place(head)}`);
  const { issued, expires, publish, globalVersion } = head;
  if (held.confirmed !== null && issued < held.confirmed.issued) return err("FeedRollback", `a head of ${place(head)} issued before the one in force`);
  return ok({ kind: "confirmed", held: { ...held, confirmed: { issued, expires, publish, globalVersion } } });
}

/** Whether a delta starts where the partition stands. What it says is not looked into. */
export function judgeDelta(
  held: HeldPartition,
  delta: Pick<Delta, "partition" | "epoch" | "from" | "to" | "digestBefore">,
  context: FeedContext,
): Result<null, FeedRefusal> {
  const { partition, epoch, from, to, digestBefore } = delta;
  const refusal = placeRefusal(held, { partition, epoch, version: to }, context);
  if (refusal !== undefined) return refusal;
  if (epoch === held.epoch && to === held.version) return err("FeedRollback", `${partition} is at ${to} already`);
  if (epoch !== held.epoch || from !== held.version)
    return err("FeedGap", `${partition} stands at ${held.epoch}:${held.version}, the delta starts at ${epoch}:${from}`);
  return sameBytes(digestBefore, held.digest) ? ok(null) : err("FeedFork", `another digest for ${place({ ...delta, version: from })}`);
}

/** Whether a snapshot may take the place of what is held. */
export function judgeManifest(
  held: HeldPartition,
  manifest: Pick<Manifest, "partition" | "epoch" | "version" | "digest">,
  context: FeedContext,
): Result<null, FeedRefusal> {
  const refusal = placeRefusal(held, manifest, context);
  if (refusal !== undefined) return refusal;
  const isKnown = manifest.epoch === held.epoch && manifest.version === held.version;
  return isKnown && !sameBytes(manifest.digest, held.digest) ? err("FeedFork", `another digest for ${place(manifest)}`) : ok(null);
}

/**
 * How far a partition may be believed: by its head while that lasts, then by the head's age. Without a head, or without a clock, nobody knows how old it is.
 *
 * @param policy  of the access point
 */
export function partitionFreshness(held: HeldPartition | undefined, wall: WallTime, policy: StalePolicy): Freshness {
  if (policy === "none") return "fresh";
  if (held === undefined || held.confirmed === null) return "expired";
  if (wall === "untrusted") return freshnessOf("unknown", policy);
  const { issued, expires } = held.confirmed;
  if (wall.now < expires) return "fresh";
  return freshnessOf(Math.max(wall.now - issued, FEED_STALE_POLICY.freshS), policy);
}

type Place = Pick<Head, "partition" | "epoch" | "version">;
const place = ({ partition, epoch, version }: Place): string => `${partition} ${epoch}:${version}`;

/** What any record is refused for: another partition, an epoch that the roots have not raised, or a place behind the one that is held. */
function placeRefusal(held: HeldPartition, record: Place, { subscribed, feedEpoch }: FeedContext): ReturnType<typeof err<FeedRefusal>> | undefined {
  if (record.partition !== held.partition || !subscribed.includes(record.partition)) return err("FeedTarget", `${record.partition} was not asked for`);
  if (record.epoch > feedEpoch) return err("FeedFastForward", `epoch ${record.epoch}, the roots have signed ${feedEpoch}`);
  if (record.epoch < held.epoch || (record.epoch === held.epoch && record.version < held.version))
    return err("FeedRollback", `${place(record)}, in force ${place(held)}`);
  return undefined;
}
