import { type Clock, concatBytes, encodeFrame, GLOBAL, type Partition, type Random } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { recordsOf } from "./publication-tail.ts";
import { globalFirst, type NewVersion, type PartitionState, type Sequencer } from "./sequencer.ts";
import type { Snapshots } from "./snapshot.ts";

/** Where the bytes of one subscriber go. */
export interface FeedSink {
  /** False: the reader is too slow, or gone. */
  write(bytes: Uint8Array): boolean;
  end(): void;
}

/** What a subscriber has already, by partition; version 0: nothing. */
export type FeedPosition = ReadonlyMap<Partition, { readonly epoch: number; readonly version: number }>;

export interface FeedHubOptions {
  readonly cloud: Cloud;
  readonly sequencer: Sequencer;
  readonly snapshots: Snapshots;
  readonly clock: Pick<Clock, "after">;
  /** For jitter. */
  readonly random: Random;
}

/** Heads are signed anew this often; keepalives are sent between. Source: design of the feed. */
export const HEAD_EVERY_MS = 30_000;
export const KEEPALIVE_EVERY_MS = 15_000;
/** Versions that are replayed; who is further behind gets a snapshot. */
export const REPLAY_VERSIONS_MAX = 10_000;
/** Who holds nothing is told so many versions one by one; beyond, the whole as it is now is shorter. */
export const REPLAY_FROM_NOTHING_MAX = 20;
/** Versions read in one statement. */
const REPLAY_AT_ONCE = 200;
/** Snapshots that may begin within {@link ADMISSION_MS}; who comes then is told to come back. */
const SNAPSHOTS_MAX = 32;
const ADMISSION_MS = 10_000;
/** A subscriber who is told goodbye comes back after so many seconds and up to as many again. */
const RETRY_AFTER_S = 5;

interface Subscriber {
  readonly sink: FeedSink;
  /** Its id; undefined: nobody in particular, who is commanded nothing. */
  readonly controller: string | undefined;
  /** Where it stands in each of its partitions. */
  readonly at: Map<Partition, { readonly epoch: number; readonly version: number }>;
  /** The partitions that it is up to date in: it hears what is new at once. */
  readonly live: Set<Partition>;
  isGone: boolean;
}

/**
 * Tells every subscriber what is new in its partitions, and who comes back what it has missed. A version's frames are encoded once: the same bytes go to
 * everyone. Who reads too slowly is dropped, and comes back to be told what it missed.
 */
export class FeedHub {
  readonly #options: FeedHubOptions;
  readonly #subscribers = new Set<Subscriber>();
  readonly #states = new Map<Partition, PartitionState>();
  readonly #cancels: (() => void)[] = [];
  #publish = 0;
  #snapshotsBegun = 0;
  #isClosed = false;

  private constructor(options: FeedHubOptions) {
    this.#options = options;
    this.#every(HEAD_EVERY_MS, () => this.#renewHeads());
    this.#every(KEEPALIVE_EVERY_MS, () => this.#tellAll(encodeFrame({ kind: "keepalive", nextS: Math.ceil((1.5 * KEEPALIVE_EVERY_MS) / 1000) })));
    this.#every(ADMISSION_MS, () => (this.#snapshotsBegun = 0));
  }

  /** A hub that knows where `global` stands and which publication was the last. */
  static async open(options: FeedHubOptions): Promise<FeedHub> {
    const hub = new FeedHub(options);
    const { publish } = await options.cloud.database.queries.selectFrom("site").select("publish").executeTakeFirstOrThrow();
    hub.#publish = publish;
    await hub.#state(GLOBAL);
    return hub;
  }

