import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHALLENGE_UUID } from "@portico/card-protocol";
import { simulatedClock, systemClock } from "@portico/firmware-ts";
import { bluezBeacon } from "@portico/firmware-ts/ble-beacon";
import { expect, test } from "vitest";
import { privateBus } from "../src/bluetooth/private-bus.ts";
import { bluezAdvertising } from "../src/bluez-advertising.ts";
import { VirtualAir } from "../src/virtual-air.ts";
import { type BeaconRig, beaconContract } from "./contracts/challenge-beacon.contract.ts";

beaconContract("a beacon of the virtual air", () => {
  const clock = simulatedClock();
  const air = new VirtualAir(clock);
  const beacon = air.beacon({ id: "beacon", name: "library" });
  return Promise.resolve({
    beacon,
    heard: () => air.heard.get("library"),
    switch: (isOn) => Promise.resolve(air.switch("library", isOn)),
    until: (isSo) => (isSo() ? Promise.resolve() : Promise.reject(new Error("it is not so"))),
    end: () => beacon.close(),
  });
});

const clock = systemClock(() => "untrusted");
const WITHIN_MS = 15_000;

async function until(isSo: () => boolean): Promise<void> {
  const deadline = clock.monotonic() + WITHIN_MS;
  while (!isSo()) {
    if (clock.monotonic() > deadline) throw new Error(`not so after ${WITHIN_MS} ms`);
    await new Promise<void>((resolve) => clock.after(10, resolve));
  }
}

async function onPrivateBus(adapter = "hci0"): Promise<BeaconRig & { readonly dropAll: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), "portico-bus-"));
  const bus = await privateBus(join(folder, "bus"));
  const bluez = await bluezAdvertising(bus.address);
  const beacon = bluezBeacon({ id: "beacon", clock, adapter, name: "library", busAddress: bus.address });
  return {
    beacon,
    heard: () => bluez.heard.get("library")?.[CHALLENGE_UUID],
    switch: (isOn) => Promise.resolve(bluez.setPowered(isOn)),
    until,
    dropAll: () => bus.dropAll(),
    async end() {
      await beacon.close();
      bluez.close();
      await bus.close();
      rmSync(folder, { recursive: true });
    },
  };
}

beaconContract("BlueZ over a bus in this program", () => onPrivateBus());

test("a bus that dies leaves the beacon dark, by name, and no call hangs", async () => {
  const one = await onPrivateBus();
  await until(() => one.beacon.health.kind === "online");
  await one.beacon.advertise(new Uint8Array(8));
  one.dropAll();
  await until(() => one.beacon.health.kind === "offline");
  expect(one.beacon.health).toMatchObject({ detail: expect.stringMatching(/^beacon: (the system bus is not there|bluetoothd does not run)$/) });
  expect(await one.beacon.advertise(new Uint8Array(8))).toMatchObject({ ok: false });
  await one.end();
});
