import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Random, type RandomBytes, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import {
  type ChainVerdict,
  type Configuration,
  Controller,
  type ControllerReport,
  type DeviceRow,
  type EventLine,
  parseConfiguration,
  readListHere,
} from "@portico/controller";
import {
  listeners,
  type MemoryWirePair,
  memoryWirePair,
  seededRandom,
  seededRandomBytes,
  type SimulatedClock,
  simulatedClock,
  type WireFaults,
} from "@portico/firmware-ts";
import { campusConfiguration, TRUST_LIST_FILE } from "./campus/campus-configuration.ts";
import { type CampusDevices, campusDevices, deviceHands } from "./campus/campus-devices.ts";
import type { CampusHands } from "./campus/campus-hands.ts";
import { campusList } from "./campus/campus-list.ts";
import { campusTrustList } from "./campus/campus-trust.ts";
import { type Campus, wiresOf } from "./campus/campus.ts";
import { CAMPUS_SECRET_BYTES, derivedBytes } from "./campus/derived-bytes.ts";
import { type WireOpening, wireOpening } from "./wire-opening.ts";

export interface VirtualCampusOptions {
  /** The campus of a secret; the secret is drawn from the seed. */
  readonly make: (secret: Uint8Array) => Campus;
  /** Of everything that chance decides: keys, jitter, faults. The same seed gives the same run. */
  readonly seed: number;
  /** What goes wrong on every wire from the beginning. Default: nothing. */
  readonly faults?: WireFaults;
  /** Who vouches for the controller's clock; default `system`. */
  readonly clock?: "system" | "time-frames";
}

