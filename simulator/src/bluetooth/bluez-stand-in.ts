import type { EventEmitter } from "node:events";
import * as dbus from "@jellybrick/dbus-next";
import type { Clock } from "@portico/card-protocol";
import { type GattPeripheral, LOCK_UUID } from "@portico/firmware-ts/ble-lock";
import { adapterInterface, characteristicInterface, deviceInterface, type Exported, primaryInterface } from "./bluez-objects.ts";

/** BlueZ on any bus, with locks in its reach. */
export interface BluezStandIn {
  /** A lock comes into reach, or leaves it (undefined): its connection ends, and BlueZ forgets it. */
  place(address: string, peripheral: GattPeripheral | undefined): void;
  /** Is in reach, and known only once somebody has looked around. */
  hide(address: string, peripheral: GattPeripheral): void;
  setPowered(powered: boolean): void;
  /** The adapter is pulled out, or put in again. */
  setPlugged(plugged: boolean): void;
  /** Connecting fails from now on as BlueZ says when nobody answers. */
  setUnreachable(address: string, unreachable: boolean): void;
  /** Of each connection and each segment. */
  setFaults(faults: { readonly lostNotification?: () => boolean; readonly disconnect?: () => boolean }): void;
  /** Locks that are connected. */
  readonly connected: number;
  /** Connections since the start. */
  readonly connections: number;
  close(): Promise<void>;
}

const ADAPTER = "hci0";
const ADAPTER_PATH = `/org/bluez/${ADAPTER}`;
/** A lock is heard so long after somebody has begun to look around. */
const HEARD_MS = 300;

/**
 * Registers as `org.bluez` with an adapter `hci0`.
 *
 * @param busAddress  of a dbus-daemon or of `privateBus`
 */
export async function bluezStandIn({ busAddress, clock }: { readonly busAddress: string; readonly clock: Pick<Clock, "after"> }): Promise<BluezStandIn> {
  const bus = dbus.sessionBus({ busAddress });
  // Whoever asks BlueZ after the bus has died finds nobody: there is nothing more to do about it here.
  (bus as EventEmitter).on("error", () => {});
  const devices = new Map<string, OnBus>();
  const known = new Map<string, GattPeripheral>();
  const hidden = new Map<string, GattPeripheral>();
  const unreachable = new Set<string>();
  let faults: Parameters<BluezStandIn["setFaults"]>[0] = {};
  let isPlugged = false;
  let connections = 0;
  let connected = 0;

  const adapter = adapterInterface({
    onDiscovery(isOn) {
      if (isOn) clock.after(HEARD_MS, () => adapter.state.Discovering && discover());
    },
  });

  function discover(): void {
    for (const [address, peripheral] of hidden) place(address, peripheral);
    hidden.clear();
  }

  function place(address: string, peripheral: GattPeripheral | undefined): void {
    devices.get(address)?.remove();
    devices.delete(address);
    hidden.delete(address);
    known.delete(address);
    if (peripheral === undefined) return;
    known.set(address, peripheral);
    if (isPlugged) devices.set(address, deviceAt(address, peripheral));
  }

  function deviceAt(address: string, peripheral: GattPeripheral): OnBus {
    const path = `${ADAPTER_PATH}/dev_${address.replaceAll(":", "_")}`;
    let side: ReturnType<GattPeripheral["connected"]> | undefined;
    let gatt: readonly (readonly [string, Exported])[] = [];
    let subscribed = false;
    const device = deviceInterface(address, {
      async connect() {
        if (!adapter.state.Powered) throw new dbus.DBusError("org.bluez.Error.NotReady", "Resource Not Ready");
        if (unreachable.has(address)) throw new dbus.DBusError("org.bluez.Error.Failed", "le-connection-abort-by-local");
        if (side !== undefined) return;
        connections++;
        connected++;
        side = peripheral.connected(notify, () => end());
        gatt = gattOf(path, peripheral, {
          written: (segment) => (faults.disconnect?.() === true ? end() : side?.written(segment)),
          setSubscribed: (on) => void (subscribed = on),
        });
        for (const [at, { iface }] of gatt) bus.export(at, iface);
        device.change({ Connected: true });
        device.change({ ServicesResolved: true });
      },
      disconnect: async () => end(),
    });
    function notify(segment: Uint8Array): void {
      if (faults.disconnect?.() === true) return end();
      if (!subscribed || faults.lostNotification?.() === true) return;
      gatt.find(([, { uuid }]) => uuid === LOCK_UUID.event)?.[1].change({ Value: Buffer.from(segment) });
    }
    function end(): void {
      if (side === undefined) return;
      const ended = side;
      side = undefined;
      subscribed = false;
      connected--;
      ended.gone();
      device.change({ ServicesResolved: false });
      device.change({ Connected: false });
      for (const [at, { iface }] of gatt) bus.unexport(at, iface);
      gatt = [];
    }
    bus.export(path, device.iface);
    return {
      end,
      remove() {
        end();
        bus.unexport(path, device.iface);
      },
    };
  }

  function setPlugged(plugged: boolean): void {
    if (plugged === isPlugged) return;
    isPlugged = plugged;
    if (plugged) {
      bus.export(ADAPTER_PATH, adapter.iface);
      for (const [address, peripheral] of known) devices.set(address, deviceAt(address, peripheral));
      return;
    }
    for (const { remove } of devices.values()) remove();
    devices.clear();
    bus.unexport(ADAPTER_PATH, adapter.iface);
  }

  await new Promise<void>((resolve) => bus.once("connect", resolve));
  // Clients look for adapters below this object.
  bus.export("/org/bluez", primaryInterface("org.bluez.AgentManager1", {}).iface);
  setPlugged(true);
  await bus.requestName("org.bluez", 0);

  return {
    place,
    hide: (address, peripheral) => void hidden.set(address, peripheral),
    setPowered(powered) {
      if (!powered) for (const { end } of devices.values()) end();
      adapter.change({ Powered: powered });
    },
    setPlugged,
    setUnreachable: (address, is) => void (is ? unreachable.add(address) : unreachable.delete(address)),
    setFaults: (next) => void (faults = next),
    get connected() {
      return connected;
    },
    get connections() {
      return connections;
    },
    async close() {
      for (const { end } of devices.values()) end();
      bus.disconnect();
    },
  };
}

interface OnBus {
  readonly remove: () => void;
  readonly end: () => void;
}

/** Service and characteristics as BlueZ names their objects. */
function gattOf(
  path: string,
  peripheral: GattPeripheral,
  does: { readonly written: (segment: Uint8Array) => void; readonly setSubscribed: (on: boolean) => void },
): readonly (readonly [string, Exported])[] {
  const profile = `${path}/service0010`;
  return [
    [profile, primaryInterface("org.bluez.GattService1", { UUID: LOCK_UUID.profile, Primary: true })],
    [`${profile}/char0011`, characteristicInterface(LOCK_UUID.make, ["read"], { read: () => peripheral.make })],
    [`${profile}/char0013`, characteristicInterface(LOCK_UUID.control, ["write", "write-without-response"], { written: does.written })],
    [`${profile}/char0015`, characteristicInterface(LOCK_UUID.event, ["notify"], { setNotifying: does.setSubscribed })],
  ];
}
