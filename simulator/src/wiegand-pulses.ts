import { type PinDrive, UNO_HZ } from "./avr-pin.ts";

const CYCLES_PER_US = UNO_HZ / 1_000_000;

/** What the world does to a pin, and in which cycle. */
export interface PinAct {
  readonly cycle: number;
  readonly pin: number;
  readonly drive: PinDrive;
}

export interface WiegandCard {
  /** The pins of the lines for 0 and for 1. */
  readonly pins: readonly [zero: number, one: number];
  /** `0` and `1`, parity among them. */
  readonly bits: string;
  readonly fromCycle: number;
  /** 20..100 by SIA AC-01. */
  readonly pulseUs: number;
  /** From the begin of a bit to that of the next: 200..20,000 by SIA AC-01. */
  readonly everyUs: number;
}

/** A card as a Wiegand reader sends it: for each bit its line is pulled to ground. */
export function wiegandPulses({ pins, bits, fromCycle, pulseUs, everyUs }: WiegandCard): PinAct[] {
  return bits.split("").flatMap((bit, at): PinAct[] => {
    const pin = pins[bit === "1" ? 1 : 0];
    const cycle = fromCycle + at * everyUs * CYCLES_PER_US;
    return [
      { cycle, pin, drive: "low" },
      { cycle: cycle + pulseUs * CYCLES_PER_US, pin, drive: "open" },
    ];
  });
}
