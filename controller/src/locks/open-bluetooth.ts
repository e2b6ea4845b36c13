import type { Clock } from "@portico/card-protocol";
import type { GattAdapter } from "@portico/firmware-ts/ble-lock";

/** This machine's Bluetooth adapter, by BlueZ; node-ble is loaded only where a lock needs it. */
export async function openBluetooth(clock: Clock): Promise<GattAdapter> {
  const { bluezAdapter } = await import("@portico/firmware-ts/ble-lock");
  return bluezAdapter({ clock });
}
