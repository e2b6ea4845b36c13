import type { Random } from "@portico/card-protocol";
import { type ControllerSurroundings, WIRES_ALONE } from "@portico/controller";
import type { SimulatedClock } from "@portico/firmware-ts";
import { type CampusRoomsOptions, campusRooms, roomsOf } from "../campus/campus-rooms.ts";
import type { VirtualLock } from "../lock/virtual-lock.ts";

/** The Bluetooth of a campus in virtual time. */
export interface CampusAir {
  readonly rooms: ReadonlyMap<string, VirtualLock>;
  /** How every controller reaches them. */
  readonly ways: NonNullable<ControllerSurroundings["locks"]>;
}

/** A segment waits for the next event of its connection: an interval of what locks ask for. Source: Bluetooth Core 5.4, Vol 6, Part B, §4.5.1. */
const INTERVAL_MS_MAX = 15;

/** The locks of a campus in reach of one adapter in memory; undefined: it has no rooms. */
export async function campusAir(options: CampusRoomsOptions & { readonly clock: SimulatedClock; readonly random: Random }): Promise<CampusAir | undefined> {
  const stations = roomsOf(options.campus);
  if (stations.length === 0) return undefined;
  // Whoever has no rooms loads nothing of BlueZ.
  const { memoryGatt } = await import("@portico/firmware-ts/ble-lock");
  const gatt = memoryGatt(options);
  gatt.setFaults({ delayMsMax: INTERVAL_MS_MAX });
  const rooms = campusRooms(options);
  for (const { id, address } of stations) gatt.place(address, rooms.get(id));
  return { rooms, ways: { ...WIRES_ALONE.locks, openBluetooth: () => gatt.adapter } };
}
