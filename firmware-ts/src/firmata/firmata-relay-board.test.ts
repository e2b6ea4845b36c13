import type { Clock } from "@portico/card-protocol";
import five from "johnny-five";
import { expect, test } from "vitest";
import type { RelayBoard } from "../device.ts";
import { memoryWirePair } from "../memory-wire.ts";
import { seededRandom } from "../seeded-random.ts";
import { type SimulatedClock, simulatedClock } from "../simulated-clock.ts";
import type { Wire } from "../wire.ts";
import { firmataRelayBoard } from "./firmata-relay-board.ts";

const PULLUP = 0x0b;
const OUTPUT = 1;

/** A board of 20 pins that speaks as much Firmata as a relay board needs. What StandardFirmata really does is tested on the virtual Uno. */
function scriptedBoard(
  wire: Wire,
  options: { knowsPullUp?: boolean; pins?: number; reportsWhenAsked?: boolean; reportsUnasked?: boolean; takesModes?: boolean } = {},
) {
  const { knowsPullUp = true, pins = 20, reportsWhenAsked = true, reportsUnasked = false, takesModes = true } = options;
  const mode = Array.from({ length: pins }, () => OUTPUT);
  const state = Array.from({ length: pins }, () => 0);
  const closed = new Set<number>();
  const reporting = new Set<number>();
  const heard: string[] = [];
  let isSilent = false;
  let isDeafToDigital = false;
  let message: number[] = [];
  const say = (...bytes: number[]): void => void (isSilent || wire.write(Uint8Array.from(bytes)));
  const sayVersion = (): void => say(0xf9, 2, 5);
  const sayFirmware = (): void => say(0xf0, 0x79, 2, 5, "F".charCodeAt(0), 0, 0xf7);

  function reset(): void {
    mode.fill(OUTPUT);
    state.fill(0);
    reporting.clear();
  }

  function sayLevels(port: number): void {
    let levels = 0;
    for (let bit = 0; bit < 8; bit++) {
      const pin = port * 8 + bit;
      if (mode[pin] !== OUTPUT && !closed.has(pin)) levels |= 1 << bit;
    }
    say(0x90 | port, levels & 0x7f, levels >> 7);
  }

  function obey(bytes: readonly number[]): void {
    heard.push(Buffer.from(bytes).toString("hex"));
    const [command = 0, first = 0, second = 0] = bytes;
    if (command === 0xff) return reset();
    if (command === 0xf9) return sayVersion();
    if (command === 0xf4 && reportsUnasked) say(0x90, 0, 0);
    if (command === 0xf4 && takesModes) {
      mode[first] = second;
      state[first] = second === PULLUP ? 1 : 0;
      return;
    }
    if (command >= 0xd0 && command < 0xe0) {
      reporting.add(command & 15);
      if (reportsWhenAsked) sayLevels(command & 15);
      return;
    }
    if (command >= 0x90 && command < 0xa0 && !isDeafToDigital) {
      for (let bit = 0; bit < 8; bit++) {
        const pin = (command & 15) * 8 + bit;
        if (mode[pin] === OUTPUT || mode[pin] === 0) state[pin] = ((first | (second << 7)) >> bit) & 1;
      }
      return;
    }
    if (command !== 0xf0) return;
    if (first === 0x79) sayFirmware();
    if (first === 0x6b)
      say(0xf0, 0x6c, ...mode.flatMap((_, pin) => [0, 1, OUTPUT, 1, ...(knowsPullUp ? [PULLUP, 1] : []), ...(pin >= 14 ? [2, 10] : []), 0x7f]), 0xf7);
    if (first === 0x69) say(0xf0, 0x6a, ...mode.map((_, pin) => (pin >= 14 ? pin - 14 : 0x7f)), 0xf7);
    if (first === 0x6d) say(0xf0, 0x6e, second, mode[second] ?? 0, state[second] ?? 0, 0xf7);
  }

  wire.onBytes((bytes) => {
    for (const byte of bytes) {
      if (message[0] === 0xf0 ? byte === 0xf7 : byte >= 0x80) {
        if (message[0] === 0xf0) {
          obey([...message, byte]);
          message = [];
          continue;
        }
        message = [];
      }
      message.push(byte);
      const command = message[0]!;
      const length = command === 0xf0 ? Infinity : command >= 0xf5 ? 1 : command >= 0xc0 && command < 0xe0 ? 2 : 3;
      if (message.length < length) continue;
      obey(message);
      message = [];
    }
  });

  return {
    mode,
    state,
    heard,
    say,
    setContact(pin: number, isClosed: boolean): void {
      if (isClosed) closed.add(pin);
      else closed.delete(pin);
      if (reporting.has(pin >> 3)) sayLevels(pin >> 3);
    },
    setSilent: (silent: boolean): void => void (isSilent = silent),
    setDeafToDigital: (deaf: boolean): void => void (isDeafToDigital = deaf),
    boot(): void {
      reset();
      sayVersion();
      sayFirmware();
    },
  };
}

