import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Random, RandomBytes } from "@portico/card-protocol";
import {
  type AccessPointRow,
  type ChainVerdict,
  Controller,
  type ControllerReport,
  type ControllerStatus,
  type ControllerSurroundings,
  type DeviceRow,
  type EventLine,
  parseConfiguration,
  type PrintingWays,
  readListHere,
  WIRES_ALONE,
  MemoryLoans,
  MemoryMoney,
} from "@portico/controller";
import type { MemoryWirePair, SimulatedClock } from "@portico/firmware-ts";
import { campusConfiguration, type CampusWiring } from "./campus/campus-configuration.ts";
import { networkDevice } from "./campus/campus-stations.ts";
import type { Campus } from "./campus/campus.ts";
import { type WireOpening, wireOpening } from "./wire-opening.ts";

/** What a virtual machine gives the controller that runs on it. */
export interface VirtualControllerOptions {
  /** All that this controller drives; it has the campus's controller id. */
  readonly campus: Campus;
  /** The machine's disk, made where it is not there. The trust list is expected in it. */
  readonly folder: string;
  readonly wiring?: Pick<CampusWiring, "clock" | "cloud" | "pollMs">;
  /** What somebody has changed in its `portico.toml` by hand. */
  readonly amend?: (portico: string) => string;
  readonly clock: SimulatedClock;
  /** The right time, ms since 1970. */
  readonly wallMs: () => number;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
  readonly wireOf: (id: string) => MemoryWirePair;
  readonly openCloud?: ControllerSurroundings["openCloud"];
  readonly openBeacon?: ControllerSurroundings["openBeacon"];
  /** The ways to room locks; absent: there are none. */
  readonly locks?: ControllerSurroundings["locks"];
  /** How its printers are reached; default: nothing prints here. */
  readonly openPrinter?: PrintingWays["openPrinter"];
  readonly onReport: (report: ControllerReport) => void;
  readonly onFatal: (failure: Error) => void;
}

const STOP_WITHIN_MS = 10_000;
/** Long answers are given in portions. */
const READ_WITHIN_MS = 1_000;
const STEP_MS = 100;
const NOTHING_ASKED = { params: {}, query: new URLSearchParams(), body: undefined } as const;

/** The production controller on a machine that is not there: a real database in a folder, wires in memory, time that is told to pass. */
export class VirtualController {
  readonly #options: VirtualControllerOptions;
  readonly #openings: WireOpening[] = [];
  #hostErrorMs = 0;
  #boot = 1;
  #controller: Controller | undefined;

  constructor(options: VirtualControllerOptions) {
    this.#options = options;
    mkdirSync(options.folder, { recursive: true });
  }

  get id(): string {
    return this.#options.campus.controller;
  }

