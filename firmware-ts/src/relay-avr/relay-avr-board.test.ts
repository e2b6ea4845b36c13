import { expect, test } from "vitest";
import { crcCcitt } from "../core/crc-ccitt.ts";
import { memoryWirePair } from "../memory-wire.ts";
import { seededRandom } from "../seeded-random.ts";
import { simulatedClock } from "../simulated-clock.ts";
import { relayAvrBoard } from "./relay-avr-board.ts";
import { wiegandReader } from "./wiegand-reader.ts";

/** A far end that says what a test wants it to; what the program of the board really does is tested on its machine code. */
function bench() {
  const clock = simulatedClock();
  const pair = memoryWirePair({ name: "board", clock, random: seededRandom(1) });
  const heard: { readonly number: number; readonly seen: number; readonly command: number; readonly at: number }[] = [];
  const answer = { version: 1, ungreeted: false, relays: 0, report: 1, contacts: 0, card: [] as number[], obeys: true, answers: true };
  let obeyed = 0;
  function say(): void {
    const frame = new Uint8Array(18);
    frame.set([0x5a, (answer.version << 5) | (answer.ungreeted ? 0x10 : 0) | 1, obeyed, answer.relays, answer.report, answer.contacts, ...answer.card]);
    const crc = crcCcitt(frame.subarray(0, -2), 0x1d0f);
    frame.set([crc >> 8, crc & 0xff], 16);
    pair.far.write(frame);
  }
  pair.far.onBytes((bytes) => {
    const [, number = 0, seen = 0, command = 0] = bytes;
    heard.push({ number, seen, command, at: clock.monotonic() });
    if (answer.obeys) obeyed = number;
    if (answer.answers) say();
  });
  const board = relayAvrBoard({ id: "gate-1-board", wire: pair.near, clock, relays: 4, inputs: 2 });
  const told: string[] = [];
  board.onHealth((health) => told.push(health.kind === "online" ? "online" : `${health.error}: ${health.detail}`));
  board.onInput((input, closed) => told.push(`${input} ${closed ? "closed" : "open"}`));
  return { clock, pair, board, heard, answer, say, told };
}

test("a board is greeted twice under different numbers before it counts as on line: a late answer to somebody else is none to us", async () => {
  const { clock, heard, told, answer, board } = bench();
  answer.contacts = 0b10;
  await clock.pass(5);
  const hellos = heard.filter(({ command }) => command === 1);
  expect(hellos.length).toBe(2);
  expect(hellos[0]!.number).not.toBe(hellos[1]!.number);
  expect(told).toEqual(["online", "0 open", "1 closed"]);
  // The report is acknowledged at once, and then a quarter of a second is nothing to say.
  expect(heard.at(-1)).toMatchObject({ command: 0, seen: 1 });
  const { length } = heard;
  await clock.pass(1_000);
  expect(heard.length - length).toBe(4);
  const closed = board.close();
  await clock.pass(20);
  await closed;
  expect(clock.pending).toBe(0);
});

test("what is wished before the first answer waits for it", async () => {
  const { clock, board } = bench();
  const result = board.set(0, false);
  await clock.pass(5);
  expect(await result).toMatchObject({ ok: true });
});

test("a report that comes again is told once and acknowledged again", async () => {
  const { clock, heard, told, answer, say, board } = bench();
  await clock.pass(5);
  const reader = wiegandReader({ id: "in", board, reader: 1 });
  const scans: string[] = [];
  reader.onScan(({ bytes }) => scans.push(String.fromCharCode(...bytes)));
  answer.report = 2;
  answer.card = [1, 26, 0, 0, 0, 0, 0x02, 0xce, 0x3c, 0x3e];
  say();
  await clock.pass(1);
  say();
  const before = heard.length;
  await clock.pass(1);
  expect([scans, told]).toEqual([["10110011100011110000111110"], ["online", "0 open", "1 open"]]);
  expect(heard.slice(before).map(({ seen }) => seen)).toEqual([2]);
});

test("a board that speaks and does not obey is told as such, and its relay is asked again a second later", async () => {
  const { clock, heard, answer, board } = bench();
  await clock.pass(5);
  answer.obeys = false;
  const result = board.set(1, true);
  await clock.pass(400);
  expect(await result).toEqual({ ok: false, error: "BadReply", detail: "gate-1-board relay 1: the board speaks, but does not obey after 5 attempts" });
  expect(board.health.kind).toBe("online");
  answer.obeys = true;
  const before = heard.length;
  await clock.pass(5_000);
  // It says that it obeys, and that the relay is off: asked at once, and then once a second, not without pause.
  expect(heard.slice(before).filter(({ command }) => command === 3).length).toBeGreaterThan(3);
  expect(heard.slice(before).filter(({ command }) => command === 3).length).toBeLessThan(8);
});

test("a board with another program is off line with the remedy, and greeted until it has ours", async () => {
  const { clock, told, answer, board } = bench();
  answer.version = 2;
  await clock.pass(1_000);
  expect(board.health).toMatchObject({
    kind: "offline",
    error: "BadReply",
    detail: "its program speaks version 2, not 1: write the hex of this release to it",
  });
  expect(await board.pulse(0, 100)).toMatchObject({ ok: false, error: "BadReply" });
  answer.version = 1;
  await clock.pass(600);
  expect(told).toEqual(["online", "0 open", "1 open"]);
});

test("a silent board is off line within 600 ms, greeted twice a second, and never flooded", async () => {
  const { clock, heard, told, answer } = bench();
  await clock.pass(5);
  answer.answers = false;
  await clock.pass(600);
  expect(told.at(-1)).toContain("TimedOut: the board does not answer");
  const before = heard.length;
  await clock.pass(10_000);
  expect(heard.length - before).toBeLessThan(10_000 / 60);
});

test("a board that forgot us is greeted at once; what it reports before that is not believed", async () => {
  const { clock, told, answer, say } = bench();
  await clock.pass(5);
  answer.ungreeted = true;
  answer.report = 9;
  answer.contacts = 0b11;
  say();
  await clock.pass(3);
  expect(told.slice(3)).toEqual(["BadReply: the board was reset (its power was off), or had not heard from us for a second: its relays were off"]);
  answer.ungreeted = false;
  answer.contacts = 0;
  await clock.pass(70);
  expect(told.slice(4)).toEqual(["online", "0 open", "1 open"]);
});

test("any bytes between the board's frames are passed over", async () => {
  const { clock, pair, told, board } = bench();
  await clock.pass(5);
  const random = seededRandom(7);
  for (let burst = 0; burst < 40; burst++) {
    pair.far.write(Uint8Array.from({ length: 50 }, () => (random() < 0.2 ? 0x5a : Math.floor(random() * 256))));
    await clock.pass(20);
  }
  expect([board.health.kind, told]).toEqual(["online", ["online", "0 open", "1 open"]]);
});

test("a board of another size than there is is refused", () => {
  const { clock, pair } = bench();
  for (const [relays, inputs] of [
    [0, 0],
    [9, 0],
    [1, 7],
  ] as const)
    expect(() => relayAvrBoard({ id: "b", wire: pair.near, clock, relays, inputs })).toThrow(RangeError);
});
