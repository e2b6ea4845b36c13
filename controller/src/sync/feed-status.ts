import type { Partition } from "@portico/card-protocol";
import type { FreshnessNow } from "../core/freshness-course.ts";
import type { FeedConnection } from "./feed-client.ts";

/** How a partition is held, for whoever looks; how far it may be believed by the policy of a feed: an access point may have another. */
export interface PartitionStatus extends FreshnessNow {
  readonly partition: Partition;
  readonly epoch: number;
  readonly version: number;
  /** Of the newest publication that is known; null: no head has confirmed the version yet. */
  readonly publish: number | null;
  readonly issued: number | null;
  readonly expires: number | null;
}

export interface FeedStatus {
  readonly connection: FeedConnection["kind"];
  /** What ended the last connection; empty while there is one. */
  readonly detail: string;
  /** How long it has been so, seconds. */
  readonly sinceS: number;
  readonly partitions: readonly PartitionStatus[];
}
