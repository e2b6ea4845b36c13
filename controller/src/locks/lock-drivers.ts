import type { Clock, Random, RandomBytes } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto } from "@portico/card-protocol/node";
import type { RoomLock } from "@portico/firmware-ts";
import type { Configuration } from "../configuration/configuration.ts";
import type { LockReach } from "../configuration/lock-configuration.ts";
import type { ControllerSurroundings } from "../controller-surroundings.ts";
import type { Hardware, WiredDevice } from "../hardware.ts";
import { readLockSecret } from "../store/cloud-keys.ts";
import type { LockWays } from "./lock-ways.ts";
import { platformLocks } from "./platform-locks.ts";

/** The driver of each lock that can be reached, by its id. */
export interface LockDrivers {
  readonly locks: ReadonlyMap<string, RoomLock>;
  /** Lets go of what they share. Never rejects. */
  close(): Promise<void>;
}

/** Builds the drivers of the locks that the configuration names; what reaches none of them is not opened. */
async function buildLockDrivers(
  configuration: Configuration,
  clock: Clock,
  ways: LockWays,
  { random, randomBytes }: { readonly random: Random; readonly randomBytes: RandomBytes },
): Promise<LockDrivers> {
  const { locks, site, controller } = configuration;
  const made = new Map<string, RoomLock>();
  const shared: { close(): Promise<void> }[] = [];
  const byRadio = locks.flatMap((row) => (row.reach.protocol === "ble" ? [{ ...row, reach: row.reach }] : []));
  if (byRadio.length > 0) {
    const { bleLock } = await import("@portico/firmware-ts/ble-lock");
    const adapter = await ways.openBluetooth(clock);
    shared.push(adapter);
    const own = nodeAgreementKey(readLockSecret(controller.dataFolder, randomBytes));
    const base = { own, adapter, crypto: nodeSessionCrypto, clock, random, randomBytes };
    for (const { id, reach, checkEveryMs } of byRadio) {
      const parties = { site: site.id, lock: id, controller: controller.id, controllerKey: own.publicKey, lockKey: reach.publicKey };
      made.set(id, bleLock({ ...base, id, address: reach.address, parties, checkEveryMs }));
    }
  }
  const platform = await platformLocks(configuration, ways.openPlatform, { clock, random, randomBytes });
  shared.push(platform);
  for (const lock of platform.locks) made.set(lock.id, lock);
  return { locks: made, close: async () => void (await Promise.all(shared.map((each) => each.close()))) };
}

/** The hardware with the locks among its devices, and their drivers. */
export async function withLocks(
  hardware: Hardware,
  configuration: Configuration,
  clock: Clock,
  { locks: ways, ...chance }: Pick<ControllerSurroundings, "locks" | "random" | "randomBytes">,
): Promise<{ readonly hardware: Hardware; readonly drivers: LockDrivers }> {
  const drivers = await buildLockDrivers(configuration, clock, ways, chance);
  const devices = configuration.locks.flatMap(({ id, reach }): WiredDevice[] => {
    const device = drivers.locks.get(id);
    return device === undefined ? [] : [{ device, kind: "room-lock", wire: wireOf(reach) }];
  });
  if (devices.length === 0) return { hardware, drivers };
  const close = async (): Promise<void> => {
    await Promise.all(devices.map(({ device }) => device.close()));
    await drivers.close();
    await hardware.close();
  };
  return { hardware: { ...hardware, devices: [...hardware.devices, ...devices], close }, drivers };
}

function wireOf(reach: LockReach): string {
  switch (reach.protocol) {
    case "ble":
      return reach.address;
    case "ttlock":
      return `ttlock ${reach.lockId}`;
    case "carried":
      return reach.protocol;
  }
}
