import { mkdirSync } from "node:fs";
import { err, GLOBAL, type Partition, type TrustList, unixSeconds, zonePartition } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import { CloudConnection, ControllerClock, ControllerStore, FeedStore, FeedSync } from "@portico/controller";
import { systemClock, systemRandom, systemRandomBytes } from "@portico/firmware-ts";
import { benchTrust, CLOUD_SITE, controllerId, controllerSigner, ROOT, ROOT_VERSION } from "./cloud-campus.ts";

const LOOK_MS = 20;

export interface FollowingControllerOptions {
  readonly url: string;
  /** Its data folder, made here. */
  readonly folder: string;
  readonly nth: number;
  readonly zone: string;
  /** A version of the zone was verified and is durably committed. */
  readonly onCommitted: () => void;
  /** How long a version took from its judgement to its commit, ms. */
  readonly onApplied?: (ms: number) => void;
}

/** What a controller has between the feed and its database, as shipped, and nothing else of it. */
export function followingController({ url, folder, nth, zone, onCommitted, onApplied = () => {} }: FollowingControllerOptions): {
  /** Resolves when a head has confirmed each partition. */
  readonly upToDate: Promise<void>;
  /** `epoch:version` by partition. */
  held(): [partition: string, position: string][];
  close(): void;
} {
  mkdirSync(folder, { recursive: true });
  const time = systemClock(() => "untrusted");
  const store = ControllerStore.open({ folder, zone, clock: time, randomBytes: systemRandomBytes });
  const clock = new ControllerClock({
    clock: time,
    hostWallMs: () => Date.now(),
    settings: { trustedBy: "system", uncertaintyS: 1, buildDate: unixSeconds(0) },
    batteryClock: () => undefined,
    kept: undefined,
    keep: () => {},
    onEvent: () => {},
  });
  clock.start();
  const partitions = [GLOBAL, zonePartition(zone)];
  const feedStore = new TimedFeedStore(store.database, zonePartition(zone), onApplied);
  const trustContext = { site: CLOUD_SITE, pinnedRoots: { version: ROOT_VERSION, threshold: 1, keys: [ROOT.publicKey] }, verifier: nodeVerifier };
  // Nothing but the roots is known before: the list comes with the feed.
  let trustList: TrustList = { ...benchTrust(ROOT.publicKey, 0), sequence: 0, keys: new Map() };
  let isUpToDate = (): void => {};
  const upToDate = new Promise<void>((resolve) => {
    isUpToDate = resolve;
  });
  const stop = (error: unknown): never => {
    throw error instanceof Error ? error : new Error(String(error));
  };
  const sync = new FeedSync({
    site: CLOUD_SITE,
    controller: controllerId(nth),
    zones: [zone],
    accessPoints: [],
    timeZone: "Asia/Shanghai",
    store: feedStore,
    transport: new CloudConnection({ url, site: CLOUD_SITE, controller: controllerId(nth), signer: controllerSigner(nth), clock: time, onZoneKeys: () => {} }),
    clock,
    random: systemRandom,
    randomBytes: systemRandomBytes,
    trustContext,
    trustList: () => trustList,
    takeTrustList: (list) => (trustList = list),
    takeCommand: () => err("KeyUntrusted", "no door is here"),
    onEvent: ({ name, fields }) => {
      // The time is asked for before the first trust list is there.
      if (name === "FeedRefused" && fields["partition"] !== "time") stop(new Error(JSON.stringify(fields)));
    },
    onFollowed: () => {},
    onWarning: stop,
    onFailure: stop,
  });
  feedStore.onChange((partition) => {
    if (partition !== GLOBAL) onCommitted();
  });
  /** `global` may be empty, and then nothing of it is held. */
  const isConfirmed = (partition: Partition): boolean => {
    const held = feedStore.held(partition);
    return held === undefined ? partition === GLOBAL : held.confirmed !== null;
  };
  const look = (): void => {
    if (partitions.every(isConfirmed)) isUpToDate();
    else time.after(LOOK_MS, look);
  };
  sync.start();
  time.after(LOOK_MS, look);
  return {
    upToDate,
    held: () => partitions.map((partition) => { const held = feedStore.held(partition); return [partition, `${held?.epoch ?? 1}:${held?.version ?? 0}`]; }), // prettier-ignore
    close: () => sync.close(),
  };
}

/** Says how long the deltas of a partition take. */
class TimedFeedStore extends FeedStore {
  readonly #partition: string;
  readonly #onApplied: (ms: number) => void;

  constructor(database: ConstructorParameters<typeof FeedStore>[0], partition: string, onApplied: (ms: number) => void) {
    super(database);
    this.#partition = partition;
    this.#onApplied = onApplied;
  }

  override applyDelta(delta: Parameters<FeedStore["applyDelta"]>[0]): ReturnType<FeedStore["applyDelta"]> {
    const startedAt = performance.now();
    const applied = super.applyDelta(delta);
    if (delta.partition === this.#partition) this.#onApplied(performance.now() - startedAt);
    return applied;
  }
}
