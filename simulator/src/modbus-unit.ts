import { hasModbusCrc, modbusFrame, PULSE_UNIT_MS, TIMED_PULSE_ADDRESS } from "@portico/firmware-ts";

/** What a Modbus unit switches and senses; the virtual board's electronics. */
export interface UnitBank {
  readonly relays: number;
  readonly inputs: number;
  relay(relay: number): boolean;
  input(input: number): boolean;
  write(relay: number, energized: boolean): void;
  pulse(relay: number, ms: number): void;
}

const READ_COILS = 0x01;
const READ_INPUTS = 0x02;
const WRITE_COIL = 0x05;
const WRITE_COILS = 0x0f;
const WRITE_REGISTERS = 0x10;
const FIXED_BYTES = 8;
const ON = 0xff00;
const OFF = 0x0000;
/** Exception: the unit does not know the function. Source: Modbus Application Protocol V1.1b3 §7. */
export const ILLEGAL_FUNCTION = 1;
const ILLEGAL_ADDRESS = 2;
const ILLEGAL_VALUE = 3;

/**
 * Finds the first whole, undamaged request in what the line delivered.
 *
 * @returns  the frame and how many bytes to drop with it; undefined while there is none
 */
export function findRequest(received: Uint8Array): { readonly frame: Uint8Array; readonly used: number } | undefined {
  for (let start = 0; start < received.length; start++) {
    const code = received[start + 1];
    const counted = code === WRITE_COILS || code === WRITE_REGISTERS;
    const packed = counted ? received[start + 6] : 0;
    if (packed === undefined) continue;
    const frame = received.subarray(start, start + (counted ? FIXED_BYTES + 1 + packed : FIXED_BYTES));
    if (frame.length >= FIXED_BYTES && hasModbusCrc(frame)) return { frame, used: start + frame.length };
  }
  return undefined;
}

/** What a unit with this bank answers to an undamaged request for it, after doing what is asked. Source: Modbus Application Protocol V1.1b3 §6. */
export function answer(frame: Uint8Array, bank: UnitBank): Uint8Array {
  const unit = frame[0]!;
  const code = frame[1]!;
  const first = (frame[2]! << 8) | frame[3]!;
  const value = (frame[4]! << 8) | frame[5]!;
  const echo = (): Uint8Array => modbusFrame([...frame.subarray(0, 6)]);
  const refuse = (exception: number): Uint8Array => refusal(frame, exception);
  switch (code) {
    case READ_COILS:
    case READ_INPUTS: {
      const size = code === READ_COILS ? bank.relays : bank.inputs;
      if (value < 1) return refuse(ILLEGAL_VALUE);
      if (first + value > size) return refuse(ILLEGAL_ADDRESS);
      const bits = Array.from({ length: value }, (_, bit) => (code === READ_COILS ? bank.relay(first + bit) : bank.input(first + bit)));
      return modbusFrame([unit, code, Math.ceil(value / 8), ...packed(bits)]);
    }
    case WRITE_COIL:
      if (first >= TIMED_PULSE_ADDRESS && first < TIMED_PULSE_ADDRESS + bank.relays) {
        if (value < 1) return refuse(ILLEGAL_VALUE);
        bank.pulse(first - TIMED_PULSE_ADDRESS, value * PULSE_UNIT_MS);
        return echo();
      }
      if (first >= bank.relays) return refuse(ILLEGAL_ADDRESS);
      if (value !== ON && value !== OFF) return refuse(ILLEGAL_VALUE);
      bank.write(first, value === ON);
      return echo();
    case WRITE_COILS:
      if (value < 1 || frame[6] !== Math.ceil(value / 8)) return refuse(ILLEGAL_VALUE);
      if (first + value > bank.relays) return refuse(ILLEGAL_ADDRESS);
      for (let bit = 0; bit < value; bit++) bank.write(first + bit, ((frame[7 + (bit >> 3)]! >> (bit & 7)) & 1) === 1);
      return echo();
    default:
      return refuse(ILLEGAL_FUNCTION);
  }
}

/** The exception reply to an undamaged request. Source: Modbus Application Protocol V1.1b3 §7. */
export const refusal = (frame: Uint8Array, exception: number): Uint8Array => modbusFrame([frame[0]!, frame[1]! | 0x80, exception]);

function packed(bits: readonly boolean[]): number[] {
  const bytes = Array.from({ length: Math.ceil(bits.length / 8) }, () => 0);
  bits.forEach((on, bit) => {
    if (on) bytes[bit >> 3]! |= 1 << (bit & 7);
  });
  return bytes;
}
