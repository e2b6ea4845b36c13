import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, monotonicMs } from "@portico/card-protocol";
import { type DeviceHealth, seededRandom, simulatedClock, systemClock } from "@portico/firmware-ts";
import { type BleLockOptions, bluezAdapter, passerBy } from "@portico/firmware-ts/ble-lock";
import { describe, expect, onTestFinished, test } from "vitest";
import { bluezStandIn, type PrivateBus, privateBus } from "../../src/bluetooth.ts";
import { ADDRESS, driverOver, listFor, lockAt, nowOf, sealedPin, wish } from "../room-lock-bench.ts";

/** A message bus on a socket. */
export interface BusUnderTest {
  readonly address: string;
  /** Ends every connection at once, as a daemon that is killed, and is there again at the same address. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export const realClock: Clock = systemClock(() => "untrusted");
/** Several times as fast as the world: what waits in vain is over sooner. */
export const hurried = (times: number): Clock => ({
  monotonic: () => monotonicMs(realClock.monotonic() * times),
  wall: () => "untrusted",
  after: (ms, callback) => realClock.after(ms / times, callback),
});
/** The lists and PINs of these tests are of one moment. */
const moment = simulatedClock();

/** Driver, node-ble, a bus, the stand-in for BlueZ and a virtual lock, in real time. */
export async function bluezCampus(openBus: (folder: string) => Promise<BusUnderTest>, options: Partial<BleLockOptions> = {}, clock: Clock = realClock) {
  const folder = mkdtempSync(join(tmpdir(), "portico-bus-"));
  const bus = await openBus(folder);
  const random = seededRandom(7);
  const lock = lockAt(realClock, random);
  let bluez = await bluezStandIn({ busAddress: bus.address, clock: realClock });
  const adapter = bluezAdapter({ clock, busAddress: bus.address });
  const driver = driverOver(adapter, clock, random, { idleMs: 60_000, ...options });
  onTestFinished(async () => {
    await driver.close();
    await adapter.close();
    await bluez.close();
    await bus.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    bus,
    lock,
    driver,
    adapter,
    get bluez() {
      return bluez;
    },
    /** BlueZ comes up again, on a bus that is there again. */
    restartBluez: async (): Promise<void> => {
      bluez = await bluezStandIn({ busAddress: bus.address, clock: realClock });
      bluez.place(ADDRESS, lock);
    },
    healthBecomes: (kind: DeviceHealth["kind"]): Promise<void> =>
      new Promise((resolve) => {
        if (driver.health.kind === kind) return resolve();
        const stop = driver.onHealth((health) => {
          if (health.kind !== kind) return;
          stop();
          resolve();
        });
      }),
  };
}

/** So many connections, one after the other, leave nothing on the bus. */
export function bluezLeakContract(connections: number): void {
  test(`${connections} connections leave no client, no match rule and no connection on the bus behind`, async () => {
    let bus: PrivateBus | undefined;
    const { driver, lock, bluez } = await bluezCampus(
      async (folder) => {
        bus = await privateBus(join(folder, "bus"));
        return { address: bus.address, restart: () => Promise.resolve(), close: () => bus!.close() };
      },
      { idleMs: 0, checkEveryMs: 3_600_000 },
    );
    bluez.place(ADDRESS, lock);
    await driver.state();
    const quiet = (): Promise<void> =>
      new Promise((resolve) => {
        const look = (): void => void (bluez.connected === 0 && bus!.clients === 1 ? resolve() : realClock.after(1, look));
        look();
      });
    await quiet();
    const rules = bus!.matchRules;
    for (let n = 1; n <= connections; n++) {
      expect(await driver.unlock(wish(n))).toEqual({ ok: true });
      await quiet();
      expect(bus!.matchRules).toBe(rules);
    }
    expect(bluez.connections).toBe(connections + 1);
  }, 60_000);
}

/** What the driver promises over node-ble, whatever bus is in between. */
export function bluezContract(name: string, openBus: (folder: string) => Promise<BusUnderTest>): void {
  describe(name, () => {
    test("rule 2.8: a grant is carried to the lock, and another's is refused", async () => {
      const { lock, driver, bluez } = await bluezCampus(openBus);
      bluez.place(ADDRESS, lock);
      expect(await driver.unlock(wish(41))).toEqual({ ok: true });
      expect([lock.memory.bolt, lock.memory.audit.at(-1)!.number]).toEqual(["unlocked", 41]);
      expect(await driver.secure()).toEqual({ ok: true });
      expect(await driver.unlock(wish(42, 7, 5_000, undefined, "room-215"))).toMatchObject({ ok: false, refusal: "GrantRefused" });
      expect([lock.memory.bolt, bluez.connections]).toEqual(["locked", 1]);
    });

    test("a lock that BlueZ has never heard of is looked for; one that is not there is told so in words", async () => {
      const { lock, driver, bluez } = await bluezCampus(openBus, {}, hurried(4));
      bluez.hide(ADDRESS, lock);
      expect(await driver.unlock(wish(1))).toEqual({ ok: true });
      bluez.place(ADDRESS, undefined);
      expect(await driver.unlock(wish(2))).toMatchObject({ ok: false, detail: expect.stringContaining("out of reach, or without power") });
      expect(driver.health).toMatchObject({ kind: "offline" });
    }, 30_000);

    test("whoever comes by brings a list of many without a key of the lock, and is told how far it is", async () => {
      const { lock, adapter, bluez } = await bluezCampus(openBus);
      bluez.place(ADDRESS, lock);
      const rows = Array.from({ length: 40 }, (_, nth) => ({ holder: nth + 1, credentials: [{ id: new Uint8Array(8).fill(nth), proof: new Uint8Array(32).fill(nth) }] })); // prettier-ignore
      const record = listFor(moment, 1, rows);
      const told: number[] = [];
      const visitor = passerBy({ adapter, address: ADDRESS, clock: realClock });
      expect(await visitor.carry(16, record, (bytes) => told.push(bytes))).toEqual({ ok: true });
      expect([lock.memory.list!.value.rows.length, told]).toEqual([40, [1_024, 2_048, record.length]]);
      expect(await visitor.carry(16, listFor(moment, 1, []))).toMatchObject({ ok: false, refusal: "VersionNotNewer", detail: expect.stringContaining("version 1") }); // prettier-ignore
    });

    test("a list of many holders, a PIN and the log go through", async () => {
      const { lock, driver, bluez } = await bluezCampus(openBus);
      bluez.place(ADDRESS, lock);
      const rows = Array.from({ length: 40 }, (_, nth) => ({
        holder: nth + 1,
        credentials: [{ id: new Uint8Array(8).fill(nth), proof: new Uint8Array(32).fill(nth) }],
      }));
      expect(await driver.setClock(nowOf(moment))).toEqual({ ok: true });
      expect(await driver.applyList(listFor(moment, 1, rows))).toEqual({ ok: true });
      expect(await driver.setPin(sealedPin(7, 1, "274951"))).toEqual({ ok: true });
      expect(lock.typePin("274951")).toBeUndefined();
      expect(await driver.readAudit(0, 16)).toMatchObject({ ok: true, rows: [{ event: "ClockSet" }, { event: "ListTaken" }, { event: "PinSet" }, { event: "Opened", way: "pin", holder: 7 }] }); // prettier-ignore
    });

    test("a connection that breaks, an adapter that is off or pulled out, and a lock that does not answer: each has its words, and all of it comes back", async () => {
      const { lock, driver, bluez } = await bluezCampus(openBus, {}, hurried(8));
      bluez.place(ADDRESS, lock);
      await driver.state();
      let left = 1;
      bluez.setFaults({ disconnect: () => left-- === 1 });
      expect(await driver.state()).toMatchObject({ ok: true });
      bluez.setFaults({});
      const trouble = async (): Promise<string> => {
        const result = await driver.unlock(wish(9));
        return result.ok ? "ok" : result.detail;
      };
      bluez.setUnreachable(ADDRESS, true);
      bluez.setPowered(false);
      expect(await trouble()).toContain("the Bluetooth adapter is off");
      bluez.setPowered(true);
      expect(await trouble()).toContain("the lock does not answer: out of reach, without power, or connected to somebody else");
      bluez.setPlugged(false);
      expect(await trouble()).toContain("there is no such Bluetooth adapter");
      bluez.setPlugged(true);
      bluez.setUnreachable(ADDRESS, false);
      expect(await driver.unlock(wish(10))).toEqual({ ok: true });
      expect(lock.memory.audit.filter(({ event }) => event === "Opened").map(({ number }) => number)).toEqual([10]);
    }, 60_000);

    test("a bus that is lost is noticed and told, and the lock opens again once it is back, without anybody's doing", async () => {
      const { bus, lock, driver, bluez, restartBluez, healthBecomes } = await bluezCampus(openBus, { checkEveryMs: 200 });
      bluez.place(ADDRESS, lock);
      await healthBecomes("online");
      await bus.restart();
      await healthBecomes("offline");
      expect(driver.health).toMatchObject({ error: "Disconnected", detail: expect.stringMatching(/bluetoothd does not run|the system bus is not there/) });
      await restartBluez();
      await healthBecomes("online");
      expect(await driver.unlock(wish(1))).toEqual({ ok: true });
    }, 30_000);
  });
}
