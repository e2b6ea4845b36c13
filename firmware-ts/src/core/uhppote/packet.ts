/** Every packet of a UHPPOTE UT0311-L0x board, both ways. */
export const UHPPOTE_PACKET_BYTES = 64;
/** The board's UDP port, and TCP port. */
export const UHPPOTE_PORT = 60_000;

const START = 0x17;
/** Boards with version 6.62 begin the events that they push like this. */
const START_OF_EVENTS_6_62 = 0x19;
const GET_STATUS = 0x20;
const BODY = 8;

/** One packet: what it is, of or for which board, and the 56 bytes behind that. */
export interface UhppotePacket {
  readonly code: number;
  /** Printed on the board. 0 in a question: whoever hears it answers. */
  readonly serial: number;
  readonly body: Uint8Array;
}

/** @param body  at most 56 bytes; the rest is zero */
export function encodePacket(code: number, serial: number, body: readonly number[] = []): Uint8Array {
  const bytes = new Uint8Array(UHPPOTE_PACKET_BYTES);
  bytes.set([START, code, 0, 0, ...u32(serial), ...body]);
  return bytes;
}

/** Undefined for what no board sends. There is no checksum but UDP's own. */
export function decodePacket(bytes: Uint8Array): UhppotePacket | undefined {
  if (bytes.length !== UHPPOTE_PACKET_BYTES) return undefined;
  const isStart = bytes[0] === START || (bytes[0] === START_OF_EVENTS_6_62 && bytes[1] === GET_STATUS);
  return isStart ? { code: bytes[1]!, serial: readU32(bytes, 4), body: bytes.subarray(BODY) } : undefined;
}

/** Four bytes, the least first. */
export const u32 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
export const u16 = (value: number): number[] => [value & 0xff, (value >>> 8) & 0xff];
export const readU32 = (bytes: Uint8Array, at: number): number => (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
export const readU16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8);
