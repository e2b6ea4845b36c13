import { readFileSync } from "node:fs";
import { bytesToHex, eventOf, type Freshness, SetupError, type Signer, type TrustList } from "@portico/card-protocol";
import { nodeVerifier } from "@portico/card-protocol/node";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, CloudConfiguration, Configuration } from "./configuration/configuration.ts";
import { CloudConfigurations } from "./configuration-taker.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import type { FreshnessCourse } from "./core/freshness-course.ts";
import { FEED_STALE_POLICY } from "./core/freshness.ts";
import type { DesksParts } from "./desks.ts";
import { commandedDoors } from "./portal/commanded-doors.ts";
import type { ScheduleSource } from "./portal/door-schedules.ts";
import { CloudMoney } from "./money/cloud-money.ts";
import type { MoneyPort } from "./money/money-port.ts";
import type { Operable } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import { readControllerOpener, ZoneKeys } from "./store/cloud-keys.ts";
import type { Site } from "./site.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { FeedStore } from "./store/feed-store.ts";
import type { ZoneKey } from "./store/zone-key.ts";
import type { ZoneList } from "./store/zone-list.ts";
import { CommandTaker } from "./sync/command-taker.ts";
import { CloudConnection, type CloudConnectionOptions } from "./sync/cloud-connection.ts";
import type { CloudTransport } from "./sync/cloud-transport.ts";
import { EventUpload, type UploadStatus } from "./sync/event-upload.ts";
import type { FileTaken } from "./sync/feed-file.ts";
import { takeSealedKeys } from "./sync/sealed-keys.ts";
import type { FeedStatus } from "./sync/feed-status.ts";
import { FeedSync } from "./sync/feed-sync.ts";

/** What an access point of a zone decides by. */
export interface ZoneParts {
  readonly list: AccessList;
  readonly zoneKey: Pick<ZoneKey, "identities">;
  /** Of the list alone; the trust list's age is judged beside it. */
  readonly freshness: () => Freshness;
}

export interface CloudLinkParts {
  readonly configuration: Configuration;
  readonly cloud: CloudConfiguration;
  readonly surroundings: ControllerSurroundings;
  /** The controller's own key. */
  readonly signer: Signer;
  readonly store: ControllerStore;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly trustList: () => TrustList;
  readonly onTrustList: (list: TrustList) => void;
  /** Doors by id, directions of turnstiles as `<turnstile>/<direction>`: what commands move. */
  readonly operables: ReadonlyMap<string, Operable>;
  readonly site: Site;
}

/** The tie to the cloud of the configuration; undefined where lists come from files. */
export function cloudLinkOf(parts: Omit<CloudLinkParts, "cloud">): CloudLink | undefined {
  const { cloud } = parts.configuration;
  return cloud && new CloudLink({ ...parts, cloud });
}

/** A controller's tie to its cloud: what it follows, what it sends up, and what each access point of a zone has of it. */
export class CloudLink {
  /** The campus's ledger. */
  readonly money: MoneyPort;
  readonly #sync: FeedSync;
  readonly #keys: ZoneKeys;
  readonly #upload: EventUpload;
  readonly #takeKeys: Parameters<FeedSync["takeFile"]>[1];
  /** Zones of the configuration that the cloud does not let this controller follow, as it was told last. */
  #withheld = "";

