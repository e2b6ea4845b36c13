import {
  AVRADC,
  AVRClock,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
  AVRWatchdog,
  CPU,
  PinState,
  adcConfig,
  avrInstruction,
  portBConfig,
  portCConfig,
  portDConfig,
  timer0Config,
  timer1Config,
  timer2Config,
  usart0Config,
  watchdogConfig,
} from "avr8js";
import { type AvrPin, type PinDrive, UNO_HZ, UNO_PINS } from "./avr-pin.ts";
import { RepeatingState } from "./repeating-state.ts";

/** Asked for once: behind an import stands a getter, and this runs millions of times. */
const runInstruction = avrInstruction;
const SRAM_BYTES = 2_048;
/** What a USB adapter and the kernel hold for a board that does not read; more is lost. */
const RECEIVE_QUEUE_BYTES = 4_096;

/** What MCUSR says of the last reset: the bit of its cause. */
export const RESET_CAUSES = { powerOn: 0x01, external: 0x02, watchdog: 0x08 } as const;
export type AvrResetCause = keyof typeof RESET_CAUSES;

/** One life of an ATmega328P, from reset to the next: processor, memory and peripherals, all in their reset state at the start. */
export interface AvrCore {
  /** Clock cycles since this life began; 16 are a microsecond. */
  readonly cycles: number;
  pin(pin: number): AvrPin;
  drive(pin: number, drive: PinDrive): void;
  /** Puts a voltage on an analog pin, A0..A5 as 0..5; of 5 V. */
  supply(channel: number, volts: number): void;
  /** Puts bytes on the receive line, after those still waiting; each takes its time on the line. */
  receive(bytes: Uint8Array): void;
  /** Runs until at least `cycles` cycles of this life have passed, or its watchdog has ended it. */
  runTo(cycles: number): void;
  /** The watchdog bit: this life is over. */
  readonly isOver: boolean;
}

export interface AvrEvents {
  /** A pin changed what it does. Called in the middle of an instruction: look, do not touch the core. */
  onPin(pin: number, state: AvrPin): void;
  /** The UART began to send a byte. */
  onByte(byte: number): void;
}

/**
 * Builds a microcontroller fresh out of reset over `flash`. Resetting means building a new one: a processor's reset line returns every peripheral and I/O
 * register to its initial value, which the emulator's own reset does not.
 */
