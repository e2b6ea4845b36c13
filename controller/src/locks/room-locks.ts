import type { ControllerEvent, RandomBytes, Signer } from "@portico/card-protocol";
import { nodeAgreementKey } from "@portico/card-protocol/node";
import type { RoomLock } from "@portico/firmware-ts";
import type { Battery } from "../batteries.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { LockConfiguration } from "../configuration/lock-configuration.ts";
import type { ControllerClock } from "../controller-clock.ts";
import type { LockEntry } from "../core/lock-list.ts";
import type { StandingBefore } from "../portal/portals.ts";
import { readLockSecret, readPlatformPinSecret } from "../store/cloud-keys.ts";
import type { ControllerStore } from "../store/controller-store.ts";
import type { LockStanding, LockStandings } from "../store/lock-standings.ts";
import type { ZoneList } from "../store/zone-list.ts";
import type { Recorder } from "../recorder.ts";
import { cardKeyWish, type CardKeyWish } from "./card-keys.ts";
import { CarriedLock } from "./carried-lock.ts";
import { DenySets } from "./deny-sets.ts";
import type { LockDrivers } from "./lock-drivers.ts";
import { LockKeeper } from "./lock-keeper.ts";
import { type LockWishes, readLockWishes } from "./lock-wishes.ts";
import { RoomPortal, type RoomPortalOptions } from "./room-portal.ts";

/** What a cloud's feed says of each zone. */
interface ZoneLists {
  zoneList(zone: string): ZoneList;
  /** The key that a zone's list was made with, 32 bytes, by the token of no bytes under it; undefined: it is not here. */
  cardKeyMatching(zone: string, check: Uint8Array): Uint8Array | undefined;
}

export interface RoomLocksParts extends Pick<RoomPortalOptions, "onAct" | "onNotOpened"> {
  readonly configuration: Configuration;
  readonly drivers: LockDrivers;
  readonly store: Pick<ControllerStore, "events" | "lockStandings" | "denySets">;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly signer: Signer;
  readonly randomBytes: RandomBytes;
  readonly before: StandingBefore;
  /** Where zones come from; undefined: lists come from files. Asked from {@link RoomLocks.start} on. */
  readonly cloud: () => ZoneLists | undefined;
}

/** Below it a lock's batteries are to be changed. */
const BATTERY_PERCENT_LOW = 20;

/** The room locks of a controller: each opens as a door does, and is kept as its zone wants it. */
export class RoomLocks {
  readonly portals: readonly RoomPortal[];
  /** X25519, 32 bytes: what a lock is given at commissioning, with the controller's signing key. */
  readonly publicKey: Uint8Array;
  readonly signingKey: Uint8Array;
  /** For all of them, and to be carried to those that nobody reaches. */
  readonly denySets: DenySets;
  readonly #configuration: Configuration;
  readonly #drivers: LockDrivers;
  readonly #standings: LockStandings;
  readonly #keepers: ReadonlyMap<string, LockKeeper>;
  readonly #pinKeys: ReadonlyMap<string, Uint8Array>;
  readonly #removals: (() => void)[] = [];
  readonly #cloudOf: () => ZoneLists | undefined;
  #cloud: ZoneLists | undefined;
  /** By zone, until it changes. */
  readonly #wishes = new Map<string, ReadonlyMap<string, LockWishes>>();

  constructor({ configuration, drivers, store, clock, recorder, signer, randomBytes, before, cloud, onAct, onNotOpened }: RoomLocksParts) {
    this.#configuration = configuration;
    this.#cloudOf = cloud;
    this.#drivers = drivers;
    this.#standings = store.lockStandings;
    this.signingKey = signer.publicKey;
    const { site, controller } = configuration;
    this.publicKey = nodeAgreementKey(readLockSecret(controller.dataFolder, randomBytes)).publicKey;
    const record = (event: ControllerEvent): void => void store.events.append(event, clock.eventTime());
    this.denySets = new DenySets({
      site: site.id,
      controller: controller.id,
      signer,
      randomBytes,
      clock,
      store: store.denySets,
      recorder,
      record,
      out: () => store.lockStandings.all().map(({ listed }) => listed),
      wanted: () => this.#wantedByAll(),
    });
    this.#pinKeys = new Map(configuration.locks.flatMap((row) => pinKeyOf(row, site.id, controller.dataFolder, randomBytes)));
    const keepers = new Map<string, LockKeeper>();
    this.#keepers = keepers;
    this.portals = configuration.locks.flatMap(({ id, holdMs, extendedHoldMs }) => {
      const lock = drivers.locks.get(id);
      if (lock === undefined) return [];
      return new RoomPortal({
        lock,
        site: site.id,
        controller: controller.id,
        signer,
        holdMs,
        extendedHoldMs,
        clock,
        recorder,
        before: before.modes.get(id),
        lockdown: before.overrulingOf?.(id).lockdown,
        onAct,
        onNotOpened,
        onUsed: () => keepers.get(id)?.poke(),
      });
    });
    for (const row of configuration.locks) {
      const portal = this.portals.find(({ id }) => id === row.id);
      keepers.set(
        row.id,
        new LockKeeper({
          lock: drivers.locks.get(row.id) ?? new CarriedLock(row.id),
          site: site.id,
          signer,
          standings: store.lockStandings,
          recorder,
          record,
          clock,
          wishes: () => this.#wishesOf(row),
          denySets: this.denySets,
          cardKey: () => this.#cardKeyOf(row),
          randomBytes,
          isTold: (seq) => portal?.isTold(seq) === true,
        }),
      );
    }
  }

