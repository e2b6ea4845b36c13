import type { Feedback } from "@portico/firmware-ts";
import { osdpReader } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import { type BenchPd, cardBits, osdpBench } from "./osdp-bench.ts";

async function reading() {
  const bench = osdpBench();
  const [one] = bench.pds as [BenchPd];
  const reader = osdpReader({ id: "in", pd: one.pd });
  const scans: string[] = [];
  reader.onScan(({ bytes }) => scans.push(String.fromCharCode(...bytes)));
  await bench.clock.until(() => reader.health.kind === "online" && reader.case !== undefined, 500);
  const show = async (feedback: Feedback) => {
    const result = reader.indicate(feedback);
    await bench.clock.pass(100);
    return result;
  };
  return { ...bench, ...one, reader, scans, show };
}

const PASS = `PT1:${"6BF5Z8C0W".repeat(17)}`;

test("cards by Wiegand and by UID, a pass in one RAW and a pass in parts are scans, once each and in order", async () => {
  const { clock, device, scans, reader } = await reading();
  device.card(cardBits(0x155aa33));
  device.tell({ kind: "raw", reader: 0, format: 0, bits: 32, content: Uint8Array.of(4, 0xc3, 0xe5, 0xa7) });
  device.text(PASS);
  for (let offset = 0; offset < PASS.length; offset += 60) {
    const part = PASS.slice(offset, offset + 60);
    const head = [PASS.length & 0xff, PASS.length >> 8, offset & 0xff, offset >> 8, part.length, 0];
    device.tell({ kind: "manufacturer", vendor: Uint8Array.of(1, 2, 3), content: Uint8Array.of(...head, ...new TextEncoder().encode(part)) });
  }
  device.tell({ kind: "formatted", reader: 0, direction: 0, characters: new TextEncoder().encode("0012345678") });
  await clock.pass(500);
  expect(scans).toEqual([cardBits(0x155aa33), "04c3e5a7", PASS, PASS, "0012345678"]);
  expect(reader.unreadable).toBe(0);
});

test("keys are told as people know them, and nothing of them is in what the driver shows", async () => {
  const { clock, device, reader } = await reading();
  const pressed: string[] = [];
  reader.onKeys((keys) => pressed.push(keys));
  device.keys("2580\r");
  device.keys("\u007f");
  await clock.pass(200);
  expect([pressed, reader.keyPresses]).toEqual([["2580#", "*"], 2]);
  expect(JSON.stringify(reader)).not.toContain("2580");
});

test("the case is told at the start and at each change", async () => {
  const { clock, device, reader } = await reading();
  expect(reader.case).toEqual({ tamper: false, powerFailure: false });
  const told: unknown[] = [];
  reader.onCase((state) => told.push(state));
  device.setTamper(true);
  await clock.pass(200);
  device.setTamper(false, true);
  await clock.pass(200);
  expect(told).toEqual([
    { tamper: true, powerFailure: false },
    { tamper: false, powerFailure: true },
  ]);
});

test("granted and denied differ by light, by ear and in words, and end by themselves", async () => {
  const { device, show } = await reading();
  expect(await show("AccessGranted")).toEqual({ ok: true });
  expect(device.body.shown).toMatchObject({ led: { temporary: { onColour: "green", timer: 15 } }, buzzer: { on: 2, count: 1 }, text: "Access granted" });
  expect(await show("AccessDenied")).toEqual({ ok: true });
  expect(device.body.shown).toMatchObject({ led: { temporary: { onColour: "red", timer: 15 } }, buzzer: { on: 1, count: 3 }, text: "Access denied" });
  expect(await show("Processing")).toEqual({ ok: true });
  expect(await show("Idle")).toEqual({ ok: true });
  expect(device.body.shown).toMatchObject({ led: { temporary: "cancel" }, buzzer: { on: 0, count: 0 } });
});

test("a door that stands open is told again until it does not, and never for long in advance", async () => {
  const { clock, device, show } = await reading();
  await show("DoorOpenTooLong");
  const before = device.body.told.length;
  await clock.pass(16_000);
  expect(device.body.told.length - before).toBe(9);
  for (const command of device.body.told)
    if (command.kind === "led") for (const { temporary } of command.records) expect(typeof temporary === "object" && temporary.timer > 60).toBe(false);
  await show("Idle");
  const quiet = device.body.told.length;
  await clock.pass(16_000);
  expect(device.body.told.length).toBe(quiet);
});

test("the newest feedback wins, and the older one is told so", async () => {
  const { clock, device, reader } = await reading();
  const results = [reader.indicate("AccessDenied"), reader.indicate("DoorOpenTooLong"), reader.indicate("AccessGranted")];
  await clock.pass(200);
  expect((await Promise.all(results)).map((result) => (result.ok ? "ok" : result.error))).toEqual(["Superseded", "Superseded", "ok"]);
  expect(device.body.shown).toMatchObject({ led: { temporary: { onColour: "green" } } });
});

test("unplugged and silent it says so at once, and closed it is quiet and leaves no timer", async () => {
  const { clock, line, device, pd, reader, show, scans } = await reading();
  line.cut();
  expect(await reader.indicate("AccessGranted")).toMatchObject({ ok: false, error: "Disconnected" });
  line.mend();
  await clock.until(() => reader.health.kind === "online", 500);
  expect(await show("AccessGranted")).toEqual({ ok: true });
  device.setMute(true);
  const result = reader.indicate("AccessDenied");
  await clock.pass(1_500);
  expect(await result).toMatchObject({ ok: false, error: "TimedOut" });
  device.setMute(false);
  await clock.until(() => reader.health.kind === "online", 3_000);
  await reader.close();
  pd.leave();
  await clock.pass(10);
  expect(clock.pending).toBe(0);
  device.card(cardBits(1));
  await clock.pass(1_000);
  expect([scans, await reader.indicate("AccessGranted")]).toEqual([[], { ok: false, error: "Disconnected", detail: "in: the driver was closed" }]);
});
