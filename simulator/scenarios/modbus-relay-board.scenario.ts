import {
  type DeviceResult,
  frameSilenceMs,
  memoryWirePair,
  modbusBus,
  modbusRelayBoard,
  type RelayBoard,
  seededRandom,
  serialScanner,
  simulatedClock,
  writeCoil,
} from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { virtualRelayBoard } from "../src/virtual-relay-board.ts";
import { virtualScanner } from "../src/virtual-scanner.ts";
import { indicatorContract } from "./contracts/indicator.contract.ts";
import { relayBoardContract } from "./contracts/relay-board.contract.ts";
import { bench, isRelayFrame, MODBUS_LIMITS, modbusRig } from "./modbus-bench.ts";

relayBoardContract("Modbus RTU", modbusRig, MODBUS_LIMITS);
indicatorContract("Modbus RTU", modbusRig, MODBUS_LIMITS);

test("a pulse is the maker's own frame, written within the call, and the answer tells which frame and when", async () => {
  const { clock, board, frames } = await bench();
  await clock.until(() => frames.length > 3, 1_000);
  await clock.pass(20); // between two polls the line is free
  const wishedAt = clock.monotonic();
  const result = board.pulse(0, 650);
  clock.advance(1);
  expect(frames.at(-1)).toEqual({ hex: "0105020000078db0", at: wishedAt + 8 / 11.52 });
  await clock.pass(20);
  expect(await result).toEqual({ ok: true, sent: { frame: Uint8Array.from(Buffer.from("0105020000078db0", "hex")), at: wishedAt } });
});

test.each([
  [9_600, 0.45, 45],
  [115_200, 0.15, 10],
])("at %i baud polls leave the line free most of the time and a relay command waits for one answer at most", async (baud, shareMax, waitMaxMs) => {
  const { clock, board, device, frames } = await bench({ baud });
  const [startedAt, before] = [clock.monotonic(), device.requests];
  await clock.pass(10_000);
  const exchangeMs = ((8 + 6) * 10_000) / baud + 2;
  const share = ((device.requests - before) * exchangeMs) / (clock.monotonic() - startedAt);
  expect(share).toBeLessThan(shareMax);
  let longest = 0;
  for (let press = 0; press < 100; press++) {
    await clock.pass(53.7);
    const count = frames.filter(isRelayFrame).length;
    const wishedAt = clock.monotonic();
    void board.pulse(0, 100);
    await clock.until(() => frames.filter(isRelayFrame).length > count, 1_000);
    longest = Math.max(longest, frames.findLast(isRelayFrame)!.at - wishedAt);
  }
  expect(longest).toBeLessThan(waitMaxMs);
});

test("one lost poll is not offline, three in a row are", async () => {
  const { clock, line, board, device } = await bench();
  const healths: string[] = [];
  board.onHealth(({ kind }) => healths.push(kind));
  for (const polls of [1, 2]) {
    device.setMute(true);
    await clock.pass(polls * 130);
    device.setMute(false);
    await clock.pass(500);
  }
  expect(healths).toEqual([]);
  line.setFaults({ drop: 1 });
  await clock.pass(1_000);
  expect(board.health).toMatchObject({
    kind: "offline",
    error: "TimedOut",
    detail: "unit 1 does not answer: check power, the pair A and B, baud rate and unit number",
  });
});

test("a pulse whose answers are lost is repeated for what remains of the hold, then given up and ended", async () => {
  const { clock, board, device, frames } = await bench();
  const changes: string[] = [];
  device.onRelay((relay, energized) => changes.push(`${relay} ${energized}`));
  device.setDumb(true);
  await clock.pass(1);
  const pulse = board.pulse(0, 1_000);
  await clock.pass(2_000);
  expect(await pulse).toMatchObject({ ok: false, error: "TimedOut", detail: "board relay 0: no answer after 3 attempts" });
  expect(
    frames
      .filter(isRelayFrame)
      .map(({ hex }) => hex.slice(4, 12))
      .slice(0, 4),
  ).toEqual(["0200000a", "0200000a", "0200000a", "00000000"]);
  expect(changes).toEqual(["0 true", "0 false"]);
});

test("whatever the line drops, mangles or delays: a pulse ends within 300 ms after its hold, and never opens a second time", async () => {
  let granted = 0;
  for (let seed = 0; seed < 150; seed++) {
    const { clock, line, board, device } = await bench({ seed });
    const random = seededRandom(1_000 + seed);
    // A frame in four pieces is under way for 60 ms at most: the longest that the promise covers.
    line.setFaults({ drop: 0.35, flipBit: 0.1, split: 0.2, delayMsMax: 14 });
    for (let press = 0; press < 4; press++) {
      const changes: { energized: boolean; at: number }[] = [];
      const stop = device.onRelay((relay, energized) => relay === 0 && changes.push({ energized, at: clock.monotonic() }));
      const holdMs = 100 + Math.floor(random() * 1_500);
      let result: DeviceResult | undefined;
      const wishedAt = clock.monotonic();
      void board.pulse(0, holdMs).then((settled) => (result = settled));
      await clock.pass(6_000);
      stop();
      expect(result, `seed ${seed}: answered`).toBeDefined();
      if (result!.ok) {
        granted++;
        expect(changes.length, `seed ${seed}: opened`).toBeGreaterThan(0);
      }
      const name = `seed ${seed}, hold ${holdMs}: ${JSON.stringify(changes.map(({ energized, at }) => [energized, at - wishedAt]))}`;
      expect(changes.filter(({ energized }) => energized).length, name).toBeLessThanOrEqual(1);
      // Frame, noise and a wait for the line: the first frame of a failed pulse went out within an answer's time of the wish.
      const latestFirst = result!.ok ? result!.sent!.at : wishedAt + 130;
      for (const { energized, at } of changes) expect(at, name).toBeLessThanOrEqual(latestFirst + (energized ? holdMs : holdMs + 300));
      expect(device.relay(0), name).toBe(false);
    }
  }
  expect(granted).toBeGreaterThan(300);
});

