import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceRow, DeviceTest } from "@portico/controller";
import { seededRandom, simulatedClock } from "@portico/firmware-ts";
import { memoryDatagrams } from "@portico/firmware-ts/uhppote";
import { expect, test } from "vitest";
import { virtualUhppote } from "../src/virtual-uhppote.ts";
import { controllerBench } from "./controller-bench.ts";
import { SERIAL } from "./uhppote-bench.ts";

const TOML = `[site]
id = "demo"
[controller]
id = "library"
data = "data"
socket = "controller.sock"
[clock]
trusted_by = "system"
[[relay_board]]
id = "board"
protocol = "uhppote"
address = "192.168.10.20"
serial_number = ${SERIAL}
security = "clear-text"
listen = "192.168.10.2:60001"
relays = 4
inputs = 10
[[scanner]]
id = "library-in"
board = "board"
card = { format = "decimal-8" }
[[door]]
id = "library"
strike = { board = "board", relay = 0 }
contact = { board = "board", input = 0 }
rex = { board = "board", input = 4 }
fire = { board = "board", input = 9 }
release_time_ms = 3000
[[access_point]]
id = "library-in"
scanner = "library-in"
door = "library"
`;

const LIST: Readonly<Record<string, string>> = {
  "people.csv": "person\nzhang\n",
  "credentials.csv": "credential,person,kind\n",
  "cards.csv": "person,number,format\nzhang,06154410,decimal-8\n",
  "access-profiles.csv": "profile,access_points,capability,schedule\neverybody,library-in,pass,always\n",
  "grants.csv": "person,profile\nzhang,everybody\n",
  "schedules.csv": "schedule,days,start,end\n",
  "special-days.csv": "group,date\n",
  "calendar.csv": "date,kind\n",
};

test("a controller with a UHPPOTE board: its cards are judged here, its strike is timed by the board, its button frees, and it ends with the controller", async () => {
  const clock = simulatedClock();
  const network = memoryDatagrams({ name: "board", clock, random: seededRandom(1) });
  const device = virtualUhppote({ end: network.end, clock, serial: SERIAL });
  device.setInput(0, true);
  const strike: { energized: boolean; at: number }[] = [];
  device.onRelay((relay, energized) => relay === 0 && strike.push({ energized, at: clock.monotonic() }));
  const one = controllerBench({
    toml: TOML,
    clock,
    wireOf: () => {
      throw new Error("there are no wires");
    },
    linkOf: () => network.link,
  });
  await one.start();
  expect(await one.ask<readonly DeviceRow[]>("GET /v1/devices")).toMatchObject([
    { id: "library-in", kind: "scanner", wire: "192.168.10.20:60000", health: "online", counts: { scans: 0, late: 0 } },
    { id: "board", kind: "relay-board", wire: "192.168.10.20:60000", health: "online" },
  ]);
  // 2027-01-10 in Shanghai, as the bench's host has it.
  expect(device.time).toMatchObject({ year: 2027, month: 1 });

  const readAt = clock.monotonic();
  device.swipe(0, 6_154_410);
  await clock.until(() => one.judged.length > 0, 100);
  expect(clock.monotonic() - readAt).toBeLessThanOrEqual(20);
  expect(one.judged).toMatchObject([{ accessPoint: "library-in", outcome: "denied" }]);
  expect([JSON.stringify([one.events, one.judged]).includes("6154410"), strike]).toEqual([false, []]);

  await one.ask("POST /v1/doors/:id/:act", { id: "library", act: "access" }, { by: "wang", reason: "" });
  await clock.pass(3_200);
  expect(strike.map(({ energized }) => energized)).toEqual([true, false]);
  expect(strike[1]!.at - strike[0]!.at).toBeCloseTo(3_000, -1);

  strike.length = 0;
  device.setInput(4, true);
  await clock.pass(400);
  device.setInput(4, false);
  expect([device.relay(0), one.names().includes("RequestToExit")]).toEqual([true, true]);
  await clock.pass(8_000);
  expect(device.relay(0)).toBe(false);

  const folder = join(one.folder, "list");
  mkdirSync(folder);
  for (const [name, text] of Object.entries(LIST)) writeFileSync(join(folder, name), text);
  await one.ask("POST /v1/list/load", {}, { folder, by: "wang", reason: "" });
  device.swipe(0, 6_154_410);
  await clock.pass(100);
  expect([one.judged.at(-1), device.relay(0)]).toMatchObject([{ outcome: "granted" }, true]);
  await clock.pass(8_000);

  network.cut();
  device.swipe(0, 6_154_410);
  device.swipe(0, 7);
  await clock.pass(5_000);
  expect(one.names()).toContain("DeviceOffline");
  network.mend();
  await clock.pass(3_000);
  expect((await one.ask<readonly DeviceRow[]>("GET /v1/devices"))[0]).toMatchObject({ health: "online", counts: { scans: 2, late: 2 } });
  expect(one.judged.length, "nobody is judged for a card of long ago").toBe(2);
  const late = one.events.filter(({ name }) => name === "CardReadLate");
  expect(late.map(({ fields }) => fields), "known ones are written down").toMatchObject([{ accessPoint: "library-in", readAt: expect.stringMatching(/^2027-01-11 \d\d:\d\d:\d\d$/) }]); // prettier-ignore
  expect(await one.ask<DeviceTest>("POST /v1/devices/:id/test", { id: "board" }, { by: "wang", reason: "" })).toMatchObject({
    passed: true,
    steps: [{ step: "wire 192.168.10.20:60000 is open" }, { step: "it answers" }, { detail: "closed: 0, 9 of 10" }],
  });

  device.setInput(9, false);
  await clock.pass(300);
  expect([device.relay(0), one.names().includes("FireAlarm") || one.names().some((name) => name.startsWith("Fire"))]).toEqual([true, true]);
  device.setInput(9, true);
  await one.stop();
  await clock.pass(300);
  expect(device.relay(0), "stopped, every output is off").toBe(false);
  device.close();
});
