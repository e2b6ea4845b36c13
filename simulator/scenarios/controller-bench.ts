import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Controller,
  type ControllerReport,
  type ControllerSurroundings,
  type EventLine,
  parseConfiguration,
  readListHere,
  WIRES_ALONE,
  MemoryLoans,
  MemoryMoney,
} from "@portico/controller";
import { seededRandom, type SimulatedClock, type Wire } from "@portico/firmware-ts";
import type { DatagramLink } from "@portico/firmware-ts/uhppote";
import { onTestFinished } from "vitest";
import { seededBytes } from "./osdp-bench.ts";

/** A whole controller of a configuration, on wires that outlive it. */
export interface ControllerBench {
  readonly folder: string;
  readonly events: readonly EventLine[];
  /** What was judged of scans. */
  readonly judged: readonly Extract<ControllerReport, { readonly kind: "judged" }>[];
  names(): string[];
  /** Asks a route of the control socket; a refusal is thrown. */
  ask<T>(route: string, params?: Record<string, string>, body?: unknown, query?: Record<string, string>): Promise<T>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Reads the configuration; nothing is started yet.
 *
 * @param wireOf  the controller's end of a wire, by its id
 * @param linkOf  the way to a device on a network
 */
export function controllerBench({
  toml,
  clock,
  wireOf,
  linkOf = () => {
    throw new Error("nothing is on a network here");
  },
  gpio = WIRES_ALONE.gpio,
  printing = WIRES_ALONE.printing,
  locks = WIRES_ALONE.locks,
  money = new MemoryMoney(),
}: {
  readonly toml: string;
  readonly clock: SimulatedClock;
  readonly wireOf: (id: string) => Wire;
  /** Default: takes everything. */
  readonly money?: MemoryMoney;
  readonly linkOf?: (address: string) => DatagramLink;
  readonly gpio?: ControllerSurroundings["gpio"];
  readonly printing?: ControllerSurroundings["printing"];
  readonly locks?: ControllerSurroundings["locks"];
}): ControllerBench {
  const folder = mkdtempSync(join(tmpdir(), "portico-controller-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const reading = parseConfiguration(new TextEncoder().encode(toml), join(folder, "portico.toml"), { dataFolder: folder, socket: join(folder, "s") });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { configuration } = reading;
  const randomBytes = seededBytes(5);
  const events: EventLine[] = [];
  const judged: Extract<ControllerReport, { readonly kind: "judged" }>[] = [];
  let controller: Controller | undefined;
  return {
    folder,
    events,
    judged,
    names: () => events.map(({ name }) => name),
    async ask<T>(route: string, params: Record<string, string> = {}, body?: unknown, query: Record<string, string> = {}) {
      const answers = controller!.answers as unknown as Record<string, (asked: unknown) => unknown>;
      let result: { value?: unknown; error?: unknown } | undefined;
      void Promise.resolve()
        .then(() => answers[route]!({ params, query: new URLSearchParams(query), body }))
        .then(
          (value) => (result = { value }),
          (error: unknown) => (result = { error }),
        );
      await clock.until(() => result !== undefined, 30_000);
      if (result?.error !== undefined) throw result.error;
      return result?.value as T;
    },
    async start() {
      controller = await Controller.start(configuration, {
        clock,
        hostWallMs: () => 1_799_625_600_000 + clock.monotonic(),
        batteryClock: () => undefined,
        random: seededRandom(3),
        randomBytes,
        bootId: "boot 1",
        version: "0.0.0",
        readList: readListHere,
        openCloud: () => {
          throw new Error("there is no cloud here");
        },
        openBeacon: () => {
          throw new Error("there is no Bluetooth here");
        },
        openLink: ({ address }) => { const link = linkOf(address); return { ...link, get state() { return link.state; }, get trouble() { return link.trouble; }, close: () => Promise.resolve() }; }, // prettier-ignore
        gpio,
        printing,
        locks,
        // The cable outlives the program.
        openWire: ({ id }) => { const wire = wireOf(id); return { ...wire, get state() { return wire.state; }, get trouble() { return wire.trouble; }, close: () => Promise.resolve() }; }, // prettier-ignore
        onReport(report) {
          if (report.kind === "event") events.push(report.event);
          if (report.kind === "judged") judged.push(report);
        },
        money,
        loans: new MemoryLoans(),
        batteries: () => [],
        onWarning: () => {},
        onFatal: () => {},
      });
      await clock.pass(500);
    },
    async stop() {
      let isStopped = false;
      void controller!.stop().then(() => (isStopped = true));
      await clock.until(() => isStopped, 5_000);
    },
  };
}
