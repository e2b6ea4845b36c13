import { join } from "node:path";
import { makeUnlockGrant } from "@portico/card-protocol";
import { nodeAgreementKey, nodeSessionCrypto, nodeSigner } from "@portico/card-protocol/node";
import { seededRandom, systemClock } from "@portico/firmware-ts";
import { bleLock, bluezAdapter, type GattPeripheral } from "@portico/firmware-ts/ble-lock";
import { commissionedLock } from "@portico/simulator";
import { bluezStandIn, privateBus } from "@portico/simulator/bluetooth";
import { temporaryFolder } from "../folders.ts";
import { type Goal, median, quantile } from "../goal.ts";

const UNLOCKS = 400;
const FIRST_UNLOCKS = 60;
const CONNECTIONS = 60;
const [LOCK_ADDRESS, WIDE_ADDRESS, ECHO_ADDRESS] = ["C0:FF:EE:00:00:01", "C0:FF:EE:00:00:02", "C0:FF:EE:00:00:03"];
const clock = systemClock(() => "untrusted");
const fill = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const [site, controller] = ["bench", "east"];
const [own, signer] = [nodeAgreementKey(fill(1)), nodeSigner(fill(2))];

/** An unlock by a signed grant, through driver, node-ble, bus and BlueZ's stand-in. */
export const LOCK_UNLOCK: Goal = {
  name: "lock-unlock",
  what: "an unlock by a signed grant over node-ble in segments of 244 bytes, median, against one GATT write and its notification on the same bus",
  unit: "×",
  goal: 5,
  async measure(note) {
    const folder = temporaryFolder();
    const bus = await privateBus(join(folder, "bus"));
    const bluez = await bluezStandIn({ busAddress: bus.address, clock });
    const adapter = bluezAdapter({ clock, busAddress: bus.address });
    try {
      const narrow = lockUnder("room-1", LOCK_ADDRESS, 20);
      const wide = lockUnder("room-2", WIDE_ADDRESS, 244);
      bluez.place(ECHO_ADDRESS, ECHO);
      const echo = await adapter.connect(ECHO_ADDRESS);
      if (!echo.ok) throw new Error(echo.detail);
      const bare = async (): Promise<void> => {
        const heard = new Promise<void>((resolve) => {
          const stop = echo.link.onSegment(() => {
            stop();
            resolve();
          });
        });
        await echo.link.write(Uint8Array.of(1));
        await heard;
      };
      const samples = { narrow: [] as number[], wide: [] as number[], bare: [] as number[] };
      for (let round = 0; round < FIRST_UNLOCKS + UNLOCKS; round++)
        for (const [name, work] of [["narrow", narrow.unlock], ["wide", wide.unlock], ["bare", bare]] as const) {
          const ms = await timed(work);
          if (round >= FIRST_UNLOCKS) samples[name].push(ms);
        } // prettier-ignore
      await Promise.all([narrow.driver.close(), wide.driver.close(), echo.link.close()]);
      const connecting: number[] = [];
      for (let nth = 0; nth < CONNECTIONS; nth++) {
        const once = lockUnder("room-1", LOCK_ADDRESS, 20);
        connecting.push(await timed(once.unlock));
        await once.driver.close();
      }
      note(`p50 ${median(samples.wide).toFixed(2)} ms, p99 ${quantile(samples.wide, 0.99).toFixed(2)} ms, against ${median(samples.bare).toFixed(2)} ms`);
      note(`in segments of 20 bytes p50 ${median(samples.narrow).toFixed(2)} ms, p99 ${quantile(samples.narrow, 0.99).toFixed(2)} ms`);
      note(`with connecting and handshake p50 ${median(connecting).toFixed(1)} ms, p99 ${quantile(connecting, 0.99).toFixed(1)} ms`);
      return median(samples.wide) / median(samples.bare);
    } finally {
      await adapter.close();
      await bluez.close();
      await bus.close();
    }

    function lockUnder(id: string, address: string, segmentBytes: number) {
      const random = seededRandom(20_270_111);
      const randomBytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => Math.floor(random() * 256));
      const lockSecret = fill(segmentBytes);
      const given = { site, lock: id, controller, lockSecret, controllerKey: own.publicKey, signingKey: signer.publicKey };
      bluez.place(address, commissionedLock(given, { clock, randomBytes, segmentBytes }));
      const parties = { site, lock: id, controller, controllerKey: own.publicKey, lockKey: nodeAgreementKey(lockSecret).publicKey };
      const driver = bleLock({ id, address, parties, own, adapter, crypto: nodeSessionCrypto, clock, random, randomBytes, checkEveryMs: 3_600_000 });
      let seq = 0;
      async function unlock(): Promise<void> {
        const decision = ++seq;
        const sign = (challenge: Uint8Array): Uint8Array =>
          makeUnlockGrant(site, { lock: id, controller, challenge, holder: 7, seq: decision, holdMs: 1_000 }, signer);
        const unlocked = await driver.unlock({ holder: 7, seq: decision, holdMs: 1_000, sign });
        if (!unlocked.ok) throw new Error(`a genuine grant was refused: ${unlocked.detail}`);
      }
      return { driver, unlock };
    }
  },
};

/** Says one segment for each that it is written. */
const ECHO: GattPeripheral = {
  make: Uint8Array.of(0),
  connected: (notify) => ({ written: notify, gone: () => {} }),
};

async function timed(work: () => Promise<void>): Promise<number> {
  const start = process.hrtime.bigint();
  await work();
  return Number(process.hrtime.bigint() - start) / 1_000_000;
}