  /** @throws SetupError for a key that others may read, or an authority's file that cannot be read */
  constructor({ configuration, cloud, surroundings, signer, store, clock, recorder, trustList, onTrustList, operables, site: doors }: CloudLinkParts) {
    const { site, controller, accessPoints } = configuration;
    const { random, randomBytes, onWarning, openCloud } = surroundings;
    const keys = (this.#keys = new ZoneKeys(controller.dataFolder, randomBytes));
    const take = (zone: string, key: Uint8Array): void =>
      attempt(() => keys.take(zone, key), (why) => onWarning(`the key of zone ${zone} holds until the next start: ${why}`)); // prettier-ignore
    const transport = openCloud({
      url: cloud.url,
      site: site.id,
      controller: controller.id,
      signer,
      ...(cloud.certificateAuthorityFile === undefined ? {} : { certificateAuthority: authority(cloud.certificateAuthorityFile) }),
      clock,
      onZoneKeys: (delivered) => {
        this.#tellWithheld(
          cloud.zones.filter((zone) => !delivered.some((key) => key.zone === zone)),
          onWarning,
        );
        for (const { zone, key } of delivered) if (cloud.zones.includes(zone)) take(zone, key);
      },
    });
    this.money = new CloudMoney(transport);
    const commands = new CommandTaker({
      site: site.id,
      controller: controller.id,
      clock,
      randomBytes,
      verifier: nodeVerifier,
      trustList,
      database: store.database,
      recorder,
      doors: commandedDoors(operables, doors),
    });
    this.#sync = new FeedSync({
      site: site.id,
      controller: controller.id,
      zones: cloud.zones,
      accessPoints: accessPoints.flatMap(({ id, zone, stalePolicy }) => (zone === undefined ? [] : [{ id, zone, stalePolicy }])),
      timeZone: site.timeZone,
      store: new FeedStore(store.database),
      transport,
      clock,
      random,
      randomBytes,
      trustContext: { site: site.id, pinnedRoots: site.trust!.roots, verifier: nodeVerifier },
      trustList,
      takeTrustList: (list, bytes) => {
        store.database.transaction("durable", () => {
          store.trust.keep({ sequence: list.sequence, rootVersion: list.roots.version, bytes });
          store.events.append(eventOf("TrustListLoaded", { sequence: list.sequence, validUntil: list.validUntil }), clock.eventTime());
        });
        onTrustList(list);
      },
      takeCommand: (record) => {
        const taken = commands.take(record);
        if (taken.ok) void transport.commandOutcome(taken.value);
        return taken;
      },
      ...(cloud.takesConfiguration
        ? { configurations: new CloudConfigurations({ configuration, trustList, clock, recorder }, (outcome) => void transport.configurationOutcome(outcome)) }
        : {}),
      onEvent: (event) => recorder.event(event),
      onFollowed: (followed) => surroundings.onReport({ kind: "followed", ...followed }),
      onWarning,
      onFailure: (error) => onWarning(`what the cloud sent could not be kept: ${(error as Error).message}`),
    });
    const opener = readControllerOpener(controller.dataFolder, randomBytes);
    const sealedTo = { site: site.id, controller: controller.id, zones: cloud.zones, opener, store: new FeedStore(store.database), keys: { take } };
    this.#takeKeys = (sealed) => takeSealedKeys(sealedTo, sealed);
    this.#upload = new EventUpload({
      site: site.id,
      controller: controller.id,
      signer,
      mark: store.upload,
      last: () => store.events.last(),
      onRecorded: (listener) => store.events.onEvent(listener),
      transport,
      clock,
      now: () => clock.eventTime().at,
      random,
      onRefused: (error, detail) => recorder.event(eventOf("EventsRefused", { error, detail })),
    });
  }

  start(): void {
    this.#sync.start();
    this.#upload.start();
  }

  /** A feed file, as whoever carried it here hands it over. */
  takeFile(bytes: Uint8Array): Promise<FileTaken> {
    return this.#sync.takeFile(bytes, this.#takeKeys);
  }

  close(): void {
    this.#sync.close();
    this.#upload.close();
  }

  #tellWithheld(zones: readonly string[], onWarning: (warning: string) => void): void {
    const withheld = zones.join(", ");
    if (withheld !== "" && withheld !== this.#withheld) onWarning(`the cloud does not let this controller follow ${withheld}: what is held of it grows old`);
    this.#withheld = withheld;
  }

  /** Undefined for an access point that goes by no zone. */
  partsOf({ zone, stalePolicy }: AccessPointConfiguration): ZoneParts | undefined {
    if (zone === undefined) return undefined;
    return { list: this.#sync.list(zone), zoneKey: this.#keys.of(zone), freshness: () => this.#sync.freshness(zone, stalePolicy) };
  }

  /** What a zone wants of room locks, beside its list. */
  zoneList(zone: string): ZoneList {
    return this.#sync.list(zone);
  }

  /** The key that a zone's list was made with, 32 bytes, by the token of no bytes under it; undefined: it is not here. */
  cardKeyMatching(zone: string, check: Uint8Array): Uint8Array | undefined {
    return this.#keys.matching(zone, check);
  }

  /** The list of a zone, and whether anybody may still decide by it. */
  zoneSource(zone: string): ScheduleSource {
    return { list: this.#sync.list(zone), isBelieved: () => this.#sync.freshness(zone, FEED_STALE_POLICY) !== "expired" };
  }

  /** How far the events are with the cloud. */
  uploadStatus(): UploadStatus {
    return this.#upload.status();
  }

  /** When the list of an access point may be believed how much; undefined for one that goes by no zone. */
  courseOf({ zone, stalePolicy }: AccessPointConfiguration): FreshnessCourse | undefined {
    return zone === undefined ? undefined : this.#sync.course(zone, stalePolicy);
  }

  status(): FeedStatus {
    return this.#sync.status(FEED_STALE_POLICY);
  }
}

/** Where money is kept: with the cloud, which wants the event of a charge first; where there is none, as the surroundings say, and in TEST. */
export function moneyOf(
  link: CloudLink | undefined,
  { money }: Pick<ControllerSurroundings, "money">,
  { publicKey }: Signer,
): Pick<DesksParts, "money" | "isEvidenced" | "machine"> {
  const machine = bytesToHex(publicKey);
  if (link === undefined) return { money, isEvidenced: () => true, machine };
  return { money: link.money, isEvidenced: (seq) => link.uploadStatus().uploaded >= seq, machine };
}

/** The cloud over HTTP, as a controller on a machine of its own reaches it. */
export const openHttpCloud = (options: CloudConnectionOptions): CloudTransport => new CloudConnection(options);

function authority(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new SetupError(
      `the cloud's authority cannot be read: ${(error as Error).message}`,
      path,
      "Let it be a file that the user who runs the controller may read.",
      {
        cause: error,
      },
    );
  }
}

function attempt(act: () => void, otherwise: (why: string) => void): void {
  try {
    act();
  } catch (error) {
    otherwise((error as Error).message);
  }
}
