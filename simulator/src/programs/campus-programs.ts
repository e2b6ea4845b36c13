import { relative } from "node:path";
import type { Clock, RandomBytes, UnixSeconds } from "@portico/card-protocol";
import type { CloudReport } from "@portico/cloud-sync";
import type { ControllerReport } from "@portico/controller";
import { listeners } from "@portico/firmware-ts";
import { type CampusFolder, openCampusFolder, partFolder, writeCampusConfiguration } from "../campus/campus-folder.ts";
import type { CampusHands, HeardReport, StationHands } from "../campus/campus-hands.ts";
import type { CampusPart } from "../campus/campus.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
import { writeOperatorFile } from "../cloud/operator-file.ts";
import type { CampusProgramsOptions } from "./campus-options.ts";
import { type ChildProgram, endText, type ProgramEnd } from "./child-program.ts";
import { type StartedDevices, startDevices, within } from "./devices-start.ts";
import { requireOwnFolder } from "./own-folder.ts";
import type { DevicesReady, GuardedProgram } from "./devices-api.ts";
import { DevicesClient, clientHands, clientStationHands } from "./devices-client.ts";
import { campusRuns, isAnswered } from "./devices-server.ts";
import { hasSocat, requireSocat } from "./socat-pair.ts";
import { type CampusSockets, campusSockets, makeSocketFolder, removeSocketFolder } from "./socket-path.ts";
import { SupervisedProgram } from "./supervised-program.ts";

/** A program ended that the campus cannot do without. */
export class CampusEnded extends Error {
  override readonly name = "CampusEnded";
  readonly what: string;
  /** The folder. */
  readonly where: string;

  constructor(what: string, where: string) {
    super(`${what} (${where})`);
    this.what = what;
    this.where = where;
  }
}

/** What the campus takes from the machine. */
export interface CampusSurroundings {
  readonly clock: Clock;
  readonly now: () => UnixSeconds;
  readonly randomBytes: RandomBytes;
}

const CONTROLLER_ENDS_WITHIN_MS = 8_000;
const CLOUD_ENDS_WITHIN_MS = 6_000;
const DEVICES_END_WITHIN_MS = 4_000;
/** The devices hear the last of the controllers' reports within this time, or not at all. */
const TOLD_WITHIN_MS = 1_000;

/**
 * A campus of real programs: `portico cloud run`, `portico sim devices` and a `portico controller run` for each part of the campus, children of this one. The
 * wires between devices and controllers, and the line from these to the cloud, can be cut. A cloud or controller that ends is started anew, as a system's
 * supervisor does.
 */
