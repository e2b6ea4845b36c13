import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RandomBytes, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { nodeAgreementKey } from "@portico/card-protocol/node";
import { type ControllerSurroundings, readControllerKey, readLockSecret } from "@portico/controller";
import { listeners, type MemoryWirePair, memoryWirePair, seededRandomBytes, type SimulatedClock, simulatedClock, type WireFaults } from "@portico/firmware-ts";
import { TRUST_LIST_FILE } from "../campus/campus-configuration.ts";
import { type CampusDevices, campusDevices, deviceHands } from "../campus/campus-devices.ts";
import type { CampusHands, HeardReport } from "../campus/campus-hands.ts";
import { campusTrustList } from "../campus/campus-trust.ts";
import { stationFiles } from "../campus/station-configuration.ts";
import { type Campus, campusOf, wiresOf } from "../campus/campus.ts";
import type { VirtualLock } from "../lock/virtual-lock.ts";
import { seeded, VIRTUAL_START_MS } from "../seeded.ts";
import { VirtualPrinter } from "../virtual-printer.ts";
import { passedUntil, VirtualController } from "../virtual-controller.ts";
import { type CampusAir, campusAir } from "./campus-air.ts";
import { VirtualCloud } from "./virtual-cloud.ts";

export interface CloudCampusOptions {
  /** The campus of a secret; the secret is drawn from the seed. */
  readonly make: (secret: Uint8Array) => Campus;
  /** Of everything that chance decides. The same seed gives the same run. */
  readonly seed: number;
  /** What goes wrong on the wires to readers and boards. Default: nothing. */
  readonly faults?: WireFaults;
  /** Who vouches for the controllers' clocks; default `system`. */
  readonly clock?: "system" | "time-frames";
  /** What somebody has changed in a controller's `portico.toml` by hand. */
  readonly amend?: (controller: string, portico: string) => string;
  /** The ways to room locks of every controller; default: to those of the campus's rooms, by Bluetooth in memory. */
  readonly locks?: (clock: SimulatedClock) => ControllerSurroundings["locks"];
  /** How often contacts are read, ms. Default: the controller's. */
  readonly pollMs?: number;
}

/** Baud of every simulated line. */
const BAUD = 115_200;
/** How long a virtual board thinks. */
const ANSWER_AFTER_MS = 2;
const READY_WITHIN_MS = 30_000;
const URL_OF_CLOUD = "http://127.0.0.1:8480";
/** What its owner alone may read. */
const PRIVATE_FILE = 0o600;
/** The controller's own folder within its machine's. */
const CONTROLLER_FOLDER = "controller";

/**
 * A campus with a cloud, in virtual time: a controller for each part of it, all of them following the cloud's feed over lines that can be cut. The programs
 * are the production ones; time, chance, wires and the network are not.
 */
export class CloudCampus {
  readonly campus: Campus;
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly devices: CampusDevices;
  readonly hands: CampusHands;
  readonly cloud: VirtualCloud;
  /** The print queues of the campus, by station. */
  readonly printers: ReadonlyMap<string, VirtualPrinter>;
  /** The locks of the campus's rooms, by id. */
  readonly rooms: ReadonlyMap<string, VirtualLock>;
  /** By id. */
  readonly controllers: ReadonlyMap<string, VirtualController>;
  /** Everything that the controllers have reported, over all of their runs. */
  readonly reports: HeardReport[] = [];
  /** What went so wrong that a program should have ended. */
  readonly fatal: Error[] = [];
  readonly #world: World;
  readonly #folder: string;
  readonly #wires: ReadonlyMap<string, MemoryWirePair>;

  private constructor(parts: {
    readonly options: CloudCampusOptions;
    readonly campus: Campus;
    readonly clock: SimulatedClock;
    readonly world: World;
    readonly folder: string;
    readonly trustList: Uint8Array;
    readonly cloud: VirtualCloud;
    readonly air: CampusAir | undefined;
  }) {
    const { options, campus, clock, world, folder, trustList, cloud, air } = parts;
    const { drawn } = seeded(options.seed);
    this.seed = options.seed;
    this.campus = campus;
    this.clock = clock;
    this.#world = world;
    this.cloud = cloud;
    this.#folder = folder;
    const faults = options.faults ?? {};
    this.#wires = new Map(wiresOf(campus).map(({ id }) => [id, memoryWirePair({ name: id, clock, random: drawn(`wire ${id}`), baud: BAUD, faults })]));
    this.devices = campusDevices({ campus, clock, random: drawn("scanners"), wireOf: (id) => this.wire(id).far, answerAfterMs: ANSWER_AFTER_MS });
    const printing = (campus.stations ?? []).filter(({ kind }) => kind === "printer");
    this.printers = new Map(printing.map(({ id }) => [id, new VirtualPrinter({ clock })]));
    this.rooms = air?.rooms ?? new Map();
    const locks = options.locks?.(clock) ?? air?.ways;
    const told = listeners<[HeardReport]>();
    this.hands = deviceHands(this.devices, told.add);
    this.controllers = new Map(
      campus.parts.map((part) => {
        const { controller, zone } = part;
        const machine = new VirtualController({
          campus: campusOf(campus, part),
          folder: join(folder, controller),
          ...(locks && { locks }),
          ...(options.amend && { amend: (portico) => options.amend!(controller, portico) }),
          wiring: { clock: options.clock ?? "system", cloud: { url: URL_OF_CLOUD, zone }, ...(options.pollMs !== undefined && { pollMs: options.pollMs }) },
          clock,
          wallMs: world.wallMs,
          random: drawn(controller),
          randomBytes: seededRandomBytes(drawn(`keys of ${controller}`)),
          wireOf: (id) => this.wire(id),
          openCloud: cloud.openCloud,
          openPrinter: ({ id }) => this.printers.get(id)!.exchange,
          onReport: (report) => {
            const heard = { ...report, controller };
            this.reports.push(heard);
            told.tell(heard);
          },
          onFatal: (failure) => this.fatal.push(failure),
        });
        writeFileSync(join(folder, controller, TRUST_LIST_FILE), trustList);
        for (const [file, text] of stationFiles(campusOf(campus, part))) writeFileSync(join(folder, controller, file), text, { mode: PRIVATE_FILE });
        return [controller, machine];
      }),
    );
  }

