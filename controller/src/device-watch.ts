import { type Clock, type MonotonicMs, U32_MAX } from "@portico/card-protocol";
import type { Device, DeviceError, DeviceHealth, Scanner } from "@portico/firmware-ts";

/** An outage that is over this soon is not worth an event: an adapter that was replugged, a board that missed a few polls, a start. */
export const OUTAGE_GRACE_MS = 3_000;

/** Who is told. */
export interface OutageListener {
  /** The device has been off line for {@link OUTAGE_GRACE_MS}. */
  lost(error: DeviceError, detail: string): void;
  /** It answers, for the first time or again. @param outageMs how long it did not, at most 49.7 days, where that was told by `lost` */
  back(outageMs: number | undefined): void;
}

/** Watches whether a device answers; also from the start, when none does yet. */
export class DeviceWatch {
  readonly device: Device;
  readonly #clock: Pick<Clock, "monotonic" | "after">;
  readonly #listener: OutageListener;
  readonly #removeListener: () => void;
  #since: MonotonicMs;
  #isToldLost = false;
  #outages = 0;
  #scans = 0;
  #cancelGrace = (): void => {};

  constructor(device: Device, clock: Pick<Clock, "monotonic" | "after">, listener: OutageListener) {
    this.device = device;
    this.#clock = clock;
    this.#listener = listener;
    this.#since = clock.monotonic();
    const removals = [device.onHealth((health) => this.#heard(health))];
    if ("onScan" in device) removals.push((device as Scanner).onScan(() => this.#scans++));
    this.#removeListener = () => removals.forEach((remove) => remove());
    if (device.health.kind === "offline") this.#wait();
  }

  /** Since when its health is as it is. */
  get since(): MonotonicMs {
    return this.#since;
  }

  /** How often it went off line since the start. */
  get outages(): number {
    return this.#outages;
  }

  /** Scans since the start; 0 for what is no scanner. */
  get scans(): number {
    return this.#scans;
  }

  close(): void {
    this.#removeListener();
    this.#cancelGrace();
  }

  #heard(health: DeviceHealth): void {
    const before = this.#since;
    this.#since = this.#clock.monotonic();
    if (health.kind === "offline") {
      this.#outages++;
      return this.#wait();
    }
    this.#cancelGrace();
    const outageMs = this.#isToldLost ? Math.min(U32_MAX, Math.round(this.#since - before)) : undefined;
    this.#isToldLost = false;
    this.#listener.back(outageMs);
  }

  #wait(): void {
    this.#cancelGrace();
    this.#cancelGrace = this.#clock.after(OUTAGE_GRACE_MS, () => {
      const { health } = this.device;
      if (health.kind === "online") return;
      this.#isToldLost = true;
      this.#listener.lost(health.error, health.detail);
    });
  }
}