const WIRING = { relayPins: [8, 9, 14], inputPins: [2, 3], activeLow: false };

function bench(options: Parameters<typeof scriptedBoard>[1] & { readonly activeLow?: boolean; readonly driverClock?: (clock: SimulatedClock) => Clock } = {}) {
  const clock = simulatedClock();
  const pair = memoryWirePair({ name: "gate-1-board", clock, random: seededRandom(1), baud: 57_600 });
  const far = scriptedBoard(pair.far, options);
  const board = firmataRelayBoard({
    ...WIRING,
    activeLow: options.activeLow ?? false,
    id: "gate-1-board",
    wire: pair.near,
    clock: options.driverClock?.(clock) ?? clock,
  });
  const told: string[] = [];
  board.onHealth((health) => told.push(health.kind));
  board.onInput((input, closed) => told.push(`${input} ${closed ? "closed" : "open"}`));
  return { clock, pair, far, board, told };
}

type Bench = ReturnType<typeof bench>;

async function online(options: Parameters<typeof bench>[0] = {}): Promise<Bench> {
  const made = bench(options);
  expect(await made.clock.until(() => made.board.health.kind === "online", 1_000)).toBe(true);
  return made;
}

const relays = ({ far }: Bench): number[] => WIRING.relayPins.map((pin) => far.state[pin]!);
const detail = (board: RelayBoard): string => (board.health.kind === "offline" ? `${board.health.error}: ${board.health.detail}` : "online");

test("a board comes online with its pins configured, its relays off and each input told once", async () => {
  const { board, far, told } = await online();
  expect([board.relays, board.inputs, board.timesPulse]).toEqual([3, 2, false]);
  expect([2, 3].map((pin) => far.mode[pin])).toEqual([PULLUP, PULLUP]);
  expect(WIRING.relayPins.map((pin) => [far.mode[pin], far.state[pin]])).toEqual([
    [OUTPUT, 0],
    [OUTPUT, 0],
    [OUTPUT, 0],
  ]);
  expect(told).toEqual(["online", "0 open", "1 open"]);
  expect([board.input(0), board.input(2)]).toEqual([false, undefined]);
});

test("the first bytes on the line drop every relay, whatever the board did before", async () => {
  const { clock, far } = bench();
  await clock.pass(10);
  expect(far.heard.slice(0, 4)).toEqual(["f7", "ff", "910000", "f9"]);
  const activeLow = bench({ activeLow: true });
  await activeLow.clock.pass(10);
  expect(activeLow.far.heard.slice(0, 3)).toEqual(["f7", "ff", "914300"]);
});

test("on a firmware without a pull-up mode the pull-ups are written as outputs of an input, and survive a relay on the same port", async () => {
  const clock = simulatedClock();
  const pair = memoryWirePair({ name: "w", clock, random: seededRandom(1) });
  const far = scriptedBoard(pair.far, { knowsPullUp: false });
  far.setContact(3, true);
  const board = firmataRelayBoard({ id: "b", wire: pair.near, clock, relayPins: [5], inputPins: [2, 3], activeLow: false });
  expect(await clock.until(() => board.input(1) === true, 1_000)).toBe(true);
  const result = board.set(0, true);
  await clock.pass(20);
  expect(await result).toMatchObject({ ok: true });
  expect([2, 3, 5].map((pin) => [far.mode[pin], far.state[pin]])).toEqual([
    [0, 1],
    [0, 1],
    [OUTPUT, 1],
  ]);
});

