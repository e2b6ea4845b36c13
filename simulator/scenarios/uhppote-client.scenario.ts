import { createSocket } from "node:dgram";
import { createRequire } from "node:module";
import { systemClock } from "@portico/firmware-ts";
import { udpLink, uhppoteBoard, type UhppoteSwipe } from "@portico/firmware-ts/uhppote";
import { expect, onTestFinished, test } from "vitest";
import { type UdpBoardEnd, udpBoardEnd } from "../src/udp-board-end.ts";
import { type VirtualUhppote, virtualUhppote } from "../src/virtual-uhppote.ts";
import { SERIAL } from "./uhppote-bench.ts";

/** What this test uses of the npm package `uhppoted`, which none of us wrote and which brings no types. */
interface Uhppoted {
  readonly Config: new (
    name: string,
    bind: string,
    broadcast: string,
    listen: string,
    timeoutMs: number,
    devices: readonly unknown[],
    debug: boolean,
  ) => unknown;
  getDevices(ctx: unknown): Promise<unknown[]>;
  getStatus(ctx: unknown, id: number): Promise<{ state: { event: { index: number; card: number; reason: { code: number } }; doors: Record<number, boolean> } }>;
  openDoor(ctx: unknown, id: number, door: number): Promise<{ opened: boolean }>;
  setDoorControl(ctx: unknown, id: number, door: number, delay: number, control: string): Promise<unknown>;
  getDoorControl(ctx: unknown, id: number, door: number): Promise<unknown>;
  setTime(ctx: unknown, id: number, time: string): Promise<unknown>;
  putCard(ctx: unknown, id: number, card: number, from: string, to: string, doors: Record<number, boolean>): Promise<{ stored: boolean }>;
  getCards(ctx: unknown, id: number): Promise<{ cards: number }>;
  deleteCards(ctx: unknown, id: number): Promise<{ deleted: boolean }>;
  recordSpecialEvents(ctx: unknown, id: number, enable: boolean): Promise<{ updated: boolean }>;
  setListener(ctx: unknown, id: number, address: string, port: number): Promise<{ updated: boolean }>;
  getListener(ctx: unknown, id: number): Promise<{ address: string; port: number }>;
  getEvent(ctx: unknown, id: number, index: number): Promise<{ event: { card: number; door: number; reason: { code: number } } }>;
  getEventIndex(ctx: unknown, id: number): Promise<{ index: number }>;
  setEventIndex(ctx: unknown, id: number, index: number): Promise<{ updated: boolean }>;
  listen(ctx: unknown, onEvent: (event: { state: { event: { card: number } } }) => void, onError: (error: Error) => void): { close(): void };
}
const uhppoted = createRequire(import.meta.url)("uhppoted") as Uhppoted;

async function onLoopback(): Promise<{ readonly end: UdpBoardEnd; readonly device: VirtualUhppote }> {
  const end = await udpBoardEnd();
  const device = virtualUhppote({ end, clock: systemClock(() => "untrusted"), serial: SERIAL });
  onTestFinished(async () => {
    device.close();
    await end.close();
  });
  return { end, device };
}

const contextOf = (end: UdpBoardEnd, listen = "127.0.0.1:0"): unknown => ({
  config: new uhppoted.Config("test", "127.0.0.1", `127.0.0.1:${end.port}`, listen, 5_000, [], false),
});

/** A port of loopback that nobody has. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1", () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

/** Resolves when the condition holds at one of the calls of `heard`. */
function condition(): { readonly heard: () => void; readonly holds: (check: () => boolean) => Promise<void> } {
  let wake = (): void => {};
  return {
    heard: () => wake(),
    holds: (check) => (check() ? Promise.resolve() : new Promise((resolve) => (wake = () => void (check() && resolve())))),
  };
}

