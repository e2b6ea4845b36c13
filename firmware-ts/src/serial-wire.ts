import { stat, type Stats, statSync } from "node:fs";
import { createRequire } from "node:module";
import type { Clock } from "@portico/card-protocol";
import type { SerialPort, SerialPortMock } from "serialport";
import { promptPort } from "./prompt-port.ts";
import { type Line, type LineEvents, reopeningWire, type ReopeningOptions } from "./reopening-wire.ts";
import type { Wire } from "./wire.ts";

/** How often a line looks whether its device file is still the one that it opened. */
const PRESENCE_MS = 1_000;

/** Makes a port that is not yet opened. Always a new one: a port object that was closed cannot be trusted to open again. */
export type PortFactory = (settings: {
  readonly path: string;
  readonly baudRate: number;
  readonly autoOpen: false;
  readonly lock: true;
}) => SerialPort | SerialPortMock;

export interface SerialWireOptions extends ReopeningOptions {
  /** The device file, best one that names the device: `/dev/serial/by-id/…`. */
  readonly path: string;
  /** 8 data bits, no parity, 1 stop bit. 9,600 and 115,200 are usual. */
  readonly baud: number;
  /** The port's maker; the real one by default, a mock in a smoke test. */
  readonly makePort?: PortFactory;
}

/**
 * A wire over a serial port, exclusively locked. It reopens by itself.
 *
 * An unplugged adapter normally hangs up. Where the hang-up is missed, the port looks open for ever and costs a processor: so once a second the line looks
 * whether the device file still is the one that was opened, which disturbs no device, and reopens when it is gone or another. Pseudo-terminals work.
 */
export function serialWire(options: SerialWireOptions): Wire {
  return reopeningWire(options, (events) => serialLine(options, events));
}

function serialLine({ path, baud, clock, makePort = realPort }: SerialWireOptions, events: LineEvents): Line {
  // Looked at before opening: a file that vanishes at once behind it is then missed all the same.
  const opened = deviceAt(path);
  const port = makePort({ path, baudRate: baud, autoOpen: false, lock: true });
  let stopWatching = (): void => {};
  let isClosing = false;
  let markReleased = (): void => {};
  const released = new Promise<void>((resolve) => (markReleased = resolve));

  // After a break the same news may come as an error, an end, and two closes: the first one counts.
  port.on("error", (error: Error) => {
    if (!port.isOpen && !port.opening && !port.closing) markReleased();
    events.lost(serialTrouble(path, error.message));
  });
  port.on("end", () => events.lost(`${path} hung up: check the cable`));
  port.on("close", () => {
    markReleased();
    events.lost(`${path} hung up: check the cable`);
  });
  port.on("data", (chunk: Uint8Array) => events.bytes(new Uint8Array(chunk)));
  port.open((error) => {
    if (error !== null) {
      markReleased();
      return events.lost(serialTrouble(path, error.message));
    }
    if (isClosing) return shut();
    if (opened !== undefined) stopWatching = watchPresence(path, opened, clock, events);
    events.opened();
  });

  function shut(): void {
    port.close((error) => {
      if (error !== null) markReleased();
    });
  }

  return {
    write: (bytes) => void port.write(bytes),
    get unsent() {
      return port.writableLength;
    },
    close() {
      isClosing = true;
      stopWatching();
      if (port.isOpen) shut();
      return released;
    },
  };
}

/** The native binding takes 30 ms to load: what opens no serial port does not wait for it. */
const realPort: PortFactory = (settings) => {
  const { SerialPort } = createRequire(import.meta.url)("serialport") as typeof import("serialport");
  const { binding } = SerialPort;
  const prompt = {
    ...binding,
    async open(options: typeof settings) {
      const port = await binding.open(options);
      return process.platform === "linux" && "poller" in port ? promptPort(port) : port;
    },
  };
  // The types leave it out, but a port is opened by the binding that it is given.
  const bound = { ...settings, binding: prompt };
  return new SerialPort(bound);
};

/** Which device the file at `path` is; undefined: there is none, as with ports that have no file. */
function deviceAt(path: string): string | undefined {
  try {
    return deviceOf(statSync(path));
  } catch {
    return undefined; // whatever is wrong with it, opening says it in words
  }
}

const deviceOf = ({ dev, ino, rdev }: Stats): string => `${dev} ${ino} ${rdev}`;

/** Tells `lost` when the file at `path` is gone or is another device than the one opened. Returns the function that stops it. */
function watchPresence(path: string, opened: string, clock: Clock, events: LineEvents): () => void {
  let isStopped = false;
  let cancel = clock.after(PRESENCE_MS, look);

  function look(): void {
    stat(path, (error, found) => {
      if (isStopped) return;
      if (error === null && deviceOf(found) === opened) cancel = clock.after(PRESENCE_MS, look);
      else events.lost(`${path} is gone: check the cable`);
    });
  }

  return () => {
    isStopped = true;
    cancel();
  };
}

/**
 * A serial port's error in a technician's words, with what to try.
 *
 * @param message  as the native binding gives it; it has no error codes
 */
export function serialTrouble(path: string, message: string): string {
  if (/no such file|file not found/i.test(message)) return `${path} is not there: check the cable, and the name with ls -l /dev/serial/by-id`;
  if (/permission denied|access denied/i.test(message))
    return `no permission to open ${path}: add this user to the group dialout (sudo usermod -aG dialout USER), then log in again`;
  if (/cannot lock|busy|resource temporarily unavailable/i.test(message)) return `another program holds ${path}: find it with fuser -v ${path} and stop it`;
  if (/inappropriate ioctl|not a tty/i.test(message)) return `${path} is not a serial port`;
  return `${path}: ${message}`;
}
