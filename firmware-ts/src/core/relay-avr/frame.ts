import { crcCcitt } from "../crc-ccitt.ts";

/** Baud rate of the board, 8N1. */
export const RELAY_AVR_BAUD = 57_600;
export const RELAY_AVR_RELAYS_MAX = 8;
export const RELAY_AVR_INPUTS_MAX = 6;
export const RELAY_AVR_READERS_MAX = 2;
/** The longest hold that the board times, in milliseconds: 20 minutes and 45 seconds. */
export const RELAY_AVR_HOLD_MS_MAX = 0x12ffff;
/** The version of program and frames that this driver speaks with, 0..3. */
export const RELAY_AVR_VERSION = 1;

const CRC_START = 0x1d0f;
const HOST_SYNC = 0xa5;
const BOARD_SYNC = 0x5a;
/** Bits that the board keeps of a card. */
const CARD_BITS_MAX = 64;
/** Bytes of a frame to the board, its CRC among them. */
export const HOST_FRAME_BYTES = 10;
/** Bytes of a frame of the board, its CRC among them. */
export const BOARD_FRAME_BYTES = 18;

/** `beat` says nothing but that we live; `hello` must come before anything is switched on, and makes the board report anew. */
export const RELAY_AVR_COMMANDS = ["beat", "hello", "off", "on"] as const;

/** What we say to the board. */
export interface HostFrame {
  /** 0..255. A frame with the number of the one obeyed last is answered and not obeyed, but for `hello`. */
  readonly number: number;
  /** Number of the report seen last. */
  readonly seen: number;
  readonly command: (typeof RELAY_AVR_COMMANDS)[number];
  /** Bit n: relay n. */
  readonly relays: number;
  /** 1..{@link RELAY_AVR_HOLD_MS_MAX}: the board drops the relay by itself after so many milliseconds; 0: not by itself. */
  readonly holdMs: number;
}

/** Why the board started last, as its MCUSR says it; several may be true. */
export interface ResetCause {
  readonly powerOn: boolean;
  readonly external: boolean;
  readonly brownOut: boolean;
  readonly watchdog: boolean;
}

/** What a Wiegand reader sent. */
export interface WiegandFrame {
  /** 0 or 1. */
  readonly reader: number;
  /** The bits in order as `0` and `1`, parity among them, 1..64; undefined where some are missing or there were more. */
  readonly bits: string | undefined;
}

/** What the board says. */
export interface BoardFrame {
  readonly version: number;
  readonly isActiveLow: boolean;
  /** It was reset, or heard nobody for a second, and waits for `hello`: every relay is off. */
  readonly isUngreeted: boolean;
  readonly resetCause: ResetCause;
  /** Of the frame obeyed last. */
  readonly number: number;
  /** Bit n: relay n is energised, at the latest from the next millisecond on. */
  readonly relays: number;
  /** Number of the report below; it stays until it is seen. */
  readonly report: number;
  /** Bit n: the contact of input n is closed. */
  readonly contacts: number;
  readonly card: WiegandFrame | undefined;
}

/** The bytes of a frame to the board. */
export function encodeHostFrame({ number, seen, command, relays, holdMs }: HostFrame): Uint8Array {
  const bytes = new Uint8Array(HOST_FRAME_BYTES);
  bytes.set([HOST_SYNC, number, seen, RELAY_AVR_COMMANDS.indexOf(command), relays, holdMs & 0xff, (holdMs >> 8) & 0xff, holdMs >> 16]);
  const crc = crcCcitt(bytes.subarray(0, -2), CRC_START);
  bytes.set([crc >> 8, crc & 0xff], HOST_FRAME_BYTES - 2);
  return bytes;
}

/** Finds the board's frames in whatever the line delivers. */
export interface RelayAvrDeframing {
  /** Takes bytes as they arrived, in any pieces. Returns the undamaged frames that they complete, in order. */
  push(bytes: Uint8Array): readonly BoardFrame[];
  /** Forgets what was begun. */
  reset(): void;
}

/** A frame begins with its sync byte, has one length, and ends with its CRC; whatever is none is passed over byte by byte, so the next frame is found. */
export function relayAvrDeframing(): RelayAvrDeframing {
  let pending: Uint8Array = new Uint8Array();
  return {
    push(bytes) {
      const joined = new Uint8Array(pending.length + bytes.length);
      joined.set(pending);
      joined.set(bytes, pending.length);
      const found: BoardFrame[] = [];
      let at = joined.indexOf(BOARD_SYNC);
      while (at >= 0 && joined.length - at >= BOARD_FRAME_BYTES) {
        const frame = joined.subarray(at, at + BOARD_FRAME_BYTES);
        const isWhole = crcCcitt(frame, CRC_START) === 0;
        if (isWhole) found.push(decode(frame));
        at = joined.indexOf(BOARD_SYNC, at + (isWhole ? BOARD_FRAME_BYTES : 1));
      }
      pending = at < 0 ? new Uint8Array() : joined.slice(at);
      return found;
    },
    reset: () => void (pending = new Uint8Array()),
  };
}

function decode(frame: Uint8Array): BoardFrame {
  const [, flags = 0, number = 0, relays = 0, report = 0, contacts = 0, reader = 0, bits = 0] = frame;
  const has = (bit: number): boolean => (flags & bit) !== 0;
  return {
    version: (flags >> 5) & 3,
    isActiveLow: has(0x80),
    isUngreeted: has(0x10),
    resetCause: { powerOn: has(0x01), external: has(0x02), brownOut: has(0x04), watchdog: has(0x08) },
    number,
    relays,
    report,
    contacts,
    card: bits === 0 ? undefined : { reader, bits: bits <= CARD_BITS_MAX ? bitsOf(frame.subarray(8, 16), bits) : undefined },
  };
}

/** The board keeps bits as one number, the last lowest; above the first one stand bits of an earlier card. */
function bitsOf(card: Uint8Array, bits: number): string {
  return Array.from(card, (byte) => byte.toString(2).padStart(8, "0"))
    .join("")
    .slice(-bits);
}