  /** A campus whose controllers run and have their lists. */
  static async open(options: CloudCampusOptions): Promise<CloudCampus> {
    const { secret, drawn } = seeded(options.seed);
    const campus = options.make(secret);
    const clock = simulatedClock();
    const world = worldOf(clock);
    const folder = mkdtempSync(join(tmpdir(), "portico-campus-"));
    const trustList = campusTrustList(campus, unixSeconds(Math.floor(world.wallMs() / 1000)));
    const own = (controller: string): readonly [string, RandomBytes] => [
      join(folder, controller, CONTROLLER_FOLDER),
      seededRandomBytes(drawn(`key of ${controller}`)),
    ];
    const keysOf = (controller: string): Uint8Array => readControllerKey(...own(controller)).publicKey;
    const air = await campusAir({
      campus,
      clock,
      random: drawn("radio"),
      randomBytes: seededRandomBytes(drawn("locks")),
      keysOf: ({ controller }) => ({ controllerKey: nodeAgreementKey(readLockSecret(...own(controller))).publicKey, signingKey: keysOf(controller) }),
    });
    const cloud = await VirtualCloud.open({
      campus,
      folder: join(folder, "cloud"),
      trustList,
      controllerKeys: new Map(campus.parts.map(({ controller }) => [controller, keysOf(controller)])),
      clock,
      wallMs: world.wallMs,
      random: drawn("cloud"),
      randomBytes: seededRandomBytes(drawn("cloud's keys")),
    });
    const made = new CloudCampus({ options, campus, clock, world, folder, trustList, cloud, air });
    for (const controller of made.controllers.values()) await controller.start();
    if (!(await clock.until(() => made.isReady, READY_WITHIN_MS)))
      throw new Error(`the campus of seed ${options.seed} is not ready after ${READY_WITHIN_MS} ms`);
    return made;
  }

  /** The right time, seconds. */
  now = (): UnixSeconds => unixSeconds(Math.floor(this.#world.wallMs() / 1000));

  /** Days go by in which every machine is suspended: wall clocks go on, monotonic ones do not, and nothing happens. */
  sleep(ms: number): void {
    this.#world.sleptMs += ms;
  }

  controller(id: string): VirtualController {
    const controller = this.controllers.get(id);
    if (controller === undefined) throw new RangeError(`the campus has no controller ${id}, only ${[...this.controllers.keys()].join(", ")}`);
    return controller;
  }

  /** Both ends of a wire, and the hands that spoil it. */
  wire(id: string): MemoryWirePair {
    const wire = this.#wires.get(id);
    if (wire === undefined) throw new RangeError(`the campus has no wire ${id}, only ${[...this.#wires.keys()].join(", ")}`);
    return wire;
  }

  /** Every controller that runs has its lists from the cloud, and every device of it answers; but for room locks, which may be out of reach. */
  get isReady(): boolean {
    return [...this.controllers.values()]
      .filter(({ isRunning }) => isRunning)
      .every(
        (each) =>
          each.devices().every(({ health, kind }) => health === "online" || kind === "room-lock") &&
          each.accessPoints().every(({ freshness }) => freshness === "fresh"),
      );
  }

  /** Power goes everywhere: controllers die in mid-word, relays drop, the cloud's line is dead. */
  powerCut(): void {
    for (const controller of this.controllers.values()) controller.powerCut();
    for (const wire of this.#wires.values()) wire.cut();
    for (const board of this.devices.boards.values()) board.powerCycle();
    this.cloud.unplug();
  }

  /** Power is back at boards and controllers; the network is not yet: {@link VirtualCloud.plug}. */
  async powerReturns(): Promise<void> {
    for (const wire of this.#wires.values()) wire.mend();
    for (const controller of this.controllers.values()) await controller.start();
  }

  /**
   * Passes time until something is done.
   *
   * @throws when it is not done within that time
   */
  during<T>(work: Promise<T>, withinMs: number): Promise<T> {
    return passedUntil(this.clock, work, withinMs);
  }

  /** Ends everything and removes the folder. */
  async end(): Promise<void> {
    for (const controller of this.controllers.values()) if (controller.isRunning) await controller.stop();
    await this.during(this.cloud.end(), READY_WITHIN_MS);
    this.devices.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** The right time, which goes on while all sleep. */
interface World {
  sleptMs: number;
  readonly wallMs: () => number;
}

function worldOf(clock: SimulatedClock): World {
  const world: World = { sleptMs: 0, wallMs: () => VIRTUAL_START_MS + clock.monotonic() + world.sleptMs };
  return world;
}
