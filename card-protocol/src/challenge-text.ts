import { CHALLENGE_LENGTH } from "./challenge.ts";
import { hexToBytes } from "./hex.ts";

/** Of a beacon's advertisements: the service data beside it are a reader's challenge, 8 bytes, and nothing else. */
export const CHALLENGE_UUID = "706f7274-6963-8f00-8000-6368616c0001";

/** Decimal digits of a challenge: 2⁶⁴ has no more. */
export const CHALLENGE_DIGITS = 20;

/**
 * A challenge as decimal digits, for displays that have no pixels: 20 of them, leading zeros kept. A camera reads digits more surely than letters.
 *
 * @param challenge  8 bytes, the first the most significant
 */
export function challengeDigits(challenge: Uint8Array): string {
  const digits: number[] = [0];
  for (let at = 0; at < challenge.length; at++) {
    let carry = challenge[at]!;
    for (let place = 0; place < digits.length; place++) {
      const value = digits[place]! * 256 + carry;
      digits[place] = value % 10;
      carry = (value - digits[place]!) / 10;
    }
    for (; carry > 0; carry = Math.floor(carry / 10)) digits.push(carry % 10);
  }
  while (digits.length < CHALLENGE_DIGITS) digits.push(0);
  return digits.reverse().join("");
}

/**
 * The challenge that stands in what somebody typed or a camera read: 20 decimal digits, or 16 hex digits; blanks, line ends and hyphens between them are left
 * out. Undefined where it is neither, or more than 8 bytes hold.
 */
export function readChallengeText(text: string): Uint8Array | undefined {
  const read = text.replace(/[\s-]/g, "");
  if (/^[0-9A-Fa-f]{16}$/.test(read)) return hexToBytes(read.toLowerCase());
  if (!/^\d{20}$/.test(read)) return undefined;
  const bytes = new Uint8Array(CHALLENGE_LENGTH);
  for (let at = 0; at < read.length; at++) {
    let carry = read.charCodeAt(at) - 48;
    for (let place = CHALLENGE_LENGTH - 1; place >= 0; place--) {
      const value = bytes[place]! * 10 + carry;
      bytes[place] = value & 0xff;
      carry = value >> 8;
    }
    if (carry > 0) return undefined;
  }
  return bytes;
}
