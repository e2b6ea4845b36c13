import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CHALLENGE_UUID } from "@portico/card-protocol";
import { systemClock } from "@portico/firmware-ts";
import { bluezBeacon } from "@portico/firmware-ts/ble-beacon";
import { expect, test } from "vitest";
import { bluezAdvertising } from "../src/bluez-advertising.ts";
import { type BeaconRig, beaconContract } from "./contracts/challenge-beacon.contract.ts";

const clock = systemClock(() => "untrusted");
const WITHIN_MS = 8_000;

/** Waits until something is so. */
async function until(isSo: () => boolean): Promise<void> {
  const deadline = clock.monotonic() + WITHIN_MS;
  while (!isSo()) {
    if (clock.monotonic() > deadline) throw new Error(`not so after ${WITHIN_MS} ms`);
    await new Promise<void>((resolve) => clock.after(10, resolve));
  }
}

/** dbus-daemon, of Debian, on a socket of its own. */
async function daemon(): Promise<{ readonly address: string; readonly kill: () => Promise<void>; readonly end: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "portico-bus-"));
  const [socket, configuration] = [join(folder, "bus"), join(folder, "bus.conf")];
  writeFileSync(
    configuration,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  const child = spawn("dbus-daemon", ["--config-file", configuration, "--nofork", "--nopidfile", "--print-address=1"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(child.stdout, "data"); // its address, once it listens
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return {
    address: `unix:path=${socket}`,
    kill,
    async end() {
      await kill();
      rmSync(folder, { recursive: true });
    },
  };
}

async function rig(): Promise<BeaconRig & { readonly kill: () => Promise<void> }> {
  const bus = await daemon();
  const bluez = await bluezAdvertising(bus.address);
  const beacon = bluezBeacon({ id: "beacon", clock, adapter: "hci0", name: "library", busAddress: bus.address });
  return {
    beacon,
    heard: () => bluez.heard.get("library")?.[CHALLENGE_UUID],
    switch: (isOn) => Promise.resolve(bluez.setPowered(isOn)),
    until,
    kill: bus.kill,
    async end() {
      await beacon.close();
      bluez.close();
      await bus.end();
    },
  };
}

beaconContract("BlueZ over dbus-daemon", rig);

test("a bus that dies leaves the beacon dark, by name, and no call hangs; nothing is left when it is closed", async () => {
  const one = await rig();
  await until(() => one.beacon.health.kind === "online");
  await one.beacon.advertise(new Uint8Array(8));
  await one.kill();
  await until(() => one.beacon.health.kind === "offline");
  expect(one.beacon.health).toMatchObject({ detail: "beacon: the system bus is not there" });
  expect(await one.beacon.advertise(new Uint8Array(8))).toMatchObject({ ok: false });
  await one.end();
});

test("an adapter that is not there is named", async () => {
  const bus = await daemon();
  const bluez = await bluezAdvertising(bus.address);
  const beacon = bluezBeacon({ id: "beacon", clock, adapter: "hci7", name: "library", busAddress: bus.address });
  await until(() => /no adapter hci7/.test(beacon.health.kind === "offline" ? beacon.health.detail : ""));
  expect(beacon.health).toMatchObject({ detail: "beacon: there is no adapter hci7" });
  await beacon.close();
  bluez.close();
  await bus.end();
});
