import type { EventEmitter } from "node:events";
import * as dbus from "@jellybrick/dbus-next";
import { CHALLENGE_UUID, type Clock } from "@portico/card-protocol";
import type { DeviceHealth, DeviceResult } from "../device.ts";
import { listeners } from "../listeners.ts";
import { within } from "../ble-lock/within.ts";
import { type AdvertisementObject, advertisementObject } from "./advertisement-object.ts";
import type { ChallengeBeacon } from "./challenge-beacon.ts";

export interface BluezBeaconOptions {
  readonly id: string;
  readonly clock: Clock;
  /** As BlueZ names it: `hci0`. */
  readonly adapter: string;
  /** What phones show of it, at most 26 bytes. */
  readonly name: string;
  /** Of the bus that BlueZ is on; absent: the system's. */
  readonly busAddress?: string;
}

const CALL_MS = 2_000;
const CLOSE_MS = 500;
/** An adapter that is off, or not there, is looked for so often. */
const RETRY_MS = 2_000;
const OBJECT_PATH = "/portico/beacon";
const SILENT = "BlueZ does not answer";
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Air {
  /** On the air from now on, in the place of what was. */
  advertise(challenge: Uint8Array): Promise<void>;
  /** Off the air. */
  withdraw(): Promise<void>;
  drop(): void;
}

/** A beacon by BlueZ: each challenge is an advertisement that is registered in the place of the last one. */
export function bluezBeacon({ id, clock, adapter, name, busAddress }: BluezBeaconOptions): ChallengeBeacon {
  const healths = listeners<[DeviceHealth]>();
  let health: DeviceHealth = { kind: "offline", error: "Disconnected", detail: `${id}: opening`, since: clock.monotonic() };
  let air: Air | undefined;
  let isClosed = false;
  let cancelRetry = (): void => {};
  let before: Promise<unknown> = Promise.resolve();
  let newest = 0;
  void open();

  async function open(): Promise<void> {
    const opened = await within(clock, CALL_MS, openAir({ adapter, name, busAddress, onLost: lose }));
    if (isClosed) return void (opened.kind === "came" && opened.value.drop());
    if (opened.kind !== "came") return lose(opened.kind === "late" ? SILENT : messageOf(opened.error));
    air = opened.value;
    become({ kind: "online" });
  }

  function lose(why: string): void {
    air?.drop();
    air = undefined;
    if (isClosed) return;
    cancelRetry();
    cancelRetry = clock.after(RETRY_MS, () => void open());
    become({ kind: "offline", error: "Disconnected", detail: `${id}: ${inWords(why, adapter)}`, since: clock.monotonic() });
  }

  function become(next: DeviceHealth): void {
    const isChange = next.kind !== health.kind;
    health = next;
    if (isChange) healths.tell(next);
  }

  const refused = (detail: string): DeviceResult => ({ ok: false, error: "Disconnected", detail: `${id}: ${detail}` });

  /** Those that are overtaken while they wait are never on the air. */
  async function put(challenge: Uint8Array, mine: number): Promise<DeviceResult> {
    if (mine !== newest) return { ok: false, error: "Superseded", detail: `${id}: a newer challenge replaced this one` };
    const there = air;
    if (there === undefined || isClosed) return refused(isClosed ? "the driver was closed" : "the beacon is dark");
    const put = await within(clock, CALL_MS, there.advertise(challenge));
    if (put.kind === "came") return { ok: true };
    const why = put.kind === "late" ? SILENT : messageOf(put.error);
    if (air === there) lose(why);
    return refused(inWords(why, adapter));
  }

  return {
    id,
    get health() {
      return health;
    },
    onHealth: healths.add,
    advertise(challenge) {
      const mine = ++newest;
      const done = before.then(() => put(challenge, mine));
      before = done;
      return done;
    },
    async close() {
      isClosed = true;
      cancelRetry();
      const there = air;
      air = undefined;
      if (there === undefined) return;
      // Where nobody answers it goes with the connection.
      await within(clock, CLOSE_MS, there.withdraw());
      there.drop();
    },
  };
}

interface OpenAir {
  readonly adapter: string;
  readonly name: string;
  readonly busAddress: string | undefined;
  /** At most once, behind the opening. */
  readonly onLost: (why: string) => void;
}

/** A connection to the bus with an adapter that can advertise. Rejects where there is none. */
async function openAir({ adapter, name, busAddress, onLost }: OpenAir): Promise<Air> {
  const bus = busAddress === undefined ? dbus.systemBus() : dbus.sessionBus({ busAddress });
  let isOver = false;
  let isRegistered = false;
  let object: AdvertisementObject | undefined;
  let fail = (_why: Error): void => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  failed.catch(() => {});
  const over = (why: string): void => {
    if (isOver) return;
    isOver = true;
    fail(new Error(why));
    if (object !== undefined) onLost(why);
  };
  (bus as EventEmitter).on("error", (error: Error) => over(error.message));
  // The library's own connection, which its types do not tell of: a daemon that ends says nothing more, and no call on it settles.
  (bus as unknown as { readonly _connection: EventEmitter })._connection.on("end", () => over("stream is closed"));
  const drop = (): void => {
    isOver = true;
    bus.disconnect();
  };
  try {
    const proxy = await Promise.race([bus.getProxyObject("org.bluez", `/org/bluez/${adapter}`), failed]);
    const properties = proxy.getInterface("org.freedesktop.DBus.Properties") as unknown as { Get(iface: string, name: string): Promise<dbus.Variant> };
    const powered = (await Promise.race([properties.Get("org.bluez.Adapter1", "Powered"), failed])).value as boolean;
    if (!powered) throw new Error("NotReady");
    const advertising = proxy.getInterface("org.bluez.LEAdvertisingManager1") as unknown as {
      RegisterAdvertisement(path: string, options: object): Promise<void>;
      UnregisterAdvertisement(path: string): Promise<void>;
    };
    const own = (object = advertisementObject(CHALLENGE_UUID, name, () => over("NotReady")));
    bus.export(OBJECT_PATH, own.iface);
    const withdraw = async (): Promise<void> => {
      if (!isRegistered) return;
      isRegistered = false;
      await advertising.UnregisterAdvertisement(OBJECT_PATH);
    };
    return {
      async advertise(challenge) {
        await withdraw();
        own.put(challenge);
        await advertising.RegisterAdvertisement(OBJECT_PATH, {});
        isRegistered = true;
      },
      withdraw,
      drop,
    };
  } catch (error) {
    drop();
    throw error;
  }
}

/** The names of BlueZ's errors, in words. Source: BlueZ src/error.c, src/advertising.c. */
function inWords(why: string, adapter: string): string {
  if (/ServiceUnknown|NameHasNoOwner|was not provided by any/.test(why)) return "bluetoothd does not run";
  if (/ENOENT|ECONNREFUSED|stream is closed|EPIPE|ECONNRESET/.test(why)) return "the system bus is not there";
  if (/interface not found.*LEAdvertisingManager1/i.test(why)) return `the adapter ${adapter} cannot advertise`;
  if (/UnknownObject|interface not found|UnknownMethod/i.test(why)) return `there is no adapter ${adapter}`;
  if (/NotReady|Not Powered/.test(why)) return `the adapter ${adapter} is off`;
  if (/NotPermitted|Maximum advertisements/.test(why)) return `the adapter ${adapter} advertises as much as it can`;
  return why;
}
