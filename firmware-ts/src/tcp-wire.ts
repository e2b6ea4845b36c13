import { connect } from "node:net";
import { type LineEvents, type Line, reopeningWire, type ReopeningOptions } from "./reopening-wire.ts";
import type { Wire } from "./wire.ts";

/** Source: a serial gateway on the same network answers within milliseconds; one beyond a slow uplink within a second. */
const CONNECT_MS_MAX = 3_000;
/** How long an idle connection lives before the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 5_000;
/** How long what was written last may take to leave when the wire is closed for good. */
const FLUSH_MS_MAX = 500;
/** Read at a time, in bytes: more than the longest scan. */
const READ_BYTES = 8_192;

export interface TcpWireOptions extends ReopeningOptions {
  readonly host: string;
  /** 1..65535. */
  readonly port: number;
  /** Default 3,000. */
  readonly connectTimeoutMs?: number;
}

/** A wire to a serial gateway or a simulated device: raw bytes over TCP, no delay by Nagle's algorithm, keep-alive on. It reopens by itself. */
export function tcpWire(options: TcpWireOptions): Wire {
  return reopeningWire(options, (events) => tcpLine(options, events));
}

function tcpLine({ host, port, clock, connectTimeoutMs = CONNECT_MS_MAX }: TcpWireOptions, events: LineEvents): Line {
  // Read into one place again and again: by itself a socket takes 64 KiB anew for every few bytes.
  const onread = { buffer: new Uint8Array(READ_BYTES), callback: (length: number, bytes: Uint8Array) => (events.bytes(bytes.slice(0, length)), true) };
  const socket = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEP_ALIVE_MS, onread });
  const released = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  const cancelTimeout = clock.after(connectTimeoutMs, () => events.lost(`${host}:${port} did not answer within ${connectTimeoutMs} ms`));
  socket.once("connect", () => {
    cancelTimeout();
    events.opened();
  });
  socket.on("error", (error: NodeJS.ErrnoException) => events.lost(tcpTrouble(host, port, error)));
  socket.once("end", () => events.lost(`${host}:${port} closed the connection`));
  socket.once("close", () => events.lost(`${host}:${port} closed the connection`));
  return {
    write: (bytes) => void socket.write(bytes),
    get unsent() {
      return socket.writableLength;
    },
    close(unsent) {
      cancelTimeout();
      // A connection that is still being made would be waited for until the system gives up: two minutes.
      if (unsent === "drop" || socket.connecting) {
        socket.destroy();
        return released;
      }
      socket.destroySoon();
      const cancelFlush = clock.after(FLUSH_MS_MAX, () => void socket.destroy());
      return released.finally(cancelFlush);
    },
  };
}

/** The system's error in a technician's words, with what to try. */
function tcpTrouble(host: string, port: number, { code, message }: NodeJS.ErrnoException): string {
  const at = `${host}:${port}`;
  return TROUBLE[code ?? ""]?.(at, host) ?? `${at}: ${message}`;
}

const TROUBLE: Readonly<Record<string, (at: string, host: string) => string>> = {
  ECONNREFUSED: (at) => `nothing listens on ${at}: is the device or gateway on, and is this its port?`,
  EHOSTUNREACH: (at) => `${at} cannot be reached: check cable, switch and network address`,
  ENETUNREACH: (at) => `${at} cannot be reached: check cable, switch and network address`,
  ENOTFOUND: (_, host) => `the name ${host} is not known: check it, or write the address instead`,
  EAI_AGAIN: (_, host) => `the name ${host} cannot be looked up now: check the network, or write the address instead`,
  ECONNRESET: (at) => `${at} dropped the connection: another program may hold the device`,
  EPIPE: (at) => `${at} dropped the connection: another program may hold the device`,
  ETIMEDOUT: (at) => `${at} fell silent: check that the device is on and the cable plugged in`,
};
