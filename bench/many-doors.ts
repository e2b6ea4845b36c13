import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import type { ControllerReport } from "@portico/controller";
import { type Random } from "@portico/card-protocol";
import { seededRandom, systemClock, type Wire } from "@portico/firmware-ts";
import { listenTcpWire, type TcpListenerWire, virtualRelayBoard } from "@portico/simulator";
import { doorOf, FLOORS, floorOf, SITE, ZONE } from "./campus.ts";
import { fillDataFolder, temporaryFolder } from "./folders.ts";

/** Doors beside the floors of the lift: together 64. */
export const DOORS = 64 - FLOORS;
const DOORS_A_BOARD = 8;
const DOOR_BOARDS = DOORS / DOORS_A_BOARD;
const FLOORS_A_BOARD = 12;
/** Two boards share the lift's line. */
const LIFT_BOARDS = FLOORS / FLOORS_A_BOARD;
/** Of what a board answers, so much is lost, and so much comes damaged. */
const LOST = 0.001;
const DAMAGED = 0.001;
/** The program as a technician starts it, by its own first line. */
const PORTICO = fileURLToPath(new URL("../../cli/bin/portico.js", import.meta.url));
const CR = 0x0d;
const WRITE_COIL = 0x05;
const WRITE_COILS = 0x0f;
const STARTED_WITHIN_MS = 30_000;
const LET_IN_WITHIN_MS = 5_000;
const TICKS_A_SECOND = 100;

/** A controller of 64 doors and floors, a process of its own, on lines that end here: every board is polled, and loses and damages answers. */
export interface ManyDoors {
  /**
   * Somebody shows a pass at a door, 0 to {@link DOORS} − 1, or in the lift's cabin ({@link DOORS}).
   *
   * @returns ms from the last byte handed to the reader's wire to the first byte of a command for a relay on the board's
   */
  pass(reader: number, pass: Uint8Array): Promise<number>;
  /** Seconds of processor that it has taken so far. */
  processorS(): number;
  /** MiB. */
  memory(): number;
  stop(): Promise<void>;
}

export async function startManyDoors(people: number): Promise<ManyDoors> {
  const folder = temporaryFolder();
  fillDataFolder(join(folder, "data"), people);
  const random = seededRandom(20_261_127);
  const clock = systemClock(() => "untrusted");
  const doorLines = await linesOf("doors", DOOR_BOARDS);
  const [liftLine] = await linesOf("lift", 1);
  const readers = await linesOf("reader", DOORS + 1);
  for (const line of doorLines) virtualRelayBoard({ wire: faulty(line, random), clock });
  for (let unit = 1; unit <= LIFT_BOARDS; unit++)
    virtualRelayBoard({ wire: faulty(liftLine!, random), clock, unit, relays: FLOORS_A_BOARD, inputs: FLOORS_A_BOARD });
  const file = join(folder, "portico.toml");
  writeFileSync(file, configurationOf(folder, doorLines, liftLine!, readers));
  const child = spawn(PORTICO, ["controller", "run", "--config", file], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, PATH: `${dirname(process.execPath)}:${process.env["PATH"]}` },
  });
  const kill = (): void => void child.kill("SIGKILL");
  process.once("exit", kill);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  await answering(child, DOOR_BOARDS + LIFT_BOARDS);
  return {
    async pass(reader, pass) {
      const line = reader === DOORS ? liftLine! : doorLines[Math.floor(reader / DOORS_A_BOARD)]!;
      const commanded = firstCommand(line);
      readers[reader]!.write(Uint8Array.from([...pass, CR]));
      const sentAt = performance.now();
      return (await commanded) - sentAt;
    },
    processorS: () => processorOf(child),
    memory: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1_024,
    async stop() {
      child.kill("SIGTERM");
      await exited;
      process.removeListener("exit", kill);
      await Promise.all([...doorLines, liftLine!, ...readers].map((line) => line.close()));
    },
  };
}

const linesOf = (name: string, count: number): Promise<TcpListenerWire[]> =>
  Promise.all(Array.from({ length: count }, (_, nth) => listenTcpWire(`${name} ${nth}`)));

/** The board's end of a line on which answers are lost and damaged. */
function faulty(line: Wire, random: Random): Wire {
  return {
    ...line,
    get state() {
      return line.state;
    },
    write(bytes) {
      const fate = random();
      if (fate < LOST) return true;
      if (fate >= LOST + DAMAGED) return line.write(bytes);
      const damaged = Uint8Array.from(bytes);
      const at = Math.floor(random() * damaged.length);
      damaged[at] = damaged[at]! ^ (1 << Math.floor(random() * 8));
      return line.write(damaged);
    },
  };
}

