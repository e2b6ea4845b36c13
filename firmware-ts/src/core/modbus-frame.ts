/** What a unit is expected to answer to a request. */
export interface ModbusRequest {
  /** The frame as it goes on the line, CRC included. */
  readonly frame: Uint8Array;
  /** A read is answered with this many bits, a write with an echo of its first six bytes. */
  readonly expects: { readonly bits: number } | "echo";
}

/** What a unit answered. */
export type ModbusReply =
  | { readonly kind: "bits"; readonly bits: readonly boolean[] }
  | { readonly kind: "written" }
  /** The unit understood the frame and refuses it; see {@link modbusExceptionText}. */
  | { readonly kind: "exception"; readonly code: number };

const READ_COILS = 0x01;
const READ_INPUTS = 0x02;
const WRITE_COIL = 0x05;
const WRITE_COILS = 0x0f;
const EXCEPTION = 0x80;
const CRC_BYTES = 2;

/** First of the addresses where a relay board takes "on for n units of 100 ms, then off by yourself". Source: Waveshare Modbus RTU Relay, flash-on command. */
export const TIMED_PULSE_ADDRESS = 0x0200;
/** One unit of a timed pulse. */
export const PULSE_UNIT_MS = 100;
/** The longest timed pulse that a board takes, in units: 54 minutes. */
export const PULSE_UNITS_MAX = 0x7fff;
/** Exception: the unit has accepted the frame and takes long. Source: Modbus Application Protocol V1.1b3 §7. */
export const MODBUS_ACCEPTED = 0x05;
/** Exception: the unit is busy with something else and has done nothing; asking again is right. Source: Modbus Application Protocol V1.1b3 §7. */
export const MODBUS_BUSY = 0x06;

/**
 * CRC-16 of a Modbus RTU frame.
 *
 * Source: Modbus over Serial Line V1.02 §6.2.2. Reflected polynomial 0xA001, initial value 0xFFFF, no final XOR.
 *
 * @param bytes  address, function and content, without the CRC; any length
 * @returns      0..0xFFFF; goes on the line low byte first
 * @example      modbusCrc(Uint8Array.of(0x01, 0x05, 0x00, 0x00, 0xff, 0x00)) === 0x3a8c
 */
export function modbusCrc(bytes: Uint8Array): number {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xa001 : crc >>> 1;
  }
  return crc;
}

/** The bytes followed by their CRC: a frame as it goes on the line. */
export function modbusFrame(bytes: readonly number[]): Uint8Array {
  const frame = Uint8Array.from([...bytes, 0, 0]);
  const crc = modbusCrc(frame.subarray(0, -CRC_BYTES));
  frame[frame.length - 2] = crc & 0xff;
  frame[frame.length - 1] = crc >>> 8;
  return frame;
}

/** True when the last two bytes are the CRC of those before. */
export const hasModbusCrc = (frame: Uint8Array): boolean =>
  frame.length > CRC_BYTES && modbusCrc(frame.subarray(0, -CRC_BYTES)) === (frame[frame.length - 2]! | (frame[frame.length - 1]! << 8));

/** Function 01: which relays are energised. `unit` 1..247, `count` 1..2,000. */
export const readCoils = (unit: number, first: number, count: number): ModbusRequest => read(READ_COILS, unit, first, count);

/** Function 02: which contacts are closed. `unit` 1..247, `count` 1..2,000. */
export const readInputs = (unit: number, first: number, count: number): ModbusRequest => read(READ_INPUTS, unit, first, count);

/** Function 05: energises a relay or drops it. */
export const writeCoil = (unit: number, coil: number, energized: boolean): ModbusRequest => ({
  frame: modbusFrame([unit, WRITE_COIL, ...word(coil), energized ? 0xff : 0x00, 0x00]),
  expects: "echo",
});

