import { readFileSync } from "node:fs";
import { systemClock, systemRandom, systemRandomBytes } from "@portico/firmware-ts";
import { spawnTools } from "@portico/firmware-ts/gpio";
import { udpLink } from "@portico/firmware-ts/uhppote";
import { readBatteries } from "./batteries.ts";
import { readBatteryClock } from "./battery-clock.ts";
import { MemoryLoans } from "./loans/memory-loans.ts";
import { MemoryMoney } from "./money/memory-money.ts";
import type { Configuration } from "./configuration/configuration.ts";
import { openHttpCloud } from "./cloud-link.ts";
import { serveControl } from "./control/control-server.ts";
import { Controller } from "./controller.ts";
import type { ControllerReport } from "./controller-report.ts";
import { openBluetooth } from "./locks/open-bluetooth.ts";
import { openHttpPlatform } from "./locks/platform-locks.ts";
import { keepsOutputs } from "./kept-outputs.ts";
import { readListInThread } from "./list/list-reading.ts";
import { countPagesInThread } from "./printing/count-pages.ts";
import { openHttpPrinter } from "./printing/open-printer.ts";
import { openRealWire } from "./real-wire.ts";

/** Names the machine's present boot. Source: random(4). */
const BOOT_ID_FILE = "/proc/sys/kernel/random/boot_id";

/** How a run is begun and watched. */
export interface RunOptions {
  readonly configuration: Configuration;
  /** Of this program. */
  readonly version: string;
  readonly onReport: (report: ControllerReport) => void;
  readonly onWarning: (warning: string) => void;
  /** Aborted: stop in order. */
  readonly interrupted: AbortSignal;
}

/**
 * Runs a controller on this machine: real clock, real wires, control socket. Resolves when it was stopped in order.
 *
 * @throws SetupError where something must be put right first, also when that shows only later; RecordingFailed when the disk fails
 */
export async function runController({ configuration, version, onReport, onWarning, interrupted }: RunOptions): Promise<void> {
  let failure: Error | undefined;
  let tellStarted = (): void => {};
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const controller = await Controller.start(configuration, {
    clock: systemClock(() => "untrusted"),
    hostWallMs: () => Date.now(),
    random: systemRandom,
    randomBytes: systemRandomBytes,
    bootId: readFileSync(BOOT_ID_FILE, "utf8").trim(),
    version,
    readList: readListInThread,
    printing: { openPrinter: openHttpPrinter, countPages: countPagesInThread },
    openCloud: openHttpCloud,
    openWire: (wire, use, clock) => openRealWire(wire, use, clock, systemRandom),
    openLink: (link, clock) => udpLink({ ...link, clock }),
    // Bluetooth is loaded only where a beacon is configured.
    openBeacon: async (beacon, clock) => (await import("@portico/firmware-ts/ble-beacon")).bluezBeacon({ ...beacon, clock }),
    locks: { openBluetooth, openPlatform: openHttpPlatform },
    gpio: { tools: spawnTools, keepsOutputs: () => keepsOutputs("/") },
    // Whoever waits for the start finds the control socket open.
    onReport: (report) => (report.kind === "started" ? void (tellStarted = () => onReport(report)) : onReport(report)),
    onWarning,
    money: new MemoryMoney(),
    loans: new MemoryLoans(),
    batteries: readBatteries,
    batteryClock: readBatteryClock,
    onFatal: (cause) => {
      failure ??= cause;
      end();
    },
  });
  try {
    const control = await serveControl(configuration.controller.socket, controller.answers);
    tellStarted();
    interrupted.addEventListener("abort", end, { once: true });
    if (interrupted.aborted) end();
    await ended;
    await control.close();
  } finally {
    await controller.stop();
  }
  if (failure !== undefined) throw failure;
}
