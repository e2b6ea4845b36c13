import type { Clock } from "@portico/card-protocol";
import type { GattAdapter } from "@portico/firmware-ts/ble-lock";
import type { OpenPlatform } from "./platform-locks.ts";

/** The ways to room locks. */
export interface LockWays {
  /** This machine's Bluetooth adapter: all locks in its reach share it. */
  readonly openBluetooth: (clock: Clock) => GattAdapter | Promise<GattAdapter>;
  /** The platforms of lock makers, over the network. */
  readonly openPlatform: () => OpenPlatform | Promise<OpenPlatform>;
}
