import { type BoardFrame, encodeHostFrame, type HostFrame, relayAvrDeframing } from "@portico/firmware-ts/relay-avr";
import { type AvrCore, avrCore, type AvrResetCause } from "../src/avr-core.ts";
import { type AvrPin, UNO_HZ } from "../src/avr-pin.ts";
import { flashFromIntelHex } from "../src/intel-hex.ts";
import { type PinAct, type WiegandCard, wiegandPulses } from "../src/wiegand-pulses.ts";

export const CYCLES_PER_US = UNO_HZ / 1_000_000;
export const CYCLES_PER_MS = UNO_HZ / 1_000;
/** The pin of each relay, contact, and of each reader's lines for 0 and 1. Source: boards/relay-avr/README.md. */
export const RELAY_PINS = [8, 9, 10, 11, 12, 13, 6, 7];
export const INPUT_PINS = [14, 15, 16, 17, 18, 19];
export const READER_PINS = [
  [2, 3],
  [4, 5],
] as const;

/** The board's program on its processor, cycle by cycle, without driver and clock. */
export interface ProgramBench {
  readonly core: AvrCore;
  /** The flash it runs from, to be spoilt. */
  readonly flash: Uint16Array;
  /** Every change of a pin in this life. */
  readonly pins: readonly { readonly pin: number; readonly state: AvrPin; readonly cycle: number }[];
  /** Undamaged frames of the board, with the cycle of their last byte's begin. */
  readonly frames: readonly { readonly frame: BoardFrame; readonly cycle: number }[];
  readonly bytesSent: number;
  run(ms: number): void;
  /** Runs with the acts in the cycles that they name, and on to the end. */
  act(acts: readonly PinAct[], untilCycle: number): void;
  /** Puts a frame on the line; {@link ProgramBench.run} lets it arrive. */
  say(frame: Partial<HostFrame>): void;
  /** Says it and waits for what comes back. */
  ask(frame: Partial<HostFrame>): BoardFrame | undefined;
  /** Greets the board, and acknowledges its first report. */
  greet(): void;
  /** The last frame, the report of which is acknowledged. */
  acknowledge(): void;
  /** How long each energising of a relay lasted, in cycles. */
  pulses(relay: number, energised?: AvrPin): number[];
}

/** A host's frame and the board's answer, with a report before it. */
const ANSWER_MS = 12;

export function programBench(hex: string, cause: AvrResetCause = "powerOn"): ProgramBench {
  const flash = flashFromIntelHex(hex);
  const pins: { pin: number; state: AvrPin; cycle: number }[] = [];
  const frames: { frame: BoardFrame; cycle: number }[] = [];
  const deframing = relayAvrDeframing();
  let bytesSent = 0;
  let number = 0;
  const core = avrCore(
    flash,
    {
      onPin: (pin, state) => void pins.push({ pin, state, cycle: core.cycles }),
      onByte(byte) {
        bytesSent++;
        for (const frame of deframing.push(Uint8Array.of(byte))) frames.push({ frame, cycle: core.cycles });
      },
    },
    cause,
  );
  const last = (): BoardFrame | undefined => frames.at(-1)?.frame;
  const bench: ProgramBench = {
    core,
    flash,
    pins,
    frames,
    get bytesSent() {
      return bytesSent;
    },
    run: (ms) => core.runTo(core.cycles + ms * CYCLES_PER_MS),
    act(acts, untilCycle) {
      for (const { cycle, pin, drive } of [...acts].sort((a, b) => a.cycle - b.cycle)) {
        core.runTo(cycle);
        core.drive(pin, drive);
      }
      core.runTo(untilCycle);
    },
    say(frame) {
      number = frame.number ?? (number + 1) & 0xff;
      core.receive(encodeHostFrame({ seen: last()?.report ?? 0, command: "beat", relays: 0, holdMs: 0, ...frame, number }));
    },
    ask(frame) {
      const before = frames.length;
      bench.say(frame);
      bench.run(ANSWER_MS);
      return frames.length === before ? undefined : last();
    },
    greet() {
      bench.run(1);
      bench.ask({ command: "hello" });
      bench.acknowledge();
    },
    acknowledge: () => void bench.ask({}),
    pulses(relay, energised = "high") {
      const own = pins.filter(({ pin }) => pin === RELAY_PINS[relay]);
      return own.flatMap(({ state, cycle }, at) => (state === energised && own[at + 1] !== undefined ? [own[at + 1]!.cycle - cycle] : []));
    },
  };
  return bench;
}

/** A card at one of the board's readers. */
export const wiegandActs = ({ reader, ...card }: Omit<WiegandCard, "pins"> & { readonly reader: 0 | 1 }): PinAct[] =>
  wiegandPulses({ ...card, pins: READER_PINS[reader] });

/** A board that was greeted: it obeys. */
export function greetedBench(hex: string): ProgramBench {
  const bench = programBench(hex);
  bench.greet();
  return bench;
}

/** The turn of a millisecond may find the processor busy with a frame. */
const TURN_CYCLES = 60 * CYCLES_PER_US;
/** Whether so many cycles are as many milliseconds as the board can tell. */
export const isSoLong = (cycles: number, ms: number, tolerance = TURN_CYCLES): boolean => Math.abs(cycles - ms * CYCLES_PER_MS) <= tolerance;
