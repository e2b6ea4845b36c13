import { simulatedClock } from "@portico/firmware-ts";
import { type DatagramLink, encodeRequest, UHPPOTE_PORT } from "@portico/firmware-ts/uhppote";
import { type VirtualUhppote, virtualUhppote } from "@portico/simulator";
import { expect, test } from "vitest";
import { type CommandRecord, RecordedSurroundings } from "./recorded-surroundings.ts";

const SERIAL = 423_187_757;
const CARD = 6_154_410;

interface Network {
  readonly device: VirtualUhppote;
  readonly link: DatagramLink;
  readonly asked: { address: string; port: number; isBroadcast: boolean }[];
}

/** One board on a network where nothing takes time. */
function network(): Network {
  const asked: Network["asked"] = [];
  let hear: (bytes: Uint8Array, answer: (bytes: Uint8Array) => void) => void = () => {};
  const device = virtualUhppote({
    clock: simulatedClock(),
    serial: SERIAL,
    end: {
      onAsked(listener) {
        hear = listener;
        return () => {};
      },
      push: () => {},
    },
  });
  const link: DatagramLink = {
    name: "board",
    state: "open",
    trouble: "",
    ask(bytes, told) {
      queueMicrotask(() => hear(bytes, told));
      return () => {};
    },
    onPushed: () => () => {},
    onState: () => () => {},
    close: () => Promise.resolve(),
  };
  return { device, link, asked };
}

function run({ link, asked }: Network, ...words: string[]): Promise<CommandRecord> {
  const surroundings = new RecordedSurroundings({
    isTty: true,
    columns: 200,
    datagrams(place) {
      asked.push(place);
      return Promise.resolve(link);
    },
  });
  // Silence passes when nothing else is left to do.
  const wait = async (): Promise<void> => {
    for (let turn = 0; turn < 20; turn++) await Promise.resolve();
    surroundings.passTime();
  };
  surroundings.onWait = () => void wait();
  return surroundings.run("device", "uhppote", ...words);
}

test("boards are found by calling everybody, at the board's own port", async () => {
  const one = network();
  const { exitCode, out } = await run(one, "find");
  expect([exitCode, out]).toEqual([0, expect.stringMatching(/423187757 +127\.0\.0\.1 +255\.0\.0\.0 +0\.0\.0\.0 +8\.92/)]);
  await run(one, "find", "--address", "192.168.10.255:61000", "--wait", "1");
  expect(one.asked).toEqual([
    { address: "255.255.255.255", port: UHPPOTE_PORT, isBroadcast: true },
    { address: "192.168.10.255", port: 61_000, isBroadcast: true },
  ]);
  one.device.setMute(true);
  expect(await run(one, "find")).toMatchObject({ exitCode: 3, err: expect.stringContaining("no board answers") });
});

test("how a board is set is shown a row a door, and cards of its own are pointed out", async () => {
  const one = network();
  one.link.ask(encodeRequest(SERIAL, { kind: "setDoor", door: 2, control: "normally-open", delayS: 7 }), () => {});
  one.link.ask(encodeRequest(SERIAL, { kind: "putCard", card: CARD, doors: 1 }), () => {});
  one.device.setInput(0, true);
  const { exitCode, out, err } = await run(one, "show", "192.168.10.20", String(SERIAL));
  expect(exitCode).toBe(0);
  expect(out).toMatch(/1 +controlled +3 s +off +closed/);
  expect(out).toMatch(/2 +normally-open +7 s +on +open/);
  expect(err).toContain("version 8.92, its clock 2026-01-01 00:00:00, 1 cards of its own, events sent to nobody, log read up to 0 of 0");
  expect(err).toContain("next: it lets these cards in without us");
});

test("its log is told in words, and no card's number is", async () => {
  const one = network();
  for (let times = 0; times < 30; times++) one.device.swipe(4, CARD);
  const { exitCode, out } = await run(one, "events", "192.168.10.20", String(SERIAL), "--limit", "2");
  expect([exitCode, out.match(/^\d+ .*/gm)?.length, out.includes(String(CARD))]).toEqual([0, 2, false]);
  expect(out).toMatch(/29 +2026-01-01 00:00:00 +1 +out +a card that is not on the board's own list/);
});

test("its list is emptied where somebody knows how long it is, and not otherwise", async () => {
  const one = network();
  one.link.ask(encodeRequest(SERIAL, { kind: "putCard", card: CARD, doors: 1 }), () => {});
  await Promise.resolve();
  const place = ["192.168.10.20", String(SERIAL)];
  expect(await run(one, "clear-cards", ...place, "--cards", "2")).toMatchObject({ exitCode: 1, err: expect.stringContaining("it has 1 cards, not 2") });
  expect(one.device.cards.size).toBe(1);
  expect(await run(one, "clear-cards", ...place, "--cards", "1")).toMatchObject({ exitCode: 0, err: "cleared: 1 cards\n" });
  expect(one.device.cards.size).toBe(0);
  expect((await run(one, "clear-cards", ...place)).exitCode, "without a number").toBe(2);
});

test("another number, a silent board and what is no address are told apart, with the next step", async () => {
  const one = network();
  expect(await run(one, "show", "192.168.10.20", "405419896")).toMatchObject({
    exitCode: 3,
    err: "portico: no such board answers\non: 192.168.10.20 405419896\nnext: check power, network and the number printed on the board: portico device uhppote find\n",
  });
  expect((await run(one, "show", "board.example", String(SERIAL))).exitCode).toBe(2);
  expect((await run(one, "show", "192.168.10.256", String(SERIAL))).exitCode).toBe(2);
});
