import { bytesToHex, type Clock, type Random } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { EvenLooks } from "../even-looks.ts";
import { Expander } from "../expansion/expander.ts";
import { Publisher } from "../expansion/publisher.ts";
import { Deposed, Leadership } from "../store/leadership.ts";
import { ControllerStreams } from "../fleet/controller-streams.ts";
import { FeedHub } from "./feed-hub.ts";
import type { FeedKeys } from "./feed-keys.ts";
import { PublicationTail } from "./publication-tail.ts";
import { type NewVersion, Sequencer } from "./sequencer.ts";
import { Snapshots } from "./snapshot.ts";

/** How often an instance looks into a shared store, whatever hints it has heard: for what is new, for what waits, and who leads. */
const LOOK_EVERY_MS = 250;

/** From a change in the store to the last subscriber: expansion, versions, signatures, streams. Of all instances on one store one publishes; all tell. */
export interface CloudFeed {
  readonly publisher: Publisher;
  readonly hub: FeedHub;
  readonly streams: ControllerStreams;
  readonly snapshots: Snapshots;
  readonly sequencer: Sequencer;
  /** Whether this instance publishes, as far as it knows. */
  readonly leads: boolean;
  /** From now on: trust lists that are new are told at once, and where they raise the epoch every partition begins anew. */
  useKeys(keys: FeedKeys): Promise<void>;
  /** Ends what is on its way, leaves the lead to others, then says goodbye to everybody. */
  close(): Promise<void>;
}

/** @param onFailure  an expansion failed, and is tried again with the next change; or the store did not answer */
export async function openCloudFeed(
  cloud: Cloud,
  keys: FeedKeys,
  clock: Pick<Clock, "after">,
  random: Random,
  onFailure: (error: unknown) => void,
): Promise<CloudFeed> {
  const { hints, isShared } = cloud.database;
  const leadership = new Leadership(cloud.database, bytesToHex(cloud.randomBytes(4)));
  const sequencer = new Sequencer(cloud, keys);
  const snapshots = new Snapshots(cloud, sequencer);
  const hub = await FeedHub.open({ cloud, sequencer, snapshots, clock, random });
  const streams = await ControllerStreams.open({ cloud, clock, random, onFailure });
  const tail = new PublicationTail(cloud, hub.publish, (publish, versions) => hub.published(publish, versions));
  /** Of the publication that is being made: told when it has been committed. */
  let versions: readonly NewVersion[] = [];
  const expander = new Expander(cloud, {
    begin: (queries) => leadership.fence(queries),
    async record(queries, publication) {
      versions = await sequencer.record(queries, publication);
      await streams.look(queries);
    },
    forget: () => sequencer.forget(),
  });
  // That another instance goes on where this one has stopped is no failure.
  const failed = (error: unknown): void => void (error instanceof Deposed || onFailure(error));
  const publisher = new Publisher(
    expander,
    async ({ publish }) => {
      await tail.hand(publish, versions);
      hints.tell("publication");
    },
    failed,
    {
      get isOurs() {
        return leadership.leads;
      },
      ask: () => hints.tell("change"),
    },
  );
  const begin = async (): Promise<void> => {
    const begun = await beginEpoch(cloud, sequencer, leadership);
    if (begun === undefined) return;
    await tail.hand(begun.publish, begun.versions);
    hints.tell("publication");
  };
  const follow = async (): Promise<void> => {
    await streams.look(cloud.database.queries);
    await tail.look();
    publisher.poke();
  };
  const look = async (): Promise<void> => {
    await hints.listen();
    const led = leadership.leads;
    // What a former leader has computed is of another's making by now.
    if ((await leadership.look()) && !led) {
      expander.forget();
      await begin(); // a list that came meanwhile, or items from before anybody could sign
    }
    await streams.look(cloud.database.queries);
    await tail.look();
    publisher.look();
  };
  await look();
  const ends = isShared
    ? [hints.on("publication", () => void (leadership.leads || follow().catch(failed))), hints.on("change", () => void (leadership.leads && publisher.poke()))]
    : [];
  const looks = isShared ? new EvenLooks({ clock, everyMs: LOOK_EVERY_MS, look, onFailure: failed }) : undefined;
  publisher.poke(); // what was waiting when the cloud went down
  return {
    publisher,
    hub,
    streams,
    snapshots,
    sequencer,
    get leads() {
      return leadership.leads;
    },
    async useKeys(changed) {
      const known = sequencer.keys.trustList.sequence;
      sequencer.useKeys(changed);
      hub.tellTrustLists(changed.trustLists.filter(({ sequence }) => sequence > known));
      await publisher.settled();
      if (leadership.leads) await begin().catch(failed);
      hub.renewHeads();
    },
    async close() {
      await looks?.close();
      for (const end of ends) end();
      await publisher.settled();
      // Who cannot say so is missed after a while.
      if (isShared) await leadership.resign().catch(failed);
      publisher.leave();
      await streams.close();
      hub.close();
    },
  };
}

/** The part of a feed that goes on where nobody signs it. On a shared store publishing is left to the instances that do. */
export interface UnsignedPublishing {
  readonly publisher: Publisher;
  close(): Promise<void>;
}

export function openUnsignedPublishing(cloud: Cloud, clock: Pick<Clock, "after">, onFailure: (error: unknown) => void): UnsignedPublishing {
  const { hints, isShared } = cloud.database;
  const turn = { isOurs: !isShared, ask: () => hints.tell("change") };
  const publisher = new Publisher(new Expander(cloud), () => {}, onFailure, turn); // prettier-ignore
  if (!isShared) return { publisher, close: () => publisher.settled() };
  const end = hints.on("publication", () => publisher.poke());
  const look = async (): Promise<void> => {
    await hints.listen();
    publisher.look();
  };
  const looks = new EvenLooks({ clock, everyMs: LOOK_EVERY_MS, look, onFailure });
  return {
    publisher,
    async close() {
      end();
      await looks.close();
      await publisher.settled();
      publisher.leave();
    },
  };
}

/** A publication of its own in which partitions begin anew; undefined: all of them stand in the epoch of the trust list. */
function beginEpoch(
  cloud: Cloud,
  sequencer: Sequencer,
  leadership: Leadership,
): Promise<{ readonly publish: number; readonly versions: readonly NewVersion[] } | undefined> {
  return cloud.database.transact(async (queries) => {
    await leadership.fence(queries);
    if ((await sequencer.partitionsBefore(queries, sequencer.keys.trustList.feedEpoch)).length === 0) return undefined;
    const { publish } = await queries
      .updateTable("site")
      .set((site) => ({ publish: site("publish", "+", 1) }))
      .returning("publish")
      .executeTakeFirstOrThrow();
    return { publish, versions: await sequencer.beginEpoch(queries, publish) };
  });
}
