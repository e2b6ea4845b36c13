import type { Clock, Random } from "@portico/card-protocol";
import type { ScanTerminator, Wire } from "@portico/firmware-ts";

export interface VirtualScannerOptions {
  /** The device's end of the line. */
  readonly wire: Wire;
  readonly clock: Clock;
  readonly random: Random;
  /** What it sends after each scan; default `any`, which is CR LF. `none`: nothing, the gap must do. */
  readonly terminator?: ScanTerminator | "none";
  /** Sent before each scan, `]Q1` for a QR code. Default: nothing. */
  readonly aimPrefix?: string;
  /** The longest piece in which a scan leaves; pieces are 1..`chunkMax` bytes long. Default: in one piece. */
  readonly chunkMax?: number;
  /** The longest pause between two pieces; default 0. */
  readonly pauseMsMax?: number;
}

/** A QR scanner as the line sees it: types what it reads. */
export interface VirtualScanner {
  /** Reads something: text of single-byte characters, or raw bytes. Resolves when the last byte has left; false when the wire was closed before. */
  scan(read: string | Uint8Array): Promise<boolean>;
  /** Sends 1..`lengthMax` bytes of anything, without a terminator. */
  noise(lengthMax: number): void;
}

const TERMINATOR: Readonly<Record<ScanTerminator | "none", readonly number[]>> = { cr: [0x0d], lf: [0x0a], crlf: [0x0d, 0x0a], any: [0x0d, 0x0a], none: [] };

/** Runs with a simulated clock in tests and with the system's as a process of its own. */
export function virtualScanner(options: VirtualScannerOptions): VirtualScanner {
  const { wire, clock, random, terminator = "any", aimPrefix = "", chunkMax = Infinity, pauseMsMax = 0 } = options;
  let last: Promise<unknown> = Promise.resolve();

  function type(bytes: Uint8Array): Promise<boolean> {
    return new Promise((resolve) => {
      function piece(start: number): void {
        if (start >= bytes.length) return resolve(true);
        const length = chunkMax === Infinity ? bytes.length : 1 + Math.floor(random() * chunkMax);
        if (!wire.write(bytes.slice(start, start + length))) return resolve(false);
        if (start + length >= bytes.length) return resolve(true);
        if (pauseMsMax === 0) piece(start + length);
        else clock.after(random() * pauseMsMax, () => piece(start + length));
      }
      piece(0);
    });
  }

  return {
    scan(read) {
      const bytes = typeof read === "string" ? latin1(read) : read;
      const whole = Uint8Array.from([...latin1(aimPrefix), ...bytes, ...TERMINATOR[terminator]]);
      // Two scans never mix: the second begins when the first is through.
      const typed = pauseMsMax === 0 ? type(whole) : last.then(() => type(whole));
      last = typed;
      return typed;
    },
    noise(lengthMax) {
      wire.write(Uint8Array.from({ length: 1 + Math.floor(random() * lengthMax) }, () => Math.floor(random() * 256)));
    },
  };
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
