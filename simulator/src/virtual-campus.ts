import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { ChainVerdict, Controller, ControllerReport, DeviceRow, EventLine } from "@portico/controller";
import { listeners, type MemoryWirePair, memoryWirePair, seededRandomBytes, type SimulatedClock, simulatedClock, type WireFaults } from "@portico/firmware-ts";
import { TRUST_LIST_FILE } from "./campus/campus-configuration.ts";
import { type CampusDevices, campusDevices, deviceHands } from "./campus/campus-devices.ts";
import type { CampusHands } from "./campus/campus-hands.ts";
import { campusList } from "./campus/campus-list.ts";
import { campusTrustList } from "./campus/campus-trust.ts";
import { type Campus, wiresOf } from "./campus/campus.ts";
import { seeded, VIRTUAL_START_MS } from "./seeded.ts";
import { passedUntil, VirtualController } from "./virtual-controller.ts";
import { VirtualAir } from "./virtual-air.ts";

export interface VirtualCampusOptions {
  /** The campus of a secret; the secret is drawn from the seed. */
  readonly make: (secret: Uint8Array) => Campus;
  /** Of everything that chance decides: keys, jitter, faults. The same seed gives the same run. */
  readonly seed: number;
  /** What goes wrong on every wire from the beginning. Default: nothing. */
  readonly faults?: WireFaults;
  /** Who vouches for the controller's clock; default `system`. */
  readonly clock?: "system" | "time-frames";
  /** What somebody has changed in the controller's `portico.toml` by hand. */
  readonly amend?: (portico: string) => string;
}

/** Baud of every simulated line. */
const BAUD = 115_200;
/** How long a virtual board thinks. */
const ANSWER_AFTER_MS = 2;
const ONLINE_WITHIN_MS = 10_000;
const LOAD_WITHIN_MS = 60_000;

/**
 * A campus in virtual time: the production controller on a real database in a temporary folder, its wires in memory, and at their far ends boards,
 * scanners, turnstiles and doors. Nothing happens but when time is passed on {@link clock}.
 */
export class VirtualCampus {
  readonly campus: Campus;
  readonly seed: number;
  readonly clock: SimulatedClock;
  readonly devices: CampusDevices;
  readonly hands: CampusHands;
  /** What its beacons advertise. */
  readonly air: VirtualAir;
  /** Everything that the controller has reported, over all of its runs. */
  readonly reports: ControllerReport[] = [];
  /** What went so wrong that the program should have ended. */
  readonly fatal: Error[] = [];
  readonly #folder: string;
  readonly #wires: ReadonlyMap<string, MemoryWirePair>;
  readonly #told = listeners<[ControllerReport]>();
  readonly #machine: VirtualController;

