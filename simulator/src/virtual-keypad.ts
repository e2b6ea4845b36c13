import { type AmountKey, amountKeyByte, type Wire } from "@portico/firmware-ts";

/** A till's keypad as the line sees it. */
export interface VirtualKeypad {
  /** Presses keys, each one byte. False where the line is closed: nobody heard any. */
  press(...keys: readonly AmountKey[]): boolean;
  /** Types an amount such as `12.50`, and Enter. */
  enter(amount: string): boolean;
  /** Bytes that no key sends. */
  noise(bytes: Uint8Array): boolean;
}

/** @param wire  the device's end of the line */
export function virtualKeypad(wire: Wire): VirtualKeypad {
  const press = (keys: readonly AmountKey[]): boolean => keys.every((key) => wire.write(Uint8Array.of(amountKeyByte(key))));
  return {
    press: (...keys) => press(keys),
    enter: (amount) => press([...(amount as Iterable<AmountKey>), "Enter"]),
    noise: (bytes) => wire.write(bytes),
  };
}
