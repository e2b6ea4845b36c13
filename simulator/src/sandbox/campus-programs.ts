import { basename } from "node:path";
import type { Clock, RandomBytes, UnixSeconds } from "@portico/card-protocol";
import type { ControllerReport } from "@portico/controller";
import { listeners } from "@portico/firmware-ts";
import { type CampusFolder, openCampusFolder, writeCampusConfiguration } from "../campus/campus-folder.ts";
import type { CampusHands, HeardReport } from "../campus/campus-hands.ts";
import { smallCampus } from "../campus/small-campus.ts";
import type { CampusProgramsOptions } from "./campus-options.ts";
import { type ChildProgram, endText, type ProgramEnd, startProgram } from "./child-program.ts";
import { failureOf, isMoreOfFailure, type StartedDevices, startDevices, STARTS_WITHIN_MS, within } from "./devices-start.ts";
import { requireOwnFolder } from "./own-folder.ts";
import type { DevicesReady } from "./sandbox-api.ts";
import { SandboxClient, sandboxHands } from "./sandbox-client.ts";
import { campusRuns, isAnswered } from "./sandbox-server.ts";
import { hasSocat, requireSocat } from "./socat-pair.ts";
import { type CampusSockets, campusSockets, makeSocketFolder, removeSocketFolder } from "./socket-path.ts";

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
const DEVICES_END_WITHIN_MS = 4_000;
/** The devices hear the last of the controller's reports within this time, or not at all. */
const TOLD_WITHIN_MS = 1_000;
/** The first wait before a controller that ended is started anew; doubled each time, until one has run for {@link STEADY_MS}. */
const AGAIN_MS_MIN = 500;
const AGAIN_MS_MAX = 10_000;
const STEADY_MS = 10_000;
/** The exit code of wrong usage or configuration: starting again changes nothing. */
const SETUP_EXIT = 2;
const TALK_LINES_KEPT = 20;

/**
 * A campus of real programs: `portico sim devices` and `portico controller run`, children of this one, on the wires between them. A controller that ends is
 * started anew, as a system's supervisor does.
 */
export class CampusPrograms {
  readonly folder: CampusFolder;
  readonly sockets: CampusSockets;
  readonly devices: DevicesReady;
  /** True time, for whoever lives in this campus. */
  readonly clock: Clock;
  readonly now: () => UnixSeconds;
  readonly hands: CampusHands;
  /** How often a controller has ended by itself. */
  crashes = 0;
  readonly #options: CampusProgramsOptions;
  readonly #devicesProgram: ChildProgram;
  readonly #client: SandboxClient;
  readonly #told = listeners<[HeardReport]>();
  readonly #talk: string[] = [];
  #controller: ChildProgram | undefined;
  #startedAt = 0;
  #againInMs = AGAIN_MS_MIN;
  #cancelAgain = (): void => {};
  #telling: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  private constructor(parts: CampusSurroundings & { options: CampusProgramsOptions; folder: CampusFolder; sockets: CampusSockets; started: StartedDevices }) {
    const { options, clock, now, folder, sockets, started } = parts;
    this.#options = options;
    this.clock = clock;
    this.now = now;
    this.folder = folder;
    this.sockets = sockets;
    this.devices = started.ready;
    this.#devicesProgram = started.program;
    this.#client = new SandboxClient(sockets.sim);
    this.hands = sandboxHands(this.#client, this.#told.add);
  }

  /**
   * Prepares the folder, starts the devices, writes the configuration for their wires and starts the controller. Resolves when it listens to every wire.
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
    const folder = openCampusFolder(options.folder, smallCampus, randomBytes, now());
    const kind = options.wires ?? (hasSocat() ? "pty" : "tcp");
    const started = await startDevices(options, kind, clock);
    const addresses = new Map(started.ready.wires.map(({ id, address }) => [id, address]));
    const programs = new CampusPrograms({ ...surroundings, options, folder, sockets, started });
    try {
      writeCampusConfiguration(folder, {
        addressOf: (wire) => addresses.get(wire)!,
        data: ".",
        socket: sockets.isElsewhere ? sockets.controller : basename(sockets.controller),
      });
      const up = await programs.#startController();
      if (up !== true) throw failureOf("the controller", up, programs.#talk, folder.configurationFile);
    } catch (error) {
      await programs.stop();
      throw error;
    }
    void started.program.ended.then((end) => programs.#devicesEnded(end));
    return programs;
  }

  /** Of the controller that runs now. */
  get controllerPid(): number | undefined {
    return this.#controller?.pid;
  }

