import type { EventEmitter } from "node:events";
import * as dbus from "@jellybrick/dbus-next";

const { Interface } = dbus.interface;

/** BlueZ's adapter as far as it advertises, on any bus: for whoever would otherwise need a radio. */
export interface BluezAdvertising {
  /** What phones in reach hear: the service data of each advertisement, by its local name. */
  readonly heard: ReadonlyMap<string, Readonly<Record<string, Uint8Array>>>;
  /** Off, every advertisement is released. */
  setPowered(powered: boolean): void;
  close(): void;
}

interface Registered {
  readonly owner: string;
  readonly path: string;
  readonly name: string;
  readonly carried: Readonly<Record<string, Uint8Array>>;
}

/** Registers as `org.bluez` with an adapter `hci0`. Source: BlueZ doc/org.bluez.LEAdvertisingManager.rst. @param busAddress of a dbus-daemon */
export async function bluezAdvertising(busAddress: string): Promise<BluezAdvertising> {
  const bus = dbus.sessionBus({ busAddress });
  (bus as EventEmitter).on("error", () => {});
  let powered = true;
  let registered: Registered[] = [];
  /** Of the call that is being answered: the library does not hand it to a method. */
  let caller = "";
  bus.addMethodHandler((message) => {
    caller = message.sender ?? "";
    return false;
  });
  const key = (owner: string, path: string): string => `${owner} ${path}`;
  const release = (one: Registered): void => {
    bus.send(new dbus.Message({ type: dbus.MessageType.METHOD_CALL, destination: one.owner, path: one.path, interface: "org.bluez.LEAdvertisement1", member: "Release", flags: dbus.MessageFlag.NO_REPLY_EXPECTED })); // prettier-ignore
  };

  class Adapter1 extends Interface {
    get Powered(): boolean {
      return powered;
    }
  }
  Adapter1.configureMembers({ properties: { Powered: { signature: "b", access: "read" } } });
  class LEAdvertisingManager1 extends Interface {
    async RegisterAdvertisement(path: string): Promise<void> {
      const owner = caller;
      if (!powered) throw new dbus.DBusError("org.bluez.Error.NotReady", "Resource Not Ready");
      if (registered.some((one) => key(one.owner, one.path) === key(owner, path))) throw new dbus.DBusError("org.bluez.Error.AlreadyExists", "Already Exists");
      const answer = await bus.call(new dbus.Message({ destination: owner, path, interface: "org.freedesktop.DBus.Properties", member: "GetAll", signature: "s", body: ["org.bluez.LEAdvertisement1"] })); // prettier-ignore
      const properties = answer!.body[0] as Readonly<Record<string, dbus.Variant>>;
      const carried = Object.entries(properties["ServiceData"]!.value as Readonly<Record<string, dbus.Variant<Uint8Array>>>);
      registered.push({ owner, path, name: properties["LocalName"]!.value as string, carried: Object.fromEntries(carried.map(([uuid, { value }]) => [uuid, new Uint8Array(value)])) }); // prettier-ignore
    }
    UnregisterAdvertisement(path: string): void {
      const owner = caller;
      const before = registered.length;
      registered = registered.filter((one) => key(one.owner, one.path) !== key(owner, path));
      if (registered.length === before) throw new dbus.DBusError("org.bluez.Error.DoesNotExist", "Does Not Exist");
    }
  }
  LEAdvertisingManager1.configureMembers({ methods: { RegisterAdvertisement: { inSignature: "oa{sv}" }, UnregisterAdvertisement: { inSignature: "o" } } });
  for (const iface of [new Adapter1("org.bluez.Adapter1"), new LEAdvertisingManager1("org.bluez.LEAdvertisingManager1")]) {
    // The constructor of 0.11 lays these over what `configureMembers` has put into the prototype, as undefined.
    for (const member of ["$properties", "$methods", "$signals"]) Reflect.deleteProperty(iface, member);
    bus.export("/org/bluez/hci0", iface);
  }
  (bus as EventEmitter).on("message", ({ member, body }: dbus.Message) => {
    if (member !== "NameOwnerChanged") return;
    const [name, , owner] = body as readonly string[];
    if (owner === "") registered = registered.filter((one) => one.owner !== name); // with a program goes what it advertised
  });
  await bus.call(new dbus.Message({ destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus", member: "AddMatch", signature: "s", body: ["type='signal',member='NameOwnerChanged'"] })); // prettier-ignore
  await bus.requestName("org.bluez", 0);
  return {
    get heard() {
      return new Map(registered.map(({ name, carried }) => [name, carried]));
    },
    setPowered(next) {
      powered = next;
      if (powered) return;
      for (const one of registered) release(one);
      registered = [];
    },
    close: () => bus.disconnect(),
  };
}