export class CampusPrograms {
  readonly folder: CampusFolder;
  readonly sockets: CampusSockets;
  readonly devices: DevicesReady;
  readonly cloud: SupervisedProgram;
  /** By id. */
  readonly controllers: ReadonlyMap<string, SupervisedProgram>;
  /** Where the cloud listens. */
  readonly cloudUrl: string;
  /** True time, for whoever lives in this campus. */
  readonly clock: Clock;
  readonly now: () => UnixSeconds;
  readonly hands: CampusHands;
  readonly stations: StationHands;
  readonly #options: CampusProgramsOptions;
  readonly #devicesProgram: ChildProgram;
  readonly #client: DevicesClient;
  readonly #told = listeners<[HeardReport]>();
  readonly #guarded = new Map<string, GuardedProgram>();
  #telling: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  private constructor(
    parts: CampusSurroundings & { options: CampusProgramsOptions; folder: CampusFolder; sockets: CampusSockets; started: StartedDevices; cloud: StartedCloud },
  ) {
    const { options, clock, now, folder, sockets, started, cloud } = parts;
    this.#options = options;
    this.clock = clock;
    this.now = now;
    this.folder = folder;
    this.sockets = sockets;
    this.devices = started.ready;
    this.cloud = cloud.program;
    this.cloudUrl = cloud.url();
    this.#devicesProgram = started.program;
    this.#client = new DevicesClient(sockets.sim);
    this.hands = clientHands(this.#client, this.#told.add);
    this.stations = clientStationHands(this.#client);
    this.controllers = new Map(folder.campus.parts.map((part) => [part.controller, this.#controllerOf(part)]));
    cloud.onPid((pid) => this.#guard("cloud", pid, cloud.folder));
  }

  /**
   * Prepares the folder, starts cloud and devices, writes the configurations for their wires and ports, and starts the controllers. Resolves when each listens to
   * every wire.
   *
   * @throws SetupError naming what must be put right first
   */
  static async start(surroundings: CampusSurroundings, options: CampusProgramsOptions): Promise<CampusPrograms> {
    const { clock, now, randomBytes } = surroundings;
    if (options.wires === "pty") requireSocat();
    const sockets = campusSockets(options.folder);
    makeSocketFolder(sockets);
    if (await isAnswered(sockets.sim)) throw campusRuns(sockets.sim);
    requireOwnFolder(options.folder);
    const folder = openCampusFolder(options.folder, wholeCampus, randomBytes, now());
    // Whoever only has something scanned, or hosts the devices, loads no cloud.
    const { openCloudFolder } = await import("../cloud/cloud-folder.ts");
    const cloudFolder = await openCloudFolder(folder, randomBytes);
    const kind = options.wires ?? (hasSocat() ? "pty" : "tcp");
    const cloud = cloudOf(folder, cloudFolder, options, clock);
    const [devicesUp, cloudUp] = await Promise.allSettled([startDevices(options, kind, clock), cloud.program.start()]);
    if (devicesUp.status === "rejected" || cloudUp.status === "rejected") {
      await cloud.program.stop();
      if (devicesUp.status === "fulfilled") await endDevices(devicesUp.value.program, options, clock);
      throw devicesUp.status === "rejected" ? devicesUp.reason : (cloudUp as PromiseRejectedResult).reason;
    }
    const programs = new CampusPrograms({ ...surroundings, options, folder, sockets, started: devicesUp.value, cloud });
    try {
      await programs.#startControllers();
    } catch (error) {
      await programs.stop();
      throw error;
    }
    void devicesUp.value.program.ended.then((end) => programs.#devicesEnded(end));
    return programs;
  }

  get devicesPid(): number | undefined {
    return this.#devicesProgram.pid;
  }

  /** How often a controller or the cloud has ended by itself. */
  get crashes(): number {
    return [this.cloud, ...this.controllers.values()].reduce((sum, { crashes }) => sum + crashes, 0);
  }

  /** Resolves when everything that controllers have reported so far was told. */
  async told(): Promise<void> {
    await this.#telling;
  }

  /** Pulls the plug of the line to the cloud, or puts it back. */
  async plugCloud(isIn: boolean): Promise<void> {
    await this.#client.ask(isIn ? "mend" : "cut", { wire: this.devices.uplink.id });
  }

  /** Ends everything in order: the controllers while the boards still answer, the cloud, then the devices. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    await Promise.all([...this.controllers.values()].map((controller) => controller.stop()));
    await this.cloud.stop();
    await within(this.clock, TOLD_WITHIN_MS, this.#telling, this.#devicesProgram.ended);
    await endDevices(this.#devicesProgram, this.#options, this.clock);
    this.#client.close();
    removeSocketFolder(this.sockets);
  }

  async #startControllers(): Promise<void> {
    const { folder, sockets, devices } = this;
    const addresses = new Map([...devices.wires, ...devices.network].map(({ id, address }) => [id, address]));
    await this.#client.ask("lead", { port: Number(new URL(this.cloudUrl).port) });
    writeOperatorFile(folder, this.cloudUrl);
    for (const part of folder.campus.parts) {
      const place = partFolder(folder.path, folder.campus, part);
      const socket = sockets.controllerOf(part.zone);
      writeCampusConfiguration(folder, part, {
        addressOf: (wire) => addresses.get(wire)!,
        cloud: { url: `http://${devices.uplink.address}`, zone: part.zone },
        data: ".",
        socket: sockets.isElsewhere ? socket : relative(place, socket),
      });
    }
    const starts = await Promise.allSettled([...this.controllers.values()].map((controller) => controller.start()));
    const failed = starts.find((start) => start.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }

  #controllerOf(part: CampusPart): SupervisedProgram {
    const { portico, env, onNote } = this.#options;
    const configurationFile = this.folder.configurationOf(part);
    return new SupervisedProgram({
      name: part.controller,
      command: () => [...portico, "controller", "run", "--config", configurationFile],
      env: { ...env, ...(this.devices.bus !== undefined && { DBUS_SYSTEM_BUS_ADDRESS: this.devices.bus }) },
      clock: this.clock,
      where: configurationFile,
      endsWithinMs: CONTROLLER_ENDS_WITHIN_MS,
      isUp: (line) => (parsed(line) as ControllerReport | undefined)?.kind === "started",
      onLine: (line) => this.#report(part.controller, line),
      onPid: (pid) => this.#guard(part.controller, pid, configurationFile),
      onNote,
      onFailure: (failure) => this.#fail(failure),
    });
  }

  #devicesEnded(end: ProgramEnd): void {
    this.#fail(new CampusEnded(`the devices ended: ${endText(end)}`, this.folder.path));
  }

  #fail(failure: Error): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#options.onFailure(failure);
  }

  #report(controller: string, line: string): void {
    const read = parsed(line) as ControllerReport | undefined;
    if (read === undefined) return this.#options.onNote({ kind: "said", program: controller, line });
    const report = { ...read, controller };
    this.#tell(async () => {
      // Devices that are gone know of no scan.
      const mark = await this.#client.ask("tell", { report }).catch(() => null);
      this.#told.tell(mark === null ? report : { ...report, scan: mark });
    });
  }

  /** Devices that are gone need not be told. */
  #guard(name: string, pid: number | undefined, word: string): void {
    if (pid === undefined) this.#guarded.delete(name);
    else this.#guarded.set(name, { pid, word });
    const programs = [...this.#guarded.values()];
    this.#tell(() => this.#client.ask("guard", { programs }).catch(() => null));
  }

  /** One after the other, so that order is kept. */
  #tell(tell: () => Promise<unknown>): void {
    this.#telling = this.#telling.then(tell);
  }
}

interface StartedCloud {
  readonly program: SupervisedProgram;
  readonly folder: string;
  readonly url: () => string;
  /** Called with the program that runs, now and after each start. */
  readonly onPid: (listener: (pid: number | undefined) => void) => void;
}

/** The cloud of a campus; it keeps the port that it was given at its first start. */
function cloudOf({ campus }: CampusFolder, folder: string, { portico, env, onNote, onFailure }: CampusProgramsOptions, clock: Clock): StartedCloud {
  let url = "";
  let listener: (pid: number | undefined) => void = () => {};
  const program = new SupervisedProgram({
    name: "cloud",
    command: () => {
      const listen = `127.0.0.1:${url === "" ? 0 : new URL(url).port}`;
      return [...portico, "cloud", "run", "--data", folder, "--site", campus.site, "--time-zone", campus.timeZone, "--listen", listen];
    },
    env,
    clock,
    where: folder,
    endsWithinMs: CLOUD_ENDS_WITHIN_MS,
    isUp(line) {
      const report = parsed(line) as CloudReport | undefined;
      if (report?.kind !== "started") return false;
      url = report.url;
      return true;
    },
    onLine: () => {},
    onPid: (pid) => listener(pid),
    onNote,
    onFailure,
  });
  return {
    program,
    folder,
    url: () => url,
    onPid(next) {
      listener = next;
      next(program.pid);
    },
  };
}

async function endDevices(devices: ChildProgram, { onNote }: CampusProgramsOptions, clock: Clock): Promise<void> {
  devices.signal("SIGTERM");
  const cancel = clock.after(DEVICES_END_WITHIN_MS, () => {
    devices.signal("SIGKILL");
    onNote({ kind: "killed", program: "devices" });
  });
  await devices.ended;
  cancel();
}

/** One that is killed in mid-word leaves half a line. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
