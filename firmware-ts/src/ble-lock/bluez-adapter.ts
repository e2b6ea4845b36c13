import type { Clock } from "@portico/card-protocol";
import type { Adapter, Device, GattCharacteristic } from "node-ble";
import { listeners } from "../listeners.ts";
import { type BluezBus, bluezBus } from "./bluez-call.ts";
import { type GattAdapter, type GattLink, type GattTrouble, LOCK_UUID } from "./gatt-link.ts";

export interface BluezAdapterOptions {
  readonly clock: Clock;
  /** As BlueZ names it; default `hci0`. */
  readonly name?: string;
  /** Of the bus that BlueZ is on; absent: the system's. */
  readonly busAddress?: string;
}

const CALL_MS = 2_000;
const DISCOVERY_MS = 6_000;
const DISCOVERY_STEP_MS = 200;
const CONNECT_MS = 8_000;
const CLOSE_MS = 1_000;

type Tried<T> = { readonly ok: true; readonly value: T } | ({ readonly ok: false } & GattTrouble);

/**
 * A Bluetooth adapter of this machine, by BlueZ over node-ble. Each connection has a bus, a device and characteristics of its own: what the library keeps of the
 * last one goes with it. Connecting is done one after the other, as the radio does it.
 */
export function bluezAdapter({ clock, name = "hci0", busAddress }: BluezAdapterOptions): GattAdapter {
  const open = new Set<() => Promise<void>>();
  let isClosed = false;
  let before: Promise<unknown> = Promise.resolve();

  async function connect(address: string): ReturnType<GattAdapter["connect"]> {
    if (isClosed) return { ok: false, error: "Disconnected", detail: "closed" };
    const bus = bluezBus(clock, busAddress);
    const connected = await connectOver(bus, clock, name, address);
    if (!connected.ok) {
      bus.drop();
      return connected;
    }
    const { link, close } = connected.value;
    open.add(close);
    const closeOnce = (): Promise<void> => {
      open.delete(close);
      return close();
    };
    return { ok: true, link: { ...link, close: closeOnce } };
  }

  return {
    connect(address) {
      const mine = before.then(() => connect(address));
      before = mine;
      return mine;
    },
    async close() {
      isClosed = true;
      await Promise.all([...open].map((close) => close()));
      open.clear();
    },
  };
}

/** Finds the lock, connects, finds its characteristics, reads Info and subscribes to Event. */
async function connectOver(
  bus: BluezBus,
  clock: Clock,
  name: string,
  address: string,
): Promise<Tried<{ readonly link: Omit<GattLink, "close">; readonly close: () => Promise<void> }>> {
  const adapter = await bus.call(`finding the Bluetooth adapter ${name}`, CALL_MS, () => bus.bluetooth.getAdapter(name));
  if (!adapter.ok) return adapter;
  const found = await findDevice(bus, clock, adapter.value, address);
  if (!found.ok) return found;
  const device = found.value;
  const gone = listeners<[string]>();
  let isGone = false;
  let isWanted = true;
  device.on("disconnect", () => {
    if (isGone) return;
    isGone = true;
    if (isWanted) gone.tell("the connection to the lock is lost");
  });
  const close = async (): Promise<void> => {
    isWanted = false;
    if (!isGone) await bus.call("disconnecting", CLOSE_MS, () => device.disconnect());
    bus.drop();
  };
  const connected = await bus.call("connecting", CONNECT_MS, () => device.connect());
  if (!connected.ok) {
    // What could not be connected in time may be so a moment later, and would keep everybody else out.
    await bus.call("disconnecting", CLOSE_MS, () => device.disconnect());
    return connected;
  }
  const characteristics = await bus.call("finding the lock's characteristics", CONNECT_MS, () => characteristicsOf(device));
  const ready = characteristics.ok ? await subscribed(bus, characteristics.value) : characteristics;
  if (!ready.ok) {
    await close();
    return ready;
  }
  const { control } = ready.value.of;
  const link = {
    make: ready.value.make,
    async write(segment: Uint8Array): Promise<GattTrouble | undefined> {
      if (isGone || !isWanted) return { error: "Disconnected", detail: "the connection to the lock is lost" };
      const written = await bus.call("writing", CALL_MS, () => control.writeValueWithoutResponse(Buffer.from(segment)));
      return written.ok ? undefined : { error: written.error, detail: written.detail };
    },
    onSegment: ready.value.onSegment,
    onGone: gone.add,
  };
  return { ok: true, value: { link, close } };
}

/** One that BlueZ knows; else it looks around until it does. */
async function findDevice(bus: BluezBus, clock: Clock, adapter: Adapter, address: string): Promise<Tried<Device>> {
  const what = `finding the lock ${address}`;
  const known = (): Promise<Tried<Device>> => bus.call(what, CALL_MS, () => adapter.getDevice(address));
  const first = await known();
  if (first.ok || !first.detail.includes(NOT_FOUND)) return first;
  const powered = await bus.call("asking the Bluetooth adapter", CALL_MS, () => adapter.isPowered());
  if (!powered.ok) return powered;
  if (!powered.value) return { ok: false, error: "Disconnected", detail: `${what}: the Bluetooth adapter is off` };
  const started = await bus.call(what, CALL_MS, () => adapter.startDiscovery());
  // Somebody else looks around already: what he finds is found for us too.
  const isOurs = started.ok;
  if (!started.ok && !/already in progress|is busy/.test(started.detail)) return started;
  const until = clock.monotonic() + DISCOVERY_MS;
  let found: Tried<Device> = first;
  while (!found.ok && found.detail.includes(NOT_FOUND) && clock.monotonic() < until) {
    await new Promise<void>((resolve) => void clock.after(DISCOVERY_STEP_MS, resolve));
    found = await known();
  }
  if (isOurs) await bus.call("ending the search", CALL_MS, () => adapter.stopDiscovery());
  if (found.ok || !found.detail.includes(NOT_FOUND)) return found;
  return { ok: false, error: "Disconnected", detail: `${what}: not heard within ${DISCOVERY_MS / 1000} s: out of reach, or without power` };
}
/** As node-ble says it. */
const NOT_FOUND = "Device not found";

interface Characteristics {
  readonly make: GattCharacteristic;
  readonly control: GattCharacteristic;
  readonly event: GattCharacteristic;
}

async function characteristicsOf(device: Device): Promise<Characteristics> {
  const gatt = await device.gatt();
  const profile = await gatt.getPrimaryService(LOCK_UUID.profile);
  const [make, control, event] = await Promise.all(
    ([LOCK_UUID.make, LOCK_UUID.control, LOCK_UUID.event] as const).map((uuid) => profile.getCharacteristic(uuid)),
  );
  return { make: make!, control: control!, event: event! };
}

async function subscribed(
  bus: BluezBus,
  of: Characteristics,
): Promise<Tried<{ readonly of: Characteristics; readonly make: Uint8Array; readonly onSegment: GattLink["onSegment"] }>> {
  const segments = listeners<[Uint8Array]>();
  of.event.on("valuechanged", (value) => segments.tell(new Uint8Array(value)));
  const make = await bus.call("reading the lock's Info", CALL_MS, () => of.make.readValue());
  if (!make.ok) return make;
  const started = await bus.call("subscribing to the lock's Event", CALL_MS, () => of.event.startNotifications());
  return started.ok ? { ok: true, value: { of, make: new Uint8Array(make.value), onSegment: segments.add } } : started;
}
