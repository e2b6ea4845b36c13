import { expect, test } from "vitest";
import type { DeviceResult, RelayBoard } from "./device.ts";
import { relayIndicator } from "./relay-indicator.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";

/** A board that notes what is asked of it and answers as told. */
function rig(answer: DeviceResult = { ok: true }): { clock: SimulatedClock; asked: string[]; board: RelayBoard } {
  const clock = simulatedClock();
  const asked: string[] = [];
  const note = (text: string): Promise<DeviceResult> => {
    asked.push(`${clock.monotonic()} ${text}`);
    return Promise.resolve(answer);
  };
  const board: RelayBoard = {
    id: "board",
    relays: 8,
    inputs: 0,
    timesPulse: true,
    health: { kind: "online" },
    onHealth: () => () => {},
    onInput: () => () => {},
    input: () => undefined,
    close: () => Promise.resolve(),
    pulse: (relay, holdMs) => note(`pulse ${relay} ${holdMs}`),
    set: (relay, energized) => note(`set ${relay} ${energized}`),
  };
  return { clock, asked, board };
}

test("granted is one long green and a beep, denied one long red and three beeps", async () => {
  const { clock, asked, board } = rig();
  const indicator = relayIndicator({ board, clock, granted: 4, denied: 5, buzzer: 6 });
  expect(await indicator.indicate("AccessGranted")).toEqual({ ok: true });
  await clock.pass(3_000);
  await indicator.indicate("AccessDenied");
  await clock.pass(3_000);
  expect(asked).toEqual(["0 pulse 4 1500", "0 pulse 6 200", "3000 pulse 5 1500", "3000 pulse 6 100", "3200 pulse 6 100", "3400 pulse 6 100"]);
});

test("the newest feedback wins: what the older one lit goes out, what it still planned is forgotten", async () => {
  const { clock, asked, board } = rig();
  const indicator = relayIndicator({ board, clock, granted: 4, denied: 5, buzzer: 6 });
  const older = indicator.indicate("AccessDenied");
  clock.advance(100);
  const newer = indicator.indicate("AccessGranted");
  await clock.pass(5_000);
  expect(asked).toEqual(["0 pulse 5 1500", "0 pulse 6 100", "100 pulse 4 1500", "100 pulse 6 200", "100 set 5 false"]);
  expect([await older, await newer]).toMatchObject([{ ok: false, error: "Superseded" }, { ok: true }]);
});

test("an open door beeps until it is idle again, then everything goes out and nothing is left to do", async () => {
  const { clock, asked, board } = rig();
  const indicator = relayIndicator({ board, clock, buzzer: 6 });
  await indicator.indicate("DoorPreAlarmWarning");
  await clock.pass(2_500);
  await indicator.indicate("DoorOpenTooLong");
  await clock.pass(900);
  await indicator.indicate("Idle");
  await clock.pass(5_000);
  const warned = ["0 pulse 6 100", "1000 pulse 6 100", "2000 pulse 6 100"];
  expect(asked).toEqual([...warned, "2500 pulse 6 200", "2900 pulse 6 200", "3300 pulse 6 200", "3400 set 6 false"]);
  expect(clock.pending).toBe(0);
});

test("a reader without lights and buzzer is told nothing and answers well", async () => {
  const { clock, asked, board } = rig();
  expect(await relayIndicator({ board, clock }).indicate("AccessDenied")).toEqual({ ok: true });
  expect(asked).toEqual([]);
});

test("the board's trouble is the result", async () => {
  const { clock, board } = rig({ ok: false, error: "Disconnected", detail: "unplugged" });
  expect(await relayIndicator({ board, clock, denied: 5 }).indicate("AccessDenied")).toEqual({ ok: false, error: "Disconnected", detail: "unplugged" });
});

test("a lane in alarm is long tones and a long red, until it is idle", async () => {
  const { clock, asked, board } = rig();
  const indicator = relayIndicator({ board, clock, granted: 4, denied: 5, buzzer: 6 });
  await indicator.indicate("LaneAlarm");
  await clock.pass(2_000);
  await indicator.indicate("Idle");
  await clock.pass(5_000);
  expect(asked).toEqual(["0 pulse 5 800", "0 pulse 6 800", "1200 pulse 5 800", "1200 pulse 6 800"]);
  expect(clock.pending).toBe(0);
});