/** When the next command for a relay arrives on a line; its bytes come in one piece. */
function firstCommand(line: Wire): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`nobody was let in within ${LET_IN_WITHIN_MS / 1_000} s`)), LET_IN_WITHIN_MS);
    const stop = line.onBytes(([, code]) => {
      if (code !== WRITE_COIL && code !== WRITE_COILS) return;
      stop();
      clearTimeout(late);
      resolve(performance.now());
    });
  });
}

/** Resolves when it judges scans, and every board has answered. */
function answering(child: ChildProcess, boards: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let complaint = "";
    child.stderr!.on("data", (chunk: Buffer) => (complaint += chunk.toString()));
    child.once("exit", () => reject(new Error(`the controller ended: ${complaint.trim()}`)));
    const late = setTimeout(() => reject(new Error(`${boards} boards did not answer within ${STARTED_WITHIN_MS / 1_000} s`)), STARTED_WITHIN_MS);
    createInterface({ input: child.stdout! }).on("line", (line) => {
      if ((JSON.parse(line) as ControllerReport).kind !== "started") return;
      clearTimeout(late);
      resolve();
    });
  });
}

/** @see proc_pid_stat(5): utime and stime, behind the name in brackets */
function processorOf({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}

function configurationOf(folder: string, doors: readonly TcpListenerWire[], lift: TcpListenerWire, readers: readonly TcpListenerWire[]): string {
  const wire = (id: string, { port }: TcpListenerWire): string => `[[wire]]\nid = "${id}"\ntcp = "127.0.0.1:${port}"\n`;
  const board = (id: string, wireId: string, unit: number, count: number): string =>
    `[[relay_board]]\nid = "${id}"\nwire = "${wireId}"\nunit = ${unit}\nprotocol = "modbus-rtu"\nrelays = ${count}\ninputs = ${count}\n`;
  const scanner = (nth: number): string => `[[scanner]]\nid = "reader-${nth}"\nwire = "reader-${nth}"\n`;
  const door = (nth: number): string => {
    const at = `board = "doors-${Math.floor(nth / DOORS_A_BOARD)}"`;
    return `[[door]]
id = "${doorOf(nth)}"
strike = { ${at}, relay = ${nth % DOORS_A_BOARD} }
rex = { ${at}, input = ${nth % DOORS_A_BOARD} }
release_time_ms = 300
[[access_point]]
id = "${doorOf(nth)}"
scanner = "reader-${nth}"
door = "${doorOf(nth)}"
replay_group = "${doorOf(nth)}"
`;
  };
  const floor = (nth: number): string => {
    const at = `board = "lift-${Math.floor(nth / FLOORS_A_BOARD) + 1}"`;
    const id = floorOf(nth).split("/")[1]!;
    return `[[lift.floor]]\nid = "${id}"\nrelay = { ${at}, relay = ${nth % FLOORS_A_BOARD} }\nbutton = { ${at}, input = ${nth % FLOORS_A_BOARD} }\n`;
  };
  return [
    `[site]\nid = "${SITE}"\ntime_zone = "${ZONE}"\n[controller]\nid = "bench"\ndata = "${join(folder, "data")}"\nsocket = "${join(folder, "socket")}"\n`,
    `[clock]\ntrusted_by = "system"\nuncertainty_s = 1\n`,
    ...doors.map((line, nth) => wire(`doors-${nth}`, line) + board(`doors-${nth}`, `doors-${nth}`, 1, DOORS_A_BOARD)),
    wire("lift", lift),
    ...Array.from({ length: LIFT_BOARDS }, (_, nth) => board(`lift-${nth + 1}`, "lift", nth + 1, FLOORS_A_BOARD)),
    ...readers.map((line, nth) => wire(`reader-${nth}`, line) + scanner(nth)),
    ...Array.from({ length: DOORS }, (_, nth) => door(nth)),
    `[[lift]]\nid = "lift-1"\ngrant_time_ms = 1000\n`,
    ...Array.from({ length: FLOORS }, (_, nth) => floor(nth)),
    `[[access_point]]\nid = "cabin"\nscanner = "reader-${DOORS}"\nlift = "lift-1"\nreplay_group = "lift-1"\n`,
  ].join("");
}