  get devicesPid(): number | undefined {
    return this.#devicesProgram.pid;
  }

  /** Ends everything in order: the controller while the boards still answer, then the devices. Resolves when nothing is left. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#cancelAgain();
    if (this.#controller !== undefined) await this.#end("controller", this.#controller, CONTROLLER_ENDS_WITHIN_MS);
    await within(this.clock, TOLD_WITHIN_MS, this.#telling, this.#devicesProgram.ended);
    await this.#end("devices", this.#devicesProgram, DEVICES_END_WITHIN_MS);
    this.#client.close();
    removeSocketFolder(this.sockets);
  }

  async #end(name: "controller" | "devices", program: ChildProgram, withinMs: number): Promise<void> {
    program.signal("SIGTERM");
    const cancel = this.clock.after(withinMs, () => {
      program.signal("SIGKILL");
      this.#options.onNote({ kind: "killed", program: name });
    });
    await program.ended;
    cancel();
  }

  /** Resolves with true when the controller has told that it started, else with how it ended. */
  async #startController(): Promise<true | ProgramEnd> {
    const { portico, env, onNote } = this.#options;
    this.#talk.length = 0;
    this.#startedAt = this.clock.monotonic();
    const program = startProgram({
      command: [...portico, "controller", "run", "--config", this.folder.configurationFile],
      env,
      holdsInput: false,
      onLine: (line) => this.#report(line),
      onTalk: (line) => {
        this.#talk.push(line);
        if (this.#talk.length > TALK_LINES_KEPT) this.#talk.shift();
        if (!isMoreOfFailure(line)) onNote({ kind: "said", by: "controller", line });
      },
    });
    this.#controller = program;
    this.#guard(program.pid ?? null);
    const isUp = new Promise<true>((resolve) => {
      const stop = this.#told.add(({ kind }) => {
        if (kind !== "started") return;
        stop();
        resolve(true);
      });
    });
    const first = await within(this.clock, STARTS_WITHIN_MS, isUp, program.ended);
    if (first !== true) {
      program.signal("SIGKILL");
      return program.ended;
    }
    void program.ended.then((end) => this.#controllerEnded(end));
    return true;
  }

  #controllerEnded(end: ProgramEnd): void {
    this.#controller = undefined;
    this.#guard(null);
    if (this.#isEnding) return;
    this.crashes++;
    if (end.code === SETUP_EXIT) return this.#fail(failureOf("the controller", end, this.#talk, this.folder.configurationFile));
    if (this.clock.monotonic() - this.#startedAt >= STEADY_MS) this.#againInMs = AGAIN_MS_MIN;
    const againInMs = this.#againInMs;
    this.#againInMs = Math.min(2 * againInMs, AGAIN_MS_MAX);
    this.#options.onNote({ kind: "controller ended", how: endText(end), againInMs });
    this.#cancelAgain = this.clock.after(againInMs, () => void this.#startAgain());
  }

  async #startAgain(): Promise<void> {
    const up = await this.#startController();
    if (up === true) this.#options.onNote({ kind: "controller started anew", pid: this.controllerPid });
    else this.#controllerEnded(up);
  }

  #devicesEnded(end: ProgramEnd): void {
    this.#fail(new CampusEnded(`the devices ended: ${endText(end)}`, this.folder.path));
  }

  #fail(failure: Error): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#options.onFailure(failure);
  }

  #report(line: string): void {
    const report = reportIn(line);
    if (report === undefined) return this.#options.onNote({ kind: "said", by: "controller", line });
    this.#tell(async () => {
      // Devices that are gone know of no scan.
      const mark = await this.#client.ask("tell", { report }).catch(() => null);
      this.#told.tell(mark === null ? report : { ...report, scan: mark });
    });
  }

  /** Devices that are gone need not be told. */
  #guard(pid: number | null): void {
    this.#tell(() => this.#client.ask("guard", { pid }).catch(() => null));
  }

  /** One after the other, so that order is kept. */
  #tell(tell: () => Promise<unknown>): void {
    this.#telling = this.#telling.then(tell);
  }
}

/** One that is killed in mid-word leaves half a line. */
function reportIn(line: string): ControllerReport | undefined {
  try {
    return JSON.parse(line) as ControllerReport;
  } catch {
    return undefined;
  }
}
