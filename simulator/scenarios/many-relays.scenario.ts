import { expect, test } from "vitest";
import { bench, type ModbusBench } from "./modbus-bench.ts";

/** Modbus function 0F. */
const WRITE_COILS = 0x0f;
const HOLD_MS = 8_000;
const FLOORS = 64;
const all = Array.from({ length: FLOORS }, (_, relay) => relay);
const energized = ({ device }: ModbusBench): number => all.filter((relay) => device.relay(relay)).length;
const open = (baud: number): Promise<ModbusBench> => bench({ baud, relays: FLOORS, inputs: 0, deviceRelays: FLOORS });
/** Frames that switch relays, by their function. */
const told = ({ frames }: ModbusBench, since: number): { readonly one: number; readonly many: number } => ({
  one: frames.filter(({ hex, at }) => at > since && hex.startsWith("0105")).length,
  many: frames.filter(({ hex, at }) => at > since && hex.startsWith("010f")).length,
});

test.each([
  [9_600, 150],
  [115_200, 40],
])("at %i baud all 64 floors of a grant are enabled within %i ms, and each is timed by the board behind that", async (baud, withinMs) => {
  const rig = await open(baud);
  const { clock, board } = rig;
  const from = clock.monotonic();
  const results = all.map((relay) => board.pulse(relay, HOLD_MS));
  await clock.until(() => energized(rig) === FLOORS, 10_000);
  expect(clock.monotonic() - from).toBeLessThan(withinMs);
  await clock.until(() => told(rig, from).one >= FLOORS, 10_000);
  await clock.pass(100);
  expect((await Promise.all(results)).every(({ ok }) => ok)).toBe(true);
  expect(told(rig, from)).toEqual({ one: FLOORS, many: 1 });
  rig.line.cut(); // the controller falls silent
  await clock.until(() => energized(rig) === 0, HOLD_MS + 300);
  expect(clock.monotonic() - from).toBeGreaterThan(HOLD_MS - 100);
});

test("what the board has not timed yet when the line is cut is dropped as soon as it is back", async () => {
  const rig = await open(9_600);
  const { clock, board, line } = rig;
  all.forEach((relay) => void board.pulse(relay, HOLD_MS));
  await clock.until(() => energized(rig) === FLOORS, 1_000);
  line.cut();
  await clock.pass(2 * HOLD_MS);
  expect(energized(rig)).toBeGreaterThan(FLOORS / 2);
  line.mend();
  await clock.until(() => energized(rig) === 0, 1_000);
});

test("securing 64 floors takes two frames at most", async () => {
  const rig = await open(9_600);
  const { clock, board } = rig;
  all.forEach((relay) => void board.set(relay, true));
  await clock.until(() => energized(rig) === FLOORS, 1_000);
  const from = clock.monotonic();
  all.forEach((relay) => void board.set(relay, false));
  await clock.until(() => energized(rig) === 0, 1_000);
  await clock.pass(200);
  const { one, many } = told(rig, from);
  expect(one + many).toBeLessThanOrEqual(2);
});

test("a relay that the board times is no part of a frame for many: it keeps its time", async () => {
  const rig = await open(115_200);
  const { clock, board, device } = rig;
  const drops: number[] = [];
  device.onRelay((relay, on) => void (!on && drops.push(relay)));
  void board.pulse(5, 2_000);
  await clock.pass(100);
  const from = clock.monotonic();
  for (const relay of all) if (relay !== 5) void board.set(relay, true);
  await clock.until(() => energized(rig) === FLOORS, 1_000);
  await clock.pass(3_000);
  expect(drops).toEqual([5]);
  expect(clock.monotonic() - from).toBeGreaterThan(3_000);
});

test("a board that knows no frame for many is told one by one", async () => {
  const rig = await bench({ relays: 8, inputs: 0, deviceRelays: 8 });
  const { clock, board } = rig;
  rig.device.setUnknown(WRITE_COILS);
  const results = [0, 1, 2, 3, 4, 5].map((relay) => board.pulse(relay, 1_000));
  await clock.pass(500);
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4, 5].map(() => expect.objectContaining({ ok: true })));
  expect(energized(rig)).toBe(6);
  await clock.pass(1_500);
  expect(energized(rig)).toBe(0);
});