test("off for one relay does not wait for the repetitions of another's wish", async () => {
  const { clock, board, device, frames } = await bench();
  await clock.pass(10);
  device.setMute(true);
  void board.pulse(0, 5_000);
  await clock.pass(50);
  void board.set(1, false);
  await clock.pass(100);
  expect(frames.filter(isRelayFrame).map(({ hex }) => hex.slice(4, 8))).toEqual(["0200", "0001"]);
});

test("a relay that somebody else switched is put back within a second or two", async () => {
  const { clock, board, device, line } = await bench();
  await clock.pass(1);
  void board.set(1, true);
  await clock.pass(100);
  line.near.write(writeCoil(1, 4, true).frame);
  await clock.pass(10);
  line.near.write(writeCoil(1, 1, false).frame);
  await clock.pass(10);
  expect([device.relay(1), device.relay(4)]).toEqual([false, true]);
  await clock.pass(1_500);
  expect([device.relay(1), device.relay(4)]).toEqual([true, false]);
});

test("a board with fewer relays than configured is told as such", async () => {
  const { board } = await bench({ relays: 8, deviceRelays: 4 });
  expect(board.health).toMatchObject({
    kind: "offline",
    error: "BadReply",
    detail: "relays cannot be read: exception 2 (the board has no such relay, input or pulse address)",
  });
});

test("a refused pulse is told with the board's reason, and does not count as silence", async () => {
  const { clock, board } = await bench({ relays: 8, deviceRelays: 4 });
  const pulse = board.pulse(7, 500);
  await clock.pass(200);
  expect(await pulse).toEqual({ ok: false, error: "BadReply", detail: "board relay 7: exception 2 (the board has no such relay, input or pulse address)" });
  expect(board.health).toMatchObject({ error: "BadReply" });
});

test("two boards share a line; a dead one does not hold up the other", async () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "rs485", clock, random: seededRandom(1), baud: 9_600 });
  const devices = [1, 2].map((unit) => virtualRelayBoard({ wire: line.far, clock, unit, answerAfterMs: 5 }));
  const bus = modbusBus({ wire: line.near, clock, silenceMs: frameSilenceMs(9_600) });
  const [first, second] = [1, 2].map((unit) => modbusRelayBoard({ id: `board-${unit}`, bus, unit, relays: 8, inputs: 8 })) as [RelayBoard, RelayBoard];
  expect(await clock.until(() => first.health.kind === "online" && second.health.kind === "online", 1_000)).toBe(true);
  void Promise.all([first.set(0, true), second.set(1, true)]);
  await clock.pass(200);
  expect([devices[0]!.relay(0), devices[0]!.relay(1), devices[1]!.relay(0), devices[1]!.relay(1)]).toEqual([true, false, false, true]);
  devices[0]!.setMute(true);
  expect(await clock.until(() => first.health.kind === "offline", 2_000)).toBe(true);
  let waited = 0;
  for (let press = 0; press < 50; press++) {
    await clock.pass(97);
    const wishedAt = clock.monotonic();
    const target = !devices[1]!.relay(3);
    void second.set(3, target);
    await clock.until(() => devices[1]!.relay(3) === target, 1_000);
    waited = Math.max(waited, clock.monotonic() - wishedAt);
  }
  expect(waited).toBeLessThan(150);
  expect(second.health.kind).toBe("online");
});

test("a scan's relay frame is on the line in the turn that brought the scan's last byte", async () => {
  const { clock, board, frames } = await bench();
  const line = memoryWirePair({ name: "scanner", clock, random: seededRandom(2) });
  const reader = virtualScanner({ wire: line.far, clock, random: seededRandom(3), aimPrefix: "]Q1", chunkMax: 20 });
  const scanner = serialScanner({ id: "in", wire: line.near, clock, terminator: "any", gapMs: 60 });
  const scans: string[] = [];
  scanner.onScan(({ bytes }) => {
    scans.push(String.fromCharCode(...bytes));
    void board.pulse(0, 300);
  });
  await clock.until(() => frames.length > 3, 1_000);
  await clock.pass(20);
  const scannedAt = clock.monotonic();
  void reader.scan("PT1:HELLO");
  await clock.pass(1);
  expect(scans).toEqual(["PT1:HELLO"]);
  expect(frames.filter(isRelayFrame).at(-1)!.at - scannedAt).toBeLessThan(1);
});
