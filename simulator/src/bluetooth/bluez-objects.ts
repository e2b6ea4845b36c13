import * as dbus from "@jellybrick/dbus-next";

const { Interface } = dbus.interface;
type DbusInterface = InstanceType<typeof Interface>;

/** An object on the bus, and the hands that change its properties. */
export interface Exported {
  readonly iface: DbusInterface;
  readonly uuid?: string;
  /** Sets properties and tells who listens. */
  change(properties: Readonly<Record<string, unknown>>): void;
}

const failed = (name: string, detail: string): Error => new dbus.DBusError(`org.bluez.Error.${name}`, detail);

function exported<T extends DbusInterface & { state: Record<string, unknown> }>(iface: T): Exported & { readonly state: T["state"] } {
  // The constructor of 0.11 lays these over what `configureMembers` has put into the prototype, as undefined.
  for (const member of ["$properties", "$methods", "$signals"]) Reflect.deleteProperty(iface, member);
  return {
    iface,
    state: iface.state,
    change(properties) {
      Object.assign(iface.state, properties);
      Interface.emitPropertiesChanged(iface, { ...properties }, []);
    },
  };
}

/** org.bluez.Adapter1. */
export function adapterInterface({ onDiscovery }: { readonly onDiscovery: (isOn: boolean) => void }) {
  class Adapter1 extends Interface {
    state = { Powered: true, Discovering: false };
    get Address(): string {
      return "00:1A:7D:DA:71:13";
    }
    get Powered(): boolean {
      return this.state.Powered;
    }
    get Discovering(): boolean {
      return this.state.Discovering;
    }
    SetDiscoveryFilter(): void {}
    StartDiscovery(): void {
      if (!this.state.Powered) throw failed("NotReady", "Resource Not Ready");
      if (this.state.Discovering) throw failed("InProgress", "Operation already in progress");
      adapter.change({ Discovering: true });
      onDiscovery(true);
    }
    StopDiscovery(): void {
      if (!this.state.Discovering) throw failed("Failed", "No discovery started");
      adapter.change({ Discovering: false });
      onDiscovery(false);
    }
  }
  Adapter1.configureMembers({
    properties: {
      Address: { signature: "s", access: "read" },
      Powered: { signature: "b", access: "read" },
      Discovering: { signature: "b", access: "read" },
    },
    methods: { SetDiscoveryFilter: { inSignature: "a{sv}" }, StartDiscovery: {}, StopDiscovery: {} },
  });
  const adapter = exported(new Adapter1("org.bluez.Adapter1"));
  return adapter;
}

/** org.bluez.Device1. */
export function deviceInterface(address: string, does: { readonly connect: () => Promise<void>; readonly disconnect: () => Promise<void> }) {
  class Device1 extends Interface {
    state = { Connected: false, ServicesResolved: false };
    get Address(): string {
      return address;
    }
    get Connected(): boolean {
      return this.state.Connected;
    }
    get ServicesResolved(): boolean {
      return this.state.ServicesResolved;
    }
    Connect(): Promise<void> {
      return does.connect();
    }
    Disconnect(): Promise<void> {
      return does.disconnect();
    }
  }
  Device1.configureMembers({
    properties: {
      Address: { signature: "s", access: "read" },
      Connected: { signature: "b", access: "read" },
      ServicesResolved: { signature: "b", access: "read" },
    },
    methods: { Connect: {}, Disconnect: {} },
  });
  return exported(new Device1("org.bluez.Device1"));
}

/** An object that has nothing but what it says of itself. */
export function primaryInterface(name: string, says: { readonly UUID?: string; readonly Primary?: boolean }): Exported {
  class Primary extends Interface {
    state: Record<string, unknown> = { ...says };
    get UUID(): string {
      return says.UUID ?? "";
    }
    get Primary(): boolean {
      return says.Primary ?? false;
    }
  }
  Primary.configureMembers({ properties: { UUID: { signature: "s", access: "read" }, Primary: { signature: "b", access: "read" } } });
  return exported(new Primary(name));
}

/** org.bluez.GattCharacteristic1. */
export function characteristicInterface(
  uuid: string,
  flags: readonly string[],
  does: { readonly read?: () => Uint8Array; readonly written?: (value: Uint8Array) => void; readonly setNotifying?: (on: boolean) => void },
): Exported {
  class GattCharacteristic1 extends Interface {
    state = { Value: Buffer.alloc(0), Notifying: false };
    get UUID(): string {
      return uuid;
    }
    get Flags(): readonly string[] {
      return flags;
    }
    get Value(): Buffer {
      return this.state.Value;
    }
    get Notifying(): boolean {
      return this.state.Notifying;
    }
    ReadValue(): Buffer {
      if (does.read === undefined) throw failed("NotPermitted", "Read not permitted");
      return Buffer.from(does.read());
    }
    WriteValue(value: Uint8Array): void {
      if (does.written === undefined) throw failed("NotPermitted", "Write not permitted");
      does.written(Uint8Array.from(value));
    }
    StartNotify(): void {
      this.setNotifying(true);
    }
    StopNotify(): void {
      this.setNotifying(false);
    }
    private setNotifying(on: boolean): void {
      if (does.setNotifying === undefined) throw failed("NotSupported", "Operation is not supported");
      this.state.Notifying = on;
      does.setNotifying(on);
    }
  }
  GattCharacteristic1.configureMembers({
    properties: {
      UUID: { signature: "s", access: "read" },
      Flags: { signature: "as", access: "read" },
      Value: { signature: "ay", access: "read" },
      Notifying: { signature: "b", access: "read" },
    },
    methods: {
      ReadValue: { inSignature: "a{sv}", outSignature: "ay" },
      WriteValue: { inSignature: "aya{sv}" },
      StartNotify: {},
      StopNotify: {},
    },
  });
  return { ...exported(new GattCharacteristic1("org.bluez.GattCharacteristic1")), uuid };
}
