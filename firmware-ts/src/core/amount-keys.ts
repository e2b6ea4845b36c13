/** The keys of a till's keypad: ten digits, the point, and three that act. */
export const AMOUNT_KEYS = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", ".", "Enter", "Clear", "Backspace"] as const;
/** See {@link AMOUNT_KEYS}. */
export type AmountKey = (typeof AMOUNT_KEYS)[number];

/** Turns what a keypad sends into keys. */
export interface AmountKeyFraming {
  /** Takes bytes as they arrive. `Unreadable` stands for a byte that no key sends: what was typed before it may be missing a digit. */
  push(bytes: Uint8Array): readonly (AmountKey | "Unreadable")[];
  /** The line broke: a carriage return that was the last byte stands for itself. */
  cutOff(): void;
}

const CR = 0x0d;
const LF = 0x0a;
/** Every byte that means a key but digits and the point. Makers differ in what Enter, Clear and Backspace send; no byte is two keys. */
const ACTS: ReadonlyMap<number, AmountKey> = new Map([
  [CR, "Enter"],
  [LF, "Enter"],
  [0x2b, "Enter"], // +
  [0x23, "Enter"], // #
  [0x1b, "Clear"], // ESC
  [0x18, "Clear"], // CAN
  [0x43, "Clear"], // C
  [0x63, "Clear"], // c
  [0x2a, "Clear"], // *
  [0x08, "Backspace"],
  [0x7f, "Backspace"],
]);

/** A line feed right behind a carriage return is the same Enter. Every other byte is one key, or none. */
export function amountKeyFraming(): AmountKeyFraming {
  let isBehindCr = false;
  return {
    push(bytes) {
      const keys: (AmountKey | "Unreadable")[] = [];
      for (const byte of bytes) {
        const isSecondHalf = isBehindCr && byte === LF;
        isBehindCr = byte === CR;
        if (!isSecondHalf) keys.push(keyOf(byte));
      }
      return keys;
    },
    cutOff() {
      isBehindCr = false;
    },
  };
}

function keyOf(byte: number): AmountKey | "Unreadable" {
  const isDigitOrPoint = (byte >= 0x30 && byte <= 0x39) || byte === 0x2e;
  return isDigitOrPoint ? (String.fromCharCode(byte) as AmountKey) : (ACTS.get(byte) ?? "Unreadable");
}

/** The byte that a keypad of ours sends for a key: what a virtual one does. */
export const amountKeyByte = (key: AmountKey): number => (key === "Enter" ? CR : key === "Clear" ? 0x1b : key === "Backspace" ? 0x08 : key.charCodeAt(0));
