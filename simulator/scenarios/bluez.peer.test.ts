import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { bluezStandIn, privateBus } from "../src/bluetooth.ts";
import { bluezContract, bluezLeakContract, type BusUnderTest, realClock } from "./contracts/bluez.contract.ts";

/** dbus-daemon, of Debian: the bus that BlueZ is on in the world. A private one, on a socket of its own. */
async function daemonBus(folder: string): Promise<BusUnderTest> {
  const socket = join(folder, "bus");
  const configuration = join(folder, "bus.conf");
  writeFileSync(
    configuration,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>custom</type><listen>unix:path=${socket}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`,
  );
  let daemon = await started();

  async function started(): Promise<ChildProcess> {
    rmSync(socket, { force: true });
    const child = spawn("dbus-daemon", ["--config-file", configuration, "--nofork", "--nopidfile", "--print-address=1"], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    // The address is printed once it listens.
    await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => Promise.reject(new Error("dbus-daemon did not start")))]);
    return child;
  }

  async function ended(): Promise<void> {
    if (daemon.exitCode !== null || daemon.signalCode !== null) return;
    const exited = once(daemon, "exit");
    daemon.kill("SIGKILL");
    await exited;
  }

  return {
    address: `unix:path=${socket}`,
    async restart() {
      await ended();
      daemon = await started();
    },
    close: ended,
  };
}

bluezContract("over dbus-daemon", daemonBus);
bluezLeakContract(100);

test("dbus-send of Debian is served by the bus in this program: it asks BlueZ's stand-in for its objects and properties, and is told of names that nobody has", async () => {
  const folder = mkdtempSync(join(tmpdir(), "portico-bus-"));
  const bus = await privateBus(join(folder, "bus"));
  const bluez = await bluezStandIn({ busAddress: bus.address, clock: realClock });
  onTestFinished(async () => {
    await bluez.close();
    await bus.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const send = async (destination: string, path: string, ...words: readonly string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)("dbus-send", [
      `--bus=${bus.address}`,
      "--print-reply",
      "--reply-timeout=5000",
      `--dest=${destination}`,
      path,
      ...words,
    ]);
    return stdout;
  };
  const PROPERTIES = "org.freedesktop.DBus.Properties";
  expect(await send("org.bluez", "/org/bluez/hci0", "org.freedesktop.DBus.Introspectable.Introspect")).toContain('name="StartDiscovery"');
  expect(await send("org.bluez", "/org/bluez/hci0", `${PROPERTIES}.Get`, "string:org.bluez.Adapter1", "string:Address")).toContain("00:1A:7D:DA:71:13");
  expect(await send("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus.GetNameOwner", "string:org.bluez")).toMatch(/string ":1\.\d+"/);
  await expect(send("org.nobody", "/", "org.nobody.Nothing")).rejects.toThrow(/ServiceUnknown/);
  await expect(send("org.bluez", "/org/bluez/hci0", "org.bluez.Adapter1.StopDiscovery")).rejects.toThrow(/No discovery started/);
});
