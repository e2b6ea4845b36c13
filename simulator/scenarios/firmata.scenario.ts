import { type MemoryWirePair, memoryWirePair, type RelayBoard, type SimulatedClock, seededRandom, simulatedClock, type Wire } from "@portico/firmware-ts";
import { firmataRelayBoard } from "@portico/firmware-ts/firmata";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type AvrPin, UNO_PINS } from "../src/avr-pin.ts";
import { standardFirmataHex } from "../src/uno-program.ts";
import { type VirtualUno, virtualUno } from "../src/virtual-uno.ts";
import { indicatorContract, type IndicatorRig } from "./contracts/indicator.contract.ts";
import type { RelayBoardLimits } from "./contracts/relay-board-rig.ts";
import { relayBoardContract } from "./contracts/relay-board.contract.ts";

/** A strike and a lift button on one group of eight pins with the exit button, a door contact beside them; a third relay on A0. */
const WIRING = { relayPins: [5, 8, 14], inputPins: [2, 3], activeLow: false };
const [STRIKE, LAMP] = [0, 1];
const CYCLES_PER_MS = 16_000;

/** One Uno for all: it takes 1.9 s of its own time to boot. */
let clock: SimulatedClock;
let pair: MemoryWirePair;
let uno: VirtualUno;
const boards: RelayBoard[] = [];
let pins: { readonly pin: number; readonly state: AvrPin; readonly cycle: number }[] = [];

beforeAll(async () => {
  clock = simulatedClock();
  pair = memoryWirePair({ name: "gate-1-board", clock, random: seededRandom(1) });
  uno = await virtualUno({ wire: pair.far, clock, hex: standardFirmataHex() });
  uno.onPin((pin, state, cycle) => pins.push({ pin, state, cycle }));
  clock.advance(2_000);
});
beforeEach(() => void (pins = []));
afterEach(unplug);
afterAll(() => uno.close());

async function unplug(): Promise<void> {
  const closing = boards.splice(0).map((board) => board.close());
  pair.mend();
  await clock.pass(400);
  await Promise.all(closing);
  for (let pin = 0; pin < UNO_PINS; pin++) uno.setContact(pin, false);
}

/** The contract's boards share the Uno too: a driver's first bytes reset what the one before left. */
function rig(): IndicatorRig {
  const wiring = { relayPins: [4, 5, 6, 7, 8, 9, 10, 11], inputPins: [2, 3, 14, 15], activeLow: false };
  const timers = clock.pending;
  const board = firmataRelayBoard({ ...wiring, id: "gate-1-board", wire: pair.near, clock });
  boards.push(board);
  return {
    board,
    side: uno.boardSide(wiring),
    clock,
    now: () => clock.monotonic(),
    pass: (ms) => clock.pass(ms),
    until: (condition, withinMs) => clock.until(condition, withinMs),
    cut: () => pair.cut(),
    mend: () => pair.mend(),
    setMute: (mute) => uno.setFrozen(mute),
    powerCycle() {
      uno.setPower(false);
      uno.setPower(true);
    },
    timers: () => clock.pending - timers,
    end: unplug,
  };
}

const LIMITS: RelayBoardLimits = { answerMs: 40, giveUpMs: 1_200, comebackMs: 3_000, holdExcessMs: 5 };
relayBoardContract("Firmata", rig, LIMITS);
indicatorContract("Firmata", rig, LIMITS);

async function online(wiring: { readonly activeLow?: boolean; readonly wire?: Wire } = {}): Promise<RelayBoard> {
  const board = firmataRelayBoard({ ...WIRING, activeLow: wiring.activeLow ?? false, id: "gate-1-board", wire: wiring.wire ?? pair.near, clock });
  boards.push(board);
  expect(await clock.until(() => board.health.kind === "online", 3_000)).toBe(true);
  return board;
}

const of = (pin: number): readonly { readonly state: AvrPin; readonly cycle: number }[] => pins.filter((change) => change.pin === pin);
const states = (pin: number): AvrPin[] => of(pin).map(({ state }) => state);

