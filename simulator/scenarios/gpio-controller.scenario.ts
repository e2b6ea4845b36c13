import type { DeviceRow } from "@portico/controller";
import { memoryWirePair, seededRandom, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { virtualGpio } from "../src/virtual-gpio.ts";
import { controllerBench } from "./controller-bench.ts";

const TOML = `[site]
id = "demo"
[controller]
id = "library"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
[[wire]]
id = "scanner"
serial = "/dev/nowhere/scanner"
[[scanner]]
id = "library-in"
wire = "scanner"
[[relay_board]]
id = "lines"
protocol = "gpio"
relay_lines = [17, "GPIO27"]
input_lines = [22, 23]
active_low = true
[[door]]
id = "library"
strike = { board = "lines", relay = 0 }
contact = { board = "lines", input = 0 }
rex = { board = "lines", input = 1 }
release_time_ms = 1500
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
`;

test("a controller with relays on its own lines: contact and button are heard, the strike is released to the millisecond, and drops with the program", async () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "scanner", clock, random: seededRandom(1) });
  let keeps = true;
  const pi = virtualGpio({ clock, random: seededRandom(1), version: "2.2.1", relayLines: [17, 27], inputLines: [22, 23], activeLow: true });
  pi.setInput(0, true);
  const strike: { energized: boolean; at: number }[] = [];
  pi.onRelay((relay, energized) => relay === 0 && strike.push({ energized, at: clock.monotonic() }));
  const one = controllerBench({ toml: TOML, clock, wireOf: () => line.near, gpio: { tools: pi.tools, keepsOutputs: () => keeps } });
  await one.start();
  await clock.pass(3_500);
  expect((await one.ask<readonly DeviceRow[]>("GET /v1/devices"))[1]).toMatchObject({
    id: "lines",
    wire: "gpiochip0",
    health: "offline",
    detail: expect.stringContaining("strict_gpiod"),
  });
  expect(one.names()).toContain("DeviceOffline");
  keeps = false;
  await clock.pass(1_000);
  expect((await one.ask<readonly DeviceRow[]>("GET /v1/devices"))[1]).toMatchObject({ health: "online" });

  await one.ask("POST /v1/doors/:id/:act", { id: "library", act: "access" }, { by: "wang", reason: "" });
  await clock.pass(2_000);
  expect(strike.map(({ energized }) => energized)).toEqual([true, false]);
  expect(Math.abs(strike[1]!.at - strike[0]!.at - 1_500)).toBeLessThan(10);

  pi.setInput(1, true);
  await clock.pass(150);
  expect([pi.relay(0), one.names().includes("RequestToExit")]).toEqual([true, true]);
  pi.dieWithParent();
  expect(pi.relay(0), "killed in the middle of a release").toBe(false);
  await one.stop();
  await clock.pass(500);
  expect([pi.relay(0), pi.running]).toEqual([false, 0]);
});