/** Baud of every simulated line. */
const BAUD = 115_200;
/** How long a virtual board thinks. */
const ANSWER_AFTER_MS = 2;
const ONLINE_WITHIN_MS = 10_000;
const STOP_WITHIN_MS = 10_000;
const LOAD_WITHIN_MS = 60_000;
const STEP_MS = 100;
/** Long answers are given in portions. */
const READ_WITHIN_MS = 1_000;

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
  /** Everything that the controller has reported, over all of its runs. */
  readonly reports: ControllerReport[] = [];
  /** What went so wrong that the program should have ended. */
  readonly fatal: Error[] = [];
  readonly #folder: string;
  readonly #configuration: Configuration;
  readonly #wires: ReadonlyMap<string, MemoryWirePair>;
  readonly #told = listeners<[ControllerReport]>();
  readonly #randomBytes: RandomBytes;
  readonly #random: Random;
  readonly #openings: WireOpening[] = [];
  #hostErrorMs = 0;
  #boot = 1;
  #controller: Controller | undefined;

  private constructor({ make, seed, faults = {}, clock = "system" }: VirtualCampusOptions) {
    const drawn = (label: string): Random => seededRandom(u32(derivedBytes(secretOf(seed), label, 4)));
    this.seed = seed;
    this.campus = make(derivedBytes(secretOf(seed), "campus", CAMPUS_SECRET_BYTES));
    this.clock = simulatedClock();
    this.#random = drawn("controller");
    this.#randomBytes = seededRandomBytes(drawn("controller's keys"));
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
    this.#configuration = configured(this.campus, this.#folder, clock);
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
    if (this.#controller === undefined) throw new Error("no controller runs: it was stopped, or the power is cut");
    return this.#controller;
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
    this.#hostErrorMs = ms;
  }

  /** Starts the controller, which must not be running. */
  async start(): Promise<void> {
    this.#controller = await Controller.start(this.#configuration, {
      clock: this.clock,
      hostWallMs: () => this.#wallMs() + this.#hostErrorMs,
      random: this.#random,
      randomBytes: this.#randomBytes,
      bootId: `boot ${this.#boot}`,
      version: "virtual",
      readList: readListHere,
      openCloud: () => {
        throw new Error("a virtual campus has no cloud");
      },
      openWire: ({ id }) => {
        const opening = wireOpening(this.wire(id).near);
        this.#openings.push(opening);
        return opening;
      },
      onReport: (report) => {
        this.reports.push(report);
        this.#told.tell(report);
      },
      onWarning: () => {},
      onFatal: (failure) => this.fatal.push(failure),
    });
    await this.clock.settle();
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
  async stop(): Promise<void> {
    const stopping = this.controller.stop();
    this.#controller = undefined;
    this.#openings.length = 0;
    await this.during(stopping, STOP_WITHIN_MS); // outputs are asked off over the wires, and wires need time
  }

  /** The controller is killed while the machine stays up: what it has handed to its wires arrives, nothing else leaves, boards keep what they were told. */
  kill(): void {
    const { controller } = this;
    for (const opening of this.#openings.splice(0)) opening.sever();
    this.#controller = undefined;
    controller.abandon();
  }

  /** Power goes everywhere: the controller dies in mid-word, what is on the wires is lost, relays drop. {@link powerReturns} brings it back. */
  powerCut(): void {
    this.kill();
    this.#boot++;
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
  async during<T>(work: Promise<T>, withinMs: number): Promise<T> {
    const deadline = this.clock.monotonic() + withinMs;
    const progress = { isDone: false };
    const done = work.finally(() => (progress.isDone = true));
    for (await this.clock.settle(); !progress.isDone; await this.clock.pass(STEP_MS)) {
      if (this.clock.monotonic() < deadline) continue;
      throw new Error(`not done after ${withinMs} ms of virtual time (seed ${this.seed})`);
    }
    return done;
  }

  /** What `portico device list` shows. */
  devicesRows(): readonly DeviceRow[] {
    return this.controller.answers["GET /v1/devices"]({ params: {}, query: new URLSearchParams(), body: undefined }) as readonly DeviceRow[];
  }

  /** Every event in the controller's log, oldest first. */
  async events(): Promise<EventLine[]> {
    const lines: EventLine[] = [];
    const query = new URLSearchParams({ after: "0", limit: "100000" });
    const stream = this.controller.answers["GET /v1/events"]({ params: {}, query, body: undefined });
    let isWhole = false;
    stream.start(
      (line) => lines.push(line),
      () => (isWhole = true),
    );
    await this.clock.until(() => isWhole, READ_WITHIN_MS);
    return lines;
  }

  /** Whether the chain of events holds. */
  async chain(): Promise<ChainVerdict> {
    const verifying = this.controller.answers["POST /v1/events/verify"]({ params: {}, query: new URLSearchParams(), body: undefined });
    return this.during(Promise.resolve(verifying), READ_WITHIN_MS);
  }

  /** Ends everything and removes the folder. */
  async end(): Promise<void> {
    if (this.#controller !== undefined) await this.stop();
    this.devices.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #listFolder(): string {
    return join(this.#folder, "list");
  }

  #wallMs(): number {
    return START_MS + this.clock.monotonic();
  }
}

/** 2027-01-11T00:30:00Z, half past eight in the morning of a Monday in term on the campus. */
const START_MS = 1_799_627_400_000;

function configured(campus: Campus, folder: string, clock: "system" | "time-frames"): Configuration {
  const text = campusConfiguration(campus, { addressOf: (wire) => `/dev/${wire}`, clock });
  const places = { dataFolder: join(folder, "controller"), socket: join(folder, "controller.sock") };
  const reading = parseConfiguration(new TextEncoder().encode(text), join(folder, "portico.toml"), places);
  if (!reading.ok) throw new Error(`the configuration of a campus cannot be run: ${JSON.stringify(reading.problems)}`);
  return reading.configuration;
}

/** The secret of a seed: everybody can know it, so it is good for simulations alone. */
const secretOf = (seed: number): Uint8Array => new TextEncoder().encode(`seed ${seed}`);
const u32 = (bytes: Uint8Array): number => bytes.reduce((sum, byte) => sum * 256 + byte, 0);