/** How long the pin stayed in each state but the last, in milliseconds of the processor. */
function lengthsMs(pin: number): { readonly state: AvrPin; readonly ms: number }[] {
  const changes = of(pin);
  return changes.slice(0, -1).map(({ state, cycle }, index) => ({ state, ms: (changes[index + 1]!.cycle - cycle) / CYCLES_PER_MS }));
}

test("unmodified StandardFirmata comes online with its relays low and its inputs pulled up", async () => {
  uno.setContact(3, true);
  const startedAt = clock.monotonic();
  const board = await online();
  expect(clock.monotonic() - startedAt).toBeLessThan(200);
  expect([...WIRING.relayPins, ...WIRING.inputPins].map((pin) => uno.pin(pin))).toEqual(["low", "low", "low", "pulled-up", "pulled-up"]);
  expect([board.input(0), board.input(1)]).toEqual([false, true]);
});

test("a pulse of 700 ms lasts 700 ms at the pin, within 2 ms", async () => {
  const board = await online();
  const result = board.pulse(STRIKE, 700);
  await clock.pass(800);
  expect(await result).toMatchObject({ ok: true, sent: { frame: Uint8Array.of(0x90, 0x2c, 0x00) } });
  const [pulse] = lengthsMs(5).filter(({ state }) => state === "high");
  expect(pulse!.ms).toBeGreaterThan(698);
  expect(pulse!.ms).toBeLessThan(702);
});

test("a pressed exit button is told within 3 ms, once down and once up", async () => {
  const board = await online();
  const told: [input: number, closed: boolean, at: number][] = [];
  board.onInput((input, closed) => told.push([input, closed, clock.monotonic()]));
  const pressedAt = clock.monotonic();
  uno.setContact(2, true);
  await clock.pass(600);
  const releasedAt = clock.monotonic();
  uno.setContact(2, false);
  await clock.pass(600);
  expect(told.map(([input, closed]) => [input, closed])).toEqual([
    [0, true],
    [0, false],
  ]);
  expect(told[0]![2] - pressedAt).toBeLessThanOrEqual(3);
  expect(told[1]![2] - releasedAt).toBeLessThanOrEqual(3);
});

test("a relay switched while a neighbouring contact is closed leaves the contact its pull-up", async () => {
  const board = await online();
  uno.setContact(2, true);
  await clock.pass(20);
  void board.set(STRIKE, true);
  await clock.pass(20);
  expect(uno.pin(2)).toBe("pulled-up");
  uno.setContact(2, false);
  await clock.pass(20);
  expect(board.input(0)).toBe(false);
});

test("a pin whose contact is closed to ground is never driven high", async () => {
  uno.setContact(2, true);
  uno.setContact(3, true);
  const board = await online();
  void board.set(STRIKE, true);
  await clock.pass(100);
  pair.cut();
  await clock.pass(100);
  pair.mend();
  await clock.pass(500);
  uno.reset();
  await clock.pass(3_000);
  expect(board.health.kind).toBe("online");
  expect([...states(2), ...states(3)]).not.toContain("high");
});

test("when the host dies in the middle of a pulse StandardFirmata keeps the strike open; on return the driver drops it before anything else", async () => {
  const board = await online();
  void board.pulse(STRIKE, 3_000);
  void board.set(LAMP, true);
  await clock.pass(100);
  pair.cut();
  await clock.pass(4_000);
  expect(uno.pin(5)).toBe("high");
  expect(board.health).toMatchObject({ kind: "offline", error: "Disconnected" });

  pins = [];
  const mendedAt = uno.cycles;
  pair.mend();
  expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
  expect(pins[0]!.pin).toBe(2); // the reset takes the pins in order
  const [dropped] = of(5);
  expect(dropped!.state).toBe("low");
  expect((dropped!.cycle - mendedAt) / CYCLES_PER_MS).toBeLessThan(3);
  expect([uno.pin(5), uno.pin(8)]).toEqual(["low", "high"]);
});

