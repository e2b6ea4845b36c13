import type { Clock } from "@portico/card-protocol";
import { listeners, type Wire } from "@portico/firmware-ts";
import type { AvrCore, AvrResetCause } from "./avr-core.ts";
import { type AvrPin, UNO_HZ, UNO_PINS } from "./avr-pin.ts";
import type { BoardSide } from "./board-side.ts";
import { flashFromIntelHex } from "./intel-hex.ts";
import { type PinAct, wiegandPulses } from "./wiegand-pulses.ts";

/** How often the processor catches up with the clock. */
const SLICE_MS = 1;
/** A host that cannot keep up lets the board run slow rather than ever further behind. */
const BEHIND_MS_MAX = 50;
const CYCLES_PER_MS = UNO_HZ / 1_000;
const FIRST_ANALOG_PIN = 14;
const LOOP_VOLTS = { short: 0, closed: 2.5, foreign: 2.92, open: 3.33, cut: 5 } as const;

/** An Arduino Uno: an ATmega328P at 16 MHz that runs the machine code it was given, with its UART on a wire. */
export interface VirtualUno {
  /** Processor cycles at 16 MHz since this board was made, resets included. */
  readonly cycles: number;
  /** What the board does with a pin: digital 0..13, A0..A5 as 14..19. All are `input` while it has no power. */
  pin(pin: number): AvrPin;
  /** Called at each change of a pin with the cycle it happened in. Returns the function that removes it. */
  onPin(listener: (pin: number, state: AvrPin, cycle: number) => void): () => void;
  /** Connects a pin to ground or not, as a contact does. */
  setContact(pin: number, closed: boolean): void;
  /**
   * Measures a supervised loop at an analog pin, A0..A5 as 14..19: two resistors of 10 kΩ, one in series with the contact and one across it, against 10 kΩ to
   * the supply of 5 V. `foreign`: somebody has put half a resistor across the wire.
   */
  setLoop(pin: number, loop: "closed" | "open" | "short" | "cut" | "foreign"): void;
  /** A reader sends a card over a pair of Wiegand lines, from now on: pulses of 50 µs, a bit every millisecond. */
  sendCard(pins: readonly [zero: number, one: number], bits: string): void;
  /** Presses the reset button: every register and peripheral starts anew, the program runs from its first instruction. */
  reset(): void;
  /** Takes the power away (every pin floats, bytes go nowhere) or gives it back (the program starts anew). */
  setPower(on: boolean): void;
  /** A frozen processor hangs: its pins stay as they are, it hears nothing. */
  setFrozen(frozen: boolean): void;
  /** The board with relay modules and contacts screwed to it. A contact connects its pin to ground. */
  boardSide(wiring: UnoWiring): BoardSide;
  /** Takes the board off its wire and stops the processor. */
  close(): void;
}

export interface UnoWiring {
  /** The pin of each relay, in relay order. */
  readonly relayPins: readonly number[];
  /** The pin of each input, in input order. */
  readonly inputPins: readonly number[];
  /** True: a relay draws while its pin is low, as most opto-coupled modules do. */
  readonly activeLow: boolean;
}

/**
 * A virtual Uno. Its processor follows the clock: under a simulated clock it runs 16,000 cycles for each millisecond advanced, under the system clock it keeps
 * to real time (while the program waits, one second takes a few hundredths of a second of a desktop core; busy, about 0.3 s).
 *
 * @param board.hex   the program, Intel HEX; see `standardFirmataHex`
 * @param board.wire  the board's end of the line;
 * Rejects with an error that names the line when `hex` is not a program, and with the remedy when the emulator is not installed.
 */