/**
 * Function 05 at the pulse address: the board energises the relay, and drops it by itself after `units` × 100 ms.
 *
 * @param units    1..{@link PULSE_UNITS_MAX}
 * @example        timedPulse(1, 0, 7).frame is 01 05 02 00 00 07 8D B0: relay 0 for 700 ms
 */
export const timedPulse = (unit: number, coil: number, units: number): ModbusRequest => ({
  frame: modbusFrame([unit, WRITE_COIL, ...word(TIMED_PULSE_ADDRESS + coil), ...word(units)]),
  expects: "echo",
});

/** Function 0F: writes relays from `first` on, 1..1,968 of them, in one frame. */
export function writeCoils(unit: number, first: number, energized: readonly boolean[]): ModbusRequest {
  const packed = Array.from({ length: Math.ceil(energized.length / 8) }, () => 0);
  energized.forEach((on, index) => {
    if (on) packed[index >> 3]! |= 1 << (index & 7);
  });
  return { frame: modbusFrame([unit, WRITE_COILS, ...word(first), ...word(energized.length), packed.length, ...packed]), expects: "echo" };
}

/**
 * Finds the answer to a request in what the line delivered: any garbage may stand before or after it.
 *
 * @returns  undefined while no whole, undamaged answer to exactly this request is there; late answers to other requests are passed over
 */
export function findReply(request: ModbusRequest, received: Uint8Array): ModbusReply | undefined {
  for (let start = 0; start < received.length; start++) {
    const reply = replyAt(request, received.subarray(start));
    if (reply !== undefined) return reply;
  }
  return undefined;
}

/** The exception by which a unit asks to be asked again later; undefined where the reply is anything else. */
export const laterException = (reply: ModbusReply): number | undefined =>
  reply.kind === "exception" && (reply.code === MODBUS_BUSY || reply.code === MODBUS_ACCEPTED) ? reply.code : undefined;

/** What an exception code means, for a technician. Source: Modbus Application Protocol V1.1b3 §7. */
export function modbusExceptionText(code: number): string {
  const text = EXCEPTION_TEXT[code] ?? "a code of the maker's own";
  return `exception ${code} (${text})`;
}

const EXCEPTION_TEXT: Readonly<Record<number, string>> = {
  1: "the board does not know this function",
  2: "the board has no such relay, input or pulse address",
  3: "the board does not take this value",
  4: "the board failed",
  5: "accepted, takes long",
  6: "the board is busy",
};

const word = (value: number): readonly [number, number] => [(value >>> 8) & 0xff, value & 0xff];

const read = (code: number, unit: number, first: number, count: number): ModbusRequest => ({
  frame: modbusFrame([unit, code, ...word(first), ...word(count)]),
  expects: { bits: count },
});

function replyAt({ frame, expects }: ModbusRequest, received: Uint8Array): ModbusReply | undefined {
  if (received[0] !== frame[0]) return undefined;
  if (received[1] === (frame[1]! | EXCEPTION)) {
    const exception = received.subarray(0, 3 + CRC_BYTES);
    return exception.length === 3 + CRC_BYTES && hasModbusCrc(exception) ? { kind: "exception", code: exception[2]! } : undefined;
  }
  if (received[1] !== frame[1]) return undefined;
  if (expects === "echo") {
    const echo = received.subarray(0, 6 + CRC_BYTES);
    const isEcho = echo.length === 6 + CRC_BYTES && hasModbusCrc(echo) && echo.subarray(0, 6).every((byte, index) => byte === frame[index]);
    return isEcho ? { kind: "written" } : undefined;
  }
  const packedBytes = Math.ceil(expects.bits / 8);
  const reply = received.subarray(0, 3 + packedBytes + CRC_BYTES);
  if (reply.length < 3 + packedBytes + CRC_BYTES || reply[2] !== packedBytes || !hasModbusCrc(reply)) return undefined;
  return { kind: "bits", bits: Array.from({ length: expects.bits }, (_, bit) => ((reply[3 + (bit >> 3)]! >> (bit & 7)) & 1) === 1) };
}
