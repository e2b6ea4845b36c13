/** RFC 9285 §4.2, the characters of a QR code's alphanumeric mode in its order. */
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const NO_DIGIT = 0x80;
/** The digit of each character code; {@link NO_DIGIT} for a code that is none. */
const DIGIT = new Uint8Array(256).fill(NO_DIGIT);
for (let digit = 0; digit < 45; digit++) DIGIT[ALPHABET.charCodeAt(digit)] = digit;

/** Three characters for two bytes, two for a last single one. RFC 9285 §4. */
export function encodeBase45(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += 2) {
    const pair = i + 1 < bytes.length;
    let value = pair ? bytes[i]! * 256 + bytes[i + 1]! : bytes[i]!;
    for (let digits = pair ? 3 : 2; digits > 0; digits--) {
      text += ALPHABET.charAt(value % 45);
      value = Math.floor(value / 45);
    }
  }
  return text;
}

/**
 * The bytes of a text that {@link encodeBase45} could have written, or undefined for any other: lower case, a foreign character, a group above
 * its range (`GGW` would be 65,536, `:::` 91,124), a single character left over. So every value has exactly one text.
 */
export function decodeBase45(text: string): Uint8Array | undefined {
  const codes = characterCodes(text);
  const rest = codes.length % 3;
  if (rest === 1) return undefined;
  const pairs = (codes.length - rest) / 3;
  const bytes = new Uint8Array(pairs * 2 + (rest === 2 ? 1 : 0));
  if (!decodePairs(codes, 0, bytes, pairs)) return undefined;
  if (rest === 2) {
    const low = DIGIT[codes[codes.length - 2]!]!;
    const high = DIGIT[codes[codes.length - 1]!]!;
    const value = low + high * 45;
    if (((low | high) & NO_DIGIT) !== 0 || value > 0xff) return undefined;
    bytes[bytes.length - 1] = value;
  }
  return bytes;
}

/**
 * Decodes groups of three characters into pairs of bytes. The bytes are written whether or not the text is strict; only the answer says.
 *
 * @param codes  ASCII
 * @param from   where the first group begins
 * @param into   2 × pairs bytes or more
 * @returns true when every group is strict; false also when the text ends before
 */
export function decodePairs(codes: Uint8Array, from: number, into: Uint8Array, pairs: number): boolean {
  if (from + 3 * pairs > codes.length) return false;
  let faults = 0;
  let at = from;
  for (let i = 0; i < 2 * pairs; i += 2) {
    const low = DIGIT[codes[at]!]!;
    const middle = DIGIT[codes[at + 1]!]!;
    const high = DIGIT[codes[at + 2]!]!;
    const value = low + middle * 45 + high * 2025;
    faults |= ((low | middle | high) & NO_DIGIT) | (value >> 16);
    into[i] = value >> 8;
    into[i + 1] = value;
    at += 3;
  }
  return faults === 0;
}

/** One byte a character; 0xff, which no alphabet of ours has, for one beyond it. */
export function characterCodes(text: string): Uint8Array {
  const codes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    codes[i] = code < 0xff ? code : 0xff;
  }
  return codes;
}
