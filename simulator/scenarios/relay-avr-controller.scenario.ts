import type { DeviceRow } from "@portico/controller";
import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { relayAvrHex } from "../src/uno-program.ts";
import { virtualUno } from "../src/virtual-uno.ts";
import { controllerBench } from "./controller-bench.ts";
import { INPUT_PINS, READER_PINS, RELAY_PINS } from "./relay-avr-bench.ts";

const TOML = `[site]
id = "demo"
[controller]
id = "library"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
[[wire]]
id = "board"
serial = "/dev/nowhere/board"
baud = 57600
[[relay_board]]
id = "board"
wire = "board"
protocol = "relay-avr"
relays = 8
inputs = 6
[[scanner]]
id = "library-in"
board = "board"
card = { format = "wiegand-26" }
[[scanner]]
id = "library-out"
board = "board"
reader = 1
card = { format = "wiegand-34" }
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
contact = { board = "board", input = 0 }
rex = { board = "board", input = 1 }
release_time_ms = 1234
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
[[access_point]]
id = "library-out"
scanner = "library-out"
door = "library"
egress = true
`;

test("a controller with our board: cards of two Wiegand readers are judged, the strike is released to the millisecond, and ends with the controller", async () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "board", clock, random: seededRandom(1) });
  const uno = await virtualUno({ wire: line.far, clock, hex: relayAvrHex("active-high") });
  const side = uno.boardSide({ relayPins: RELAY_PINS, inputPins: INPUT_PINS, activeLow: false });
  const strike: number[] = [];
  uno.onPin((pin, _, cycle) => pin === RELAY_PINS[0] && strike.push(cycle));
  side.setInput(0, true);
  const one = controllerBench({ toml: TOML, clock, wireOf: () => line.near });
  await one.start();
  expect(await one.ask<readonly DeviceRow[]>("GET /v1/devices")).toMatchObject([
    { id: "library-in", kind: "scanner", wire: "board", health: "online" },
    { id: "library-out", kind: "scanner", wire: "board", health: "online" },
    { id: "board", kind: "relay-board", wire: "board", health: "online" },
  ]);

  uno.sendCard(READER_PINS[0], "10110011100011110000111110");
  await clock.pass(120);
  uno.sendCard(READER_PINS[1], "10101");
  await clock.pass(120);
  const counts = (await one.ask<readonly DeviceRow[]>("GET /v1/devices")).map(({ counts: each }) => each);
  expect(counts).toMatchObject([{ scans: 1, unreadable: 0 }, { scans: 0, unreadable: 1 }, {}]);
  expect(one.judged).toMatchObject([{ accessPoint: "library-in", outcome: "denied" }]);
  expect(JSON.stringify([one.events, one.judged])).not.toContain("10110011100011110000111110");

  strike.length = 0;
  await one.ask("POST /v1/doors/:id/:act", { id: "library", act: "access" }, { by: "wang", reason: "" });
  await clock.pass(1_400);
  expect(strike.length).toBe(2);
  expect(Math.abs((strike[1]! - strike[0]!) / 16_000 - 1_234)).toBeLessThan(0.1);

  side.setInput(1, true);
  await clock.pass(100);
  expect([side.relay(0), one.names().includes("RequestToExit")]).toEqual([true, true]);
  await one.stop();
  expect(side.relay(0), "stopped, every output is off").toBe(false);
  uno.close();
});
