import * as fc from "fast-check";
import { expect, test } from "vitest";
import { bench, MODBUS_LIMITS, type ModbusBench } from "./modbus-bench.ts";

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
  const results = all.map((relay) => board.pulse(relay, HOLD_MS, true));
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
  all.forEach((relay) => void board.pulse(relay, HOLD_MS, true));
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
  const drops: { readonly relay: number; readonly at: number }[] = [];
  device.onRelay((relay, on) => void (!on && drops.push({ relay, at: clock.monotonic() })));
  const from = clock.monotonic();
  void board.pulse(5, 2_000);
  await clock.pass(100);
  for (const relay of all) if (relay !== 5) void board.set(relay, true);
  await clock.until(() => energized(rig) === FLOORS, 1_000);
  await clock.pass(3_000);
  expect(drops.map(({ relay }) => relay)).toEqual([5]);
  expect(drops[0]!.at - from).toBeLessThan(2_050);
});

test("a strike that is released among lights is timed by the board from its first frame: a controller that dies then leaves nobody's strike energised", async () => {
  const rig = await bench({ relays: 8, inputs: 0, deviceRelays: 8 });
  const { clock, board, device, line } = rig;
  const [strike, green, red, buzzer] = [0, 4, 5, 6];
  void board.set(red, true);
  await clock.pass(100);
  expect(device.relay(red)).toBe(true);
  const from = clock.monotonic();
  // As a lane grants that has just refused somebody, while the line is busy with something else.
  void board.set(7, true);
  void board.pulse(strike, 300);
  void board.pulse(green, 1_500);
  void board.pulse(buzzer, 200);
  void board.set(red, false);
  expect(await clock.until(() => device.relay(strike), 100)).toBe(true);
  line.cut();
  expect(told(rig, from)).toEqual({ one: 2, many: 0 });
  expect(await clock.until(() => !device.relay(strike), 300 + MODBUS_LIMITS.holdExcessMs)).toBe(true);
});

test("a board that knows no frame for many is told one by one", async () => {
  const rig = await bench({ relays: 8, inputs: 0, deviceRelays: 8 });
  const { clock, board } = rig;
  rig.device.setUnknown(WRITE_COILS);
  const results = [0, 1, 2, 3, 4, 5].map((relay) => board.pulse(relay, 1_000, true));
  await clock.pass(500);
  expect(await Promise.all(results)).toEqual([0, 1, 2, 3, 4, 5].map(() => expect.objectContaining({ ok: true })));
  expect(energized(rig)).toBe(6);
  await clock.pass(1_500);
  expect(energized(rig)).toBe(0);
});

test("a board that says that it did what it did not is found out by the next reading, and told one by one", async () => {
  const rig = await bench({ relays: 8, inputs: 0, deviceRelays: 8 });
  const { clock, board, device } = rig;
  device.setUnknown(WRITE_COILS, true);
  const six = [0, 1, 2, 3, 4, 5];
  for (const relay of six) void board.set(relay, true);
  await clock.pass(1_500);
  expect(energized(rig)).toBe(6);
  const from = clock.monotonic();
  for (const relay of six) void board.set(relay, false);
  await clock.pass(200);
  expect([energized(rig), told(rig, from)]).toEqual([0, { one: 6, many: 0 }]);
});

test("a busy board is asked again, and whoever waits is told when it is done", async () => {
  const { clock, board, device } = await bench({ relays: 8, inputs: 0 });
  await clock.pass(50);
  device.setBusy(true);
  const results = [0, 1, 2, 3, 4, 5].map((relay) => board.pulse(relay, 2_000, true));
  await clock.pass(400);
  device.setBusy(false);
  await clock.pass(400);
  expect((await Promise.all(results)).every(({ ok }) => ok)).toBe(true);
  expect([0, 1, 2, 3, 4, 5].every((relay) => device.relay(relay))).toBe(true);
  await clock.pass(2_500);
  expect([0, 1, 2, 3, 4, 5].some((relay) => device.relay(relay))).toBe(false);
});

type Wished = { readonly relay: number; readonly what: "on" | "off" | number; readonly isOneOfMany: boolean };
const anyWish: fc.Arbitrary<Wished> = fc.record({
  relay: fc.nat({ max: 11 }),
  what: fc.oneof(
    fc.constantFrom("on" as const, "off" as const),
    fc.integer({ min: 1, max: 30 }).map((units) => units * 100),
  ),
  isOneOfMany: fc.boolean(),
});

test("whatever is wished together and when, on a line that loses frames: each relay ends as its newest wish says, and no pulse outlasts its time by much", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat({ max: 300 }), fc.array(anyWish, { maxLength: 12 })), { maxLength: 8 }), fc.nat(), async (script, seed) => {
      const { clock, board, device, line } = await bench({ seed, relays: 12, inputs: 0, deviceRelays: 12 });
      line.setFaults({ drop: 0.05, flipBit: 0.02, duplicate: 0.05 });
      const newest = new Map<number, { readonly what: Wished["what"]; readonly at: number }>();
      for (const [afterMs, wishes] of script) {
        await clock.pass(afterMs);
        for (const { relay, what, isOneOfMany } of wishes) {
          newest.set(relay, { what, at: clock.monotonic() });
          void (typeof what === "number" ? board.pulse(relay, what, isOneOfMany) : board.set(relay, what === "on"));
        }
      }
      line.setFaults({});
      await clock.pass(3_000 + 4_000);
      for (const [relay, { what }] of newest) expect([relay, device.relay(relay)]).toEqual([relay, what === "on"]);
    }),
    { numRuns: 12 },
  );
});