  /** The newest publication that it knows. */
  get publish(): number {
    return this.#publish;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  /**
   * Whether a subscriber may come in now. Who needs a snapshot may be told to come back later; who only missed some versions is always let in.
   *
   * @returns seconds to wait; 0: come in
   */
  async admission(position: FeedPosition): Promise<number> {
    if (this.#isClosed) return RETRY_AFTER_S;
    for (const [partition, at] of position) {
      const state = await this.#state(partition);
      if (this.#isReplayable(at, state)) continue;
      if (this.#snapshotsBegun >= SNAPSHOTS_MAX) return RETRY_AFTER_S + Math.ceil(this.#options.random() * RETRY_AFTER_S);
      this.#snapshotsBegun++;
      return 0;
    }
    return 0;
  }

  /**
   * Begins to tell. Resolves when the subscriber has heard all that it had missed; by then it hears what is new as well.
   *
   * @param trustListSequence  of the newest trust list that it has; newer ones are sent first
   * @param controller         who it is, for what is told to it alone
   * @returns ends it, from the subscriber's side
   */
  async subscribe(position: FeedPosition, trustListSequence: number, sink: FeedSink, controller?: string): Promise<() => void> {
    const { cloud, sequencer } = this.#options;
    const subscriber: Subscriber = { sink, controller, at: new Map(position), live: new Set(), isGone: this.#isClosed };
    this.#subscribers.add(subscriber);
    const trustLists = sequencer.keys.trustLists.filter(({ sequence }) => sequence > trustListSequence);
    this.#tell(subscriber, concatBytes([encodeFrame({ kind: "hello", site: cloud.site, publish: this.#publish }), ...trustLists.map(({ bytes }) => encodeFrame({ kind: "trustList", record: bytes }))])); // prettier-ignore
    for (const partition of [...position.keys()].sort(globalFirst)) await this.#catchUp(subscriber, partition);
    return () => this.#drop(subscriber);
  }

  /** What a publication brought, after it was committed. Publications come in their order. */
  published(publish: number, versions: readonly NewVersion[]): void {
    this.#publish = publish;
    for (const { state } of versions) this.#learn(state);
    const told = [...versions]
      .sort((a, b) => globalFirst(a.state.partition, b.state.partition))
      .map(({ state, records }) => ({ state, frames: records && [...records.map((record) => encodeFrame({ kind: "delta", record })), this.#headFrame(state)] })); // prettier-ignore
    // One write a subscriber, and the same bytes for all who are up to date in the same of these partitions.
    const joined = new Map<string, Uint8Array>();
    for (const subscriber of this.#subscribers) {
      const { at, live } = subscriber;
      const concerned = told.filter(({ state }) => live.has(state.partition) && isBehind(at.get(state.partition)!, state));
      const heard = concerned.filter(({ state, frames }) => frames !== undefined && follows(at.get(state.partition)!, state));
      const name = heard.map(({ state }) => state.partition).join(" ");
      const bytes = joined.get(name) ?? concatBytes(heard.flatMap(({ frames = [] }) => frames));
      joined.set(name, bytes);
      for (const { state } of heard) at.set(state.partition, state);
      this.#tell(subscriber, bytes);
      for (const one of concerned) {
        if (heard.includes(one)) continue;
        live.delete(one.state.partition);
        void this.#catchUp(subscriber, one.state.partition);
      }
    }
  }

  /** Tells those who are there of trust lists that have just been taken up, before anything that needs them. */
  tellTrustLists(lists: readonly { readonly bytes: Uint8Array }[]): void {
    if (lists.length > 0) this.#tellAll(concatBytes(lists.map(({ bytes }) => encodeFrame({ kind: "trustList", record: bytes }))));
  }

  /** Tells one controller alone, on its newest stream. False: it has none here. */
  tellController(controller: string, frame: Uint8Array): boolean {
    const subscriber = [...this.#subscribers].findLast((each) => each.controller === controller);
    if (subscriber === undefined) return false;
    this.#tell(subscriber, frame);
    return !subscriber.isGone;
  }

  /** Signs every head anew: the keys that sign have changed. */
  renewHeads(): void {
    this.#renewHeads();
  }

  /** Says goodbye to everybody. */
  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
    for (const subscriber of this.#subscribers) {
      const retryAfterS = RETRY_AFTER_S + Math.ceil(this.#options.random() * RETRY_AFTER_S);
      subscriber.sink.write(encodeFrame({ kind: "bye", retryAfterS }));
      this.#drop(subscriber);
    }
  }

  /** Tells a subscriber what it has missed in a partition. It is live from the very moment in which it has missed nothing. */
  async #catchUp(subscriber: Subscriber, partition: Partition): Promise<void> {
    let state = await this.#state(partition);
    for (let at = subscriber.at.get(partition)!; !subscriber.isGone && (at.epoch !== state.epoch || at.version !== state.version);) {
      const replayed = this.#isReplayable(at, state) ? await this.#replay(subscriber, partition, at.version) : undefined;
      const told = replayed ?? (await this.#tellSnapshot(subscriber, partition));
      // It may be newer than what was heard of publications by now.
      this.#learn(told);
      at = told;
      subscriber.at.set(partition, at);
      state = await this.#state(partition);
    }
    if (subscriber.isGone) return;
    subscriber.live.add(partition);
    this.#tell(subscriber, this.#headFrame(this.#states.get(partition)!));
  }

  #isReplayable(at: { readonly epoch: number; readonly version: number }, state: PartitionState): boolean {
    const most = at.version === 0 ? REPLAY_FROM_NOTHING_MAX : REPLAY_VERSIONS_MAX;
    return at.epoch === state.epoch && at.version <= state.version && state.version - at.version <= most;
  }

  /** The versions behind one, as many as are read at once; undefined where one of them is gone or too long for a delta. */
  async #replay(subscriber: Subscriber, partition: Partition, version: number): Promise<PartitionState | undefined> {
    const { epoch } = await this.#state(partition);
    const rows = await this.#options.cloud.database.queries
      .selectFrom("feed_version")
      .select(["version", "digest", "publish", "records"])
      .where("feed_partition", "=", partition)
      .where("epoch", "=", epoch)
      .where("version", ">", version)
      .orderBy("version")
      .limit(REPLAY_AT_ONCE)
      .execute();
    let told: PartitionState | undefined;
    for (const row of rows) {
      const records = row.version === (told?.version ?? version) + 1 && row.records !== null ? recordsOf(row.records) : undefined;
      if (records === undefined) break;
      this.#tell(subscriber, concatBytes(records.map((record) => encodeFrame({ kind: "delta", record }))));
      told = { partition, epoch, version: row.version, digest: new Uint8Array(row.digest), publish: row.publish };
    }
    return told;
  }

  async #tellSnapshot(subscriber: Subscriber, partition: Partition): Promise<PartitionState> {
    const { manifest, state } = await this.#options.snapshots.of(partition);
    this.#tell(subscriber, encodeFrame({ kind: "manifest", record: manifest }));
    return state;
  }

  /** Where a partition stands, from memory once it is known: publications keep it so. */
  async #state(partition: Partition): Promise<PartitionState> {
    const known = this.#states.get(partition);
    if (known !== undefined) return known;
    const { cloud, sequencer } = this.#options;
    this.#learn(await sequencer.state(cloud.database.queries, partition));
    return this.#states.get(partition)!;
  }

  /** What is read and what is published may cross: the newest holds. */
  #learn(state: PartitionState): void {
    const known = this.#states.get(state.partition);
    if (known === undefined || isBehind(known, state)) this.#states.set(state.partition, state);
  }

  #headFrame(state: PartitionState): Uint8Array {
    const globalVersion = state.partition === GLOBAL ? null : this.#states.get(GLOBAL)!.version;
    return encodeFrame({ kind: "head", record: this.#options.sequencer.head(state, globalVersion, Math.max(this.#publish, state.publish)) });
  }

  #renewHeads(): void {
    const frames = new Map<Partition, Uint8Array>();
    for (const subscriber of this.#subscribers)
      for (const partition of [...subscriber.live].sort(globalFirst)) {
        const frame = frames.get(partition) ?? this.#headFrame(this.#states.get(partition)!);
        frames.set(partition, frame);
        this.#tell(subscriber, frame);
      }
  }

  #tellAll(frame: Uint8Array): void {
    for (const subscriber of this.#subscribers) this.#tell(subscriber, frame);
  }

  #tell(subscriber: Subscriber, bytes: Uint8Array): void {
    if (!subscriber.isGone && bytes.length > 0 && !subscriber.sink.write(bytes)) this.#drop(subscriber);
  }

  #drop(subscriber: Subscriber): void {
    if (subscriber.isGone) return;
    subscriber.isGone = true;
    this.#subscribers.delete(subscriber);
    subscriber.sink.end();
  }

  #every(ms: number, act: () => void): void {
    const nth = this.#cancels.length;
    const again = (): void => {
      this.#cancels[nth] = this.#options.clock.after(ms * (0.9 + 0.2 * this.#options.random()), () => {
        act();
        if (!this.#isClosed) again();
      });
    };
    this.#cancels.push(() => {});
    again();
  }
}

type Place = Pick<PartitionState, "epoch" | "version">;
const isBehind = (one: Place, other: Place): boolean => one.epoch < other.epoch || (one.epoch === other.epoch && one.version < other.version);
const follows = (one: Place, next: Place): boolean => one.epoch === next.epoch && one.version + 1 === next.version;
