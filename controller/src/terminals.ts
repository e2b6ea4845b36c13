import { unixSeconds } from "@portico/card-protocol";
import type { Judged } from "./access-point-parts.ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { balanceBehind } from "./money/balance-view.ts";
import { ChargeUpload } from "./money/charge-upload.ts";
import type { Hardware } from "./hardware.ts";
import type { MoneyPort } from "./money/money-port.ts";
import type { Portal } from "./portal/portal.ts";
import type { Recorder } from "./recorder.ts";
import type { ChargeStore } from "./store/charge-store.ts";
import { TerminalDesk } from "./terminal-desk.ts";
import { Till } from "./till.ts";

/** What is acknowledged is kept so long for refunds and totals: half a year. */
const KEEP_S = 184 * 86_400;

export interface TerminalsParts {
  readonly configuration: Pick<Configuration, "site" | "controller" | "terminals" | "accessPoints" | "displays">;
  readonly hardware: Pick<Hardware, "keypads" | "displays">;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly charges: ChargeStore;
  readonly money: MoneyPort;
  /** Whether the event of that number is with the cloud. */
  readonly isEvidenced: (seq: number) => boolean;
  /** Of this machine, 32 bytes as hex. */
  readonly machine: string;
}

/** The payment terminals of one controller, and the way of their charges to where money is kept. */
export class Terminals {
  readonly upload: ChargeUpload;
  readonly #desks: ReadonlyMap<string, TerminalDesk>;
  readonly #atPoint: ReadonlyMap<string, TerminalDesk>;
  readonly #tills: ReadonlyMap<string, Till>;
  readonly #parts: TerminalsParts;

  constructor(parts: TerminalsParts) {
    const { configuration, clock, recorder, charges, money, isEvidenced, machine } = parts;
    const { site, controller, terminals, accessPoints } = configuration;
    this.#parts = parts;
    this.upload = new ChargeUpload({
      charges,
      money,
      clock,
      recorder,
      merchantOf: (id) => terminals.find((each) => each.id === id)?.merchant ?? id,
      isEvidenced,
    });
    const pointOf = (terminal: string) => accessPoints.find(({ opens }) => opens.kind === "terminal" && opens.terminal === terminal)!;
    this.#desks = new Map(
      terminals.map((terminal) => [
        terminal.id,
        new TerminalDesk({
          terminal,
          site: site.id,
          controller: controller.id,
          machine,
          timeZone: site.timeZone,
          zone: pointOf(terminal.id).zone ?? "",
          clock,
          recorder,
          charges,
          isTest: money.isTest,
          onCharge: () => this.upload.wake(),
          ...(!money.isTest && {
            balance: (holder, charge) => balanceBehind({ money, charges, clock }, { zone: pointOf(terminal.id).zone ?? "", holder }, charge),
          }),
        }),
      ]),
    );
    this.#tills = new Map(terminals.map((terminal) => [terminal.id, this.#tillOf(terminal)]));
    this.#atPoint = new Map(terminals.map(({ id }) => [pointOf(id).id, this.#desks.get(id)!]));
  }

  get desks(): readonly TerminalDesk[] {
    return [...this.#desks.values()];
  }

  /** No money moves. */
  get isTest(): boolean {
    return this.#parts.money.isTest;
  }

  desk(id: string): TerminalDesk | undefined {
    return this.#desks.get(id);
  }

  /** Keypad and display of a terminal. */
  till(id: string): Till {
    return this.#tills.get(id)!;
  }

  /** What a reader at which somebody pays opens. */
  portal(terminal: string): Portal {
    return this.#desks.get(terminal)!.portal;
  }

  judged(judged: Judged): void {
    this.#atPoint.get(judged.accessPoint)?.judged(judged);
  }

  /** Sends what waits from the last run, and forgets what is long acknowledged. */
  start(): void {
    const { clock, recorder, charges } = this.#parts;
    const wall = clock.wall();
    if (wall !== "untrusted" && this.#desks.size > 0) recorder.attempt(() => charges.forget(unixSeconds(Math.max(0, wall.now - KEEP_S))));
    this.upload.wake();
  }

  close(): void {
    this.upload.close();
    for (const till of this.#tills.values()) till.close();
    for (const desk of this.#desks.values()) desk.close();
  }

  #tillOf({ id, merchant, keypad, display }: Configuration["terminals"][number]): Till {
    const { configuration, hardware, clock, money } = this.#parts;
    return new Till({
      desk: this.#desks.get(id)!,
      merchant,
      keypad: keypad === undefined ? undefined : hardware.keypads.get(keypad)!,
      display:
        display === undefined
          ? undefined
          : { device: hardware.displays.get(display)!, language: configuration.displays.find((each) => each.id === display)!.language },
      clock,
      isTest: money.isTest,
    });
  }
}
