import type { AccessPointTarget, Configuration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import { GuardStations, type GuardStationsParts } from "./guard-stations.ts";
import type { Hardware } from "./hardware.ts";
import { Kiosks } from "./kiosks.ts";
import type { RoomLocks } from "./locks/room-locks.ts";
import type { MoneyPort } from "./money/money-port.ts";
import type { Portal } from "./portal/portal.ts";
import type { Portals } from "./portal/portals.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerStore } from "./store/controller-store.ts";
import { Printing } from "./printing/printing.ts";
import { Terminals } from "./terminals.ts";

export interface DesksParts extends Omit<GuardStationsParts, "database" | "configuration" | "portals" | "hardware" | "clock" | "recorder"> {
  readonly configuration: Configuration;
  readonly portals: Portals;
  readonly hardware: Hardware;
  readonly clock: ControllerClock;
  readonly recorder: Recorder;
  readonly store: Pick<ControllerStore, "database" | "charges" | "printReleases">;
  readonly rooms: Pick<RoomLocks, "portal">;
  readonly surroundings: Pick<ControllerSurroundings, "loans" | "printing" | "randomBytes" | "onWarning">;
  /** Where money is kept, and what it asks for. */
  readonly money: MoneyPort;
  readonly isEvidenced: (seq: number) => boolean;
  readonly machine: string;
}

/** What stands behind readers that open no door by themselves: guards' desks, terminals, kiosks, release stations. */
export class Desks {
  readonly guards: GuardStations;
  readonly terminals: Terminals;
  readonly kiosks: Kiosks;
  readonly printing: Printing;
  readonly #portals: Portals;
  readonly #rooms: DesksParts["rooms"];

  constructor({ store, surroundings, ...parts }: DesksParts) {
    const { configuration, portals, hardware, clock, recorder, money, isEvidenced, machine } = parts;
    this.#portals = portals;
    this.#rooms = parts.rooms;
    this.guards = new GuardStations({ ...parts, database: store.database });
    this.terminals = new Terminals({ configuration, hardware, clock, recorder, charges: store.charges, money, isEvidenced, machine });
    this.kiosks = new Kiosks({ configuration, scanners: hardware.scanners, clock, recorder, loans: surroundings.loans });
    this.printing = new Printing({ configuration, surroundings, money, listOf: parts.listOf, store, clock, recorder });
  }

  /** What stands behind a reader, be it a door, a lane, a lift or a desk. */
  portalOf(target: AccessPointTarget, egress: boolean): Portal {
    switch (target.kind) {
      case "guard-station":
        return this.guards.portal(target.station);
      case "terminal":
        return this.terminals.portal(target.terminal);
      case "kiosk":
        return this.kiosks.desk(target.kiosk)!.portal;
      case "release-station":
        return this.printing.portal(target.station);
      case "room-lock":
        return this.#rooms.portal(target.lock)!;
      case "door":
      case "turnstile":
      case "lift":
        return this.#portals.portalOf(target, egress);
    }
    return target satisfies never;
  }

  close(): void {
    for (const part of [this.guards, this.terminals, this.kiosks, this.printing]) part.close();
  }
}
