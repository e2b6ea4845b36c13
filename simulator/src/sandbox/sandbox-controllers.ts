import { join } from "node:path";
import { SetupError } from "@portico/card-protocol";
import {
  type AccessPointRow,
  Controller,
  type ControllerStatus,
  type DeviceRow,
  MemoryLoans,
  MemoryMoney,
  parseConfiguration,
  readListHere,
  WIRES_ALONE,
} from "@portico/controller";
import { listeners, type MemoryWirePair, memoryWirePair } from "@portico/firmware-ts";
import { campusConfiguration, TRUST_LIST_FILE } from "../campus/campus-configuration.ts";
import { type CampusDevices, campusDevices, deviceHands } from "../campus/campus-devices.ts";
import { type CampusFolder, partFolder } from "../campus/campus-folder.ts";
import type { CampusHands, HeardReport } from "../campus/campus-hands.ts";
import { campusOf, type CampusPart, wiresOf } from "../campus/campus.ts";
import { sharedHands } from "../life/shared-hands.ts";
import { openUplink, type Uplink } from "../programs/uplink.ts";
import { wireOpening } from "../wire-opening.ts";
import type { SandboxMachine } from "./sandbox-machine.ts";

const READY_WITHIN_MS = 30_000;
const LOOK_EVERY_MS = 10;
const NOTHING_ASKED = { params: {}, query: new URLSearchParams(), body: undefined } as const;

/** One controller of a sandbox, and the line from it to the cloud. */
interface Place {
  readonly part: CampusPart;
  readonly uplink: Uplink;
  controller: Controller | undefined;
}

/**
 * The controllers of a sandbox with everything that is wired to them, in this program: the production ones, on databases of their own, their cloud behind a line
 * on loopback that can be cut.
 */
export class SandboxControllers {
  readonly hands: CampusHands;
  readonly #folder: CampusFolder;
  readonly #machine: SandboxMachine;
  readonly #onFatal: (failure: Error) => void;
  readonly #wires: ReadonlyMap<string, MemoryWirePair>;
  readonly #devices: CampusDevices;
  readonly #told = listeners<[HeardReport]>();
  readonly #places: readonly Place[];
  #boots = 0;

  private constructor(folder: CampusFolder, machine: SandboxMachine, uplinks: readonly Uplink[], onFatal: (failure: Error) => void) {
    const { campus } = folder;
    const { clock, random } = machine;
    [this.#folder, this.#machine, this.#onFatal] = [folder, machine, onFatal];
    this.#wires = new Map(wiresOf(campus).map(({ id }) => [id, memoryWirePair({ name: id, clock, random })]));
    this.#devices = campusDevices({ campus, clock, random, wireOf: (id) => this.#wires.get(id)!.far });
    this.hands = sharedHands(deviceHands(this.#devices, this.#told.add), clock);
    this.#places = campus.parts.map((part, nth) => ({ part, uplink: uplinks[nth]!, controller: undefined }));
  }

  /** Hangs everything up; nothing runs yet. @param onFatal  a controller cannot go on */
  static async open(folder: CampusFolder, machine: SandboxMachine, onFatal: (failure: Error) => void): Promise<SandboxControllers> {
    const uplinks = await Promise.all(folder.campus.parts.map(() => openUplink()));
    return new SandboxControllers(folder, machine, uplinks, onFatal);
  }

  /** Where the cloud listens. */
  leadTo(port: number): void {
    for (const { uplink } of this.#places) uplink.leadTo(port);
  }

  /** What each controller is doing, for whoever looks. */
  list(): readonly { readonly id: string; readonly zone: string; readonly isOn: boolean; readonly feed: string }[] {
    return this.#places.map(({ part, controller, uplink }) => ({
      id: part.controller,
      zone: part.zone,
      isOn: controller !== undefined,
      feed:
        controller === undefined ? "off" : uplink.isCut ? "cut" : (controller.answers["GET /v1/status"](NOTHING_ASKED) as ControllerStatus).feed!.connection,
    }));
  }

  /** Whether readers are lit. */
  get isOn(): boolean {
    return this.#places.every(({ controller }) => controller !== undefined);
  }

  /** Switches all on that are off. Resolves when they hold fresh lists, or at once where the line is cut. @throws SetupError where they do not get them */
  async start(): Promise<void> {
    for (const place of this.#places) place.controller ??= await this.#started(place.part, place.uplink);
    if (this.#places.some(({ uplink }) => uplink.isCut)) return;
    const deadline = this.#machine.clock.monotonic() + READY_WITHIN_MS;
    while (!this.#isReady) {
      if (this.#machine.clock.monotonic() > deadline)
        throw new SetupError("the controllers got no lists from the cloud", this.#folder.path, "See what the cloud says; begin anew with --fresh.");
      await this.#after(LOOK_EVERY_MS);
    }
  }

  /** Switches all off in order. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#places.map(async (place) => {
        const { controller } = place;
        place.controller = undefined;
        await controller?.stop();
      }),
    );
  }

  cut(): void {
    for (const { uplink } of this.#places) uplink.cut();
  }

  async mend(): Promise<void> {
    for (const { uplink } of this.#places) await uplink.mend();
  }

  async close(): Promise<void> {
    await this.stop();
    this.#devices.close();
    for (const { uplink } of this.#places) await uplink.close();
  }

  get #isReady(): boolean {
    return this.#places.every(({ controller }) => {
      const points = controller!.answers["GET /v1/access-points"](NOTHING_ASKED) as readonly AccessPointRow[];
      const devices = controller!.answers["GET /v1/devices"](NOTHING_ASKED) as readonly DeviceRow[];
      return devices.every(({ health }) => health === "online") && points.every(({ freshness }) => freshness === "fresh");
    });
  }

  #started(part: CampusPart, uplink: Uplink): Promise<Controller> {
    const { clock, wallMs, random, randomBytes, openCloud } = this.#machine;
    return Controller.start(this.#configuration(part, uplink), {
      clock,
      hostWallMs: wallMs,
      random,
      randomBytes,
      bootId: `sandbox boot ${++this.#boots}`,
      version: "sandbox",
      readList: readListHere,
      openCloud,
      ...WIRES_ALONE,
      openWire: ({ id }) => wireOpening(this.#wires.get(id)!.near),
      onReport: (report) => this.#told.tell({ ...report, controller: part.controller }),
      onWarning: () => {},
      money: new MemoryMoney(),
      loans: new MemoryLoans(),
      batteries: () => [],
      batteryClock: () => undefined,
      onFatal: this.#onFatal,
    });
  }

  #configuration(part: CampusPart, uplink: Uplink) {
    const { campus, path } = this.#folder;
    const place = partFolder(path, campus, part);
    const cloud = { url: `http://127.0.0.1:${uplink.port}`, zone: part.zone };
    const text = campusConfiguration(campusOf(campus, part), { addressOf: (wire) => `/dev/${wire}`, trustList: join(path, TRUST_LIST_FILE), cloud });
    const reading = parseConfiguration(new TextEncoder().encode(text), join(place, "portico.toml"), { dataFolder: place, socket: join(place, "c.sock") });
    if (!reading.ok) throw new Error(`the configuration of a sandbox cannot be run: ${JSON.stringify(reading.problems)}`);
    return reading.configuration;
  }

  #after(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#machine.clock.after(ms, resolve));
  }
}
