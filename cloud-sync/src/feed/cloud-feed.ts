import type { Clock, Random } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { Expander } from "../expansion/expander.ts";
import { Publisher } from "../expansion/publisher.ts";
import { FeedHub } from "./feed-hub.ts";
import type { FeedKeys } from "./feed-keys.ts";
import { type NewVersion, Sequencer } from "./sequencer.ts";
import { Snapshots } from "./snapshot.ts";

/** From a change in the store to the last subscriber: expansion, versions, signatures, streams. One in a whole campus. */
export interface CloudFeed {
  readonly publisher: Publisher;
  readonly hub: FeedHub;
  readonly snapshots: Snapshots;
  readonly sequencer: Sequencer;
  /** Ends what is on its way, then says goodbye to everybody. */
  close(): Promise<void>;
}

/** @param onFailure  an expansion failed, and is tried again with the next change */
export async function openCloudFeed(
  cloud: Cloud,
  keys: FeedKeys,
  clock: Pick<Clock, "after">,
  random: Random,
  onFailure: (error: unknown) => void,
): Promise<CloudFeed> {
  const sequencer = new Sequencer(cloud, keys);
  const snapshots = new Snapshots(cloud, sequencer);
  const hub = await FeedHub.open({ cloud, sequencer, snapshots, clock, random });
  /** Of the publication that is being made: told when it has been committed. */
  let versions: readonly NewVersion[] = [];
  const expander = new Expander(cloud, async (queries, publication) => {
    versions = await sequencer.record(queries, publication);
  });
  const publisher = new Publisher(
    expander,
    ({ publish }) => hub.published(publish, versions),
    (error) => {
      sequencer.forget();
      onFailure(error);
    },
  );
  publisher.poke(); // what was waiting when the cloud went down
  return {
    publisher,
    hub,
    snapshots,
    sequencer,
    async close() {
      await publisher.settled();
      hub.close();
    },
  };
}
