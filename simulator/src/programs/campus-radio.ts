import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Clock, RandomBytes } from "@portico/card-protocol";
import { nodeAgreementKey } from "@portico/card-protocol/node";
import { readControllerKey, readLockSecret } from "@portico/controller";
import type { BluezStandIn } from "../bluetooth/bluez-stand-in.ts";
import { type CampusFolder, partFolder } from "../campus/campus-folder.ts";
import { campusRooms, roomsOf } from "../campus/campus-rooms.ts";
import { keepMemory, readKeptMemory } from "../lock/kept-memory.ts";
import type { VirtualLock } from "../lock/virtual-lock.ts";

/** The Bluetooth of a campus: a message bus on a socket of its own with BlueZ's stand-in on it, and the locks of the rooms in its reach. */
export interface CampusRadio {
  /** As DBUS_SYSTEM_BUS_ADDRESS names it; undefined: the campus has no rooms, and there is no bus. */
  readonly busAddress: string | undefined;
  readonly rooms: ReadonlyMap<string, VirtualLock>;
  /** A lock leaves the adapter's reach, or comes back. */
  setReachable(room: string, reachable: boolean): void;
  /** Switches the adapter off or on. */
  setPowered(powered: boolean): void;
  close(): Promise<void>;
}

export interface CampusRadioOptions {
  readonly folder: CampusFolder;
  /** Where the bus listens; the folder is its owner's alone. */
  readonly socket: string;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
}

/**
 * Opens it. What the locks remember is kept in the folders of their controllers, in `<room>.lock`.
 *
 * @throws SetupError  what a lock remembers cannot be read; an Error of the system where the bus cannot listen
 */
export async function openCampusRadio({ folder, socket, clock, randomBytes }: CampusRadioOptions): Promise<CampusRadio> {
  const { campus, path } = folder;
  const addresses = new Map(roomsOf(campus).map(({ id, address }) => [id, address]));
  if (addresses.size === 0) return NO_RADIO;
  const rooms = campusRooms({
    campus,
    clock,
    randomBytes,
    keysOf(part) {
      const place = partFolder(path, campus, part);
      return { controllerKey: nodeAgreementKey(readLockSecret(place, randomBytes)).publicKey, signingKey: readControllerKey(place, randomBytes).publicKey };
    },
    memoryOf(room) {
      const part = campus.parts.find(({ places }) => places.includes(room))!;
      const file = join(partFolder(path, campus, part), `${room}.lock`);
      const before = readKeptMemory(file, clock.monotonic());
      return { ...(before && { before }), onMemory: (memory) => keepMemory(file, memory) };
    },
  });
  const { bluezStandIn, privateBus } = await import("../bluetooth.ts");
  // Nobody answers there any more: the devices of this folder are these.
  rmSync(socket, { force: true });
  const bus = await privateBus(socket);
  let bluez: BluezStandIn;
  try {
    bluez = await bluezStandIn({ busAddress: bus.address, clock });
  } catch (error) {
    await bus.close();
    throw error;
  }
  for (const [id, lock] of rooms) bluez.place(addresses.get(id)!, lock);
  return {
    busAddress: bus.address,
    rooms,
    setReachable: (room, reachable) => bluez.place(addresses.get(room)!, reachable ? rooms.get(room)! : undefined),
    setPowered: (powered) => bluez.setPowered(powered),
    async close() {
      await bluez.close();
      await bus.close();
    },
  };
}

const NO_RADIO: CampusRadio = { busAddress: undefined, rooms: new Map(), setReachable: () => {}, setPowered: () => {}, close: () => Promise.resolve() };
