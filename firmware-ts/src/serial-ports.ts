import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";

/** A serial port of this computer. */
export interface SerialPortSeen {
  /** The name to use: `/dev/serial/by-id/…` where it has one, for that follows the adapter. */
  readonly path: string;
  /** `/dev/ttyUSB0`. */
  readonly device: string;
}

/** Adapters, boards that are one, and the ports of a Raspberry Pi. */
const ADAPTER = /^tty(?:USB|ACM|AMA|XRUSB|WCHUSB)\d+$/;
/** Ports of a mainboard: there are files for more of them than there are. */
const MAINBOARD = /^ttyS\d+$/;

/**
 * The serial ports of this computer, by their names. Pseudo-terminals are none.
 *
 * @param root  where the files of the system are looked up, `/` but in tests
 */
export function listSerialPorts(root = "/"): SerialPortSeen[] {
  const byId = namesById(root);
  const names = existsSync(join(root, "dev")) ? readdirSync(join(root, "dev")) : [];
  return names
    .filter((name) => ADAPTER.test(name) || (MAINBOARD.test(name) && isThere(root, name)))
    .map((name) => ({ path: byId.get(name) ?? `/dev/${name}`, device: `/dev/${name}` }))
    .toSorted((a, b) => a.path.localeCompare(b.path, "en", { numeric: true }));
}

/** Type 0 is a port that was looked for and not found. Source: Linux, Documentation/ABI/stable/sysfs-tty. */
function isThere(root: string, name: string): boolean {
  const file = join(root, "sys/class/tty", name, "type");
  return existsSync(file) && readFileSync(file, "utf8").trim() !== "0";
}

/** Names of device files by those that udev gives them. */
function namesById(root: string): ReadonlyMap<string, string> {
  const folder = join(root, "dev/serial/by-id");
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder)
      .sort()
      .flatMap((name) => {
        try {
          return [[realpathSync(join(folder, name)).split("/").at(-1)!, `/dev/serial/by-id/${name}`] as const];
        } catch {
          return []; // unplugged between two looks
        }
      }),
  );
}
