import { readFileSync } from "node:fs";
import { type Clock, type Random, type RandomBytes, type UnixSeconds } from "@portico/card-protocol";
import { listeners } from "@portico/firmware-ts";
import { campusDevices } from "../campus/campus-devices.ts";
import { openCampusFolder } from "../campus/campus-folder.ts";
import type { HeardReport } from "../campus/campus-hands.ts";
import { wholeCampus } from "../campus/whole-campus.ts";
import type { VirtualScanner } from "../virtual-scanner.ts";
import { openCampusNetwork } from "./campus-network.ts";
import { openCampusRadio } from "./campus-radio.ts";
import { openProgramWires, type WireKind } from "./campus-wires.ts";
import { ReaderTurns } from "./reader-turns.ts";
import { devicesAnswers } from "./devices-answers.ts";
import { type DevicesReady, type GuardedProgram, UPLINK } from "./devices-api.ts";
import { campusRuns, isAnswered, serveDevices } from "./devices-server.ts";
import { campusSockets, makeSocketFolder } from "./socket-path.ts";
import { openUplink } from "./uplink.ts";

/** How the devices of a campus are begun and ended. */
export interface DevicesOptions {
  /** Of the campus, absolute; made where it is not there. */
  readonly folder: string;
  readonly wires: WireKind;
  /** Settles when whoever started the devices is gone. Asked when everything listens. */
  readonly orphaned: () => Promise<unknown>;
  /** Aborted: end in order. */
  readonly interrupted: AbortSignal;
  readonly onReady: (ready: DevicesReady) => void;
}

/** What the devices take from the machine. */
export interface DevicesSurroundings {
  readonly clock: Clock;
  readonly now: () => UnixSeconds;
  readonly random: Random;
  readonly randomBytes: RandomBytes;
}

/** A controller asks its outputs off when it ends; then it is gone. */
const PROGRAM_ENDS_WITHIN_MS = 8_000;
const LOOK_EVERY_MS = 20;

/**
 * Hosts the far ends of all wires of a campus until it is interrupted or left alone: boards, scanners, turnstiles, doors, and the socket that lays hands on them.
 * Left alone it ends the programs that it guards first, while the boards still answer.
 *
 * @throws SetupError  another campus runs in the folder, or its files are not usable; an Error of the system where a wire cannot be made
 */
export async function runDevicesIn(surroundings: DevicesSurroundings, { folder, wires: kind, orphaned, interrupted, onReady }: DevicesOptions): Promise<void> {
  const { clock, now, random, randomBytes } = surroundings;
  const opened = openCampusFolder(folder, wholeCampus, randomBytes, now());
  const { campus } = opened;
  const sockets = campusSockets(folder);
  makeSocketFolder(sockets);
  // Before anything of the folder is touched: the other campus hangs on those wires.
  if (await isAnswered(sockets.sim)) throw campusRuns(sockets.sim);
  const wires = await openProgramWires({ campus, kind, folder, clock, random });
  const uplink = await openUplink();
  const network = await openCampusNetwork(campus, clock, () => new Date(now() * 1000).toISOString());
  const radio = await openCampusRadio({ folder: opened, socket: sockets.bus, clock, randomBytes });
  const onWires = campusDevices({ campus, clock, random, wireOf: (id) => wires.get(id)!.far });
  const devices = { ...onWires, scanners: new Map<string, Pick<VirtualScanner, "scan">>([...onWires.scanners, ...network.scanners]) };
  const readers = new ReaderTurns(clock);
  const reports = listeners<[HeardReport]>();
  let guarded: readonly GuardedProgram[] = [];
  try {
    const answers = devicesAnswers({
      devices,
      printers: network.printers,
      radio,
      wires,
      uplink,
      readers,
      clock,
      onGuard: (programs) => (guarded = programs),
      onTold: reports.tell,
    });
    const server = await serveDevices(sockets.sim, answers, reports.add);
    onReady({
      kind: "ready",
      socket: sockets.sim,
      wires: [...wires.values()].map(({ id, use, kind, address }) => ({ id, use, kind, address })),
      network: [...network.addresses].map(([id, address]) => ({ id, address })),
      uplink: { id: UPLINK, address: `127.0.0.1:${uplink.port}` },
      ...(radio.busAddress !== undefined && { bus: radio.busAddress }),
    });
    const isOrphaned = await Promise.race([
      orphaned().then(
        () => true,
        () => true,
      ),
      aborted(interrupted).then(() => false),
    ]);
    if (isOrphaned) for (const program of guarded) await endProgram(program, clock);
    await server.close();
  } finally {
    readers.close();
    devices.close();
    await Promise.all([uplink.close(), network.close(), radio.close(), ...[...wires.values()].map((wire) => wire.close())]);
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));

/** Asks a program to end; one that does not is ended. */
async function endProgram({ pid, word }: GuardedProgram, clock: Clock): Promise<void> {
  const deadline = clock.monotonic() + PROGRAM_ENDS_WITHIN_MS;
  const signal = (name: "SIGTERM" | "SIGCONT" | "SIGKILL"): void => {
    try {
      process.kill(pid, name);
    } catch {
      // It ended just now, which is all that was wanted.
    }
  };
  if (!names(pid, word)) return;
  signal("SIGTERM");
  signal("SIGCONT"); // one that was stopped by a signal hears nothing until it goes on
  while (names(pid, word)) {
    if (clock.monotonic() > deadline) return signal("SIGKILL");
    await new Promise<void>((resolve) => clock.after(LOOK_EVERY_MS, resolve));
  }
}

/** That number is still the program's and not that of one which came later. Source: proc_pid_cmdline(5); empty for one that is gone but not yet buried. */
function names(pid: number, word: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(word);
  } catch {
    return false;
  }
}
