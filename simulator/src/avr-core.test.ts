import { adcConfig, AVRADC, AVRIOPort, avrInstruction, AVRTimer, AVRUSART, CPU, portBConfig, portCConfig, portDConfig, timer0Config, timer1Config, timer2Config, usart0Config } from "avr8js"; // prettier-ignore
import { expect, test } from "vitest";
import { avrCore } from "./avr-core.ts";
import { UNO_HZ } from "./avr-pin.ts";
import { flashFromIntelHex } from "./intel-hex.ts";
import { standardFirmataHex } from "./uno-program.ts";

interface Board {
  receive(bytes: readonly number[]): void;
  press(pressed: boolean): void;
  runTo(cycles: number): void;
}

/** Digital pin 2. */
const BUTTON = 2;

/** The emulator by itself: every instruction is run. What it sends is told with the cycle. */
function everyInstruction(flash: Uint16Array, onByte: (byte: number, cycle: number) => void): Board {
  const cpu = new CPU(flash, 2_048);
  for (const timer of [timer0Config, timer1Config, timer2Config]) void new AVRTimer(cpu, timer);
  void new AVRADC(cpu, adcConfig);
  for (const port of [portBConfig, portCConfig]) void new AVRIOPort(cpu, port);
  const d = new AVRIOPort(cpu, portDConfig);
  const usart = new AVRUSART(cpu, usart0Config, UNO_HZ);
  const due = cpu as unknown as { readonly nextClockEvent: { readonly cycles: number } | null };
  const waiting: number[] = [];
  const feed = (): void => {
    if (!usart.rxBusy && waiting.length > 0) usart.writeByte(waiting.shift()!);
  };
  usart.onByteTransmit = (byte) => onByte(byte, cpu.cycles);
  usart.onRxComplete = feed;
  return {
    receive(bytes) {
      waiting.push(...bytes);
      feed();
    },
    press: (pressed) => d.setPin(BUTTON, !pressed),
    runTo(cycles) {
      while (cpu.cycles < cycles) {
        avrInstruction(cpu);
        // Everything that is due: tick alone takes one at a time.
        do cpu.tick();
        while ((due.nextClockEvent?.cycles ?? Infinity) <= cpu.cycles);
      }
    },
  };
}

function leavingOut(flash: Uint16Array, onByte: (byte: number, cycle: number) => void): Board {
  const core = avrCore(flash, { onPin: () => {}, onByte: (byte) => onByte(byte, core.cycles) });
  return {
    receive: (bytes) => core.receive(Uint8Array.from(bytes)),
    press: (pressed) => core.drive(BUTTON, pressed ? "low" : "high"),
    runTo: core.runTo,
  };
}

/** Pin 2 with pull-up and reported, A0 reported, a relay on pin 8; then the button, in the middle of everything. */
function said(make: typeof everyInstruction): { readonly byte: number; readonly cycle: number }[] {
  const bytes: { readonly byte: number; readonly cycle: number }[] = [];
  const board = make(flashFromIntelHex(standardFirmataHex()), (byte, cycle) => bytes.push({ byte, cycle }));
  const ms = UNO_HZ / 1_000;
  board.press(false);
  board.runTo(2_000 * ms);
  board.receive([0xf4, BUTTON, 0x0b, 0xd0, 1, 0xc0, 1, 0xf4, 8, 1, 0x91, 1, 0]);
  board.runTo(2_120.37 * ms);
  board.press(true);
  board.runTo(2_171.993 * ms);
  board.press(false);
  board.runTo(2_300 * ms);
  return bytes;
}

test("rounds that are left out change nothing: each byte is sent in the very cycle in which it is when every instruction is run", () => {
  const expected = said(everyInstruction);
  expect(expected.filter(({ cycle }) => cycle > 2_000 * (UNO_HZ / 1_000)).length).toBeGreaterThan(30);
  expect(said(leavingOut)).toEqual(expected);
});
