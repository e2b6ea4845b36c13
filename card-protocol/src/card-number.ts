import { IDENTITY_FORMATS, type IdentityFormat, isIdentityLine, readIdentity } from "./identity-number.ts";
import { err, ok, type Result } from "./result.ts";
import { U32_MAX } from "./units.ts";

export const CARD_FORMATS = ["uid-hex", "decimal-8", "decimal-10", "wiegand-26", "wiegand-34", "wiegand-37"] as const;
/** Whatever a reader may write that says by its number who comes: cards, and what is no card. */
export const READER_FORMATS = [...CARD_FORMATS, ...IDENTITY_FORMATS] as const;
export const CARD_BYTE_ORDERS = ["msb-first", "lsb-first"] as const;

/**
 * How a reader writes the number of a physical card, one line a card.
 *
 * | format | lines | bytes of the number |
 * | --- | --- | --- |
 * | `uid-hex` | 8, 14 or 20 hex digits, bytes may be parted by `:`, `-` or a blank | 4, 7 or 10 |
 * | `decimal-10` | 10 digits: a UID of 4 bytes as one number | 4 |
 * | `decimal-8` | 8 digits: facility code of 3 and number of 5 | 3 |
 * | `wiegand-26` | 26 bits | 3 |
 * | `wiegand-34` | 34 bits | 4 |
 * | `wiegand-37` | 37 bits (H10302, H10304), or 11 digits: its 35 bits as one number | 5 |
 *
 * Wiegand lines are the bits as `0` and `1`, the bits as one number in hex (7, 9 or 10 digits), or facility code and number in decimal, parted by `,`, `:`,
 * `-`, `/` or a blank. Where `facility` is set, the number alone (5 digits, wiegand-37: 6) will do. `plate`, `idcard` and `face`: identity-number.ts.
 */
export interface CardFormat {
  readonly format: (typeof READER_FORMATS)[number];
  /**
   * Whether the reader sends the bytes of a UID, or of the 24 or 32 data bits of a Wiegand frame, in the card's own order or the other way round. Means
   * nothing to 37 bits, nor to facility code and number in decimal.
   */
  readonly byteOrder: (typeof CARD_BYTE_ORDERS)[number];
  /** The only facility code that is taken, as it is printed on the card; absent: any. Means nothing to `uid-hex` and `decimal-10`. */
  readonly facility?: number;
}

/**
 * A card's number, the same for one card whichever reader sent it: 3, 4, 5, 7 or 10 bytes, first byte of the UID first. Lists hold keyed hashes over it,
 * nothing holds the number itself.
 *
 * One card has one number across `uid-hex` (4 bytes), `decimal-10` and `wiegand-34`, and one across `decimal-8` and `wiegand-26`. Those of 3 bytes
 * are the end of one of 4, and nobody can tell of which: a site with readers of both widths lists such a card twice. UIDs of 7 and 10 bytes have no
 * shorter form here, whatever a reader may cut from them.
 */
export interface CardNumber {
  readonly bytes: Uint8Array;
}

interface Wiegand {
  readonly bits: number;
  readonly facilityBits: number;
  /** Data bits under each of the two parity bits: even over the first, odd over the last. */
  readonly parityBits: number;
  readonly hexDigits: number;
  readonly numberDigits: number;
}
/** 26: SIA AC-01. 34: H10306. 37: H10302 and H10304, whose parities overlap in the middle bit. */
const WIEGAND: Readonly<Record<"wiegand-26" | "wiegand-34" | "wiegand-37", Wiegand>> = {
  "wiegand-26": { bits: 26, facilityBits: 8, parityBits: 12, hexDigits: 7, numberDigits: 5 },
  "wiegand-34": { bits: 34, facilityBits: 16, parityBits: 16, hexDigits: 9, numberDigits: 5 },
  "wiegand-37": { bits: 37, facilityBits: 16, parityBits: 18, hexDigits: 10, numberDigits: 6 },
};
/** No line of a card is longer: 37 bits as text, or 10 bytes of UID with separators. */
const LINE_MAX = 40;

/**
 * Whether a line from a combined QR-and-card head is a card's: it has no character that its format does not use. Decides only who judges the line;
 * what does not fit the format further is InvalidIdentifierValue. No pass is a card's line, because of the `P` in its prefix.
 */
export function isCardLine(line: Uint8Array | string, { format }: CardFormat): boolean {
  if (isIdentity(format)) return isIdentityLine(line, format);
  if (line.length === 0 || line.length > LINE_MAX) return false;
  const text = textOf(line);
  return format.startsWith("decimal") ? /^[0-9]+$/.test(text) : /^[0-9A-Fa-f]+([-:, /][0-9A-Fa-f]+)*$/.test(text);
}

/**
 * The number in a reader's line, or in a list's cell written the same way.
 *
 * @returns InvalidIdentifierValue for a wrong length, wrong parity, another facility code, a UID that the card makes up anew each time, and for bits
 *   that are all equal, which is what a reader sends that read nothing. Its detail never contains a digit of the number.
 */
export function readCardNumber(line: Uint8Array | string, format: CardFormat): Result<CardNumber, "InvalidIdentifierValue"> {
  if (isIdentity(format.format) && isCardLine(line, format)) return readIdentity(line, format.format);
  const read = isCardLine(line, format) ? readLine(textOf(line), format) : invalid("characters that this format does not use");
  if (!read.ok) return read;
  const bytes = read.value;
  const ones = bytes.length === 5 ? 0x07 : 0xff; // 35 bits
  if (bytes.every((byte) => byte === 0) || bytes.every((byte, i) => byte === (i === 0 ? ones : 0xff))) return invalid("all bits equal: nothing was read");
  return ok({ bytes });
}

