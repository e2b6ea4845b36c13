import { crcCcitt } from "./crc-ccitt.ts";

/** Rates that heads of the GM65 family speak at, the factory's first. */
export const GM65_BAUDS = [9_600, 115_200, 57_600, 38_400, 19_200, 14_400] as const;
export type Gm65Baud = (typeof GM65_BAUDS)[number];

/** The zone that holds the baud rate, two bytes. */
export const GM65_BAUD_ZONE = 0x002a;

const HEAD = [0x7e, 0x00] as const;
const REPLY = [0x02, 0x00, 0x00] as const;
const TYPE = { read: 0x07, write: 0x08, save: 0x09 } as const;
const CRC_BYTES = 2;
/** The clock that a baud rate divides. */
const BAUD_CLOCK_HZ = 3_000_000;

/**
 * Frames of the GM65 family (Grow GM65, GM67, GM8xx): `7E 00`, type, number of data bytes, address of the zone (high byte first), data, CRC-16/XMODEM over type
 * to data, high byte first. Source: GM65 user manual §2.
 */
export const gm65Read = (zone: number, count: number): Uint8Array => frameOf(TYPE.read, 1, zone, [count]);
/** Takes effect at once, and is gone with the power unless it is saved. */
export const gm65Write = (zone: number, bytes: Uint8Array): Uint8Array => frameOf(TYPE.write, bytes.length, zone, bytes);
/** Keeps every zone beyond a power cut. */
export const gm65Save = (): Uint8Array => frameOf(TYPE.save, 1, 0, [0]);

function frameOf(type: number, count: number, zone: number, bytes: Iterable<number>): Uint8Array {
  const checked = Uint8Array.of(type, count, zone >> 8, zone & 0xff, ...bytes);
  const crc = crcCcitt(checked, 0);
  return Uint8Array.of(...HEAD, ...checked, crc >> 8, crc & 0xff);
}

/** What the zone of the baud rate holds: a divider, low byte first. */
export function gm65BaudBytes(baud: Gm65Baud): Uint8Array {
  const divider = Math.round(BAUD_CLOCK_HZ / baud);
  return Uint8Array.of(divider & 0xff, divider >> 8);
}

/**
 * The first undamaged reply in a stream in which scans stand too: `02 00 00`, number of bytes, bytes, CRC from the third byte on.
 *
 * @returns its bytes; undefined while there is none
 */
export function findGm65Reply(received: Uint8Array): Uint8Array | undefined {
  for (let at = 0; at + REPLY.length < received.length; at++) {
    if (!REPLY.every((byte, place) => received[at + place] === byte)) continue;
    const end = at + REPLY.length + 1 + received[at + REPLY.length]! + CRC_BYTES;
    if (end <= received.length && crcCcitt(received.subarray(at + 2, end), 0) === 0) return received.slice(at + REPLY.length + 1, end - CRC_BYTES);
  }
  return undefined;
}
