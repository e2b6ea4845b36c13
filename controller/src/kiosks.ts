import type { Scanner } from "@portico/firmware-ts";
import type { Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import { KioskDesk } from "./kiosk-desk.ts";
import type { LoansPort } from "./loans/loans-port.ts";
import type { Recorder } from "./recorder.ts";

export interface KiosksParts {
  readonly configuration: Pick<Configuration, "kiosks" | "accessPoints">;
  readonly scanners: ReadonlyMap<string, Scanner>;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly loans: LoansPort;
}

/** The library kiosks of one controller. */
export class Kiosks {
  readonly desks: readonly KioskDesk[];
  readonly isTest: boolean;
  readonly #stops: readonly (() => void)[];

  constructor({ configuration, scanners, clock, recorder, loans }: KiosksParts) {
    const { kiosks, accessPoints } = configuration;
    this.isTest = loans.isTest;
    const zoneOf = (kiosk: string): string => accessPoints.find(({ opens }) => opens.kind === "kiosk" && opens.kiosk === kiosk)?.zone ?? "";
    this.desks = kiosks.map((kiosk) => new KioskDesk({ kiosk, zone: zoneOf(kiosk.id), clock, recorder, loans }));
    this.#stops = kiosks.flatMap(({ id, items }) => {
      const scanner = items === undefined ? undefined : scanners.get(items);
      return scanner === undefined ? [] : [scanner.onScan(({ bytes }) => void this.desk(id)!.scanned(new TextDecoder().decode(bytes)))];
    });
  }

  desk(id: string): KioskDesk | undefined {
    return this.desks.find((desk) => desk.id === id);
  }

  close(): void {
    for (const stop of this.#stops) stop();
  }
}
