import { type ControllerEvent, CREDENTIAL_CHECKS, type CredentialId, eventOf, firstFailure, PERMISSION_CHECKS, type WallTime } from "@portico/card-protocol";
import type { Indicator } from "@portico/firmware-ts";
import type { AccessList } from "./access-list.ts";
import type { AccessPointConfiguration, Configuration, GuardStationConfiguration } from "./configuration/configuration.ts";
import type { ControllerClock } from "./controller-clock.ts";
import type { LaneDirection } from "./core/lane.ts";
import { GuardDesk, type GuardedDoor } from "./guard-desk.ts";
import type { Hardware } from "./hardware.ts";
import type { Portal } from "./portal/portal.ts";
import type { Portals } from "./portal/portals.ts";
import type { Recorder } from "./recorder.ts";
import type { ControllerDatabase } from "./store/database.ts";
import { guardStanding } from "./store/guard-standing.ts";

export interface GuardStationsParts {
  readonly configuration: Pick<Configuration, "guardStations" | "accessPoints">;
  readonly portals: Pick<Portals, "operables" | "lanes">;
  readonly hardware: Pick<Hardware, "boards" | "keys">;
  /** By access point. */
  readonly lights: ReadonlyMap<string, Indicator | undefined>;
  readonly clock: Pick<ControllerClock, "monotonic" | "after" | "wall">;
  /** What an access point decides by. */
  readonly listOf: (point: AccessPointConfiguration) => AccessList;
  readonly recorder: Pick<Recorder, "event">;
  readonly database: Pick<ControllerDatabase, "prepare">;
}

/**
 * The guard stations of one controller. Nothing of them needs a network. Behind a restart nobody is signed in and nothing is held, whoever was and whatever
 * was: who pressed may have left.
 */
export class GuardStations {
  readonly #desks: ReadonlyMap<string, GuardDesk>;

  constructor(parts: GuardStationsParts) {
    const { configuration, recorder, database } = parts;
    for (const event of interrupted(guardStanding(database))) recorder.event(event);
    this.#desks = new Map(configuration.guardStations.map((station) => [station.id, deskOf(station, parts)]));
  }

  /** What a reader at which guards sign in opens. */
  portal(station: string): Portal {
    return this.#desks.get(station)!.portal;
  }

  get desks(): readonly GuardDesk[] {
    return [...this.#desks.values()];
  }

  close(): void {
    for (const desk of this.#desks.values()) desk.close();
  }
}

function deskOf(station: GuardStationConfiguration, { configuration, portals, hardware, lights, clock, recorder, listOf }: GuardStationsParts): GuardDesk {
  const points = configuration.accessPoints.filter(({ opens }) => opens.kind === "guard-station" && opens.station === station.id);
  return new GuardDesk({
    station,
    doors: new Map(station.buttons.map(({ door }): [string, GuardedDoor] => [door, guardedDoor(portals, door)])),
    board: (id) => hardware.boards.get(id)!,
    clock,
    recorder,
    mayStay: ({ credential, accessPoint }) => {
      const point = points.find(({ id }) => id === accessPoint)!;
      return isPermitted(credential, point, listOf(point), clock.wall());
    },
    keys: points.flatMap(({ scanner }) => hardware.keys.get(scanner) ?? []),
    lights: points.flatMap(({ id }) => lights.get(id) ?? []),
  });
}

function guardedDoor({ operables, lanes }: GuardStationsParts["portals"], door: string): GuardedDoor {
  const [lane, direction] = door.split("/") as [string, LaneDirection?];
  // Looked up with each press: who drives a door may have changed.
  return {
    get operable() {
      return operables.get(door)!;
    },
    get holdable() {
      return direction && lanes.find(({ id }) => id === lane)?.holdable(direction);
    },
  };
}

/** The checks of a decision that may come out otherwise later: of the credential and its permission. */
function isPermitted(id: CredentialId, accessPoint: AccessPointConfiguration, list: AccessList, wall: WallTime): boolean {
  const facts = {
    credential: list.credential(id),
    wall,
    accessPoint,
    permissions: list.permissions(id, accessPoint.id),
    scheduleContext: list.scheduleContext(),
  };
  return firstFailure(CREDENTIAL_CHECKS, facts) === undefined && firstFailure(PERMISSION_CHECKS, facts) === undefined;
}

/** What the last run left open, by the newest events of each station and each way. */
function interrupted(newest: readonly ControllerEvent[]): ControllerEvent[] {
  return newest.flatMap((event) => {
    if (event.name === "GuardSignedIn") {
      const { station, credential } = event.fields;
      return [eventOf("GuardSignedOut", { station, credential, cause: "restart" })];
    }
    if (event.name !== "LaneHeld") return [];
    const { door, station, credential } = event.fields;
    return [eventOf("LaneHoldEnded", { door, station, credential, cause: "restart" })];
  });
}
