import {
  AVRADC,
  AVRIOPort,
  AVRTimer,
  AVRUSART,
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
} from "avr8js";
import { type AvrPin, type PinDrive, UNO_HZ, UNO_PINS } from "./avr-pin.ts";

const SRAM_BYTES = 2_048;
/** What a USB adapter and the kernel hold for a board that does not read; more is lost. */
const RECEIVE_QUEUE_BYTES = 4_096;

/** One life of an ATmega328P, from reset to the next: processor, memory and peripherals, all in their reset state at the start. */
export interface AvrCore {
  /** Clock cycles since this life began; 16 are a microsecond. */
  readonly cycles: number;
  pin(pin: number): AvrPin;
  drive(pin: number, drive: PinDrive): void;
  /** Puts bytes on the receive line, after those still waiting; each takes its time on the line. */
  receive(bytes: Uint8Array): void;
  /** Runs until at least `cycles` cycles of this life have passed. */
  runTo(cycles: number): void;
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
export function avrCore(flash: Uint16Array, events: AvrEvents): AvrCore {
  const cpu = new CPU(flash, SRAM_BYTES);
  const pending = cpu as unknown as { readonly nextClockEvent: { readonly cycles: number } | null };
  for (const timer of [timer0Config, timer1Config, timer2Config]) void new AVRTimer(cpu, timer);
  void new AVRADC(cpu, adcConfig);
  const ports = { b: new AVRIOPort(cpu, portBConfig), c: new AVRIOPort(cpu, portCConfig), d: new AVRIOPort(cpu, portDConfig) };
  const usart = new AVRUSART(cpu, usart0Config, UNO_HZ);
  const drives: PinDrive[] = Array.from({ length: UNO_PINS }, () => "open");
  const states: AvrPin[] = Array.from({ length: UNO_PINS }, () => "input");
  const waiting: number[] = [];

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
    pin: (pin) => states[pin] ?? "input",
    drive(pin, drive) {
      drives[pin] = drive;
      level(pin);
    },
    receive(bytes) {
      for (const byte of bytes) if (waiting.length < RECEIVE_QUEUE_BYTES) waiting.push(byte);
      feed();
    },
    runTo(cycles) {
      while (cpu.cycles < cycles) {
        avrInstruction(cpu);
        // Most instructions leave nothing for tick to do; asking here what it would ask runs a fifth faster.
        if (cpu.nextInterrupt >= 0 || (pending.nextClockEvent?.cycles ?? Infinity) <= cpu.cycles) cpu.tick();
      }
    },
  };
}

const PIN_STATES: Readonly<Record<PinState, AvrPin>> = {
  [PinState.Low]: "low",
  [PinState.High]: "high",
  [PinState.Input]: "input",
  [PinState.InputPullUp]: "pulled-up",
};