test("no pull-up is written to a pin that the board does not confirm as an input: it would be driven into a closed contact", async () => {
  const clock = simulatedClock();
  const pair = memoryWirePair({ name: "w", clock, random: seededRandom(1) });
  const far = scriptedBoard(pair.far, { knowsPullUp: false, takesModes: false });
  const board = firmataRelayBoard({ id: "b", wire: pair.near, clock, relayPins: [5], inputPins: [2, 3], activeLow: false });
  void board.set(0, true);
  await clock.pass(3_000);
  expect(detail(board)).toBe("BadReply: the board does not confirm its input pins");
  expect(new Set(far.heard.filter((message) => message.startsWith("90")))).toEqual(new Set(["900000", "902000"]));
});

test.each(["at first", "after an outage"])(
  "a board that spoke gets time to read what had piled up, then one more reset, and only then its pins: %s",
  async (when) => {
    const { board, clock, far, pair } = bench();
    if (when === "after an outage") {
      expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
      pair.cut();
      far.heard.length = 0;
      pair.mend();
    }
    expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
    const knock = ["f7", "ff", "910000", "f9"];
    const handshake = ["f079f7", "f06bf7", "f069f7"];
    const begin = [...knock, ...(when === "at first" ? handshake : []), ...knock, "f4020b"];
    expect(far.heard.slice(0, begin.length)).toEqual(begin);
  },
);

test("levels that come before they are asked for, from pins without their pull-ups, are not believed", async () => {
  const { told } = await online({ knowsPullUp: false, reportsUnasked: true });
  expect(told).toEqual(["online", "0 open", "1 open"]);
});

test("a relay on an analog pin is that pin and no other", async () => {
  const made = await online();
  const result = made.board.set(2, true);
  await made.clock.pass(20);
  expect(await result).toMatchObject({ ok: true });
  expect([made.far.state[14], made.far.state[0]]).toEqual([1, 0]);
});

test("a relay of an active-low board draws at low", async () => {
  const made = await online({ activeLow: true });
  expect(relays(made)).toEqual([1, 1, 1]);
  void made.board.set(1, true);
  await made.clock.pass(20);
  expect(relays(made)).toEqual([1, 0, 1]);
});

test("a wish resolves with the group write that carried it", async () => {
  const { board, clock } = await online();
  const at = clock.monotonic();
  const result = board.pulse(1, 500);
  await clock.pass(20);
  expect(await result).toEqual({ ok: true, sent: { frame: Uint8Array.of(0x91, 0x02, 0x00), at } });
});

test("a relay found different at a read-back is written again", async () => {
  const made = await online();
  made.far.state[8] = 1;
  await made.clock.pass(300);
  expect(relays(made)).toEqual([0, 0, 0]);
  expect(made.board.health.kind).toBe("online");
});

test("a board that reads but does not switch is told so: the wish fails and the board stays online", async () => {
  const { board, clock, far } = await online();
  far.setDeafToDigital(true);
  const result = board.set(0, true);
  await clock.pass(400);
  expect(await result).toMatchObject({ ok: false, error: "TimedOut" });
  expect(board.health.kind).toBe("online");
});

test("a silent board is offline within a second; its inputs are unknown, and it comes back by itself", async () => {
  const made = await online();
  const { board, clock, far, told } = made;
  void board.set(0, true);
  await clock.pass(50);
  far.setSilent(true);
  expect(await clock.until(() => board.health.kind === "offline", 1_100)).toBe(true);
  expect(detail(board)).toBe("TimedOut: the board has not answered for 750 ms");
  expect(board.input(0)).toBeUndefined();
  expect(relays(made)).toEqual([1, 0, 0]);
  await clock.pass(5);
  expect(relays(made)).toEqual([0, 0, 0]);
  far.setSilent(false);
  expect(await clock.until(() => board.health.kind === "online", 600)).toBe(true);
  expect(relays(made)).toEqual([1, 0, 0]);
  expect(told).toEqual(["online", "0 open", "1 open", "offline", "online", "0 open", "1 open"]);
});

