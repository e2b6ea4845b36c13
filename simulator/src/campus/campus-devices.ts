import type { Clock, Random } from "@portico/card-protocol";
import type { Wire } from "@portico/firmware-ts";
import { type DoorBody, doorBody } from "../door-body.ts";
import { type TurnstileBody, turnstileBody } from "../turnstile-body.ts";
import { type VirtualRelayBoard, virtualRelayBoard } from "../virtual-relay-board.ts";
import { type VirtualScanner, virtualScanner } from "../virtual-scanner.ts";
import { type VirtualDisplay, virtualDisplay } from "../virtual-display.ts";
import { type VirtualKeypad, virtualKeypad } from "../virtual-keypad.ts";
import { BOARD_CHANNELS, type Campus, DOOR_WIRING, LANE_WIRING, wiresOf } from "./campus.ts";
import { postScript } from "../post-script.ts";
import type { VirtualLock } from "../lock/virtual-lock.ts";
import type { VirtualPrinter } from "../virtual-printer.ts";
import type { CampusHands, LockLook, StationHands } from "./campus-hands.ts";

/** Everything on the far ends of the wires of a campus. */
export interface CampusDevices {
  readonly boards: ReadonlyMap<string, VirtualRelayBoard>;
  /** By access point. */
  readonly scanners: ReadonlyMap<string, VirtualScanner>;
  readonly lanes: ReadonlyMap<string, TurnstileBody>;
  readonly doors: ReadonlyMap<string, DoorBody>;
  /** By the till, displays by the door too. */
  readonly keypads: ReadonlyMap<string, VirtualKeypad>;
  readonly displays: ReadonlyMap<string, VirtualDisplay>;
  /** Lets go of wires and timers. */
  close(): void;
}

export interface CampusDevicesOptions {
  readonly campus: Campus;
  readonly clock: Clock;
  /** For the scanners' pauses. */
  readonly random: Random;
  /** The device's end of each wire. */
  readonly wireOf: (wire: string) => Wire;
  /** How long a board thinks before it answers; default 0. */
  readonly answerAfterMs?: number;
}

/** Hangs boards, scanners, turnstiles, doors, keypads and displays of a campus on its wires. */
export function campusDevices({ campus, clock, random, wireOf, answerAfterMs = 0 }: CampusDevicesOptions): CampusDevices {
  const boards = new Map<string, VirtualRelayBoard>();
  const scanners = new Map<string, VirtualScanner>();
  const keypads = new Map<string, VirtualKeypad>();
  const displays = new Map<string, VirtualDisplay>();
  for (const { id, use } of wiresOf(campus)) {
    const wire = wireOf(id);
    if (use === "scanner") scanners.set(id, virtualScanner({ wire, clock, random }));
    else if (use === "keypad") keypads.set(id.replace(/-keypad$/, ""), virtualKeypad(wire));
    else if (use === "display") displays.set(id.replace(/-display$/, ""), virtualDisplay({ wire, commands: "esc-pos", charset: "ascii" }));
    else boards.set(id, virtualRelayBoard({ wire, clock, relays: BOARD_CHANNELS, inputs: BOARD_CHANNELS, answerAfterMs }));
  }
  const barriers = campus.stations?.filter(({ kind }) => kind === "barrier") ?? [];
  return {
    boards,
    scanners,
    lanes: new Map(campus.lanes.map(({ id }) => [id, turnstileBody(boards.get(id)!, LANE_WIRING, clock)])),
    doors: new Map([...campus.doors, ...barriers].map(({ id }) => [id, doorBody(boards.get(id)!, DOOR_WIRING, clock)])),
    keypads,
    displays,
    close: () => boards.forEach((board) => board.close()),
  };
}

/** Hands on the stations of devices that live in this program. @param rooms  the locks of rooms, by id */
export function stationHands(
  { keypads, displays }: Pick<CampusDevices, "keypads" | "displays">,
  printers: ReadonlyMap<string, VirtualPrinter>,
  rooms: ReadonlyMap<string, VirtualLock>,
): StationHands {
  return {
    enter: (till, amount) => Promise.resolve(at(keypads, till).enter(amount)),
    display: (till) => Promise.resolve(at(displays, till).lines),
    print: (printer, user, pages) => Promise.resolve(at(printers, printer).send({ user, pages, document: postScript(pages) })),
    tray: (printer) => Promise.resolve(at(printers, printer).printed),
    typePin: (room, digits) => Promise.resolve(at(rooms, room).typePin(digits) ?? null),
    lock: (room) => Promise.resolve(lockLook(at(rooms, room))),
  };
}

/** How a lock looks to whoever stands before it. */
export const lockLook = ({ memory: { bolt, batteryPercent } }: VirtualLock): LockLook => ({ bolt, batteryPercent });

/** Hands on devices that live in this program. A place that the campus does not have is a broken invariant. */
export function deviceHands({ scanners, lanes, doors }: CampusDevices, onReport: CampusHands["onReport"]): CampusHands {
  return {
    scan: (accessPoint, read) => at(scanners, accessPoint).scan(read),
    push: (lane, direction) => Promise.resolve(at(lanes, lane).push(direction)),
    tailgate: (lane, direction) => Promise.resolve(at(lanes, lane).tailgate(direction)),
    pushDoor: (door, openMs) => Promise.resolve(at(doors, door).push(openMs)),
    pressExit: (door) => Promise.resolve(at(doors, door).pressExit()),
    onReport,
  };
}

function at<T>(places: ReadonlyMap<string, T>, id: string): T {
  const place = places.get(id);
  if (place === undefined) throw new RangeError(`the campus has no ${id}, only ${[...places.keys()].join(", ")}`);
  return place;
}
