import {
  type AgreementKey,
  type Clock,
  type LockList,
  type LockListRow,
  makeLockList,
  makeUnlockGrant,
  type Random,
  type RandomBytes,
  sealPin,
  type SessionParties,
  unixSeconds,
} from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto, nodeSigner } from "@portico/card-protocol/node";
import { seededRandom, simulatedClock, type SimulatedClock, type UnlockWish } from "@portico/firmware-ts";
import { bleLock, type BleLockOptions, type GattAdapter, memoryGatt, type MemoryGatt } from "@portico/firmware-ts/ble-lock";
import type { RoomLock } from "@portico/firmware-ts";
import { commissionedLock, type VirtualLock } from "../src/index.ts";

export const SITE = "demo-campus";
export const LOCK = "room-214";
export const CONTROLLER = "east";
export const ADDRESS = "C0:FF:EE:00:02:14";
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
export const LOCK_SECRET = fill(0x51);
export const lockKey: AgreementKey = nodeAgreementKey(LOCK_SECRET);
export const controllerKey: AgreementKey = nodeAgreementKey(fill(0x52));
export const controllerSigner = nodeSigner(fill(0x53));
export const PARTIES: SessionParties = { site: SITE, lock: LOCK, controller: CONTROLLER, controllerKey: controllerKey.publicKey, lockKey: lockKey.publicKey };

/** Unpredictable to nobody: the same bytes in each run. */
export function bytesOf(random: Random): RandomBytes {
  return (length) => Uint8Array.from({ length }, () => Math.floor(random() * 256));
}

/** A lock at its end of the profile. */
export const lockAt = (clock: Clock, random: Random, segmentBytes = 20): VirtualLock =>
  commissionedLock(
    { site: SITE, lock: LOCK, controller: CONTROLLER, lockSecret: LOCK_SECRET, controllerKey: controllerKey.publicKey, signingKey: controllerSigner.publicKey },
    { clock, randomBytes: bytesOf(random), segmentBytes },
  );

/** The driver over some adapter. */
export function driverOver(adapter: GattAdapter, clock: Clock, random: Random, options: Partial<BleLockOptions> = {}): RoomLock {
  return bleLock({
    id: LOCK,
    address: ADDRESS,
    parties: PARTIES,
    own: controllerKey,
    adapter,
    crypto: nodeSessionCrypto,
    clock,
    random,
    randomBytes: bytesOf(random),
    ...options,
  });
}

export interface RoomLockBench {
  readonly clock: SimulatedClock;
  readonly gatt: MemoryGatt;
  readonly lock: VirtualLock;
  readonly driver: RoomLock;
  /** Waits in simulated time. */
  readonly settled: <T>(promise: Promise<T>, withinMs?: number) => Promise<T>;
}

/** Driver and lock with Bluetooth in memory between them. */
export function roomLockBench(seed = 1, options: Partial<BleLockOptions> = {}): RoomLockBench {
  const clock = simulatedClock();
  const random = seededRandom(seed);
  const gatt = memoryGatt({ clock, random });
  const lock = lockAt(clock, random);
  gatt.place(ADDRESS, lock);
  const driver = driverOver(gatt.adapter, clock, random, options);
  return {
    clock,
    gatt,
    lock,
    driver,
    async settled<T>(promise: Promise<T>, withinMs = 90_000) {
      const came: T[] = [];
      void promise.then((value) => came.push(value));
      if (!(await clock.until(() => came.length > 0, withinMs))) throw new Error(`nothing came within ${withinMs} ms`);
      return came[0]!;
    },
  };
}

export const nowOf = (clock: Clock) => {
  const wall = clock.wall();
  if (wall === "untrusted") throw new Error("the bench has a clock");
  return wall.now;
};

/** An opening as a controller wishes it. */
export const wish = (seq: number, holder = 7, holdMs = 5_000, signer = controllerSigner, lock = LOCK): UnlockWish => ({
  holder,
  seq,
  holdMs,
  sign: (challenge) => makeUnlockGrant(SITE, { lock, controller: CONTROLLER, challenge, holder, seq, holdMs }, signer),
});

/** A list of holders who may open at any time, for a week. */
export function listFor(
  clock: Clock,
  version: number,
  rows: readonly (Partial<LockListRow> & { readonly holder: number })[],
  more: Partial<LockList> = {},
): Uint8Array {
  const now = nowOf(clock);
  const until = unixSeconds(now + 7 * 86_400);
  const all = rows.map((row) => ({ from: now, until, openings: 0, credentials: [], ...row }));
  return makeLockList(SITE, { lock: LOCK, version, issued: now, validUntil: until, openings: [], rows: all, ...more }, controllerSigner);
}

export const sealedPin = (holder: number, version: number, pin: string, lock = LOCK) => ({
  holder,
  version,
  sealed: sealPin(lockKey.publicKey, { site: SITE, lock, holder, version }, pin, fill(holder + version)),
});
