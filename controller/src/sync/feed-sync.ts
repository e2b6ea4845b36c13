import {
  type ControllerEvent,
  eventOf,
  type Freshness,
  GLOBAL,
  type Head,
  keysFor,
  type Partition,
  PartitionDigest,
  type Random,
  type RandomBytes,
  readTimeFrame,
  type Result,
  type SignedError,
  type TrustList,
  type TrustListContext,
  zonePartition,
} from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { ControllerClock } from "../controller-clock.ts";
import { type HeldPartition, nothingHeld, partitionFreshness } from "../core/feed-judgement.ts";
import { type FreshnessCourse, freshnessNow, headCourse, worstCourse } from "../core/freshness-course.ts";
import { type StalePolicy, worstFreshness } from "../core/freshness.ts";
import type { FeedStore } from "../store/feed-store.ts";
import { Revocations, ZoneList } from "../store/zone-list.ts";
import { AppliedReports } from "./applied-reports.ts";
import type { CloudTransport } from "./cloud-transport.ts";
import type { ConfigurationTakes } from "./configuration-outcome.ts";
import { FeedClient, type FeedConnection } from "./feed-client.ts";
import { type FeedFileNeeds, type FetchChunk, type FileTaken, takeFeedFile } from "./feed-file.ts";
import { FeedSession } from "./feed-session.ts";
import type { FeedStatus } from "./feed-status.ts";
import { FeedUpkeep } from "./feed-upkeep.ts";
import { RevocationReporter } from "./revocation-reporter.ts";

export interface FeedSyncOptions {
  readonly site: string;
  readonly controller: string;
  readonly zones: readonly string[];
  /** Those that go by a zone, and how old its list may be for them. */
  readonly accessPoints: readonly { readonly id: string; readonly zone: string; readonly stalePolicy: StalePolicy }[];
  readonly timeZone: string;
  readonly store: FeedStore;
  readonly transport: CloudTransport;
  readonly clock: ControllerClock;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  readonly trustContext: TrustListContext;
  readonly trustList: () => TrustList;
  /** Keeps a newer list; it is in force when this returns. @throws RecordingFailed */
  readonly takeTrustList: (list: TrustList, bytes: Uint8Array) => void;
  /** Carries out a command of the cloud, or says why not. An error: nobody who may has signed it. */
  readonly takeCommand: (record: Uint8Array) => Result<unknown, SignedError>;
  readonly configurations?: ConfigurationTakes;
  readonly onEvent: (event: ControllerEvent) => void;
  /** Durably held, and confirmed by a head of that publication. */
  readonly onFollowed: (followed: Pick<Head, "partition" | "epoch" | "version" | "publish">) => void;
  readonly onWarning: (warning: string) => void;
  readonly onFailure: (error: unknown) => void;
}

/** The time is asked for when the feed is there, and so often from then on. */
const TIME_EVERY_MS = 60_000;
/** The age of lists is looked at so often. */
const FRESHNESS_EVERY_MS = 10_000;
/** The cloud, as events name it. */
const CLOUD = "cloud";

/** Keeps this controller's zones and `global` as the cloud has them, and says how far they may be believed. */
export class FeedSync {
  readonly #options: FeedSyncOptions;
  readonly #partitions: readonly Partition[];
  readonly #lists: ReadonlyMap<string, ZoneList>;
  readonly #upkeep: FeedUpkeep;
  readonly #client: FeedClient;
  readonly #reports: AppliedReports;
  readonly #reporter: RevocationReporter;
  #connection: FeedConnection = { kind: "waiting", detail: "not connected yet" };
  #offlineSince: number | undefined;
  /** Since when it is connected, or waits. */
  #connectionSince: number;
  /** Where each partition stood when it was told last. */
  readonly #followed = new Map<Partition, string>();
  /** As it was told last. */
  readonly #told = new Map<string, Freshness>();
  #cancels: (() => void)[] = [];
  #isClosed = false;

