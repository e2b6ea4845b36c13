import { type MemoryWirePair, memoryWirePair, type RelayBoard, seededRandom, type SimulatedClock, simulatedClock } from "@portico/firmware-ts";
import { firmataRelayBoard } from "@portico/firmware-ts/firmata";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { standardFirmataHex } from "../src/uno-program.ts";
import { type VirtualUno, virtualUno } from "../src/virtual-uno.ts";

/** A contact on A1 and a fire loop on A2, both with end-of-line resistors, and an exit button without. */
const [CONTACT_PIN, FIRE_PIN, REX_PIN] = [15, 16, 2];
const [CONTACT, FIRE, REX] = [0, 1, 2];
const SUPERVISED = { pins: [CONTACT_PIN, FIRE_PIN], loop: { closed: 500, open: 667, tolerance: 60 } };

let clock: SimulatedClock;
let pair: MemoryWirePair;
let uno: VirtualUno;
let board: RelayBoard;
let told: string[];

beforeAll(async () => {
  clock = simulatedClock();
  pair = memoryWirePair({ name: "lab-board", clock, random: seededRandom(1) });
  uno = await virtualUno({ wire: pair.far, clock, hex: standardFirmataHex() });
  for (const pin of SUPERVISED.pins) uno.setLoop(pin, "closed");
  clock.advance(2_000);
  board = firmataRelayBoard({
    id: "lab-board",
    wire: pair.near,
    clock,
    relayPins: [8],
    inputPins: [CONTACT_PIN, FIRE_PIN, REX_PIN],
    activeLow: false,
    supervised: SUPERVISED,
  });
  board.onInput((input, closed) => told.push(`${input} ${closed ? "closed" : "open"}`));
  board.supervision!.onFault((input, fault) => told.push(`${input} ${fault ?? "whole"}`));
  told = [];
  expect(await clock.until(() => board.health.kind === "online", 4_000)).toBe(true);
});
beforeEach(async () => {
  for (const pin of SUPERVISED.pins) uno.setLoop(pin, "closed");
  await clock.pass(400);
  told = [];
});
afterAll(async () => {
  const closing = board.close();
  await clock.pass(400);
  await closing;
  uno.close();
});

test("an unmodified StandardFirmata measures both loops beside a contact that it only reads", async () => {
  expect([CONTACT, FIRE, REX].map((input) => board.input(input))).toEqual([true, true, false]);
  uno.setLoop(CONTACT_PIN, "open");
  uno.setContact(REX_PIN, true);
  await clock.pass(300);
  expect(told.toSorted()).toEqual(["0 open", "2 closed"]);
  uno.setContact(REX_PIN, false);
});

test.each(["short", "cut", "foreign"] as const)(
  "a loop that is %s is a fault within half a second, is neither closed nor open, and is whole again when it is",
  async (fault) => {
    uno.setLoop(CONTACT_PIN, fault);
    await clock.pass(500);
    expect([board.supervision!.fault(CONTACT), board.input(CONTACT), board.input(FIRE)]).toEqual([fault, undefined, true]);
    uno.setLoop(CONTACT_PIN, "open");
    await clock.pass(300);
    expect([told, board.input(CONTACT)]).toEqual([[`0 ${fault}`, "0 whole", "0 open"], false]);
  },
);

test("a board that boots anew has both loops measured again", async () => {
  uno.setLoop(FIRE_PIN, "cut");
  uno.reset();
  await clock.pass(1_000);
  expect(await clock.until(() => board.health.kind === "online" && board.supervision!.fault(FIRE) === "cut", 5_000)).toBe(true);
  expect(board.input(CONTACT)).toBe(true);
});
