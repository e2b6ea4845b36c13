import type { Clock, Random } from "@portico/card-protocol";
import { type Listeners, listeners } from "./listeners.ts";
import type { Wire, WireState } from "./wire.ts";

/** What goes wrong on a line. Probabilities are per write, 0..1; what is absent does not happen, so a test names only the fault that it is about. */
export interface WireFaults {
  /** The bytes never arrive. */
  readonly drop?: number;
  /** One bit of them arrives changed. */
  readonly flipBit?: number;
  /** They arrive twice. */
  readonly duplicate?: number;
  /** They arrive in 2..4 chunks, each delayed on its own. */
  readonly split?: number;
  /** Every chunk arrives up to this many milliseconds late; never out of order. */
  readonly delayMsMax?: number;
  /** The line breaks, and comes back after {@link WireFaults.outageMs}. */
  readonly disconnect?: number;
  /** How long a break lasts. Default 500 ms. */
  readonly outageMs?: number;
}

/** Both ends of an in-memory line, and the hands that spoil it. */
export interface MemoryWirePair {
  /** The controller's end. */
  readonly near: Wire;
  /** The device's end. */
  readonly far: Wire;
  /** From now on the line misbehaves like this; `{}` heals it. */
  setFaults(faults: WireFaults): void;
  /** Pulls the plug: both ends close, bytes under way are lost. */
  cut(): void;
  /** Puts the plug back. */
  mend(): void;
}

const OUTAGE_MS = 500;
const CHUNKS_MAX = 4;

/**
 * An in-memory line with faults: two wires, what one end writes the other receives, in order, on the clock's turn (never within `write`).
 *
 * @param options.name    the name of the near end; the far end's is followed by `(far)`
 * @param options.random  decides when a fault strikes: a seeded one makes the run repeatable
 * @param options.baud    time on the line: 10 bits per byte each way, as 8N1 has it. Absent: bytes take no time
 */
export function memoryWirePair(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly baud?: number;
  readonly faults?: WireFaults;
}): MemoryWirePair {
  const { clock, random } = options;
  let faults: WireFaults = options.faults ?? {};
  let plugged = true;
  let cancelMending = (): void => {};
  /** Chunks of an earlier plugging-in never arrive. */
  let plugging = 0;
  const near = end(options.name);
  const far = end(`${options.name} (far)`);

  interface End {
    readonly wire: Wire;
    readonly bytes: Listeners<[Uint8Array]>;
    closedForGood: boolean;
    /** When the last chunk towards this end is through: none overtakes. */
    lastArrival: number;
    tellState(): void;
  }

  function end(name: string): End {
    const bytes = listeners<[Uint8Array]>();
    const states = listeners<[WireState]>();
    let told: WireState = "open";
    const own: End = {
      bytes,
      closedForGood: false,
      lastArrival: 0,
      tellState() {
        const { state } = own.wire;
        if (state === told) return;
        told = state;
        states.tell(state);
      },
      wire: {
        name,
        get state() {
          return plugged && !near.closedForGood && !far.closedForGood ? "open" : "closed";
        },
        get trouble() {
          if (own.closedForGood) return "closed";
          if (near.closedForGood || far.closedForGood) return "the other end closed";
          return plugged ? "" : "unplugged";
        },
        write(chunk) {
          if (own.wire.state === "closed") return false;
          carry(Uint8Array.from(chunk), own === near ? far : near);
          return true;
        },
        onBytes: bytes.add,
        onState: states.add,
        close() {
          own.closedForGood = true;
          cancelMending();
          near.tellState();
          far.tellState();
          return Promise.resolve();
        },
      },
    };
    return own;
  }

  const strikes = (probability: number | undefined): boolean => probability !== undefined && random() < probability;

  function carry(bytes: Uint8Array, to: End): void {
    if (strikes(faults.disconnect)) {
      cut();
      cancelMending = clock.after(faults.outageMs ?? OUTAGE_MS, mend);
      return;
    }
    if (strikes(faults.drop)) return;
    if (bytes.length > 0 && strikes(faults.flipBit)) bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
    const copies = strikes(faults.duplicate) ? 2 : 1;
    for (let copy = 0; copy < copies; copy++) for (const chunk of strikes(faults.split) ? pieces(bytes) : [bytes]) arrive(chunk, to);
  }

  function pieces(bytes: Uint8Array): Uint8Array[] {
    const parts: Uint8Array[] = [];
    for (let start = 0; start < bytes.length;) {
      const last = parts.length === CHUNKS_MAX - 1;
      const length = last ? bytes.length - start : 1 + Math.floor(random() * (bytes.length - start));
      parts.push(bytes.slice(start, start + length));
      start += length;
    }
    return parts;
  }

  function arrive(chunk: Uint8Array, to: End): void {
    const now = clock.monotonic();
    const lineMs = options.baud === undefined ? 0 : (chunk.length * 10_000) / options.baud;
    const lateMs = faults.delayMsMax === undefined ? 0 : random() * faults.delayMsMax;
    to.lastArrival = Math.max(to.lastArrival, now) + lineMs + lateMs;
    const sentAtPlugging = plugging;
    clock.after(to.lastArrival - now, () => {
      if (sentAtPlugging === plugging && to.wire.state === "open") to.bytes.tell(Uint8Array.from(chunk));
    });
  }

  function cut(): void {
    cancelMending();
    plugged = false;
    plugging++;
    near.tellState();
    far.tellState();
  }

  function mend(): void {
    cancelMending();
    plugged = true;
    near.lastArrival = far.lastArrival = 0;
    near.tellState();
    far.tellState();
  }

  return { near: near.wire, far: far.wire, setFaults: (next) => void (faults = next), cut, mend };
}