  constructor(options: FeedSyncOptions) {
    this.#options = options;
    const { zones, store, timeZone } = options;
    this.#partitions = [GLOBAL, ...zones.map(zonePartition)];
    const revocations = new Revocations(store);
    this.#lists = new Map(zones.map((zone) => [zone, new ZoneList(store, zone, timeZone, revocations)]));
    this.#reports = new AppliedReports({ clock: options.clock, random: options.random, send: (applied) => options.transport.applied(applied) });
    this.#reporter = new RevocationReporter(store, revocations, options.transport);
    this.#upkeep = new FeedUpkeep({ ...options, partitions: this.#partitions, after: (act) => void (this.#isClosed || this.#after(0, act)) });
    this.#client = this.#makeClient();
    this.#connectionSince = options.clock.monotonic();
  }

  /** What the access points of a zone go by. */
  list(zone: string): ZoneList {
    return this.#lists.get(zone)!;
  }

  /** How far the access points of a zone may believe: the worse of the zone and `global`. */
  freshness(zone: string, policy: StalePolicy): Freshness {
    const wall = this.#options.clock.wall();
    return worstFreshness([GLOBAL, zonePartition(zone)].map((partition) => partitionFreshness(this.#options.store.held(partition), wall, policy)));
  }

  /** When the access points of a zone may believe how much. */
  course(zone: string, policy: StalePolicy): FreshnessCourse {
    return worstCourse([GLOBAL, zonePartition(zone)].map((partition) => headCourse(this.#held(partition).confirmed, policy)));
  }

  status(policy: StalePolicy): FeedStatus {
    const wall = this.#options.clock.wall();
    return {
      connection: this.#connection.kind,
      detail: this.#connection.kind === "waiting" ? this.#connection.detail : "",
      sinceS: Math.floor((this.#options.clock.monotonic() - this.#connectionSince) / 1_000),
      partitions: this.#partitions.map((partition) => {
        const { epoch, version, confirmed } = this.#held(partition);
        return {
          partition,
          epoch,
          version,
          publish: confirmed?.publish ?? null,
          issued: confirmed?.issued ?? null,
          expires: confirmed?.expires ?? null,
          ...freshnessNow(headCourse(confirmed, policy), wall),
        };
      }),
    };
  }

  /** Looks through what is held, in slices, then connects. Doors decide meanwhile. */
  start(): void {
    this.#watchFreshness();
    this.#upkeep.begin(() => {
      this.#client.start();
      this.#askTime();
    });
  }

  /** A feed file, taken as a stream would be; then the zones' keys that it brings. @throws RecordingFailed when the disk refuses */
  takeFile(bytes: Uint8Array, takeKeys: FeedFileNeeds["takeKeys"]): Promise<FileTaken> {
    const session = (fetchChunk: FetchChunk): FeedSession => this.#session(() => {}, fetchChunk);
    return takeFeedFile({ ...this.#options, partitions: this.#partitions, held: (partition) => this.#held(partition), session, takeKeys }, bytes);
  }

  close(): void {
    this.#isClosed = true;
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#reports.close();
    this.#client.close();
  }

  #makeClient(): FeedClient {
    const { transport, clock, random, onEvent, onFailure } = this.#options;
    return new FeedClient({
      transport,
      clock,
      random,
      query: () => ({
        position: this.#partitions.map((partition) => this.#held(partition)),
        trustListSequence: this.#options.trustList().sequence,
        configuration: this.#options.configurations?.held,
      }),
      session: (onKeepalive) => this.#session(onKeepalive),
      onConnection: (connection) => this.#connected(connection),
      onRefusal: ({ partition, error, detail }) => {
        onEvent(eventOf("FeedRefused", { partition, error, detail }));
        this.#reporter.refused(error);
      },
      onFailure,
    });
  }

  #session(onKeepalive: (nextS: number) => void, fetchChunk: FetchChunk = (sha256) => this.#options.transport.chunk(sha256)): FeedSession {
    const { site, store, transport, clock, trustContext, trustList, takeTrustList, takeCommand, configurations } = this.#options;
    return new FeedSession({
      site,
      partitions: this.#partitions,
      store,
      trustContext,
      trustList,
      takeTrustList,
      takeCommand,
      takeConfiguration: configurations?.take,
      wall: clock.wall,
      fetchChunk,
      held: (partition) => this.#held(partition),
      onHead: (held, record) => {
        this.#reports.confirmed(held, record);
        this.#tellFollowed(held);
        this.#reporter.followed(held);
        this.#tellFreshness();
      },
      onLeftovers: () => this.#upkeep.sweep(),
      onZoneKeys: (generations) => transport.zoneKeys(generations),
      onKeepalive,
    });
  }

  #held(partition: Partition): HeldPartition {
    return this.#options.store.held(partition) ?? nothingHeld(partition, this.#options.trustList().feedEpoch, EMPTY_DIGEST);
  }

  #tellFollowed({ partition, epoch, version, confirmed }: HeldPartition): void {
    if (confirmed === null) return;
    const { publish } = confirmed;
    const [last, place] = [this.#followed.get(partition), `${epoch}:${version}:${publish}`];
    this.#followed.set(partition, place);
    if (last !== place) this.#options.onFollowed({ partition, epoch, version, publish });
  }

  /** An outage is told once, when it begins, and once when it is over. */
  #connected(connection: FeedConnection): void {
    const { clock, onEvent } = this.#options;
    const at = clock.monotonic();
    if (connection.kind !== this.#connection.kind) this.#connectionSince = at;
    this.#connection = connection;
    if (connection.kind === "waiting") {
      if (this.#offlineSince !== undefined) return;
      this.#offlineSince = at;
      onEvent(eventOf("DeviceOffline", { device: CLOUD, error: "Disconnected", detail: connection.detail }));
      return;
    }
    if (this.#offlineSince !== undefined)
      onEvent(eventOf("DeviceOnline", { device: CLOUD, outageMs: Math.min(0xffff_ffff, Math.round(at - this.#offlineSince)) }));
    this.#offlineSince = undefined;
  }

  /** A list grows old by itself: what becomes of it is told for each access point. */
  #watchFreshness(): void {
    this.#tellFreshness();
    this.#after(FRESHNESS_EVERY_MS, () => this.#watchFreshness());
  }

  #tellFreshness(): void {
    for (const { id, zone, stalePolicy } of this.#options.accessPoints) {
      const [from, to] = [this.#told.get(id), this.freshness(zone, stalePolicy)];
      this.#told.set(id, to);
      if (from !== undefined && from !== to) this.#options.onEvent(eventOf("FreshnessChanged", { accessPoint: id, from, to }));
    }
  }

  #askTime(): void {
    const { clock, transport, randomBytes } = this.#options;
    const nonce = randomBytes(16);
    clock.timeRequested(nonce);
    const take = async (): Promise<void> => {
      const bytes = await transport.time(nonce);
      if (bytes !== undefined && !this.#isClosed) this.#takeTime(nonce, bytes);
    };
    void take();
    this.#after(TIME_EVERY_MS, () => this.#askTime());
  }

  #takeTime(nonce: Uint8Array, bytes: Uint8Array): void {
    const { site, controller, clock, trustList, trustContext, onEvent } = this.#options;
    const read = readTimeFrame(bytes, site, { controller, nonce }, keysFor(trustList(), "time", clock.wall()), trustContext.verifier);
    if (read.ok) clock.timeFrame(nonce, read.value);
    else onEvent(eventOf("FeedRefused", { partition: "time", error: read.error, detail: read.detail }));
  }

  #after(ms: number, act: () => void): void {
    const cancel = this.#options.clock.after(ms, () => {
      this.#cancels = this.#cancels.filter((each) => each !== cancel);
      act();
    });
    this.#cancels.push(cancel);
  }
}

const EMPTY_DIGEST = new PartitionDigest(nodeSha256).root();
