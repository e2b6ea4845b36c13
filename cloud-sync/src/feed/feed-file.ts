import {
  concatBytes,
  encodeFeedFile,
  encodeFrame,
  encodeZoneKeys,
  GLOBAL,
  type Partition,
  type SealedZoneKeys,
  zoneKeysContext,
  zonePartition,
} from "@portico/card-protocol";
import { seal } from "@portico/card-protocol/node";
import type { Cloud } from "../cloud.ts";
import { readController } from "../controllers.ts";
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
 *
 * @param sealedFor  a controller that is let in: the keys of those of the zones that it follows are in the file, for it alone
 */
export async function makeFeedFile({ cloud, sequencer, snapshots }: FeedFileNeeds, zones: readonly string[], sealedFor?: string): Promise<Uint8Array> {
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
  return encodeFeedFile({
    stream: concatBytes([encodeFrame({ kind: "hello", site: cloud.site, publish }), ...frames]),
    chunks,
    sealed: sealedFor === undefined ? [] : [await sealedKeys(cloud, sealedFor, zones)],
  });
}

async function sealedKeys({ database, site, randomBytes }: Cloud, id: string, zones: readonly string[]): Promise<SealedZoneKeys> {
  const controller = (await readController(database.queries, id))!;
  const followed = zones.filter((zone) => controller.zones.includes(zone));
  const rows = await database.queries.selectFrom("zone").select(["id", "key", "key_generation"]).where("id", "in", followed).execute();
  const keys = rows.map(({ id: zone, key, key_generation: generation }) => ({ zone, generation, key: new Uint8Array(key) }));
  return { controller: id, ...seal(controller.publicKey, encodeZoneKeys(keys), zoneKeysContext(site, id), randomBytes(32)) };
}
