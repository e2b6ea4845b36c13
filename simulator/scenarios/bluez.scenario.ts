import { join } from "node:path";
import { expect, test } from "vitest";
import { privateBus, type PrivateBus } from "../src/bluetooth.ts";
import { bluezCampus, bluezContract, bluezLeakContract, type BusUnderTest, hurried } from "./contracts/bluez.contract.ts";
import { ADDRESS, wish } from "./room-lock-bench.ts";

let last: PrivateBus;
async function ownBus(folder: string): Promise<BusUnderTest> {
  const bus = await privateBus(join(folder, "bus"));
  last = bus;
  return { address: bus.address, restart: async () => bus.dropAll(), close: () => bus.close() };
}

bluezContract("over a bus in this program", ownBus);

bluezLeakContract(10);

test("a bus on which no call settles any more: every question is answered within its time, and the next one that is heard works", async () => {
  const { driver, lock, bluez } = await bluezCampus(ownBus, { checkEveryMs: 3_600_000 }, hurried(20));
  bluez.place(ADDRESS, lock);
  expect(await driver.secure()).toMatchObject({ ok: true });
  last.setDeaf(true);
  const [unlocked, asked] = await Promise.all([driver.unlock(wish(1)), driver.state()]);
  expect([unlocked, asked]).toMatchObject([{ ok: false, error: "TimedOut" }, { ok: false }]);
  last.setDeaf(false);
  expect(await driver.secure()).toMatchObject({ ok: true });
  expect(lock.memory.audit.filter(({ event }) => event === "Opened")).toEqual([]);
}, 30_000);
