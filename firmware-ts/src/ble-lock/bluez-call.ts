import type { Clock } from "@portico/card-protocol";
import { createBluetooth } from "node-ble";
import type { GattTrouble } from "./gatt-link.ts";
import { within } from "./within.ts";

interface LibraryBus {
  on(event: "error", listener: (error: Error) => void): void;
  readonly _connection: { on(event: "end", listener: () => void): void };
}
type Bluetooth = ReturnType<typeof createBluetooth>["bluetooth"];

/** One connection to the bus that BlueZ is on, for one connection to one lock: with it goes whatever the library keeps of listeners, proxies and match rules. */
export interface BluezBus {
  readonly bluetooth: Bluetooth;
  /**
   * Waits for a call, at most so long: calls never settle once the bus has died.
   *
   * @param what  in words for a technician: `connecting`
   */
  call<T>(what: string, ms: number, promise: () => Promise<T>): Promise<{ readonly ok: true; readonly value: T } | ({ readonly ok: false } & GattTrouble)>;
  /** Lets go of it, without waiting for anything. */
  drop(): void;
}

/** The names of BlueZ's errors, in words. https://git.kernel.org/pub/scm/bluetooth/bluez.git, src/error.c */
const IN_WORDS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/ServiceUnknown|NameHasNoOwner/, "bluetoothd does not run"],
  [/ENOENT|ECONNREFUSED|stream is closed|EPIPE|ECONNRESET/, "the system bus is not there"],
  [/Adapter not found/, "there is no such Bluetooth adapter"],
  [/NotReady/, "the Bluetooth adapter is off"],
  [/InProgress/, "the Bluetooth adapter is busy"],
  [
    /abort-by-local|le-connection|not in reach|Page Timeout|Host is down/,
    "the lock does not answer: out of reach, without power, or connected to somebody else",
  ],
  [/NotConnected/, "the lock is not connected any more"],
];

/** @param address  of the bus; undefined: the system's */
export function bluezBus(clock: Clock, address: string | undefined): BluezBus {
  const session = onBus(address);
  const { bluetooth } = session;
  let broken: string | undefined;
  let whenBroken = (): void => {};
  const becomesBroken = new Promise<never>((_, reject) => (whenBroken = () => reject(new Error(broken))));
  becomesBroken.catch(() => {});
  // The library's own connection, which its types do not tell of: an error without a listener would end the program.
  const { dbus } = bluetooth as unknown as { readonly dbus: LibraryBus };
  const breaks = (why: string): void => {
    broken ??= why;
    whenBroken();
  };
  dbus.on("error", (error) => breaks(error.message));
  // A daemon that ends says nothing more, and no call on it settles.
  dbus._connection.on("end", () => breaks("stream is closed"));
  return {
    bluetooth,
    async call(what, ms, promise) {
      const waited = await within(clock, ms, Promise.race([promise(), becomesBroken]));
      if (waited.kind === "came") return { ok: true, value: waited.value };
      if (waited.kind === "late") return { ok: false, error: "TimedOut", detail: `${what}: no answer within ${ms / 1000} s` };
      const { type = "", message = String(waited.error) } = waited.error as { readonly type?: string; readonly message?: string };
      const words = IN_WORDS.find(([pattern]) => pattern.test(`${type} ${message}`))?.[1] ?? message;
      return { ok: false, error: "Disconnected", detail: `${what}: ${words}` };
    },
    drop: () => session.destroy(),
  };
}

/** The library takes its bus from the environment alone, and reads it within this one synchronous call. */
function onBus(address: string | undefined): ReturnType<typeof createBluetooth> {
  if (address === undefined) return createBluetooth();
  const before = process.env["DBUS_SYSTEM_BUS_ADDRESS"];
  process.env["DBUS_SYSTEM_BUS_ADDRESS"] = address;
  try {
    return createBluetooth();
  } finally {
    if (before === undefined) delete process.env["DBUS_SYSTEM_BUS_ADDRESS"];
    else process.env["DBUS_SYSTEM_BUS_ADDRESS"] = before;
  }
}
