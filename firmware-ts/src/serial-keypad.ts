import type { Clock } from "@portico/card-protocol";
import { type AmountKey, amountKeyFraming } from "./core/amount-keys.ts";
import type { Device, DeviceHealth } from "./device.ts";
import { listeners } from "./listeners.ts";
import type { Wire } from "./wire.ts";

/** The keypad of a till. */
export interface AmountKeypad extends Device {
  /** Called for each key, in order. `Unreadable`: something came that is no key, so that what was typed may be missing a digit. */
  onKey(listener: (key: AmountKey | "Unreadable") => void): () => void;
}

/**
 * A numeric keypad on a serial line of its own: each key is one byte of ASCII. The line is never written to, so a keypad counts as online while its wire is open.
 */
export function serialKeypad({ id, wire, clock }: { readonly id: string; readonly wire: Wire; readonly clock: Pick<Clock, "monotonic"> }): AmountKeypad {
  const framing = amountKeyFraming();
  const keys = listeners<[AmountKey | "Unreadable"]>();
  const healths = listeners<[DeviceHealth]>();
  let changedAt = clock.monotonic();
  const health = (): DeviceHealth =>
    wire.state === "open" ? { kind: "online" } : { kind: "offline", error: "Disconnected", detail: wire.trouble, since: changedAt };
  const stops = [
    wire.onBytes((bytes) => {
      for (const key of framing.push(bytes)) keys.tell(key);
    }),
    wire.onState((state) => {
      if (state === "closed") framing.cutOff();
      changedAt = clock.monotonic();
      healths.tell(health());
    }),
  ];
  return {
    id,
    get health() {
      return health();
    },
    onHealth: healths.add,
    onKey: keys.add,
    close() {
      for (const stop of stops) stop();
      return Promise.resolve();
    },
  };
}
