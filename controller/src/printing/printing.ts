import type { CredentialId } from "@portico/card-protocol";
import type { AccessList } from "../access-list.ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { ControllerSurroundings } from "../controller-surroundings.ts";
import type { ControllerClock } from "../controller-clock.ts";
import type { MoneyPort } from "../money/money-port.ts";
import type { Portal } from "../portal/portal.ts";
import type { Recorder } from "../recorder.ts";
import type { ControllerStore } from "../store/controller-store.ts";
import { PrintAccounts } from "./print-accounts.ts";
import { Printer } from "./printer.ts";
import { PrintRuns } from "./print-runs.ts";
import { ReleaseDesk } from "./release-desk.ts";

export interface PrintingParts {
  readonly configuration: Pick<Configuration, "printers" | "releaseStations" | "accessPoints">;
  readonly surroundings: Pick<ControllerSurroundings, "printing" | "randomBytes" | "onWarning">;
  readonly money: MoneyPort;
  readonly listOf: (accessPoint: Configuration["accessPoints"][number]) => AccessList;
  readonly store: Pick<ControllerStore, "printReleases">;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
}

/** The printers and release stations of one controller. Behind a restart nobody is signed in; what was being printed is found again. */
export class Printing {
  readonly printers: ReadonlyMap<string, Printer>;
  readonly desks: readonly ReleaseDesk[];
  readonly runs: PrintRuns;
  readonly isTest: boolean;

  constructor({ configuration, surroundings, money, listOf, store, clock, recorder }: PrintingParts) {
    const { printing: ways, randomBytes, onWarning } = surroundings;
    const printers = new Map(configuration.printers.map((settings) => [settings.id, new Printer({ settings, ways, clock, recorder })]));
    const points = new Map(configuration.accessPoints.map((point) => [point.id, point]));
    const holderOf = (point: string, credential: CredentialId): number | undefined => listOf(points.get(point)!).credential(credential)?.holder;
    this.printers = printers;
    this.isTest = money.isTest;
    this.runs = new PrintRuns({ printers, money, store: store.printReleases, clock, recorder });
    this.desks = configuration.releaseStations.map((station) => {
      const printer = printers.get(station.printer)!;
      const accounts = new PrintAccounts(printer.settings.accountsFile, onWarning);
      return new ReleaseDesk({
        station,
        printer,
        accounts,
        runs: this.runs,
        holderOf,
        zoneOf: (point) => points.get(point)?.zone ?? "",
        clock,
        recorder,
        randomBytes,
      });
    });
  }

  /** What a reader at which somebody signs in opens. */
  portal(station: string): Portal {
    return this.desks.find(({ id }) => id === station)!.portal;
  }

  start(): void {
    for (const printer of this.printers.values()) printer.start();
    this.runs.start();
  }

  close(): void {
    for (const part of [...this.desks, ...this.printers.values(), this.runs]) part.close();
  }
}