export async function virtualUno(board: { readonly wire: Wire; readonly clock: Clock; readonly hex: string }): Promise<VirtualUno> {
  const { wire, clock } = board;
  const { avrCore } = await emulator();
  const flash = flashFromIntelHex(board.hex);
  const pins = listeners<[pin: number, state: AvrPin, cycle: number]>();
  const contacts = new Set<number>();
  const volts = new Map<number, number>();
  let cyclesBefore = 0;
  let core: AvrCore | undefined;
  let isFrozen = false;
  let sending: number[] = [];
  let acts: readonly PinAct[] = [];
  let ranAt = clock.monotonic() as number;
  start("powerOn");
  const offBytes = wire.onBytes((bytes) => {
    if (!isFrozen) core?.receive(bytes);
  });
  let cancelSlice = clock.after(SLICE_MS, slice);

  function start(cause: AvrResetCause): void {
    const events = {
      onPin: (pin: number, state: AvrPin) => pins.tell(pin, state, cyclesBefore + born.cycles),
      onByte: (byte: number) => void sending.push(byte),
    };
    const born = avrCore(flash, events, cause);
    for (const pin of contacts) born.drive(pin, "low");
    for (const [channel, each] of volts) born.supply(channel, each);
    core = born;
  }

  function stop(): void {
    if (core === undefined) return;
    const ended = core;
    core = undefined;
    cyclesBefore += ended.cycles;
    for (let pin = 0; pin < UNO_PINS; pin++) if (ended.pin(pin) !== "input") pins.tell(pin, "input", cyclesBefore);
  }

  function setContact(pin: number, closed: boolean): void {
    if (closed) contacts.add(pin);
    else contacts.delete(pin);
    core?.drive(pin, closed ? "low" : "open");
  }

  /** A life that its watchdog ends is followed by the next. */
  function run(cycles: number): void {
    const until = cyclesBefore + (core?.cycles ?? 0) + cycles;
    while (core !== undefined && cyclesBefore + core.cycles < until) {
      const [act] = acts;
      core.runTo(Math.min(until, act?.cycle ?? until) - cyclesBefore);
      if (core.isOver) {
        stop();
        start("watchdog");
      } else if (act !== undefined && cyclesBefore + core.cycles >= act.cycle) {
        core.drive(act.pin, act.drive);
        acts = acts.slice(1);
      }
    }
  }

  function slice(): void {
    const now = clock.monotonic();
    const behindMs = Math.min(now - ranAt, BEHIND_MS_MAX);
    ranAt = now;
    if (!isFrozen) run(Math.round(behindMs * CYCLES_PER_MS));
    if (sending.length > 0) {
      wire.write(Uint8Array.from(sending));
      sending = [];
    }
    cancelSlice = clock.after(SLICE_MS, slice);
  }

  return {
    get cycles() {
      return cyclesBefore + (core?.cycles ?? 0);
    },
    pin: (pin) => core?.pin(pin) ?? "input",
    onPin: pins.add,
    setContact,
    setLoop(pin, loop) {
      volts.set(pin - FIRST_ANALOG_PIN, LOOP_VOLTS[loop]);
      core?.supply(pin - FIRST_ANALOG_PIN, LOOP_VOLTS[loop]);
    },
    sendCard(cardPins, bits) {
      const fromCycle = cyclesBefore + (core?.cycles ?? 0);
      acts = [...acts, ...wiegandPulses({ pins: cardPins, bits, fromCycle, pulseUs: 50, everyUs: 1_000 })].sort((a, b) => a.cycle - b.cycle);
    },
    reset() {
      stop();
      start("external");
    },
    setPower(on) {
      stop();
      if (on) start("powerOn");
    },
    setFrozen: (frozen) => void (isFrozen = frozen),
    boardSide,
    close() {
      cancelSlice();
      offBytes();
      stop();
    },
  };

  function boardSide({ relayPins, inputPins, activeLow }: UnoWiring): BoardSide {
    const drawn = activeLow ? "low" : "high";
    const energized = relayPins.map((pin) => core?.pin(pin) === drawn);
    const relays = listeners<[relay: number, energized: boolean]>();
    pins.add((pin, state) => {
      const relay = relayPins.indexOf(pin);
      if (relay < 0 || energized[relay] === (state === drawn)) return;
      energized[relay] = state === drawn;
      relays.tell(relay, state === drawn);
    });
    return {
      onRelay: relays.add,
      relay: (relay) => energized[relay] ?? false,
      setInput(input, closed) {
        const pin = inputPins[input];
        if (pin !== undefined) setContact(pin, closed);
      },
    };
  }
}

/** Loaded when somebody asks for an Uno and not before: everything else here works without avr8js. */
async function emulator(): Promise<typeof import("./avr-core.ts")> {
  try {
    return await import("./avr-core.ts");
  } catch (cause) {
    throw new Error("a virtual Uno needs the package avr8js, which is not installed: run `npm install` in the project's folder, without --omit=dev", { cause });
  }
}
