import { concatBytes, encodeFeedFile, encodeFrame, GLOBAL, type Partition, zonePartition } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import type { Sequencer } from "./sequencer.ts";
import type { Snapshots } from "./snapshot.ts";

export interface FeedFileNeeds {
  readonly cloud: Cloud;
  readonly sequencer: Sequencer;
  readonly snapshots: Snapshots;
}

/**
 * The whole of some zones and of `global` as they are now, in a file for a controller without a network: every trust list, then of each partition its manifest,
 * signed, and its head, signed now.
 */
export async function makeFeedFile({ cloud, sequencer, snapshots }: FeedFileNeeds, zones: readonly string[]): Promise<Uint8Array> {
  const frames: Uint8Array[] = sequencer.keys.trustLists.map(({ bytes }) => encodeFrame({ kind: "trustList", record: bytes }));
  const chunks: Uint8Array[] = [];
  let globalVersion = 0;
  const partitions: readonly Partition[] = [GLOBAL, ...[...zones].sort().map(zonePartition)];
  for (const partition of partitions) {
    const snapshot = await snapshots.of(partition);
    if (partition === GLOBAL) globalVersion = snapshot.state.version;
    if (snapshot.state.version === 0) continue; // nothing was ever published in it
    chunks.push(...snapshot.chunks.values());
    const { publish } = await cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
    const head = sequencer.head(snapshot.state, partition === GLOBAL ? null : globalVersion, publish);
    frames.push(encodeFrame({ kind: "manifest", record: snapshot.manifest }), encodeFrame({ kind: "head", record: head }));
  }
  const { publish } = await cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
  return encodeFeedFile({ stream: concatBytes([encodeFrame({ kind: "hello", site: cloud.site, publish }), ...frames]), chunks });
}
