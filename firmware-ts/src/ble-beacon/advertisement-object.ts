import * as dbus from "@jellybrick/dbus-next";

const { Interface } = dbus.interface;

/** `org.bluez.LEAdvertisement1` of one beacon, as BlueZ reads it. Source: BlueZ doc/org.bluez.LEAdvertisement.rst. */
export interface AdvertisementObject {
  readonly iface: InstanceType<typeof Interface>;
  /** What BlueZ reads when it is registered next. */
  put(challenge: Uint8Array): void;
}

/**
 * @param onReleased  BlueZ has taken it off the air by itself: the adapter is off, or gone
 */
export function advertisementObject(uuid: string, name: string, onReleased: () => void): AdvertisementObject {
  let carried: Readonly<Record<string, unknown>> = {};
  class LEAdvertisement1 extends Interface {
    get Type(): string {
      return "broadcast";
    }
    get ServiceData(): Readonly<Record<string, unknown>> {
      return carried;
    }
    get LocalName(): string {
      return name;
    }
    Release(): void {
      onReleased();
    }
  }
  LEAdvertisement1.configureMembers({
    properties: {
      Type: { signature: "s", access: "read" },
      ServiceData: { signature: "a{sv}", access: "read" },
      LocalName: { signature: "s", access: "read" },
    },
    methods: { Release: {} },
  });
  const iface = new LEAdvertisement1("org.bluez.LEAdvertisement1");
  // The constructor of 0.11 lays these over what `configureMembers` has put into the prototype, as undefined.
  for (const member of ["$properties", "$methods", "$signals"]) Reflect.deleteProperty(iface, member);
  return {
    iface,
    put(challenge) {
      carried = { [uuid]: new dbus.Variant("ay", Buffer.from(challenge)) };
    },
  };
}
