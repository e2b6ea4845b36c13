import { accessSync, constants, existsSync, readdirSync, readFileSync, statfsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { UnixSeconds } from "@portico/card-protocol";
import type { Configuration } from "@portico/controller";
import { failing, fine, type Finding, warning } from "./finding.ts";

const MIB = 1024 * 1024;
/** Below this many MiB nothing can be recorded for long, so nobody will be let in. */
const FREE_FAIL_MIB = 100;
const FREE_WARN_MIB = 1024;

/** Node is one that this program was built for: 20.19 or newer. */
export function nodeFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isNew = major > 20 || (major === 20 && minor >= 19);
  return isNew ? fine("node", version) : failing("node", `${version} is too old`, "install Node 20.19 or newer");
}

/** The data folder is there, belongs to who runs this, is closed to others, and has room. */
export function folderFindings(folder: string): Finding[] {
  if (!existsSync(folder))
    return [
      warning("data folder", `${folder} is not there yet`, `it is made at the first start; else: sudo install -d -m 0750 -o portico -g portico ${folder}`),
    ];
  const findings: Finding[] = [];
  if (!mayUse(folder, constants.R_OK | constants.W_OK | constants.X_OK))
    findings.push(warning("data folder", `${folder} is not yours to write`, "as the controller's own user it should be: sudo -u portico portico doctor"));
  else if ((statSync(folder).mode & 0o007) !== 0) findings.push(warning("data folder", `${folder} is open to everybody`, `chmod o-rwx ${folder}`));
  else findings.push(fine("data folder", folder));
  const { bavail, bsize } = statfsSync(folder);
  const freeMib = Math.floor((bavail * bsize) / MIB);
  if (freeMib < FREE_FAIL_MIB)
    findings.push(failing("free space", `${freeMib} MiB`, "free some: below this nothing can be recorded for long, and then nobody is let in"));
  else if (freeMib < FREE_WARN_MIB) findings.push(warning("free space", `${freeMib} MiB`, "free some, or use a larger card"));
  else findings.push(fine("free space", freeMib >= 10_240 ? `${Math.floor(freeMib / 1024)} GiB` : `${freeMib} MiB`));
  return findings;
}

/** Every serial port that the configuration names is there and may be used. */
export function serialFindings(root: string, { wires }: Configuration): Finding[] {
  return wires.flatMap((wire) => {
    if (wire.kind !== "serial") return [];
    const check = `wire ${wire.id}`;
    if (!existsSync(join(root, wire.device))) {
      const there = serialPorts(root);
      const remedy = there.length === 0 ? "plug the device in; no serial port is there at all" : `plug the device in, or name one of ${there.join(", ")}`;
      return [failing(check, `${wire.device} is not there`, remedy)];
    }
    if (!mayUse(join(root, wire.device), constants.R_OK | constants.W_OK))
      return [
        failing(check, `${wire.device} may not be used by you`, "sudo usermod -aG dialout $USER, then log in anew; for the controller: its own user, portico"),
      ];
    const isStable = wire.device.startsWith("/dev/serial/") || !/^\/dev\/tty(USB|ACM)\d+$/.test(wire.device);
    return isStable
      ? [fine(check, wire.device)]
      : [warning(check, `${wire.device} may be another device after a restart`, "name it by its own path: ls -l /dev/serial/by-id")];
  });
}

