import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ControllerEvent } from "@portico/card-protocol";
import { type MemoryWirePair, memoryWirePair, seededRandom, seededRandomBytes, simulatedClock } from "@portico/firmware-ts";
import type { Battery } from "../batteries.ts";
import type { ControllerReport } from "../controller-report.ts";
import { Controller } from "../controller.ts";
import type { ControllerSurroundings } from "../controller-surroundings.ts";
import type { ControlRoute } from "../control/control-api.ts";
import type { Asked, ControlAnswers } from "../control/control-server.ts";
import { MemoryLoans } from "../loans/memory-loans.ts";
import { MemoryMoney } from "../money/memory-money.ts";
import type { MoneyPort } from "../money/money-port.ts";
import { readListHere } from "../list/list-reading.ts";
import { type ListChange, peopleList, START } from "./people.ts";
import { type RigConfiguration, rigConfiguration } from "./rig-configuration.ts";
import { eventsOf, openStore } from "./rig-store.ts";
import { WIRES_ALONE } from "../wires-alone.ts";
import { ScriptedBoard } from "./scripted-board.ts";

/** The wires of {@link rigConfiguration}. */
export type RigWire = "gate-1" | "library" | "gate-1-in" | "gate-1-out" | "library-in" | "items" | "keypad" | "display";
const BOARDS = ["gate-1", "library"] as const;

/** What a route is asked with, as the control socket would. */
export const asking = (
  parts: { readonly params?: Asked["params"]; readonly query?: Readonly<Record<string, string>>; readonly body?: unknown } = {},
): Asked => ({
  params: parts.params ?? {},
  query: new URLSearchParams(parts.query ?? {}),
  body: parts.body,
});

/** A whole controller on a simulated clock: its database in a temporary folder, its wires in memory, boards written by hand at their far ends. */
export class ControllerRig {
  readonly folder = mkdtempSync(join(tmpdir(), "portico-"));
  readonly time = simulatedClock(START);
  readonly reports: ControllerReport[] = [];
  readonly warnings: string[] = [];
  readonly fatal: Error[] = [];
  /** Both boards; they stay as they are from one run to the next. */
  readonly boards = {} as Record<(typeof BOARDS)[number], ScriptedBoard>;
  hostErrorMs = 0;
  readonly loans = new MemoryLoans();
  /** Outlives its runs. */
  money: MoneyPort = new MemoryMoney();
  batteries: readonly Battery[] = [];
  /** What the battery clock shows; it runs while the machine is down. */
  batteryClock: ControllerSurroundings["batteryClock"] = () => undefined;
  bootId = "boot 1";
  /** Printers at the other end, and whoever keeps the accounts. */
  printing: ControllerSurroundings["printing"] = WIRES_ALONE.printing;
  /** The cloud at the other end, where the configuration names one. */
  openCloud: ControllerSurroundings["openCloud"] = () => {
    throw new Error("there is no cloud here");
  };
  /** What its configuration says from the next start on. */
  change: Omit<RigConfiguration, "folder">;
  #wires = new Map<string, MemoryWirePair>();
  #controller: Controller | undefined;

  constructor(change: Omit<RigConfiguration, "folder"> = {}) {
    this.change = change;
  }

  /** Starts it, and passes time until its boards answer. */
  async start(): Promise<Controller> {
    this.#plugIn();
    this.#controller = await Controller.start(rigConfiguration({ folder: this.folder, ...this.change }), {
      clock: this.time,
      hostWallMs: () => START * 1000 + this.time.monotonic() + this.hostErrorMs,
      random: seededRandom(1),
      randomBytes: seededRandomBytes(seededRandom(2)),
      bootId: this.bootId,
      version: "0.0.0",
      readList: readListHere,
      money: this.money,
      loans: this.loans,
      openCloud: (options) => this.openCloud(options),
      ...WIRES_ALONE,
      printing: this.printing,
      openWire: ({ id }) => this.wire(id as RigWire).near,
      onReport: (report) => this.reports.push(report),
      onWarning: (warning) => this.warnings.push(warning),
      batteries: () => this.batteries,
      batteryClock: () => this.batteryClock(),
      onFatal: (failure) => this.fatal.push(failure),
    });
    await this.time.pass(500);
    return this.#controller;
  }

  get controller(): Controller {
    if (this.#controller === undefined) throw new Error("no controller runs");
    return this.#controller;
  }

  /** Asks a route that answers at once. */
  ask<R extends ControlRoute>(route: R, parts: Parameters<typeof asking>[0] = {}): Exclude<ReturnType<ControlAnswers[R]>, Promise<unknown>> {
    return (this.controller.answers[route] as (asked: Asked) => Exclude<ReturnType<ControlAnswers[R]>, Promise<unknown>>)(asking(parts));
  }

  wire(id: RigWire): MemoryWirePair {
    return this.#wires.get(id)!;
  }

  /** A reader sends a line, and the controller does what follows at once. */
  async scan(reader: Exclude<RigWire, (typeof BOARDS)[number]>, line: string): Promise<void> {
    this.wire(reader).far.write(Uint8Array.from(Buffer.from(`${line}\r\n`, "latin1")));
    await this.time.pass(20);
  }

  /** The right time. */
  now(): number {
    return START + Math.floor(this.time.monotonic() / 1000);
  }

  /** Puts the list into the database of a controller that is not running. */
  load(change: ListChange = {}): void {
    const store = openStore(join(this.folder, "data"), this.time);
    store.list.load(peopleList(store.zoneKey, change), store.events, { at: null, ms: 0 }, { by: "wang", reason: "" });
    store.close();
  }

  /** Everything that stands in the log of a controller that is not running. */
  events(): ControllerEvent[] {
    const store = openStore(join(this.folder, "data"), this.time);
    const events = eventsOf(store);
    store.close();
    return events;
  }

  /** Stops it in order; wires need time for that. */
  async stop(): Promise<void> {
    const stopping = this.controller.stop();
    let isStopped = false;
    void stopping.then(() => (isStopped = true));
    await this.time.until(() => isStopped, 5_000);
    await stopping;
    this.#controller = undefined;
  }

  /** It dies in mid-word: nothing leaves any more. */
  crash(): void {
    for (const wire of this.#wires.values()) wire.cut();
    this.controller.abandon();
    this.#controller = undefined;
  }

  end(): void {
    if (this.#controller !== undefined) this.crash();
    rmSync(this.folder, { recursive: true });
  }

  #plugIn(): void {
    this.#wires = new Map(
      (["gate-1", "library", "gate-1-in", "gate-1-out", "library-in", "items", "keypad", "display"] satisfies RigWire[]).map((name) => [
        name,
        memoryWirePair({ name, clock: this.time, random: seededRandom(1) }),
      ]),
    );
    for (const id of BOARDS) {
      const board = new ScriptedBoard(this.wire(id).far, this.time);
      const before = this.boards[id];
      // At first the library's door is closed, and so is its fire loop.
      if (before === undefined) board.inputs[0] = board.inputs[2] = id === "library";
      else {
        before.relays.forEach((on, relay) => (board.relays[relay] = on));
        before.inputs.forEach((closed, input) => (board.inputs[input] = closed));
      }
      this.boards[id] = board;
    }
  }
}
