import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { afterEach, expect, test } from "vitest";
import { standardFirmataHex } from "./uno-program.ts";
import { type VirtualUno, virtualUno } from "./virtual-uno.ts";

/** sbi DDRB,0 · sbi PORTB,0 · rjmp self: pin 8 goes high and stays. */
const PIN_8_HIGH = hexOf([0x9a20, 0x9a28, 0xcfff]);
/** sbi PORTD,2 · sbi DDRB,0 · loop: sbic PIND,2 · sbi PORTB,0 · sbis PIND,2 · cbi PORTB,0 · rjmp loop: pin 8 shows pin 2, pulled up. */
const PIN_8_SHOWS_PIN_2 = hexOf([0x9a5a, 0x9a20, 0x994a, 0x9a28, 0x9b4a, 0x9828, 0xcffb]);

let unos: VirtualUno[] = [];
afterEach(() => {
  for (const uno of unos) uno.close();
  unos = [];
});

async function bench(hex: string) {
  const clock = simulatedClock();
  const pair = memoryWirePair({ name: "uno", clock, random: seededRandom(1) });
  const uno = await virtualUno({ wire: pair.far, clock, hex });
  unos.push(uno);
  const received: number[] = [];
  pair.near.onBytes((bytes) => received.push(...bytes));
  return { clock, pair, uno, received };
}

function hexOf(words: readonly number[]): string {
  const bytes = [words.length * 2, 0, 0, 0, ...words.flatMap((word) => [word & 0xff, word >> 8])];
  const sum = bytes.reduce((all, byte) => all + byte, 0);
  return `:${[...bytes, -sum & 0xff].map((byte) => byte.toString(16).padStart(2, "0")).join("")}\n:00000001FF\n`;
}

test("the processor runs 16,000 cycles for each millisecond of the clock", async () => {
  const { clock, uno } = await bench(PIN_8_HIGH);
  expect(uno.cycles).toBe(0);
  clock.advance(250);
  expect(Math.abs(uno.cycles - 250 * 16_000)).toBeLessThan(500);
});

test("a machine that falls behind runs slow and does not catch up for more than 50 ms", async () => {
  const { clock, uno } = await bench(PIN_8_HIGH);
  const slow = { ...clock, monotonic: () => (clock.monotonic() * 1_000) as ReturnType<typeof clock.monotonic> };
  const stalled = await virtualUno({ wire: memoryWirePair({ name: "b", clock, random: seededRandom(1) }).far, clock: slow, hex: PIN_8_HIGH });
  unos.push(stalled);
  clock.advance(1);
  expect(stalled.cycles).toBeLessThanOrEqual(50 * 16_000 + 10);
  expect(uno.cycles).toBeGreaterThan(0);
});

test("pins are told with the cycle they changed in", async () => {
  const { clock, uno } = await bench(PIN_8_HIGH);
  const told: unknown[] = [];
  const stop = uno.onPin((...change) => told.push(change));
  clock.advance(1);
  expect(told).toEqual([
    [8, "low", 0],
    [8, "high", 2],
  ]);
  stop();
  uno.reset();
  expect(told).toHaveLength(2);
});

test("a contact pulls its pin to ground; open, the pull-up holds it", async () => {
  const { clock, uno } = await bench(PIN_8_SHOWS_PIN_2);
  clock.advance(1);
  expect([uno.pin(2), uno.pin(8)]).toEqual(["pulled-up", "high"]);
  uno.setContact(2, true);
  clock.advance(1);
  expect(uno.pin(8)).toBe("low");
  uno.setContact(2, false);
  clock.advance(1);
  expect(uno.pin(8)).toBe("high");
});

test("a reset returns every I/O register, lets contacts be, and counts on", async () => {
  const { clock, uno } = await bench(PIN_8_SHOWS_PIN_2);
  uno.setContact(2, true);
  clock.advance(3);
  const before = uno.cycles;
  uno.reset();
  expect([uno.pin(2), uno.pin(8), uno.cycles]).toEqual(["input", "input", before]);
  clock.advance(3);
  expect([uno.pin(2), uno.pin(8)]).toEqual(["pulled-up", "low"]);
});

test("without power every pin floats; a frozen processor keeps its pins", async () => {
  const { clock, uno } = await bench(PIN_8_HIGH);
  clock.advance(1);
  uno.setFrozen(true);
  clock.advance(5);
  expect(uno.pin(8)).toBe("high");
  uno.setFrozen(false);
  uno.setPower(false);
  clock.advance(5);
  expect(uno.pin(8)).toBe("input");
  uno.setPower(true);
  clock.advance(1);
  expect(uno.pin(8)).toBe("high");
});

test("the relay side speaks of relays: active-low ones draw at low and not while the pin floats", async () => {
  const { clock, uno } = await bench(PIN_8_SHOWS_PIN_2);
  const high = uno.boardSide({ relayPins: [8], inputPins: [2], activeLow: false });
  const low = uno.boardSide({ relayPins: [8], inputPins: [2], activeLow: true });
  const told: unknown[] = [];
  low.onRelay((...change) => told.push(change));
  expect([high.relay(0), low.relay(0)]).toEqual([false, false]);
  clock.advance(1);
  expect([high.relay(0), low.relay(0)]).toEqual([true, false]);
  low.setInput(0, true);
  clock.advance(1);
  expect([high.relay(0), low.relay(0)]).toEqual([false, true]);
  uno.setPower(false);
  expect([high.relay(0), low.relay(0)]).toEqual([false, false]);
  // At its start the pin is an output at low for an instant: an active-low relay is told so.
  expect(told).toEqual([
    [0, true],
    [0, false],
    [0, true],
    [0, false],
  ]);
});

test("StandardFirmata answers a version request byte by byte at line speed, and again after a reset", async () => {
  const { clock, pair, uno, received } = await bench(standardFirmataHex());
  clock.advance(2_000);
  received.length = 0;
  pair.near.write(Uint8Array.of(0xf9));
  clock.advance(3);
  expect(received).toEqual([0xf9, 2, 4]);
  uno.reset();
  received.length = 0;
  pair.near.write(Uint8Array.of(0xf9));
  clock.advance(1_000);
  expect(received).toEqual([]);
  clock.advance(1_000);
  expect(received.slice(0, 5)).toEqual([0xf9, 2, 4, 0xf0, 0x79]);
});

test("a closed Uno leaves no timer and hears nothing", async () => {
  const { clock, uno } = await bench(PIN_8_HIGH);
  clock.advance(1);
  uno.close();
  expect(clock.pending).toBe(0);
  expect(uno.pin(8)).toBe("input");
});