test("a board that boots is configured again; levels are written, pulses are over", async () => {
  const made = await online();
  const { board, clock, far } = made;
  void board.set(0, true);
  void board.pulse(1, 3_000);
  await clock.pass(50);
  far.boot();
  expect(relays(made)).toEqual([0, 0, 0]);
  await clock.pass(5);
  expect(board.health.kind).toBe("offline");
  expect(await clock.until(() => board.health.kind === "online", 150)).toBe(true);
  expect(relays(made)).toEqual([1, 0, 0]);
  expect(far.mode[2]).toBe(PULLUP);
});

test("a board that forgot its modes without a word is configured again at the next read-back", async () => {
  const { board, clock, far } = await online();
  far.mode.fill(OUTPUT);
  await clock.pass(700);
  expect([far.mode[2], far.mode[3]]).toEqual([PULLUP, PULLUP]);
  expect(board.health.kind).toBe("online");
});

test("one garbled answer about a mode does not take the board off line", async () => {
  const { clock, far, told } = await online();
  far.say(0xf0, 0x6e, 2, 0x06, 0, 0xf7);
  await clock.pass(300);
  expect(told).toEqual(["online", "0 open", "1 open"]);
});

test("replies that firmata-io chokes on are dropped, and the next ones are read", async () => {
  const { board, clock, far, told } = await online();
  for (const garbage of [
    [0xf0, 0x6e, 0x60, 1, 1, 0xf7],
    [0xf0, 0x79, 0xf7],
    [0xf0, 0x6a, ...Array.from({ length: 90 }, () => 1), 0xf7],
  ])
    far.say(...garbage);
  far.say(0xf0, ...Array.from({ length: 3_000 }, () => 0x11));
  await clock.pass(700);
  far.setContact(2, true);
  await clock.pass(300);
  expect(board.input(0)).toBe(true);
  expect(told.at(-1)).toBe("0 closed");
});

test("an input change whose report was lost is told at the next beat, once", async () => {
  const { clock, far, pair, told } = await online();
  pair.setFaults({ drop: 1 });
  far.setContact(3, true);
  await clock.pass(1);
  pair.setFaults({});
  await clock.pass(1_000);
  expect(told.slice(3)).toEqual(["1 closed"]);
});

test("while the wire is closed wishes are refused, a level is kept, a pulse is not", async () => {
  const made = await online();
  const { board, clock, pair } = made;
  pair.cut();
  expect(detail(board)).toBe("Disconnected: unplugged");
  expect(await board.pulse(0, 60_000)).toMatchObject({ ok: false, error: "Disconnected" });
  expect(await board.set(1, true)).toMatchObject({ ok: false, error: "Disconnected" });
  pair.mend();
  expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
  expect(relays(made)).toEqual([0, 1, 0]);
});

test("a wish under way when the wire closes is told at once", async () => {
  const { board, pair } = await online();
  const result = board.set(0, true);
  pair.cut();
  expect(await result).toMatchObject({ ok: false, error: "Disconnected", detail: "unplugged" });
});

test("after the loop stood still for more than a second every pulse ends, levels stay", async () => {
  let isStalled = false;
  const late: (() => void)[] = [];
  const made = await online({
    driverClock: (clock) => ({
      ...clock,
      after: (delayMs, callback) => clock.after(delayMs, () => (isStalled ? void late.push(callback) : callback())),
    }),
  });
  void made.board.pulse(0, 60_000);
  void made.board.set(1, true);
  await made.clock.pass(20);
  isStalled = true;
  await made.clock.pass(1_500);
  isStalled = false;
  for (const callback of late) callback();
  await made.clock.pass(20);
  expect(relays(made)).toEqual([0, 1, 0]);
});

test("a pin that the board does not have leaves it offline, in words", async () => {
  const { board, clock, pair } = bench({ pins: 14 });
  await clock.pass(5_000);
  expect(detail(board)).toBe("Unsupported: pin 14 is not there: the board has pins 0 to 13");
  pair.cut();
  expect(detail(board)).toBe("Disconnected: unplugged");
});

