import { type UhppoteSwipe, uhppoteReader, encodeReply, encodeRequest } from "@portico/firmware-ts/uhppote";
import { expect, test } from "vitest";
import { SERIAL, UHPPOTE_LIMITS, type UhppoteBench, uhppoteBench } from "./uhppote-bench.ts";

const CARD = 6_154_410;

async function online(...made: Parameters<typeof uhppoteBench>): Promise<UhppoteBench & { readonly cards: UhppoteSwipe[]; readonly late: UhppoteSwipe[] }> {
  const one = uhppoteBench(...made);
  const cards: UhppoteSwipe[] = [];
  const late: UhppoteSwipe[] = [];
  one.board.onSwipe((swipe) => cards.push(swipe));
  one.board.onLateSwipe((swipe) => late.push(swipe));
  expect(await one.clock.until(() => one.board.health.kind === "online", 1_000)).toBe(true);
  return { ...one, cards, late };
}

test("a card is told at its reader within two readings, and within 20 ms where the board pushes its events", async () => {
  const polled = await online();
  const reader = uhppoteReader({ id: "out", board: polled.board, reader: 6, digits: 8 });
  const scans: string[] = [];
  reader.onScan(({ bytes }) => scans.push(new TextDecoder().decode(bytes)));
  polled.device.swipe(6, CARD);
  await polled.clock.pass(200);
  polled.device.swipe(2, CARD);
  await polled.clock.pass(200);
  expect([scans, polled.cards]).toEqual([["06154410"], [6, 2].map((each) => ({ reader: each, card: CARD }))]);

  const pushed = await online(1, { listener: { address: [10, 0, 0, 2], port: 60_001 } });
  await pushed.clock.pass(37);
  pushed.device.swipe(0, CARD);
  await pushed.clock.pass(20);
  expect(pushed.cards).toEqual([{ reader: 0, card: CARD }]);
});

test("the board leaves cards to us: an unknown one and one that left its own list open nothing, and both are told", async () => {
  const { device, clock, cards } = await online();
  device.swipe(0, CARD);
  await clock.pass(300);
  expect([device.relay(0), cards.length]).toEqual([false, 1]);
});

test("a board with a list of its own is not used, and says what to do; once it is empty it is", async () => {
  const one = uhppoteBench();
  one.network.link.ask(encodeRequest(SERIAL, { kind: "putCard", card: CARD, doors: 0b1111 }), () => {});
  await one.clock.pass(1_500);
  expect(one.board.health).toMatchObject({
    error: "BadReply",
    detail: "it has a list of its own with 1 card, and lets them in without us: portico device uhppote clear-cards",
  });
  expect(await one.board.pulse(0, 1_000)).toMatchObject({ ok: false, error: "BadReply" });
  one.network.link.ask(encodeRequest(SERIAL, { kind: "deleteCards" }), () => {});
  expect(await one.clock.until(() => one.board.health.kind === "online", 1_500)).toBe(true);
});

test("cards that were read while the board was not heard are told as late, each once, and open nothing", async () => {
  const one = await online();
  one.device.swipe(0, 1);
  await one.clock.pass(300);
  one.network.cut();
  one.device.swipe(0, 2);
  one.device.swipe(1, 3);
  await one.clock.pass(5_000);
  one.network.mend();
  expect(await one.clock.until(() => one.board.health.kind === "online", 1_000)).toBe(true);
  await one.clock.pass(500);
  one.device.swipe(0, 4);
  await one.clock.pass(300);
  expect([one.cards.map(({ card }) => card), one.late.map(({ card }) => card)]).toEqual([
    [1, 4],
    [2, 3],
  ]);
  await one.clock.pass(31_000);
  expect(one.device.index, "the board knows how far it was read").toBe(one.cards.length + one.late.length);
});

test("a controller that starts anew goes on behind the last row that was read", async () => {
  const first = await online();
  first.device.swipe(0, 1);
  await first.clock.pass(300);
  void first.board.close();
  await first.clock.pass(100);
  expect(first.device.index).toBe(1);
  first.device.swipe(0, 2);
  const { uhppoteBoard } = await import("@portico/firmware-ts/uhppote");
  const second = uhppoteBoard({ id: "board", link: first.network.link, serial: SERIAL, clock: first.clock, relays: 4, inputs: 8, localTime: () => undefined });
  const late: number[] = [];
  second.onLateSwipe(({ card }) => late.push(card));
  await first.clock.pass(500);
  expect([first.cards.map(({ card }) => card), late]).toEqual([[1], [2]]);
});

test("on a network that loses, doubles and delays a tenth of all datagrams no card is lost and none comes twice", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const one = await online(seed, { listener: { address: [10, 0, 0, 2], port: 60_001 } });
    one.network.setFaults({ drop: 0.05, flipBit: 0.05, duplicate: 0.1, delayMsMax: 30 });
    for (let card = 1; card <= 20; card++) {
      one.device.swipe(card % 8, card);
      await one.clock.pass(250);
    }
    one.network.setFaults({});
    await one.clock.pass(2_000);
    const told = [...one.cards, ...one.late].map(({ card }) => card).sort((a, b) => a - b);
    expect(told, `seed ${seed}`).toEqual(Array.from({ length: 20 }, (_, at) => at + 1));
    expect(one.late.length, `seed ${seed}: the board was heard all the time`).toBe(0);
  }
});

