import { type Partition, unixSeconds } from "@portico/card-protocol";
import { type HeldPartition, nothingHeld } from "../core/feed-judgement.ts";

/** A partition as its table has it. */
export interface PartitionRow {
  readonly name: string;
  readonly item_set: number;
  readonly epoch: number;
  readonly version: number;
  readonly digest: Uint8Array;
  readonly issued: number | null;
  readonly expires: number | null;
  readonly publish: number | null;
  readonly global_version: number | null;
}

export function heldOf(partition: Partition, row: PartitionRow): HeldPartition {
  const { epoch, version, digest, issued, expires, publish, global_version } = row;
  const confirmed =
    issued === null || expires === null || publish === null
      ? null
      : { issued: unixSeconds(issued), expires: unixSeconds(expires), publish, globalVersion: global_version };
  return { ...nothingHeld(partition, epoch, new Uint8Array(digest)), version, confirmed };
}
