import { adcConfig, AVRADC, AVRClock, AVRIOPort, avrInstruction, AVRTimer, AVRUSART, AVRWatchdog, CPU, portBConfig, portCConfig, portDConfig, timer0Config, timer1Config, timer2Config, usart0Config, watchdogConfig } from "avr8js"; // prettier-ignore
import { encodeHostFrame } from "@portico/firmware-ts/relay-avr";
import { expect, test } from "vitest";
import { avrCore } from "./avr-core.ts";
import { UNO_HZ } from "./avr-pin.ts";
import { flashFromIntelHex } from "./intel-hex.ts";
import { relayAvrHex, standardFirmataHex } from "./uno-program.ts";

interface Board {
  /** Connects the other lines and the contacts of our relay board to 5 V. */
  hold(): void;
  receive(bytes: readonly number[]): void;
  press(pressed: boolean): void;
  runTo(cycles: number): void;
}

/** Behind an import stands a getter. */
const runInstruction = avrInstruction;
/** Digital pin 2. */
const BUTTON = 2;
/** Digital pin 8, bit 0 of port B. */
const LED = 8;

/** The emulator by itself: every instruction is run. What it sends is told with the cycle. */
function everyInstruction(flash: Uint16Array, onByte: (byte: number, cycle: number) => void, onLed: (cycle: number) => void = () => {}): Board {
  const cpu = new CPU(flash, 2_048);
  for (const timer of [timer0Config, timer1Config, timer2Config]) void new AVRTimer(cpu, timer);
  void new AVRADC(cpu, adcConfig);
  void new AVRWatchdog(cpu, watchdogConfig, new AVRClock(cpu, UNO_HZ));
  cpu.data[watchdogConfig.MCUSR] = 1;
  const c = new AVRIOPort(cpu, portCConfig);
  const b = new AVRIOPort(cpu, portBConfig);
  b.addListener(() => onLed(cpu.cycles));
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
    hold() {
      for (const line of [3, 4, 5]) d.setPin(line, true);
      for (let contact = 0; contact < 6; contact++) c.setPin(contact, true);
    },
    runTo(cycles) {
      while (cpu.cycles < cycles) {
        runInstruction(cpu);
        // Everything that is due: tick alone takes one at a time.
        do cpu.tick();
        while ((due.nextClockEvent?.cycles ?? Infinity) <= cpu.cycles);
      }
    },
  };
}

function leavingOut(flash: Uint16Array, onByte: (byte: number, cycle: number) => void, onLed: (cycle: number) => void = () => {}): Board {
  const core = avrCore(flash, { onPin: (pin) => void (pin === LED && onLed(core.cycles)), onByte: (byte) => onByte(byte, core.cycles) });
  return {
    receive: (bytes) => core.receive(Uint8Array.from(bytes)),
    press: (pressed) => core.drive(BUTTON, pressed ? "low" : "high"),
    hold: () => [3, 4, 5, 14, 15, 16, 17, 18, 19].forEach((pin) => core.drive(pin, "high")),
    runTo: (cycles) => core.runTo(cycles),
  };
}

/** Pin 2 with pull-up and reported, A0 reported every other millisecond, a relay on pin 8; then the button, in the middle of everything. */
function said(make: typeof everyInstruction): { readonly byte: number; readonly cycle: number }[] {
  const bytes: { readonly byte: number; readonly cycle: number }[] = [];
  const board = make(flashFromIntelHex(standardFirmataHex()), (byte, cycle) => bytes.push({ byte, cycle }));
  const ms = UNO_HZ / 1_000;
  board.press(false);
  board.runTo(2_000 * ms);
  board.receive([0xf0, 0x7a, 1, 0, 0xf7, 0xf4, BUTTON, 0x0b, 0xd0, 1, 0xc0, 1, 0xf4, 8, 1, 0x91, 1, 0]);
  board.runTo(2_120.37 * ms);
  board.press(true);
  board.runTo(2_171.993 * ms);
  board.press(false);
  board.runTo(2_300 * ms);
  return bytes;
}

test("rounds that are left out change nothing: each byte is sent in the very cycle in which it is when every instruction is run", () => {
  const expected = said(everyInstruction);
  expect(expected.filter(({ cycle }) => cycle > 2_000 * (UNO_HZ / 1_000)).length).toBeGreaterThan(100);
  expect(said(leavingOut)).toEqual(expected);
});

