import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { ControllerReport } from "@portico/controller";
import { answer, findRequest, type UnitBank } from "@portico/simulator";
import { GATE, REPLAY_GROUP, SITE, ZONE } from "./campus.ts";
import { fillDataFolder, temporaryFolder } from "./folders.ts";
import { openPty, type Pty } from "./pty.ts";

type ReportOf<Kind extends ControllerReport["kind"]> = Extract<ControllerReport, { readonly kind: Kind }>;

/** `portico controller run` as shipped, in a process of its own; its scanner and its relay board live here, each at the other end of a pty. */
export interface RunningController {
  /** When the process was started, in ms of `performance.now`. */
  readonly startedAt: number;
  /**
   * The scanner reads something: its bytes and a carriage return.
   *
   * @returns when the last byte was handed to the pty, in ms of `performance.now`
   */
  scan(bytes: Uint8Array): number;
  /** When the first frame that pulses the relay was read behind that moment. */
  pulsedBehind(moment: number): Promise<number>;
  /** The next report that fits. */
  reported<Kind extends ControllerReport["kind"]>(kind: Kind, fits?: (report: ReportOf<Kind>) => boolean): Promise<ReportOf<Kind>>;
  /** From scan to relay, in ms, as the controller itself reports it: of every grant so far. */
  readonly acted: readonly number[];
  /** Memory of the process in MiB: now, and the most so far. */
  memory(): { readonly rss: number; readonly peak: number };
  /** Stops it in order. */
  stop(): Promise<void>;
}

/** The program as a technician starts it, by its own first line. */
const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));
const CR = 0x0d;
const WRITE_COIL = 0x05;
/** High byte of the addresses that pulse a relay. */
const PULSE = 0x02;
const WAIT_MS_MAX = 20_000;
const BITS = 8;

/** Starts a controller with a fresh data folder that holds the list of so many people. Made before the clock runs; resolves at once behind the start. */
export function startController(people: number): RunningController {
  const [scanner, board] = [openPty(), openPty()];
  const folder = temporaryFolder();
  fillDataFolder(join(folder, "data"), people);
  const file = join(folder, "portico.toml");
  writeFileSync(file, configurationOf(folder, scanner.path, board.path));
  const pulses = new Arrivals<number>();
  let lastPulse = Number.NEGATIVE_INFINITY;
  answerAsBoard(board, (at) => pulses.tell((lastPulse = at)));
  const startedAt = performance.now();
  const child = spawn(PORTICO, ["controller", "run", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
  });
  const reports = new Arrivals<ControllerReport>();
  const acted: number[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => {
    const report = JSON.parse(line) as ControllerReport;
    if (report.kind === "acted") acted.push(report.afterMs);
    reports.tell(report);
  });
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  void exited.then(() => reports.end(new Error(`the controller ended: ${complaint.trim()}`)));

  return {
    startedAt,
    scan(bytes) {
      scanner.write(Uint8Array.from([...bytes, CR]));
      return performance.now();
    },
    pulsedBehind: (moment) => (lastPulse > moment ? Promise.resolve(lastPulse) : pulses.next((at) => at > moment)),
    reported: <Kind extends ControllerReport["kind"]>(kind: Kind, fits: (report: ReportOf<Kind>) => boolean = () => true) =>
      reports.next((report): report is ReportOf<Kind> => report.kind === kind && fits(report as ReportOf<Kind>)),
    acted,
    memory: () => memoryOf(child),
    async stop() {
      child.kill("SIGTERM");
      await exited;
      process.removeListener("exit", kill);
      scanner.close();
      board.close();
    },
  };
}

/** One door with a scanner and a strike on a board that is polled as usual. It has no contact: a grant counts as taken, and the next may follow at once. */
function configurationOf(folder: string, scanner: string, board: string): string {
  return `[site]
id = "${SITE}"
time_zone = "${ZONE}"
[controller]
id = "bench"
data = "${join(folder, "data")}"
socket = "${join(folder, "socket")}"
[clock]
trusted_by = "system"
uncertainty_s = 1
[[wire]]
id = "scanner"
serial = "${scanner}"
baud = 115200
[[wire]]
id = "board"
serial = "${board}"
baud = 115200
[[scanner]]
id = "scanner"
wire = "scanner"
[[relay_board]]
id = "board"
wire = "board"
protocol = "modbus-rtu"
relays = ${BITS}
inputs = ${BITS}
[[door]]
id = "gate"
strike = { board = "board", relay = 0 }
release_time_ms = 300
[[access_point]]
id = "${GATE}"
scanner = "scanner"
door = "gate"
replay_group = "${REPLAY_GROUP}"
`;
}

/** A Modbus board at the end of a pty. Tells when a frame that pulses a relay was read. */
function answerAsBoard(pty: Pty, onPulse: (at: number) => void): void {
  const coils = Array.from({ length: BITS }, () => false);
  const bank: UnitBank = {
    relays: BITS,
    inputs: BITS,
    relay: (relay) => coils[relay] === true,
    input: () => false,
    write: (relay, energized) => void (coils[relay] = energized),
    pulse: (relay) => void (coils[relay] = true),
  };
  let received = new Uint8Array();
  pty.onBytes((chunk) => {
    const at = performance.now();
    received = Uint8Array.from([...received, ...chunk]);
    for (let found = findRequest(received); found !== undefined; found = findRequest(received)) {
      received = received.slice(found.used);
      pty.write(answer(found.frame, bank));
      if (found.frame[1] === WRITE_COIL && found.frame[2] === PULSE) onPulse(at);
    }
  });
}

/** Values that come by themselves, awaited one by one: what nobody waits for is passed over. */
class Arrivals<Value> {
  #waiting: { readonly fits: (value: Value) => boolean; readonly resolve: (value: Value) => void; readonly reject: (error: Error) => void }[] = [];
  #ended: Error | undefined;

  tell(value: Value): void {
    const fitting = this.#waiting.filter(({ fits }) => fits(value));
    this.#waiting = this.#waiting.filter((one) => !fitting.includes(one));
    for (const { resolve } of fitting) resolve(value);
  }

  end(error: Error): void {
    this.#ended = error;
    for (const { reject } of this.#waiting) reject(error);
    this.#waiting = [];
  }

  next<Fitting extends Value>(fits: (value: Value) => value is Fitting): Promise<Fitting>;
  next(fits: (value: Value) => boolean): Promise<Value>;
  next(fits: (value: Value) => boolean): Promise<Value> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`nothing came within ${WAIT_MS_MAX / 1_000} s`)), WAIT_MS_MAX);
      const settled =
        <Argument>(settle: (argument: Argument) => void) =>
        (argument: Argument): void => {
          clearTimeout(late);
          settle(argument);
        };
      this.#waiting.push({ fits, resolve: settled(resolve), reject: settled(reject) });
    });
  }
}

function memoryOf({ pid }: ChildProcess): { readonly rss: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const mib = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) / 1_024;
  return { rss: mib("VmRSS"), peak: mib("VmHWM") };
}
