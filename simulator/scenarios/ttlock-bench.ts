import { type LockRule, openPin, sealPin, unixSeconds } from "@portico/card-protocol";
import { nodeAgreementKey } from "@portico/card-protocol/node";
import { type RoomLock, seededRandom, simulatedClock, type SimulatedClock, type UnlockWish } from "@portico/firmware-ts";
import { httpPlatform, platformAccount, type PlatformExchange, type PlatformLogin, ttlockLock } from "@portico/firmware-ts/ttlock";
import { type ProviderServer, serveProvider, TtlockStandIn, VirtualTtlock } from "../src/index.ts";

export const TTLOCK_ID = 163_377;
export const SITE = "demo-campus";
export const ROOM = "room-301";
export const LOGIN: PlatformLogin = { clientId: "4773aa03", clientSecret: "a-client-secret", user: "+8618900000000", password: "an-app-password" };
const SECRET = new Uint8Array(32).fill(0x71);
const KEY = nodeAgreementKey(SECRET).publicKey;
export const ALL_RULES: readonly LockRule[] = ["14.1", "14.2", "14.3", "14.4"];

export interface TtlockBench {
  readonly clock: SimulatedClock;
  readonly platform: TtlockStandIn;
  /** The lock itself. */
  readonly body: VirtualTtlock;
  readonly driver: RoomLock;
  /** Waits, in simulated time while nothing is under way on a real wire. */
  readonly settled: <T>(promise: Promise<T>) => Promise<T>;
  readonly pass: (ms: number) => Promise<void>;
  /** A restart of the controller: a driver that remembers nothing. */
  readonly restarted: () => RoomLock;
  readonly close: () => Promise<void>;
}

/** Driver and platform. @param overHttp  with a real connection on loopback between them, else in memory */
export async function ttlockBench({
  overHttp = false,
  accepts = ALL_RULES,
  login = {},
  checkEveryMs = 600_000,
}: {
  readonly overHttp?: boolean;
  readonly accepts?: readonly LockRule[];
  readonly login?: Partial<PlatformLogin>;
  readonly checkEveryMs?: number;
} = {}): Promise<TtlockBench> {
  const clock = simulatedClock();
  const body = new VirtualTtlock(TTLOCK_ID, clock);
  const platform = new TtlockStandIn(LOGIN, clock, [body]);
  const server: ProviderServer | undefined = overHttp ? await serveProvider(platform.answer) : undefined;
  let underWay = 0;
  const http = server && httpPlatform(new URL(server.url), clock);
  const exchange: PlatformExchange = async (...asked) => {
    if (http === undefined) return platform.exchange(...asked);
    underWay++;
    return http(...asked).finally(() => underWay--);
  };
  const opened: { close(): unknown }[] = [];
  const made = (): RoomLock => {
    const random = seededRandom(5);
    const account = platformAccount({ login: { ...LOGIN, ...login }, exchange, clock, random });
    const lock = ttlockLock({
      id: ROOM,
      lockId: TTLOCK_ID,
      account,
      accepts: new Set(accepts),
      openPin: (place, sealed) => openPin(SECRET, { site: SITE, lock: ROOM, ...place }, sealed),
      holdMs: 5_000,
      clock,
      random,
      checkEveryMs,
    });
    opened.push(account);
    return lock;
  };
  /** A turn of the loop in which sockets speak; time passes when none of them has anything to say. */
  const step = async (ms: number): Promise<void> => {
    if (server !== undefined) await new Promise((resolve) => setImmediate(resolve));
    if (underWay === 0) await clock.pass(ms);
  };
  return {
    clock,
    platform,
    body,
    driver: made(),
    async settled<T>(promise: Promise<T>) {
      const came: T[] = [];
      void promise.then((value) => came.push(value));
      for (let turn = 0; came.length === 0; turn++) {
        if (turn > 100_000) throw new Error("nothing came");
        await step(10);
      }
      return came[0]!;
    },
    async pass(ms) {
      if (server === undefined) return clock.pass(ms);
      const until = clock.monotonic() + ms;
      while (clock.monotonic() < until) await step(Math.min(10, until - clock.monotonic()));
    },
    restarted: made,
    async close() {
      for (const each of opened) each.close();
      await server?.close();
    },
  };
}

/** As the holder's phone seals it. */
export const sealedPin = (holder: number, version: number, digits: string) => ({
  holder,
  version,
  sealed: sealPin(KEY, { site: SITE, lock: ROOM, holder, version }, digits, new Uint8Array(32).fill((holder + version) % 256)),
});

export const wish = (seq: number, holder = 7): UnlockWish => ({
  holder,
  seq,
  holdMs: 5_000,
  sign: () => {
    throw new Error("a lock of the platform checks no grant");
  },
});

export const nowOf = (clock: SimulatedClock) => {
  const wall = clock.wall();
  if (wall === "untrusted") throw new Error("the bench has a clock");
  return unixSeconds(wall.now);
};