  private constructor({ make, seed, faults = {}, clock = "system", amend }: VirtualCampusOptions) {
    const { secret, drawn } = seeded(seed);
    this.seed = seed;
    this.campus = make(secret);
    this.clock = simulatedClock();
    this.air = new VirtualAir(this.clock);
    this.#wires = new Map(
      wiresOf(this.campus).map(({ id }) => [id, memoryWirePair({ name: id, clock: this.clock, random: drawn(`wire ${id}`), baud: BAUD, faults })]),
    );
    this.devices = campusDevices({
      campus: this.campus,
      clock: this.clock,
      random: drawn("scanners"),
      wireOf: (id) => this.wire(id).far,
      answerAfterMs: ANSWER_AFTER_MS,
    });
    this.hands = deviceHands(this.devices, this.#told.add);
    this.#folder = mkdtempSync(join(tmpdir(), "portico-campus-"));
    this.#machine = new VirtualController({
      campus: this.campus,
      folder: this.#folder,
      wiring: { clock },
      ...(amend === undefined ? {} : { amend }),
      openBeacon: (beacon) => this.air.beacon(beacon),
      clock: this.clock,
      wallMs: () => this.#wallMs(),
      random: drawn("controller"),
      randomBytes: seededRandomBytes(drawn("controller's keys")),
      wireOf: (id) => this.wire(id),
      onReport: (report) => {
        this.reports.push(report);
        this.#told.tell(report);
      },
      onFatal: (failure) => this.fatal.push(failure),
    });
    mkdirSync(this.#listFolder);
    for (const { file, text } of campusList(this.campus)) writeFileSync(join(this.#listFolder, file), text);
    writeFileSync(join(this.#folder, TRUST_LIST_FILE), campusTrustList(this.campus, this.now()));
  }

  /** A campus whose controller runs, has its list, and finds every device on line (with faults: most of the time). */
  static async open(options: VirtualCampusOptions): Promise<VirtualCampus> {
    const campus = new VirtualCampus(options);
    await campus.start();
    await campus.loadList();
    await campus.online();
    return campus;
  }

  /** The right time, seconds. */
  now = (): UnixSeconds => unixSeconds(Math.floor(this.#wallMs() / 1000));

  /** The controller that runs now. */
  get controller(): Controller {
    return this.#machine.controller;
  }

  /** Both ends of a wire, and the hands that spoil it. */
  wire(id: string): MemoryWirePair {
    const wire = this.#wires.get(id);
    if (wire === undefined) throw new RangeError(`the campus has no wire ${id}, only ${[...this.#wires.keys()].join(", ")}`);
    return wire;
  }

  /** From now on every wire misbehaves like this; `{}` heals them. */
  setFaults(faults: WireFaults): void {
    for (const wire of this.#wires.values()) wire.setFaults(faults);
  }

  /** The host's clock is off by so much from now on; the controller notices at its next reading. */
  setHostClockError(ms: number): void {
    this.#machine.setHostClockError(ms);
  }

  /** Starts the controller, which must not be running. */
  start(): Promise<void> {
    return this.#machine.start();
  }

  /** Loads the campus's list, as `portico list load` does. */
  async loadList(): Promise<void> {
    const loading = this.controller.answers["POST /v1/list/load"]({
      params: {},
      query: new URLSearchParams(),
      body: { folder: this.#listFolder, by: "simulator", reason: "the campus as it is" },
    });
    await this.during(Promise.resolve(loading), LOAD_WITHIN_MS);
  }

  /** Stops the controller in order. */
  stop(): Promise<void> {
    return this.#machine.stop();
  }

  /** The controller is killed while the machine stays up: what it has handed to its wires arrives, nothing else leaves, boards keep what they were told. */
  kill(): void {
    this.#machine.kill();
  }

  /** Power goes everywhere: the controller dies in mid-word, what is on the wires is lost, relays drop. {@link powerReturns} brings it back. */
  powerCut(): void {
    this.#machine.powerCut();
    for (const wire of this.#wires.values()) wire.cut();
    for (const board of this.devices.boards.values()) board.powerCycle();
  }

  /** Power is back: boards answer and the controller starts in another boot of its machine. */
  async powerReturns(): Promise<void> {
    for (const wire of this.#wires.values()) wire.mend();
    await this.start();
  }

  /** Passes time until every device is on line. */
  online(): Promise<boolean> {
    return this.clock.until(() => this.devicesRows().every(({ health }) => health === "online"), ONLINE_WITHIN_MS);
  }

  /**
   * Passes time until something is done.
   *
   * @throws when it is not done within that time
   */
  during<T>(work: Promise<T>, withinMs: number): Promise<T> {
    return passedUntil(this.clock, work, withinMs);
  }

  /** What `portico device list` shows. */
  devicesRows(): readonly DeviceRow[] {
    return this.#machine.devices();
  }

  /** Every event in the controller's log, oldest first. */
  events(): Promise<EventLine[]> {
    return this.#machine.events();
  }

  /** Whether the chain of events holds. */
  chain(): Promise<ChainVerdict> {
    return this.#machine.chain();
  }

  /** Ends everything and removes the folder. */
  async end(): Promise<void> {
    if (this.#machine.isRunning) await this.stop();
    this.devices.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #listFolder(): string {
    return join(this.#folder, "list");
  }

  #wallMs(): number {
    return VIRTUAL_START_MS + this.clock.monotonic();
  }
}
