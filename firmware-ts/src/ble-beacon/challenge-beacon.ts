import type { Device, DeviceResult } from "../device.ts";

/** What is left for a name in a scan response. Core Specification 5.4, Vol 3 Part C §11. */
export const BEACON_NAME_BYTES_MAX = 26;

/** Tells phones around it a reader's challenge by Bluetooth LE advertisements, to which nobody connects. */
export interface ChallengeBeacon extends Device {
  /** Advertises 8 bytes until others are. Where nobody hears it answers at once, and nothing is advertised later: what is old by then is asked for anew. */
  advertise(challenge: Uint8Array): Promise<DeviceResult>;
}
