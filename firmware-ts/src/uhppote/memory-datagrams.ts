import type { Clock, Random } from "@portico/card-protocol";
import { listeners } from "../listeners.ts";
import type { WireFaults } from "../memory-wire.ts";
import type { WireState } from "../wire.ts";
import type { DatagramEnd, DatagramLink } from "./datagram-link.ts";

/** Both ends of a network in memory, and the hands that spoil it. */
export interface MemoryDatagrams {
  readonly link: DatagramLink;
  readonly end: DatagramEnd;
  /** From now on it misbehaves like this; `{}` heals it. Datagrams overtake each other where they are delayed. */
  setFaults(faults: WireFaults): void;
  /** Somebody on the network sends this to whatever port waits for an answer, and to the port for what is pushed. */
  inject(bytes: Uint8Array): void;
  cut(): void;
  mend(): void;
  /** Questions whose port is open. */
  readonly waiting: number;
}

const OUTAGE_MS = 500;

/**
 * A network in memory. A damaged datagram is lost, as the checksum of UDP has it, and a stranger's arrives in its place.
 *
 * @param options.random  decides when a fault strikes: a seeded one makes the run repeatable
 */
export function memoryDatagrams(options: { readonly name: string; readonly clock: Clock; readonly random: Random }): MemoryDatagrams {
  const { name, clock, random } = options;
  const asked = listeners<[Uint8Array, (bytes: Uint8Array) => void]>();
  const pushed = listeners<[Uint8Array]>();
  const states = listeners<[WireState]>();
  const ports = new Set<(bytes: Uint8Array) => void>();
  let faults: WireFaults = {};
  let isPlugged = true;
  let isClosedForGood = false;
  /** What was under way when the plug was pulled never arrives. */
  let plugging = 0;
  let cancelMending = (): void => {};
  const strikes = (probability: number | undefined): boolean => probability !== undefined && random() < probability;
  const state = (): WireState => (isPlugged && !isClosedForGood ? "open" : "closed");

  function carry(bytes: Uint8Array, arrive: (bytes: Uint8Array) => void): void {
    if (strikes(faults.disconnect)) {
      cut();
      cancelMending = clock.after(faults.outageMs ?? OUTAGE_MS, mend);
      return;
    }
    const isDamaged = strikes(faults.flipBit);
    if (strikes(faults.drop)) return;
    const sent = isDamaged ? Uint8Array.from(bytes, () => Math.floor(random() * 256)) : Uint8Array.from(bytes);
    for (let copies = strikes(faults.duplicate) ? 2 : 1; copies > 0; copies--) {
      const sentAtPlugging = plugging;
      clock.after(faults.delayMsMax === undefined ? 0 : random() * faults.delayMsMax, () => {
        if (sentAtPlugging === plugging && state() === "open") arrive(Uint8Array.from(sent));
      });
    }
  }

  function cut(): void {
    cancelMending();
    plugging++;
    isPlugged = false;
    states.tell("closed");
  }

  function mend(): void {
    cancelMending();
    if (isPlugged) return;
    isPlugged = true;
    states.tell(state());
  }

  return {
    link: {
      name,
      get state() {
        return state();
      },
      get trouble() {
        if (isClosedForGood) return "closed";
        return isPlugged ? "" : "unplugged";
      },
      ask(bytes, hear) {
        if (state() === "closed") return () => {};
        const port = (answer: Uint8Array): void => void (ports.has(port) && hear(answer));
        ports.add(port);
        carry(bytes, (arrived) => asked.tell(arrived, (answer) => carry(answer, port)));
        return () => void ports.delete(port);
      },
      onPushed: pushed.add,
      onState: states.add,
      close() {
        if (isClosedForGood) return Promise.resolve();
        isClosedForGood = true;
        cancelMending();
        ports.clear();
        if (isPlugged) states.tell("closed");
        return Promise.resolve();
      },
    },
    end: {
      onAsked: asked.add,
      push: (bytes) => carry(bytes, pushed.tell),
    },
    setFaults: (next) => void (faults = next),
    inject(bytes) {
      for (const port of ports) port(bytes);
      pushed.tell(bytes);
    },
    cut,
    mend,
    get waiting() {
      return ports.size;
    },
  };
}