function readLine(text: string, card: CardFormat): Result<Uint8Array, "InvalidIdentifierValue"> {
  if (card.format === "uid-hex") return readUid(text, card);
  if (card.format === "decimal-10") {
    if (text.length !== 10) return invalid(`${text.length} digits, expected 10`);
    const value = Number(text);
    return value > U32_MAX ? invalid("more than 4 bytes can hold") : ok(inOrder(bytesOf(value, 4), card));
  }
  if (card.format === "decimal-8") {
    if (text.length !== 8) return invalid(`${text.length} digits, expected 8`);
    return joined(Number(text.slice(0, 3)), Number(text.slice(3)), WIEGAND["wiegand-26"], card.facility);
  }
  return readWiegand(text, WIEGAND[card.format as keyof typeof WIEGAND], card);
}

function readUid(text: string, card: CardFormat): Result<Uint8Array, "InvalidIdentifierValue"> {
  const digits = text.replace(/[-:, /]/g, "");
  if (digits.length !== 8 && digits.length !== 14 && digits.length !== 20) return invalid(`${digits.length} hex digits, expected 8, 14 or 20`);
  const bytes = inOrder(
    Uint8Array.from({ length: digits.length / 2 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16)),
    card,
  );
  // ISO/IEC 14443-3: a UID of 4 bytes that begins with 08 is drawn anew at each presentation, as phones do.
  return bytes.length === 4 && bytes[0] === 0x08 ? invalid("a random UID, which names no card") : ok(bytes);
}

function readWiegand(text: string, wiegand: Wiegand, card: CardFormat): Result<Uint8Array, "InvalidIdentifierValue"> {
  const { bits, hexDigits, numberDigits } = wiegand;
  const pair = /^(\d{1,5})[-:, /](\d{1,6})$/.exec(text);
  if (pair !== null) return joined(Number(pair[1]), Number(pair[2]), wiegand, card.facility);
  if (text.length === bits && /^[01]+$/.test(text)) return readBits(text, wiegand, card);
  if (text.length === hexDigits && /^[0-9A-Fa-f]+$/.test(text)) {
    const binary = Number.parseInt(text, 16).toString(2);
    return binary.length > bits ? invalid(`more than ${bits} bits`) : readBits(binary.padStart(bits, "0"), wiegand, card);
  }
  const isDecimal = /^[0-9]+$/.test(text);
  if (isDecimal && text.length === numberDigits && card.facility !== undefined) return joined(card.facility, Number(text), wiegand, card.facility);
  if (isDecimal && text.length === 11 && bits === 37) {
    const value = Number(text);
    if (value >= 2 ** 35) return invalid("more than 35 bits can hold");
    return ofFacility(bytesOf(value, 5), wiegand, card.facility);
  }
  return invalid(`${text.length} characters are neither ${bits} bits nor ${hexDigits} hex digits nor facility code and number`);
}

/** The data bits between the two parity bits. */
function readBits(binary: string, wiegand: Wiegand, card: CardFormat): Result<Uint8Array, "InvalidIdentifierValue"> {
  const { parityBits } = wiegand;
  const payload = binary.slice(1, -1);
  const evenHolds = countOnes(binary[0] + payload.slice(0, parityBits)) % 2 === 0;
  const oddHolds = countOnes(payload.slice(-parityBits) + binary.slice(-1)) % 2 === 1;
  if (!evenHolds || !oddHolds) return invalid("the parity does not hold: bits were lost");
  const bytes = bytesOf(Number.parseInt(payload, 2), Math.ceil(payload.length / 8));
  return ofFacility(payload.length === 35 ? bytes : inOrder(bytes, card), wiegand, card.facility);
}

function joined(facility: number, number: number, wiegand: Wiegand, wanted: number | undefined): Result<Uint8Array, "InvalidIdentifierValue"> {
  const { bits, facilityBits } = wiegand;
  const numberBits = numberBitsOf(wiegand);
  if (facility >= 2 ** facilityBits) return invalid(`the facility code has more than ${facilityBits} bits`);
  if (number >= 2 ** numberBits) return invalid(`the number has more than ${numberBits} bits`);
  return ofFacility(bytesOf(facility * 2 ** numberBits + number, Math.ceil((bits - 2) / 8)), wiegand, wanted);
}

/** Judges the facility code that is printed on the card: the first bits of the number in the card's order, whatever order the reader sent. */
function ofFacility(bytes: Uint8Array, wiegand: Wiegand, wanted: number | undefined): Result<Uint8Array, "InvalidIdentifierValue"> {
  const value = bytes.reduce((before, byte) => before * 256 + byte, 0);
  const facility = Math.floor(value / 2 ** numberBitsOf(wiegand));
  return wanted === undefined || wanted === facility ? ok(bytes) : invalid("another facility code");
}

const numberBitsOf = ({ bits, facilityBits }: Wiegand): number => bits - 2 - facilityBits;

const isIdentity = (format: CardFormat["format"]): format is IdentityFormat => (IDENTITY_FORMATS as readonly string[]).includes(format);

/** Bytes beyond ASCII become characters that no format uses. */
const textOf = (line: Uint8Array | string): string => (typeof line === "string" ? line : String.fromCharCode(...line));

/** Big-endian. Below 2⁵³, where division is exact. */
function bytesOf(value: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.floor(value / 2 ** (8 * (length - 1 - i))) % 256);
}

const inOrder = (bytes: Uint8Array, { byteOrder }: CardFormat): Uint8Array => (byteOrder === "lsb-first" ? bytes.reverse() : bytes);
const countOnes = (bits: string): number => bits.split("1").length - 1;
const invalid = (detail: string): { readonly ok: false; readonly error: "InvalidIdentifierValue"; readonly detail: string } =>
  err("InvalidIdentifierValue", detail);