/** Every lock hangs on a board that ends a pulse by itself: on any other it stays released when the controller, or its computer, dies within one. */
export function pulseFinding({ doors, turnstiles, relayBoards }: Configuration): Finding {
  const check = "locks without a controller";
  const on = (protocol: string): string[] => {
    const boards = new Set(relayBoards.filter((board) => board.protocol === protocol).map(({ id }) => id));
    return [
      ...doors.filter(({ strike }) => boards.has(strike.board)).map(({ id }) => id),
      ...turnstiles.filter(({ entry, exit }) => [entry, exit].some((relay) => relay !== undefined && boards.has(relay.board))).map(({ id }) => id),
    ];
  };
  const [firmata, gpio] = [on("firmata"), on("gpio")];
  const remedy = "move them to a Modbus or relay-avr board: docs/hardware.md";
  if (firmata.length > 0) return warning(check, `on a Firmata board, which keeps a pulse for ever when the controller dies: ${firmata.join(", ")}`, remedy);
  if (gpio.length > 0) return warning(check, `on GPIO lines, which stay as they are when this computer hangs: ${gpio.join(", ")}`, remedy);
  return fine(check, "their boards end every pulse by themselves");
}

function serialPorts(root: string): string[] {
  const byId = join(root, "dev/serial/by-id");
  if (existsSync(byId)) return readdirSync(byId).map((name) => `/dev/serial/by-id/${name}`);
  const folder = join(root, "dev");
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /^tty(USB|ACM|AMA)\d+$/.test(name))
        .map((name) => `/dev/${name}`)
    : [];
}

/** Somebody keeps the computer's clock: systemd-timesyncd once it has an answer, or chrony, or ntpsec. */
export function clockFinding(root: string): Finding {
  if (existsSync(join(root, "run/systemd/timesync/synchronized"))) return fine("clock", "kept by systemd-timesyncd");
  if (existsSync(join(root, "run/chrony"))) return fine("clock", "kept by chrony; chronyc tracking says how well");
  if (existsSync(join(root, "run/ntpd.pid")) || existsSync(join(root, "run/ntpd/ntpd.pid"))) return fine("clock", "kept by ntpd; ntpq -p says how well");
  return warning("clock", "nobody has set it since the last start", "sudo apt install systemd-timesyncd, and let UDP port 123 out; timedatectl says more");
}

/**
 * A battery keeps the time while there is no power.
 *
 * @param configuration  names the access points that would have to wait for the time without; undefined where it cannot be read
 * @param battery        what that clock shows; undefined where it may have stood still
 * @param now            what this computer's clock shows
 */
export function batteryClockFinding(root: string, configuration: Configuration | undefined, battery: UnixSeconds | undefined, now: UnixSeconds): Finding {
  const check = "battery clock";
  const folder = join(root, "sys/class/rtc");
  const names = existsSync(folder) ? readdirSync(folder).map((rtc) => (textOf(join(folder, rtc, "name")) ?? rtc).trim()) : [];
  const waiting = (configuration?.accessPoints ?? []).filter(({ untrustedClock }) => untrustedClock.qr === "refuse").map(({ id }) => id);
  const without = waiting.length === 0 ? "" : `: after a power cut these take no pass by its time until the time is known: ${waiting.join(", ")}`;
  if (names.length === 0) return warning(check, `none${without}`, "fit a DS3231, or on a Pi 5 its battery");
  const found = names.join(", ");
  if (battery === undefined)
    return warning(check, `${found}, which cannot be read, or whose battery is low or missing${without}`, `put a new battery in, then ${SET_BATTERY_CLOCK}`);
  const aheadS = battery - now;
  if (Math.abs(aheadS) <= BATTERY_CLOCK_OFF_S) return fine(check, found);
  return warning(
    check,
    `${found}, ${Math.abs(aheadS)} s ${aheadS > 0 ? "ahead of" : "behind"} this computer's clock`,
    `where that is right: ${SET_BATTERY_CLOCK}`,
  );
}

/** By so much a clock may be off before passes of good phones are refused. */
const BATTERY_CLOCK_OFF_S = 10;
const SET_BATTERY_CLOCK = "sudo hwclock --systohc";

/** Whether whoever asks may use a file so. */
export function mayUse(path: string, mode: number): boolean {
  try {
    accessSync(path, mode);
    return true;
  } catch {
    return false;
  }
}

/** A file as text; undefined where it cannot be read. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
