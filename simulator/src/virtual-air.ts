import type { Clock } from "@portico/card-protocol";
import { type ChallengeBeacon, type DeviceHealth, listeners } from "@portico/firmware-ts";

/** The air of a campus as phones hear it: what beacons advertise now. */
export class VirtualAir {
  readonly #clock: Pick<Clock, "monotonic">;
  readonly #heard = new Map<string, Uint8Array>();
  readonly #switches = new Map<string, (isOn: boolean) => void>();

  constructor(clock: Pick<Clock, "monotonic">) {
    this.#clock = clock;
  }

  /** What a phone in reach of everything hears, by the beacons' names. */
  get heard(): ReadonlyMap<string, Uint8Array> {
    return new Map(this.#heard);
  }

  /** An adapter is switched off, or on again. */
  switch(name: string, isOn: boolean): void {
    this.#switches.get(name)?.(isOn);
  }

  /** A beacon on an adapter that is on. */
  beacon({ id, name }: { readonly id: string; readonly name: string }): ChallengeBeacon {
    const healths = listeners<[DeviceHealth]>();
    let health: DeviceHealth = { kind: "online" };
    let isClosed = false;
    this.#switches.set(name, (isOn) => {
      if (isOn === (health.kind === "online") || isClosed) return;
      if (!isOn) this.#heard.delete(name);
      health = isOn ? { kind: "online" } : { kind: "offline", error: "Disconnected", detail: `${id}: the adapter is off`, since: this.#clock.monotonic() };
      healths.tell(health);
    });
    return {
      id,
      get health() {
        return health;
      },
      onHealth: healths.add,
      advertise: (challenge) => {
        if (isClosed || health.kind === "offline") return Promise.resolve({ ok: false, error: "Disconnected", detail: `${id}: the beacon is dark` });
        this.#heard.set(name, Uint8Array.from(challenge));
        return Promise.resolve({ ok: true });
      },
      close: () => {
        isClosed = true;
        this.#heard.delete(name);
        return Promise.resolve();
      },
    };
  }
}