  /** Where the configuration would stand that each start is given, and where one that it takes is put. */
  get configurationFile(): string {
    return join(this.#options.folder, CONFIGURATION_FILE);
  }

  get isRunning(): boolean {
    return this.#controller !== undefined;
  }

  /** The controller that runs now. */
  get controller(): Controller {
    if (this.#controller === undefined) throw new Error("no controller runs: it was stopped, or the power is cut");
    return this.#controller;
  }

  /** The host's clock is off by so much from now on; the controller notices at its next reading. */
  setHostClockError(ms: number): void {
    this.#hostErrorMs = ms;
  }

  /** Starts the controller, which must not be running. */
  async start(): Promise<void> {
    const { clock, wallMs, random, randomBytes, wireOf, openPrinter, onReport, onFatal } = this.#options;
    const openCloud = this.#options.openCloud ?? noCloud;
    const { openBeacon } = this.#options;
    this.#controller = await Controller.start(this.#configuration(), {
      clock,
      hostWallMs: () => wallMs() + this.#hostErrorMs,
      random,
      randomBytes,
      bootId: `boot ${this.#boot}`,
      version: "virtual",
      readList: readListHere,
      openCloud,
      ...WIRES_ALONE,
      ...(openBeacon && { openBeacon }),
      ...(this.#options.locks && { locks: this.#options.locks }),
      printing: { ...WIRES_ALONE.printing, ...(openPrinter && { openPrinter }) },
      openWire: ({ id }) => {
        const opening = wireOpening(wireOf(id).near);
        this.#openings.push(opening);
        return opening;
      },
      onReport,
      money: new MemoryMoney(),
      loans: new MemoryLoans(),
      batteries: () => [],
      batteryClock: () => undefined,
      onWarning: () => {},
      onFatal,
    });
    await clock.settle();
  }

  /** Stops the controller in order: outputs are asked off over the wires, and wires need time. */
  async stop(): Promise<void> {
    const stopping = this.controller.stop();
    this.#controller = undefined;
    this.#openings.length = 0;
    await this.during(stopping, STOP_WITHIN_MS);
  }

  /** It is killed while the machine stays up: what it has handed to its wires arrives, nothing else leaves. */
  kill(): void {
    const { controller } = this;
    for (const opening of this.#openings.splice(0)) opening.sever();
    this.#controller = undefined;
    controller.abandon();
  }

  /** Its machine loses power: the next start is in another boot. What becomes of wires and boards is not decided here. */
  powerCut(): void {
    this.kill();
    this.#boot++;
  }

  /**
   * Passes time until something is done.
   *
   * @throws when it is not done within that time
   */
  async during<T>(work: Promise<T>, withinMs: number): Promise<T> {
    return passedUntil(this.#options.clock, work, withinMs);
  }

  /** What `portico status` shows. */
  status(): ControllerStatus {
    return this.controller.answers["GET /v1/status"](NOTHING_ASKED) as ControllerStatus;
  }

  /** What `portico access-point list` shows. */
  accessPoints(): readonly AccessPointRow[] {
    return this.controller.answers["GET /v1/access-points"](NOTHING_ASKED) as readonly AccessPointRow[];
  }

  /** What `portico device list` shows. */
  devices(): readonly DeviceRow[] {
    return this.controller.answers["GET /v1/devices"](NOTHING_ASKED) as readonly DeviceRow[];
  }

  /** Every event in the log, oldest first. */
  async events(): Promise<EventLine[]> {
    const lines: EventLine[] = [];
    const query = new URLSearchParams({ after: "0", limit: "100000" });
    const stream = this.controller.answers["GET /v1/events"]({ ...NOTHING_ASKED, query });
    let isWhole = false;
    stream.start(
      (line) => lines.push(line),
      () => (isWhole = true),
    );
    await this.#options.clock.until(() => isWhole, READ_WITHIN_MS);
    return lines;
  }

  /** Whether the chain of events holds. */
  async chain(): Promise<ChainVerdict> {
    return this.during(Promise.resolve(this.controller.answers["POST /v1/events/verify"](NOTHING_ASKED)), READ_WITHIN_MS);
  }

  #configuration(): ReturnType<typeof configured> {
    const { campus, folder, wiring = {}, amend = (portico) => portico } = this.#options;
    return configured(campus, folder, wiring, amend);
  }
}

/**
 * Passes virtual time until something is done.
 *
 * @throws when it is not done within that time
 */
export async function passedUntil<T>(clock: SimulatedClock, work: Promise<T>, withinMs: number): Promise<T> {
  const deadline = clock.monotonic() + withinMs;
  const progress = { isDone: false };
  const done = work.finally(() => (progress.isDone = true));
  for (await clock.settle(); !progress.isDone; await clock.pass(STEP_MS)) {
    if (clock.monotonic() < deadline) continue;
    throw new Error(`not done after ${withinMs} ms of virtual time`);
  }
  return done;
}

const CONFIGURATION_FILE = "portico.toml";

function noCloud(): never {
  throw new Error("this campus has no cloud");
}

function configured(campus: Campus, folder: string, wiring: Pick<CampusWiring, "clock" | "cloud" | "pollMs">, amend: (portico: string) => string) {
  const onNetwork = new Set((campus.stations ?? []).map(networkDevice));
  const text = amend(campusConfiguration(campus, { addressOf: (id) => (onNetwork.has(id) ? `${id}.example` : `/dev/${id}`), ...wiring }));
  const places = { dataFolder: join(folder, "controller"), socket: join(folder, "controller.sock") };
  const reading = parseConfiguration(new TextEncoder().encode(text), join(folder, CONFIGURATION_FILE), places);
  if (!reading.ok) throw new Error(`the configuration of a campus cannot be run: ${JSON.stringify(reading.problems)}`);
  return reading.configuration;
}