/** Waits in a loop of `nops` instructions and a jump; timer 0, a 64th of the clock, interrupts it at each overflow and turns the LED's pin over. */
function blinking(nops: number): Uint16Array {
  const flash = new Uint16Array(16_384);
  flash[0x00] = 0xc02f; // rjmp 0x30
  flash[0x20] = 0xc01f; // rjmp 0x40, the overflow's vector
  // sbi DDRB,0; ldi r16,1; sts TIMSK0,r16; ldi r16,3; out TCCR0B,r16; sei
  flash.set([0x9a20, 0xe001, 0x9300, 0x006e, 0xe003, 0xbd05, 0x9478, ...Array<number>(nops).fill(0), 0xcfff - nops], 0x30);
  flash.set([0x9a18, 0x9518], 0x40); // sbi PINB,0; reti
  return flash;
}

test.each([0, 1, 2, 5, 8])("an interrupt comes in its very cycle, whatever the round it ends: %i instructions and a jump", (nops) => {
  const [expected, given]: [number[], number[]] = [[], []];
  everyInstruction(blinking(nops), () => {}, (cycle) => expected.push(cycle)).runTo(UNO_HZ / 20); // prettier-ignore
  leavingOut(blinking(nops), () => {}, (cycle) => given.push(cycle)).runTo(UNO_HZ / 20); // prettier-ignore
  expect(expected.length).toBeGreaterThan(45);
  expect(given).toEqual(expected);
});

/** A greeting, a pulse of 40 ms on pin 8, and a Wiegand bit every millisecond on pin 2, all in the middle of milliseconds. */
function relaysMoved(make: typeof everyInstruction): readonly (readonly [what: string, cycle: number])[] {
  const told: [string, number][] = [];
  const ms = UNO_HZ / 1_000;
  const board = make(
    flashFromIntelHex(relayAvrHex("active-high")),
    (byte, cycle) => told.push([`byte ${byte}`, cycle]),
    (cycle) => told.push(["pin", cycle]),
  );
  const say = (number: number, command: "hello" | "on", holdMs: number): void =>
    board.receive([...encodeHostFrame({ number, seen: 0, command, relays: 1, holdMs })]);
  board.hold();
  board.press(false);
  board.runTo(2.31 * ms);
  say(1, "hello", 0);
  board.runTo(15.77 * ms);
  say(2, "on", 40);
  for (let bit = 0; bit < 26; bit++) {
    board.runTo((16.123 + bit) * ms);
    board.press(true);
    board.runTo((16.173 + bit) * ms);
    board.press(false);
  }
  board.runTo(120 * ms);
  return told;
}

test("our relay board's program kicks its watchdog in every millisecond: left-out rounds change neither a byte nor a pin by a cycle", () => {
  const expected = relaysMoved(everyInstruction);
  expect(expected.filter(([what]) => what === "pin").length).toBeGreaterThanOrEqual(3);
  expect(expected.length).toBeGreaterThan(100);
  expect(relaysMoved(leavingOut)).toEqual(expected);
});

/** wdr, at once and with a prescaler of 16 ms; loop: wdr · rjmp loop, or rjmp self. */
function watched(isKicked: boolean): Uint16Array {
  const flash = new Uint16Array(16_384);
  // ldi r16,0x18; sts WDTCSR,r16; ldi r16,0x08; sts WDTCSR,r16
  flash.set([0xe108, 0x9300, 0x0060, 0xe008, 0x9300, 0x0060, ...(isKicked ? [0x95a8, 0xcffe] : [0xcfff])]);
  return flash;
}

test("a watchdog that is kicked in an idle round never bites, and one that is not ends the life in its very cycle", () => {
  const nothing = { onPin: () => {}, onByte: () => {} };
  const kicked = avrCore(watched(true), nothing);
  kicked.runTo(0.04 * UNO_HZ);
  expect([kicked.isOver, kicked.cycles >= 0.04 * UNO_HZ]).toEqual([false, true]);
  const hung = avrCore(watched(false), nothing);
  hung.runTo(UNO_HZ / 5);
  expect(hung.isOver).toBe(true);
  // 2,048 cycles of 128 kHz.
  expect(Math.abs(hung.cycles - 0.016 * UNO_HZ)).toBeLessThan(10);
});