test("a reset in the middle of a pulse drops the relay for good; levels are written after the boot", async () => {
  const board = await online();
  void board.pulse(STRIKE, 60_000);
  void board.set(LAMP, true);
  await clock.pass(100);
  expect([uno.pin(5), uno.pin(8)]).toEqual(["high", "high"]);
  pins = [];
  uno.reset();
  expect(await clock.until(() => board.health.kind === "offline", 1_000)).toBe(true);
  expect(await clock.until(() => board.health.kind === "online", 3_000)).toBe(true);
  expect(states(5)).not.toContain("high");
  expect([uno.pin(5), uno.pin(8)]).toEqual(["low", "high"]);
});

test("a board without power is offline within a second and comes back", async () => {
  const board = await online();
  uno.setPower(false);
  expect(await clock.until(() => board.health.kind === "offline", 1_100)).toBe(true);
  expect(board.input(0)).toBeUndefined();
  uno.setPower(true);
  expect(await clock.until(() => board.health.kind === "online", 3_000)).toBe(true);
});

test("a hanging processor is offline within a second; its relay stays, and drops when it goes on", async () => {
  const board = await online();
  void board.pulse(STRIKE, 500);
  await clock.pass(100);
  uno.setFrozen(true);
  expect(await clock.until(() => board.health.kind === "offline", 1_100)).toBe(true);
  expect(uno.pin(5)).toBe("high");
  uno.setFrozen(false);
  expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
  expect(uno.pin(5)).toBe("low");
});

test("an active-low relay is spared at a connect: its pin is low for less than a millisecond", async () => {
  const first = await online({ activeLow: true });
  expect(WIRING.relayPins.map((pin) => uno.pin(pin))).toEqual(["high", "high", "high"]);
  pins = [];
  pair.cut();
  await clock.pass(10);
  pair.mend();
  expect(await clock.until(() => first.health.kind === "online", 1_000)).toBe(true);
  for (const pin of [5, 8]) {
    const low = lengthsMs(pin).filter(({ state }) => state === "low");
    expect(low.length).toBeGreaterThan(0);
    for (const { ms } of low) expect(ms).toBeLessThan(1);
  }
});

test("20 reconnects leave the wire its two listeners, no timer, and each event told once", async () => {
  let wireListeners = 0;
  const counting =
    <A>(add: (listener: A) => () => void) =>
    (listener: A): (() => void) => {
      wireListeners++;
      const remove = add(listener);
      return () => {
        wireListeners--;
        remove();
      };
    };
  const counted: Wire = {
    name: pair.near.name,
    get state() {
      return pair.near.state;
    },
    get trouble() {
      return pair.near.trouble;
    },
    write: (bytes) => pair.near.write(bytes),
    onBytes: counting((listener) => pair.near.onBytes(listener)),
    onState: counting((listener) => pair.near.onState(listener)),
    close: () => pair.near.close(),
  };
  const timersBefore = clock.pending;
  const board = await online({ wire: counted });
  const timersOnline = clock.pending;
  const signals = process.eventNames().map((name) => [name, process.listenerCount(name)]);
  for (let reconnect = 0; reconnect < 20; reconnect++) {
    pair.cut();
    await clock.pass(5);
    pair.mend();
    expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
  }
  expect(wireListeners).toBe(2);
  expect(clock.pending).toBe(timersOnline);
  expect(process.eventNames().map((name) => [name, process.listenerCount(name)])).toEqual(signals);

  const told: string[] = [];
  board.onInput((input, closed) => told.push(`${input} ${closed}`));
  uno.setContact(3, true);
  void board.pulse(STRIKE, 50);
  pins = [];
  await clock.pass(300);
  expect(told).toEqual(["1 true"]);
  expect(states(5)).toEqual(["high", "low"]);

  const closing = board.close();
  await clock.pass(100);
  await closing;
  expect(wireListeners).toBe(0);
  expect(clock.pending).toBe(timersBefore);
});
