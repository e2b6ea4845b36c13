import { U32_MAX } from "@portico/card-protocol";
import {
  type MemoryWirePair,
  memoryWirePair,
  modbusBus,
  modbusRelayBoard,
  type Scanner,
  seededRandom,
  serialScanner,
  simulatedClock,
  type SimulatedClock,
} from "@portico/firmware-ts";
import { beforeEach, expect, test } from "vitest";
import { DeviceWatch, OUTAGE_GRACE_MS } from "./device-watch.ts";
import { ScriptedBoard } from "./rig/scripted-board.ts";

let time: SimulatedClock;
let wire: MemoryWirePair;
let told: string[];
beforeEach(() => {
  time = simulatedClock();
  wire = memoryWirePair({ name: "reader", clock: time, random: seededRandom(1) });
  told = [];
});

const scanner = (): Scanner => serialScanner({ id: "reader", wire: wire.near, clock: time, terminator: "any", gapMs: 60 });
const watched = (device: DeviceWatch["device"] = scanner()): DeviceWatch =>
  new DeviceWatch(device, time, {
    lost: (error, detail) => told.push(`lost ${error}: ${detail}`),
    back: (outageMs) => told.push(`back ${outageMs}`),
  });

test("an outage counts when it has lasted for three seconds, and its end says how long it was", () => {
  const watch = watched();
  time.advance(10_000);
  wire.cut();
  time.advance(OUTAGE_GRACE_MS - 1);
  expect(told).toEqual([]);
  time.advance(1);
  expect(told).toEqual(["lost Disconnected: unplugged"]);
  time.advance(60_000);
  wire.mend();
  expect([told.slice(1), watch.outages, watch.since]).toEqual([["back 63000"], 1, 73_000]);
});

test("one of more than 49 days is told as the longest that an event can hold", () => {
  watched();
  wire.cut();
  time.advance(U32_MAX + 1_000);
  wire.mend();
  expect(told[1]).toBe(`back ${U32_MAX}`);
});

test("one that is over sooner is told as back alone, without a length, and counted", () => {
  const watch = watched();
  for (let i = 0; i < 3; i++) {
    wire.cut();
    time.advance(OUTAGE_GRACE_MS - 1);
    wire.mend();
  }
  time.advance(60_000);
  expect([told, watch.outages]).toEqual([["back undefined", "back undefined", "back undefined"], 3]);
});

test("a device that does not answer from the start is lost after the grace, and told once", () => {
  wire.cut();
  const watch = watched();
  time.advance(60_000);
  expect([told, watch.outages]).toEqual([["lost Disconnected: unplugged"], 0]);
  wire.mend();
  expect(told[1]).toBe("back 60000");
});

test("a board that answers for the first time within the grace is back without an outage", async () => {
  const far = new ScriptedBoard(wire.far, time);
  const board = modbusRelayBoard({ id: "board", bus: modbusBus({ wire: wire.near, clock: time, silenceMs: 0 }), unit: 1, relays: 8, inputs: 8 });
  watched(board);
  await time.pass(OUTAGE_GRACE_MS + 1_000);
  expect([told, far.writes]).toEqual([["back undefined"], []]);
});

test("scans are counted", () => {
  const watch = watched();
  wire.far.write(Uint8Array.from(Buffer.from("one\rtwo\r")));
  time.advance(10);
  expect(watch.scans).toBe(2);
});

test("a watch that was closed tells nothing more and leaves no timer", () => {
  const before = time.pending;
  const watch = watched();
  wire.cut();
  watch.close();
  time.advance(60_000);
  wire.mend();
  expect([told, time.pending]).toEqual([[], before]);
});