export function avrCore(flash: Uint16Array, events: AvrEvents, cause: AvrResetCause = "powerOn"): AvrCore {
  const cpu = new CPU(flash, SRAM_BYTES);
  const life = { isOver: false };
  cpu.data[watchdogConfig.MCUSR] = RESET_CAUSES[cause];
  const pending = cpu as unknown as { readonly nextClockEvent: ClockEvent | null };
  const timers = [timer0Config, timer1Config, timer2Config].map((config) => new AVRTimer(cpu, config) as unknown as CountingTimer);
  const counts = new Set(timers.map((timer) => timer.count));
  const converter = new AVRADC(cpu, adcConfig);
  void new AVRWatchdog(cpu, watchdogConfig, new AVRClock(cpu, UNO_HZ));
  cpu.reset = () => void (life.isOver = true);
  const ports = { b: new AVRIOPort(cpu, portBConfig), c: new AVRIOPort(cpu, portCConfig), d: new AVRIOPort(cpu, portDConfig) };
  const usart = new AVRUSART(cpu, usart0Config, UNO_HZ);
  const drives: PinDrive[] = Array.from({ length: UNO_PINS }, () => "open");
  const states: AvrPin[] = Array.from({ length: UNO_PINS }, () => "input");
  const waiting: number[] = [];
  const repeating = new RepeatingState();
  // What the watchdog has still to wait stands in no register: a round that kicks it is no round like the one before.
  const kick = cpu.onWatchdogReset;
  cpu.onWatchdogReset = () => {
    repeating.forget();
    kick();
  };
  // What is read of a peripheral may have changed by itself, and what is written to one may start something.
  for (const [address, hook] of Object.entries(cpu.readHooks))
    cpu.readHooks[Number(address)] = (...read) => {
      repeating.forget();
      return hook(...read);
    };
  for (const [address, hook] of Object.entries(cpu.writeHooks))
    cpu.writeHooks[Number(address)] = (...written) => {
      repeating.forget();
      return hook(...written);
    };

  usart.onByteTransmit = (byte): void => events.onByte(byte);
  usart.onRxComplete = feed;
  // A board that boots has its receiver off: what arrives then is lost, and what comes after it waits for the receiver.
  usart.onConfigurationChange = feed;
  for (const [first, count, port] of [
    [0, 8, ports.d],
    [8, 6, ports.b],
    [14, 6, ports.c],
  ] as const)
    port.addListener(() => {
      for (let pin = first; pin < first + count; pin++) observe(pin);
    });

  function place(pin: number): [AVRIOPort, number] {
    if (pin < 8) return [ports.d, pin];
    return pin < 14 ? [ports.b, pin - 8] : [ports.c, pin - 14];
  }

  function observe(pin: number): void {
    const [port, bit] = place(pin);
    const state = PIN_STATES[port.pinState(bit)];
    if (state === states[pin]) return;
    states[pin] = state;
    level(pin);
    events.onPin(pin, state);
  }

  /** The emulator knows no resistors: an open contact reads high while pulled up. Floating reads low, so that a lost pull-up shows. */
  function level(pin: number): void {
    const [port, bit] = place(pin);
    port.setPin(bit, drives[pin] === "high" || (drives[pin] === "open" && states[pin] === "pulled-up"));
  }

  function feed(): void {
    if (!usart.rxEnable) {
      waiting.length = 0;
      return;
    }
    if (usart.rxBusy) return;
    const byte = waiting.shift();
    if (byte !== undefined) usart.writeByte(byte);
  }

  return {
    get cycles() {
      return cpu.cycles;
    },
    get isOver() {
      return life.isOver;
    },
    pin: (pin) => states[pin] ?? "input",
    drive(pin, drive) {
      repeating.forget();
      drives[pin] = drive;
      level(pin);
    },
    supply(channel, volts) {
      repeating.forget();
      converter.channelValues[channel] = volts;
    },
    receive(bytes) {
      repeating.forget();
      for (const byte of bytes) if (waiting.length < RECEIVE_QUEUE_BYTES) waiting.push(byte);
      feed();
    },
    runTo(cycles) {
      while (cpu.cycles < cycles && !life.isOver) {
        runInstruction(cpu);
        // Most instructions leave nothing for tick to do; asking here what it would ask runs a fifth faster.
        if (cpu.nextInterrupt >= 0 || isEventDue()) {
          stir();
          continue;
        }
        const round = repeating.roundOf(cpu);
        if (round > 0) leaveOutRounds(round, cycles);
      }
    },
  };

  function isEventDue(): boolean {
    return pending.nextClockEvent !== null && pending.nextClockEvent.cycles <= cpu.cycles;
  }

  /** Everything that is due comes before the next instruction, however much it is: that is how the hardware does it. */
  function stir(): void {
    do {
      const { pc } = cpu;
      const event = pending.nextClockEvent;
      cpu.tick();
      // A timer that has only counted leaves the program where it was.
      if (cpu.pc !== pc || event === null || !counts.has(event.callback)) repeating.forget();
    } while (isEventDue());
  }

  /** A program that waits goes round and round until a peripheral stirs: whole rounds before that need not be run to know how they end. */
  function leaveOutRounds(round: number, cycles: number): void {
    let until = Math.min(cycles, ...timers.map(quietUntil));
    for (let event = pending.nextClockEvent; event !== null; event = event.next) if (!counts.has(event.callback)) until = Math.min(until, event.cycles - 1);
    const left = Math.floor((until - cpu.cycles) / round) * round;
    if (left <= 0) return;
    cpu.cycles += left;
    repeating.leaveOut(left);
    stir();
  }
}

/** What the emulator keeps of a peripheral's next stirring, in the order of time. */
interface ClockEvent {
  readonly cycles: number;
  readonly callback: () => void;
  readonly next: ClockEvent | null;
}

/** What the emulator keeps of a timer. It counts one by one, and catches up when it is asked late. */
interface CountingTimer {
  readonly count: () => void;
  readonly divider: number;
  readonly lastCycle: number;
  readonly tcnt: number;
  readonly tcntUpdated: boolean;
  readonly updateDivider: boolean;
  readonly timerMode: number;
  readonly countingUp: boolean;
  readonly TOP: number;
  readonly MAX: number;
  readonly ocrA: number;
  readonly ocrB: number;
}

/** Timer modes in which it counts up and down again. */
const PHASE_CORRECT: ReadonlySet<number> = new Set([1, 4]);

/** The last cycle in which a timer only counts: at the ends of its range and where it compares, it may do more. */
function quietUntil(timer: CountingTimer): number {
  if (timer.tcntUpdated || timer.updateDivider) return 0;
  if (timer.divider === 0) return Infinity;
  const { tcnt, TOP } = timer;
  const isDown = PHASE_CORRECT.has(timer.timerMode) && !timer.countingUp;
  let counts = isDown ? tcnt : TOP + 1 - tcnt;
  for (const value of [TOP, timer.MAX, timer.ocrA, timer.ocrB]) {
    const ahead = isDown ? tcnt - value : value - tcnt;
    if (ahead > 0 && ahead < counts) counts = ahead;
  }
  return timer.lastCycle + counts * timer.divider - 1;
}

const PIN_STATES: Readonly<Record<PinState, AvrPin>> = {
  [PinState.Low]: "low",
  [PinState.High]: "high",
  [PinState.Input]: "input",
  [PinState.InputPullUp]: "pulled-up",
};