test("what strangers send changes nothing: answers of other boards, rubbish, and cards that nobody read", async () => {
  const one = await online(1, { listener: { address: [10, 0, 0, 2], port: 60_001 } });
  const event = { index: 9, type: 1, isGranted: false, door: 1, direction: 1, card: CARD, time: undefined, reason: 5 };
  const flags = [false, false, false, false];
  const forged = encodeReply(SERIAL, { kind: "status", event, isOpen: flags, isPressed: flags, isEnergized: flags, isForceLocked: false, isFire: false, fault: 0, time: undefined }); // prettier-ignore
  const told: unknown[] = [];
  one.board.onHealth((health) => told.push(health));
  one.board.onInput((input) => told.push(input));
  for (const bytes of [
    forged.with(4, 1),
    new Uint8Array(64),
    new Uint8Array(3),
    new Uint8Array(1_500).fill(0x17),
    encodeReply(SERIAL, { kind: "eventIndex", index: 99 }),
  ])
    for (let times = 0; times < 20; times++) {
      one.network.inject(bytes);
      await one.clock.pass(7);
    }
  // Off the path nobody knows which port waits: what comes to the port for events is only a reason to look.
  expect(one.network.waiting).toBe(0);
  one.network.inject(forged);
  await one.clock.pass(500);
  expect([told, one.cards, one.board.health.kind]).toEqual([[], [], "online"]);
});

test("the exit button on the board opens the door by itself, and is not fought; an opening that nobody wished is ended", async () => {
  const one = await online();
  const opened: boolean[] = [];
  one.device.onRelay((relay, energized) => relay === 1 && opened.push(energized));
  one.device.press(2);
  await one.clock.pass(2_900);
  expect([one.device.relay(1), opened]).toEqual([true, [true]]);
  await one.clock.pass(3_000);
  expect(opened).toEqual([true, false]);
  one.network.link.ask(encodeRequest(SERIAL, { kind: "open", door: 2 }), () => {});
  await one.clock.pass(250);
  expect([one.device.relay(1), opened, one.device.control[1]]).toEqual([false, [true, false, true, false], "controlled"]);
});

test("a relay that stays energised whatever it is told is found out, and an opening of the board's own is none", async () => {
  const one = await online();
  one.device.weld(3);
  one.device.press(1);
  await one.clock.pass(4_500);
  expect([0, 1, 2, 3].map((relay) => one.board.isStuck!(relay))).toEqual([false, false, false, true]);
});

test("fire on the board's own input opens its doors, and nobody shuts them", async () => {
  const one = await online(1, { inputs: 10 });
  one.device.setInput(9, false);
  await one.clock.pass(3_000);
  expect([one.board.input(9), [0, 1, 2, 3].map((relay) => one.device.relay(relay))]).toEqual([false, [true, true, true, true]]);
});

test("a door that somebody else has set is set back within ten seconds, also one that is held shut", async () => {
  const one = await online();
  one.network.link.ask(encodeRequest(SERIAL, { kind: "setDoor", door: 3, control: "normally-closed", delayS: 3 }), () => {});
  await one.clock.pass(10);
  expect(one.device.control[2]).toBe("normally-closed");
  expect(await one.clock.until(() => one.device.control[2] === "controlled", 10_000)).toBe(true);
});

test("a hold is set once, and from then on a grant is one datagram; a lost answer to it does not open the door twice", async () => {
  const one = await online();
  await one.clock.pass(1);
  const first = one.board.pulse(0, 4_200);
  expect(await one.clock.until(() => one.device.relay(0), 50)).toBe(true);
  expect(await first).toMatchObject({ ok: true });
  await one.clock.pass(8_000);
  const changes: { energized: boolean; at: number }[] = [];
  one.device.onRelay((relay, energized) => relay === 0 && changes.push({ energized, at: one.clock.monotonic() }));
  one.device.setDumb(true);
  const second = one.board.pulse(0, 5_000);
  await one.clock.pass(300);
  one.device.setDumb(false);
  await one.clock.pass(8_000);
  expect(await second).toMatchObject({ ok: true });
  expect(changes.map(({ energized }) => energized)).toEqual([true, false]);
  expect(changes[1]!.at - changes[0]!.at).toBeLessThanOrEqual(5_000 + 300);
});

test("its clock is set at the meeting and every hour, and never to a time that nobody knows", async () => {
  let time: { year: number; month: number; day: number; hour: number; minute: number; second: number } | undefined;
  const one = await online(1, { localTime: () => time, pollMs: 60_000 });
  expect(one.device.time.year).toBe(2026);
  time = { year: 2027, month: 3, day: 4, hour: 5, minute: 6, second: 7 };
  await one.clock.pass(3_601_000);
  expect(one.device.time).toMatchObject({ year: 2027, month: 3, day: 4, hour: 5, minute: 6 });
});

test("after its power failed it leaves cards to us again, and says nothing twice when its log was erased", async () => {
  const one = await online();
  one.device.powerCycle();
  await one.clock.pass(2_000);
  one.device.swipe(0, 5);
  await one.clock.pass(300);
  one.device.eraseEvents();
  one.device.swipe(0, 6);
  await one.clock.pass(300);
  expect(one.cards.map(({ card }) => card)).toEqual([5, 6]);
  expect(one.board.health.kind).toBe("online");
});

test("another board at the address is no answer: the number on it is named", async () => {
  const one = uhppoteBench(1, { serial: 405_419_896 });
  await one.clock.pass(UHPPOTE_LIMITS.giveUpMs);
  expect(one.board.health).toMatchObject({
    error: "TimedOut",
    detail: "no board with serial number 405419896 answers: check its power, the network, its address and the number printed on it",
  });
});
