import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bluezContract, bluezLeakContract, type BusUnderTest } from "./contracts/bluez.contract.ts";

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