test("a firmware that does not report its inputs when asked is named", async () => {
  const { board, clock } = bench({ reportsWhenAsked: false });
  await clock.pass(1_000);
  expect(detail(board)).toBe("BadReply: the board does not report its inputs when asked: StandardFirmata 2.4 or later is needed");
});

test("a line where nobody answers is named, and asked twice a second", async () => {
  const { board, clock, far } = bench();
  far.setSilent(true);
  await clock.pass(2_100);
  expect(detail(board)).toBe("TimedOut: no Firmata answers on gate-1-board: is StandardFirmata on the board, the line at 57600 baud?");
  expect(far.heard.filter((message) => message === "f9")).toHaveLength(5);
});

test("closing drops every relay, confirms it, and leaves no timer", async () => {
  const made = await online();
  const { board, clock } = made;
  void board.set(0, true);
  await clock.pass(20);
  const closing = board.close();
  expect(await board.pulse(1, 500)).toMatchObject({ ok: false, error: "Disconnected" });
  await clock.pass(20);
  await closing;
  expect(relays(made)).toEqual([0, 0, 0]);
  expect(board.health.kind).toBe("offline");
  expect(clock.pending).toBe(0);
  await board.close();
});

test("closing a board that does not answer ends too", async () => {
  const { board, clock, far } = await online();
  far.setSilent(true);
  const closing = board.close();
  await clock.pass(400);
  await closing;
  expect(clock.pending).toBe(0);
});

test("the program's signals and its exit stay its own", async () => {
  const before = process.listenerCount("SIGINT");
  const { board, clock } = await online();
  expect(process.listenerCount("SIGINT")).toBe(before);
  void board.close();
  await clock.pass(100);
});

test("johnny-five keeps one board for a driver, however often the line breaks or the board boots", async () => {
  const { cache } = five.Board as unknown as { readonly cache: readonly unknown[] };
  const before = cache.length;
  const { board, clock, far, pair } = await online();
  for (let round = 0; round < 50; round++) {
    pair.cut();
    pair.mend();
    expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
    far.boot();
    expect(await clock.until(() => board.health.kind === "offline", 100)).toBe(true);
    expect(await clock.until(() => board.health.kind === "online", 1_000)).toBe(true);
  }
  expect(cache.length - before).toBe(1);
});

test("after 40 seeds of a line that drops, flips, doubles, splits, delays and breaks, every wish is answered and every relay is as wished", async () => {
  for (let seed = 1; seed <= 40; seed++) {
    const clock = simulatedClock();
    const random = seededRandom(seed);
    const pair = memoryWirePair({ name: "w", clock, random, baud: 57_600 });
    const far = scriptedBoard(pair.far, { knowsPullUp: seed % 2 === 0 });
    const board = firmataRelayBoard({ ...WIRING, id: "b", wire: pair.near, clock });
    pair.setFaults({ drop: 0.05, flipBit: 0.05, duplicate: 0.05, split: 0.3, delayMsMax: 3, disconnect: 0.002 });
    const wished = [false, false, false];
    let answers = 0;
    for (let step = 0; step < 60; step++) {
      const relay = Math.floor(random() * 3);
      const isPulse = random() < 0.3;
      // A pulse ends in off; one that is refused leaves what was wished.
      if (!isPulse) wished[relay] = random() < 0.5;
      else if (board.health.kind === "online") wished[relay] = false;
      const wish = isPulse ? board.pulse(relay, 1 + Math.floor(random() * 500)) : board.set(relay, wished[relay]!);
      void wish.then(() => answers++);
      await clock.pass(Math.floor(random() * 200));
    }
    pair.setFaults({});
    pair.mend();
    await clock.pass(5_000);
    expect([board.health.kind, ...WIRING.relayPins.map((pin) => far.state[pin] === 1)], `seed ${seed}`).toEqual(["online", ...wished]);
    expect(answers, `seed ${seed}`).toBe(60);
    void board.close();
    await clock.pass(500);
    expect(clock.pending, `seed ${seed}`).toBe(0);
  }
});
