import { frameSilenceMs, memoryWirePair, modbusBus, modbusRelayBoard, type RelayBoard, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { findRequest, refusal } from "../src/modbus-unit.ts";
import { virtualRelayBoard } from "../src/virtual-relay-board.ts";
import { busyBoardContract } from "./contracts/busy-board.contract.ts";
import { bench, isRelayFrame, MODBUS_LIMITS, modbusRig } from "./modbus-bench.ts";

busyBoardContract("Modbus RTU", modbusRig, MODBUS_LIMITS);

test.each([5, 6])("a board that answers exception %i is asked again twenty times a second and no more, and obeys when it is free", async (exception) => {
  const { clock, board, device, frames } = await bench();
  await clock.pass(10);
  await clock.until(() => !frames.some(({ at }) => at === clock.monotonic()), 10);
  device.setBusy(true, exception);
  const before = frames.filter(isRelayFrame).length;
  const off = board.set(0, false);
  await clock.pass(500);
  const asked = frames.filter(isRelayFrame).slice(before);
  expect(asked.length).toBeGreaterThanOrEqual(8);
  expect(asked.length).toBeLessThanOrEqual(11);
  device.setBusy(false);
  await clock.pass(80);
  expect(await off).toMatchObject({ ok: true });
});

test("a pulse that a board has accepted, and is slow about, is repeated for what remains of its hold only", async () => {
  const { clock, board, device, frames } = await bench();
  await clock.pass(10);
  device.setBusy(true, 5);
  const pulse = board.pulse(0, 500);
  await clock.pass(2_000);
  expect(await pulse).toMatchObject({ ok: false, error: "BadReply", detail: expect.stringContaining("exception 5 (accepted, takes long)") });
  const asked = frames.filter(isRelayFrame);
  expect(asked.filter(({ hex }) => hex.slice(4, 6) === "02").every(({ at }) => at - asked[0]!.at <= 500)).toBe(true);
  expect(asked.at(-1)!.hex.slice(4, 12), "it is asked off behind it").toBe("00000000");
});

test("a line of two boards stays free while one of them is busy", async () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "rs485", clock, random: seededRandom(1), baud: 9_600 });
  const devices = [1, 2].map((unit) => virtualRelayBoard({ wire: line.far, clock, unit, answerAfterMs: 5 }));
  const bus = modbusBus({ wire: line.near, clock, silenceMs: frameSilenceMs(9_600) });
  const [first, second] = [1, 2].map((unit) => modbusRelayBoard({ id: `board-${unit}`, bus, unit, relays: 8, inputs: 8 })) as [RelayBoard, RelayBoard];
  expect(await clock.until(() => first.health.kind === "online" && second.health.kind === "online", 1_000)).toBe(true);
  devices[0]!.setBusy(true);
  for (let relay = 0; relay < 8; relay++) void first.set(relay, true);
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

test("closing a board that knows no frame for all relays asks relay by relay, waits while it is busy, and leaves no timer behind", async () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "board", clock, random: seededRandom(1) });
  const asked: number[] = [];
  line.far.onBytes((bytes) => {
    const { frame } = findRequest(bytes)!;
    asked.push(frame[1]!);
    line.far.write(refusal(frame, frame[1] === 0x0f ? 1 : 6));
  });
  const board = modbusRelayBoard({ id: "board", bus: modbusBus({ wire: line.near, clock }), unit: 1, relays: 2, inputs: 0 });
  await clock.pass(100);
  asked.length = 0;
  let isClosed = false;
  void board.close().then(() => (isClosed = true));
  await clock.pass(1_200);
  expect([isClosed, asked.slice(0, 3), clock.pending]).toEqual([true, [0x0f, 0x05, 0x05], 0]);
  expect(asked.length).toBeLessThan(25);
});
