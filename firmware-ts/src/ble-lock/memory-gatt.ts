import type { Clock, Random } from "@portico/card-protocol";
import { listeners } from "../listeners.ts";
import type { GattAdapter, GattLink } from "./gatt-link.ts";

/** The lock's end of a connection: what a peripheral sees. */
export interface GattPeripheral {
  /** What Info reads as now. */
  readonly make: Uint8Array;
  /** A central has connected: from now on `notify` reaches it. Returns what is called with each write, and when it is gone. */
  connected(notify: (segment: Uint8Array) => void, drop: () => void): { readonly written: (segment: Uint8Array) => void; readonly gone: () => void };
}

/** Probabilities, each asked for each write or notification; absent: never. */
export interface GattFaults {
  readonly lostNotification?: number;
  readonly lostWrite?: number;
  readonly disconnect?: number;
  /** Of each connecting. */
  readonly connectFails?: number;
  /** So long a write or notification is under way at most. */
  readonly delayMsMax?: number;
}

/** Bluetooth in memory: an adapter, the locks in its reach, and the hands that spoil it. */
export interface MemoryGatt {
  readonly adapter: GattAdapter;
  /** A device comes into reach, or leaves it (undefined): connections to it end. */
  place(address: string, peripheral: GattPeripheral | undefined): void;
  setFaults(faults: GattFaults): void;
  /** The bus dies: no call on it settles any more, and nothing says so. It lives again with `true`. */
  setBusAlive(alive: boolean): void;
  /** The adapter is switched off, or on again: off, connections end and none is made. */
  setPowered(powered: boolean): void;
  /** Connections that nobody has closed. */
  readonly connections: number;
}

const CONNECT_MS = 8_000;
const CALL_MS = 2_000;
const CONNECTING_MS = 30;

/** @param random  decides when a fault strikes: a seeded one makes the run repeatable */
export function memoryGatt({ clock, random }: { readonly clock: Clock; readonly random: Random }): MemoryGatt {
  const devices = new Map<string, GattPeripheral>();
  const links = new Map<string, () => void>();
  let faults: GattFaults = {};
  let isAlive = true;
  let isPowered = true;
  let isClosed = false;
  const strikes = (probability: number | undefined): boolean => probability !== undefined && random() < probability;
  const under = (): number => (faults.delayMsMax === undefined ? 0 : random() * faults.delayMsMax);

  function linkTo(address: string, peripheral: GattPeripheral): GattLink {
    const segments = listeners<[Uint8Array]>();
    const gone = listeners<[string]>();
    let isOpen = true;
    /** Nothing overtakes: bytes over one connection keep their order. */
    let notifiedUntil = 0;
    const end = peripheral.connected(
      (segment) => {
        if (strikes(faults.disconnect)) return drop("the connection was lost");
        if (strikes(faults.lostNotification)) return;
        notifiedUntil = Math.max(notifiedUntil, clock.monotonic() + under());
        clock.after(notifiedUntil - clock.monotonic(), () => void (isOpen && isAlive && segments.tell(segment)));
      },
      () => drop("the lock has ended the connection"),
    );
    function drop(why: string): void {
      if (!isOpen) return;
      isOpen = false;
      links.delete(address);
      end.gone();
      if (isAlive) gone.tell(why);
    }
    links.set(address, () => drop("the lock is out of reach"));
    return {
      make: peripheral.make,
      write: (segment) =>
        new Promise((resolve) => {
          if (!isOpen) return resolve({ error: "Disconnected", detail: "the connection is closed" });
          if (!isAlive) return void clock.after(CALL_MS, () => resolve({ error: "TimedOut", detail: "the bus does not answer" }));
          if (strikes(faults.disconnect)) drop("the connection was lost");
          const isLost = strikes(faults.lostWrite);
          clock.after(under(), () => {
            if (isOpen && !isLost) end.written(segment);
            resolve(isOpen ? undefined : { error: "Disconnected", detail: "the connection is closed" });
          });
        }),
      onSegment: segments.add,
      onGone: gone.add,
      close() {
        if (isOpen) {
          isOpen = false;
          links.delete(address);
          end.gone();
        }
        return Promise.resolve();
      },
    };
  }

  return {
    adapter: {
      connect: (address) =>
        new Promise((resolve) => {
          const late = { ok: false, error: "TimedOut", detail: "the lock was not connected within 8 s" } as const;
          if (!isAlive) return void clock.after(CONNECT_MS, () => resolve(late));
          clock.after(CONNECTING_MS, () => {
            const peripheral = devices.get(address);
            if (isClosed) resolve({ ok: false, error: "Disconnected", detail: "closed" });
            else if (!isPowered) resolve({ ok: false, error: "Disconnected", detail: "the Bluetooth adapter is off" });
            else if (peripheral === undefined || strikes(faults.connectFails))
              resolve({ ok: false, error: "Disconnected", detail: "the lock is not in reach" });
            else if (links.has(address)) resolve({ ok: false, error: "Disconnected", detail: "the lock is connected to somebody else" });
            else resolve({ ok: true, link: linkTo(address, peripheral) });
          });
        }),
      close() {
        isClosed = true;
        for (const drop of links.values()) drop();
        return Promise.resolve();
      },
    },
    place(address, peripheral) {
      links.get(address)?.();
      if (peripheral === undefined) devices.delete(address);
      else devices.set(address, peripheral);
    },
    setFaults: (next) => void (faults = next),
    setBusAlive: (alive) => void (isAlive = alive),
    setPowered(powered) {
      isPowered = powered;
      if (!powered) for (const drop of links.values()) drop();
    },
    get connections() {
      return links.size;
    },
  };
}