test("a client that none of us wrote drives the virtual board over UDP: doors, cards, time, events and their index", async () => {
  const { end, device } = await onLoopback();
  const ctx = contextOf(end);
  const opened: boolean[] = [];
  device.onRelay((relay, energized) => relay === 2 && opened.push(energized));
  expect(await uhppoted.setDoorControl(ctx, SERIAL, 3, 7, "normally open")).toMatchObject({ doorControlState: { door: 3, delay: 7, control: { value: 1 } } });
  expect(await uhppoted.setDoorControl(ctx, SERIAL, 3, 7, "controlled")).toMatchObject({ doorControlState: { control: { value: 3 } } });
  expect(await uhppoted.openDoor(ctx, SERIAL, 3)).toMatchObject({ opened: true });
  expect(opened).toEqual([true, false, true]);
  expect(await uhppoted.getDoorControl(ctx, SERIAL, 3)).toMatchObject({ doorControlState: { door: 3, delay: 7 } });
  expect(await uhppoted.setTime(ctx, SERIAL, "2026-11-27 08:09:10")).toMatchObject({ datetime: "2026-11-27 08:09:10" });
  expect(device.time).toMatchObject({ year: 2026, month: 11, day: 27, hour: 8, minute: 9 });

  expect(await uhppoted.putCard(ctx, SERIAL, 6_154_410, "2026-01-01", "2026-12-31", { 1: true, 2: false, 3: true, 4: false })).toMatchObject({ stored: true });
  expect(await uhppoted.getCards(ctx, SERIAL)).toMatchObject({ cards: 1 });
  device.swipe(0, 6_154_410);
  device.swipe(1, 6_154_410);
  expect([device.relay(0), device.relay(1)], "its own list decides").toEqual([true, false]);
  expect(await uhppoted.deleteCards(ctx, SERIAL)).toMatchObject({ deleted: true });

  const { state } = await uhppoted.getStatus(ctx, SERIAL);
  expect(state).toMatchObject({ event: { index: 2, card: 6_154_410, reason: { code: 6 } }, doors: { 1: true } });
  expect(await uhppoted.getEvent(ctx, SERIAL, 1)).toMatchObject({ event: { door: 1, reason: { code: 1 } } });
  await expect(uhppoted.getEvent(ctx, SERIAL, 99)).rejects.toThrow(/event/);
  expect(await uhppoted.setEventIndex(ctx, SERIAL, 2)).toMatchObject({ updated: true });
  expect(await uhppoted.getEventIndex(ctx, SERIAL)).toMatchObject({ index: 2 });
  expect(await uhppoted.recordSpecialEvents(ctx, SERIAL, true)).toMatchObject({ updated: true });
});

test("what the virtual board pushes, that client hears", async () => {
  const { end, device } = await onLoopback();
  // It does not tell which port it was given: one that is free is found first.
  const port = await freePort();
  const ctx = contextOf(end, `127.0.0.1:${port}`);
  const { heard, holds } = condition();
  const cards: number[] = [];
  const listening = uhppoted.listen(
    ctx,
    ({ state }) => {
      cards.push(state.event.card);
      heard();
    },
    ({ message }) => expect.fail(message),
  );
  onTestFinished(() => listening.close());
  expect(await uhppoted.setListener(ctx, SERIAL, "127.0.0.1", port)).toMatchObject({ updated: true });
  expect(await uhppoted.getListener(ctx, SERIAL)).toMatchObject({ address: "127.0.0.1", port });
  device.swipe(0, 1_234_567);
  await holds(() => cards.length > 0);
  expect(cards).toEqual([1_234_567]);
});

test("our driver over real UDP: a door opens, a card that is read is told at once, and a board that is gone is named", async () => {
  const { end, device } = await onLoopback();
  const clock = systemClock(() => "untrusted");
  const port = await freePort();
  const listener = { address: [127, 0, 0, 1], port } as const;
  const link = udpLink({ clock, address: end.address, port: end.port, listener });
  const board = uhppoteBoard({ id: "board", link, serial: SERIAL, clock, relays: 4, inputs: 8, pollMs: 1_000, listener, localTime: () => undefined });
  const { heard, holds } = condition();
  const cards: UhppoteSwipe[] = [];
  board.onSwipe((swipe) => {
    cards.push(swipe);
    heard();
  });
  board.onHealth(heard);
  await holds(() => board.health.kind === "online");
  expect(await board.pulse(1, 1_000)).toMatchObject({ ok: true });
  expect(device.relay(1)).toBe(true);
  device.swipe(5, 6_154_410);
  await holds(() => cards.length > 0);
  expect(cards).toEqual([{ reader: 5, card: 6_154_410 }]);
  await board.close();
  expect([0, 1, 2, 3].some((relay) => device.relay(relay))).toBe(false);
  await link.close();
  const nobody = udpLink({ clock, address: "127.0.0.1", port });
  nobody.onState(heard);
  nobody.ask(new Uint8Array(64), () => {});
  await holds(() => nobody.state === "closed");
  expect(nobody.trouble).toBe(`nothing listens on 127.0.0.1:${port}: is the board on, and is this its address?`);
  await nobody.close();
});
