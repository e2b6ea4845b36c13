import { type WiegandReader, wiegandReader } from "@portico/firmware-ts/relay-avr";
import { afterEach, expect, test } from "vitest";
import { relayAvrHex } from "../src/uno-program.ts";
import { RELAY_AVR_LIMITS, type RelayAvrRig, relayAvrRig } from "./contracts/relay-avr-rig.ts";
import { relayBoardContract } from "./contracts/relay-board.contract.ts";
import { READER_PINS, RELAY_PINS } from "./relay-avr-bench.ts";

const rigOf = relayAvrRig(relayAvrHex("active-high"));
// All 40 days, and light and buzzer, are the peers': an emulated day takes its time.
relayBoardContract("relay-avr", rigOf, RELAY_AVR_LIMITS, 1);

const ends: RelayAvrRig[] = [];
afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));

async function online(seed = 1): Promise<RelayAvrRig & { readonly readers: readonly WiegandReader[]; readonly cards: string[] }> {
  const made = await rigOf(seed);
  ends.push(made);
  const readers = [0, 1].map((reader) => wiegandReader({ id: `reader-${reader}`, board: made.board, reader }));
  const cards: string[] = [];
  readers.forEach((each, reader) => each.onScan(({ bytes }) => cards.push(`${reader} ${new TextDecoder().decode(bytes)}`)));
  expect(await made.until(() => made.board.health.kind === "online", 1_000)).toBe(true);
  return { ...made, readers, cards };
}

/** 26 bits with their parity. */
const cardOf = (number: number): string => {
  const middle = number.toString(2).padStart(24, "0");
  const parity = (bits: string): number => bits.split("1").length - 1;
  return `${parity(middle.slice(0, 12)) % 2}${middle}${(parity(middle.slice(12)) + 1) % 2}`;
};

test("cards of two readers that read at the same time are told within 70 ms, each at its own reader", async () => {
  const one = await online();
  one.uno.sendCard(READER_PINS[0], cardOf(0x1234));
  one.uno.sendCard(READER_PINS[1], cardOf(0xfedcba));
  await one.pass(70);
  expect(one.cards.sort()).toEqual([`0 ${cardOf(0x1234)}`, `1 ${cardOf(0xfedcba)}`]);
});

test("on a line that loses, changes and doubles a tenth of all pieces no card is lost, none comes twice, and each is as it was read", async () => {
  const one = await online();
  one.setFaults!({ drop: 0.1, flipBit: 0.1, duplicate: 0.05, split: 0.3, delayMsMax: 10 });
  const sent: string[] = [];
  for (let number = 0; number < 12; number++) {
    const bits = cardOf((0x10_0001 * (number + 1)) & 0xff_ffff);
    one.uno.sendCard(READER_PINS[number % 2]!, bits);
    sent.push(`${number % 2} ${bits}`);
    await one.pass(400);
  }
  one.setFaults!({});
  await one.pass(500);
  expect(one.cards).toEqual(sent);
  expect(one.readers.map(({ unreadable }) => unreadable)).toEqual([0, 0]);
});

test("a card that was read while nobody listened opens nothing later", async () => {
  const one = await online();
  one.cut();
  one.uno.sendCard(READER_PINS[0], cardOf(7));
  await one.pass(1_200);
  one.uno.sendCard(READER_PINS[1], cardOf(8));
  await one.pass(300);
  one.mend();
  expect(await one.until(() => one.board.health.kind === "online", 1_000)).toBe(true);
  await one.pass(300);
  expect(one.cards).toEqual([]);
  one.uno.sendCard(READER_PINS[0], cardOf(9));
  await one.pass(100);
  expect(one.cards).toEqual([`0 ${cardOf(9)}`]);
});

test("what is no card is counted as unreadable at its own reader", async () => {
  const one = await online();
  for (const bits of ["101", cardOf(5).slice(1), "1".repeat(70)]) {
    one.uno.sendCard(READER_PINS[1], bits);
    await one.pass(150);
  }
  expect([one.cards, one.readers.map(({ unreadable }) => unreadable)]).toEqual([[], [0, 3]]);
});

test("keys of a keypad are told one by one, of four bits or of eight, and are neither cards nor unreadable", async () => {
  const one = await online();
  const keys: string[] = [];
  one.readers.forEach((reader, place) => reader.onKeys((key) => keys.push(`${place} ${key}`)));
  for (const bits of ["0001", "0111", "1011", "11010010"]) {
    one.uno.sendCard(READER_PINS[0], bits);
    // Two keys of a fast hand.
    await one.pass(60);
  }
  expect([keys, one.cards, one.readers.map(({ unreadable }) => unreadable)]).toEqual([["0 1", "0 7", "0 #", "0 2"], [], [0, 0]]);
});

test("a controller that stands still for more than a second finds its relays dropped, asserts what is meant, and no pulse again", async () => {
  const one = await online();
  void one.board.set(0, true);
  void one.board.pulse(1, 60_000);
  await one.pass(50);
  one.setFaults!({ drop: 1 });
  const told: string[] = [];
  one.board.onHealth(({ kind }) => told.push(kind));
  await one.pass(1_300);
  expect([one.side.relay(0), one.side.relay(1)]).toEqual([false, false]);
  one.setFaults!({});
  expect(await one.until(() => one.side.relay(0), 1_000)).toBe(true);
  await one.pass(500);
  expect([told, one.side.relay(1), one.board.health.kind]).toEqual([["offline", "online"], false, "online"]);
});

test("a board that was reset in the middle of a pulse says why, and is greeted within 20 ms", async () => {
  const one = await online();
  void one.board.set(2, true);
  void one.board.pulse(3, 60_000);
  await one.pass(50);
  const told: string[] = [];
  one.board.onHealth((health) => told.push(health.kind === "offline" ? health.detail : "online"));
  one.uno.reset();
  expect(RELAY_PINS.map((pin) => one.uno.pin(pin))).toEqual(RELAY_PINS.map(() => "input"));
  // Within a beat it is noticed.
  await one.pass(280);
  expect(told).toEqual(["the board was reset (by its reset pin), or had not heard from us for a second: its relays were off", "online"]);
  expect([one.side.relay(2), one.side.relay(3)]).toEqual([true, false]);
});