  /** From now on what the zones want is brought to the locks. */
  start(): void {
    const cloud = (this.#cloud = this.#cloudOf());
    for (const zone of cloud === undefined ? [] : this.#zones())
      this.#removals.push(
        cloud!.zoneList(zone).onChange(() => {
          this.#wishes.delete(zone);
          for (const row of this.#rowsOf(zone)) this.#keepers.get(row.id)!.poke();
        }),
      );
    for (const keeper of this.#keepers.values()) keeper.poke();
  }

  /** As its reader opens it; undefined: nobody reaches it. */
  portal(id: string): RoomPortal | undefined {
    return this.portals.find((each) => each.id === id);
  }

  /** Undefined: nobody reaches it. */
  driver(id: string): RoomLock | undefined {
    return this.#drivers.locks.get(id);
  }

  /** What PINs for it are sealed to; undefined: that is known at the lock alone. */
  pinKey(id: string): Uint8Array | undefined {
    return this.#pinKeys.get(id);
  }

  /** What this controller remembers of it. */
  standing(id: string): LockStanding {
    return this.#standings.of(id);
  }

  /** The one that keeps a lock; undefined: there is no such lock. */
  keeper(id: string): LockKeeper | undefined {
    return this.#keepers.get(id);
  }

  /** What the zone wants of a lock; undefined: nothing is known of it. */
  wishes(id: string): LockWishes | undefined {
    const row = this.#configuration.locks.find((each) => each.id === id);
    return row && this.#wishesOf(row);
  }

  /** The batteries of the locks that tell of theirs, for the watch over what is about to fail. */
  batteries(): readonly Battery[] {
    return this.portals.flatMap(({ id, batteryPercent: percent }) =>
      percent === undefined ? [] : [{ id, isLow: percent < BATTERY_PERCENT_LOW, detail: `${percent} %` }],
    );
  }

  close(): void {
    for (const keeper of this.#keepers.values()) keeper.close();
    for (const remove of this.#removals) remove();
  }

  #cardKeyOf({ cards, zone }: LockConfiguration): CardKeyWish {
    const cloud = this.#cloud;
    if (!cards) return { kind: "none" };
    if (zone === undefined || cloud === undefined) return { kind: "withheld", detail: "no zone has a key for its cards" };
    return cardKeyWish(zone, cloud.zoneList(zone), (check) => cloud.cardKeyMatching(zone, check));
  }

  /** What the zones say of all locks together; undefined: of one of them nothing is known. */
  #wantedByAll(): readonly LockEntry[] | undefined {
    const wishes = this.#configuration.locks.filter(({ zone }) => zone !== undefined).map((row) => this.#wishesOf(row));
    return wishes.includes(undefined) ? undefined : wishes.flatMap((each) => each!.entries);
  }

  #zones(): readonly string[] {
    return [...new Set(this.#configuration.locks.flatMap(({ zone }) => zone ?? []))];
  }

  #rowsOf(zone: string): readonly LockConfiguration[] {
    return this.#configuration.locks.filter((row) => row.zone === zone);
  }

  #wishesOf({ id, zone }: LockConfiguration): LockWishes | undefined {
    if (zone === undefined || this.#cloud === undefined) return undefined;
    const list = this.#cloud.zoneList(zone);
    if (list.version() === undefined) return undefined;
    const rows = this.#rowsOf(zone);
    const known =
      this.#wishes.get(zone) ?? readLockWishes(list, new Set(rows.map((row) => row.id)), new Set(rows.filter(({ cards }) => cards).map((row) => row.id)));
    this.#wishes.set(zone, known);
    return known.get(id);
  }
}

/** A lock behind a platform has no key: one of the controller's stands in. */
function pinKeyOf({ id, reach }: LockConfiguration, site: string, dataFolder: string, randomBytes: RandomBytes): (readonly [string, Uint8Array])[] {
  switch (reach.protocol) {
    case "ble":
      return [[id, reach.publicKey]];
    case "carried":
      return [];
    case "ttlock":
      return [[id, nodeAgreementKey(readPlatformPinSecret(dataFolder, randomBytes, site, id)).publicKey]];
  }
}
