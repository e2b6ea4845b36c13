import type { Clock } from "@portico/card-protocol";
import { NO_KEYS, type PinEntry, pressKey } from "./core/pin.ts";

/** Where keys come from: `0` to `9`, `*` and `#`, one or several at a time. */
export type KeySource = (listener: (keys: string) => void) => () => void;

export interface KeypadOptions {
  /** Undefined: keys come as lines of the scanner alone. */
  readonly onKeys: KeySource | undefined;
  readonly clock: Pick<Clock, "after">;
  /** How long is waited for the first key, and between two. */
  readonly waitMs: number;
  readonly onTyped: (digits: string) => void;
  readonly onTimeout: () => void;
}

const HASH = 0x23;
/** No line of keys is longer: a PIN, taken back once or twice. */
const LINE_KEYS_MAX = 64;

/** The keys at one reader. They are heard while somebody is awaited, and otherwise not even kept. */
export class Keypad {
  readonly #options: KeypadOptions;
  readonly #removeListener: (() => void) | undefined;
  #entry: PinEntry = NO_KEYS;
  /** Undefined while nobody is awaited. */
  #cancelTimeout: (() => void) | undefined;

  constructor(options: KeypadOptions) {
    this.#options = options;
    this.#removeListener = options.onKeys?.((keys) => this.#press(keys));
  }

  get isAwaiting(): boolean {
    return this.#cancelTimeout !== undefined;
  }

  /** Hears keys from now on, until a PIN is typed or the time is over. */
  await(): void {
    this.cancel();
    this.#watch();
  }

  /** Hears none any more, and forgets what was typed. */
  cancel(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = undefined;
    this.#entry = NO_KEYS;
  }

  /** Takes a scanner's line that ends with `#`: neither a pass nor a card number does. @returns false for any other */
  takesLine(line: Uint8Array): boolean {
    if (line.at(-1) !== HASH || line.length > LINE_KEYS_MAX) return false;
    this.#press(String.fromCharCode(...line));
    return true;
  }

  close(): void {
    this.#removeListener?.();
    this.cancel();
  }

  #press(keys: string): void {
    for (const key of keys) {
      if (this.#cancelTimeout === undefined) return;
      const { entry, typed } = pressKey(this.#entry, key);
      this.#entry = entry;
      this.#watch();
      if (typed === undefined) continue;
      this.cancel();
      this.#options.onTyped(typed);
    }
  }

  #watch(): void {
    this.#cancelTimeout?.();
    this.#cancelTimeout = this.#options.clock.after(this.#options.waitMs, () => {
      this.cancel();
      this.#options.onTimeout();
    });
  }
}
