import type { DeviceError, DeviceResult } from "./device.ts";
import type { WantedRelay } from "./relay-batch.ts";

/** What a board's driver takes wishes by. */
export interface WishTaking {
  readonly id: string;
  readonly relays: number;
  readonly holdMsMax: number;
  readonly isClosing: () => boolean;
  /** Why nobody hears a wish now; undefined: somebody does. */
  readonly unheard: () => { readonly error: DeviceError; readonly detail: string } | undefined;
  /** Puts the wish in the place of the relay's last one. */
  readonly put: (relay: number, wanted: WantedRelay, settle?: (result: DeviceResult) => void) => void;
  /** Has what was put told to the board. */
  readonly next: () => void;
}

/**
 * Takes a wish for a relay, as `RelayBoard` says it: refused for good where it has no meaning, refused for now where nobody hears it. A set stays wished then;
 * of a pulse nothing but its end does, and only where the board may be back at any time.
 */
export function takeWish(taking: WishTaking, relay: number, wanted: WantedRelay): Promise<DeviceResult> {
  const { id, relays, holdMsMax, isClosing, unheard, put, next } = taking;
  const refused = (name: DeviceError, why: string): Promise<DeviceResult> =>
    Promise.resolve({ ok: false, error: name, detail: `${id} relay ${relay}: ${why}` });
  if (!Number.isInteger(relay) || relay < 0 || relay >= relays) return refused("Unsupported", `the board has relays 0..${relays - 1}`);
  if (isClosing()) return refused("Disconnected", "the driver was closed");
  if (wanted.kind === "pulse" && !(wanted.holdMs > 0 && wanted.holdMs <= holdMsMax)) return refused("Unsupported", `holds of 1..${holdMsMax} ms are timed`);
  const why = unheard();
  if (why === undefined)
    return new Promise((resolve) => {
      put(relay, wanted, resolve);
      next();
    });
  if (wanted.kind !== "pulse") put(relay, wanted);
  else if (why.error !== "Disconnected") put(relay, { kind: "off" }); // somebody meant the relay to end in off
  return refused(why.error, wanted.kind === "pulse" ? why.detail : `${why.detail}; it will be switched ${wanted.kind} when it answers`);
}
