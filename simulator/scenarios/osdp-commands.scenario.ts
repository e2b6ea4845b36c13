import { askPd, giveKey, SCBK_D, sendFile } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import { type BenchPd, cardBits, cardsOf, osdpBench, type OsdpBenchOptions, scbkOf } from "./osdp-bench.ts";

async function online(options: OsdpBenchOptions = {}) {
  const bench = osdpBench(options);
  const [one] = bench.pds as [BenchPd];
  await bench.clock.until(() => one.pd.health.kind === "online", 1_000);
  return { ...bench, ...one };
}
const NEW = scbkOf(77);

test.each([
  ["readerStatus", { kind: "readerStatus" }, { kind: "readerStatus", states: [0] }],
  ["receiveSize", { kind: "receiveSize", bytes: 1_440 }, { kind: "ack" }],
  ["keepActive", { kind: "keepActive", milliseconds: 500 }, { kind: "ack" }],
  ["abort", { kind: "abort" }, { kind: "ack" }],
  [
    "manufacturer",
    { kind: "manufacturer", vendor: Uint8Array.of(1, 2, 3), content: Uint8Array.of(9) },
    { kind: "manufacturer", vendor: Uint8Array.of(1, 2, 3) },
  ],
  ["text", { kind: "text", reader: 0, mode: "permanent", seconds: 0, row: 1, column: 1, text: "Closed" }, { kind: "ack" }],
] as const)("%s is asked in the session and answered", async (_, command, reply) => {
  const { clock, pd } = await online();
  const answer = askPd(pd, command);
  await clock.pass(100);
  expect(await answer).toMatchObject({ ok: true, value: reply });
});

test("COMSET moves a PD to another address", async () => {
  const { clock, pd, bus } = await online();
  const answer = askPd(pd, { kind: "communication", address: 9, baud: 115_200 });
  await clock.pass(100);
  expect(await answer).toMatchObject({ ok: true, value: { kind: "communication", address: 9, baud: 115_200 } });
  await clock.pass(9_000);
  expect([pd.health.kind, bus.counts.timeouts > 10]).toEqual(["offline", true]);
});

test("a key is changed within the session, and the next session is made with it", async () => {
  const { clock, pd, device, heard, events } = await online();
  const given = giveKey(pd, NEW);
  await clock.pass(100);
  expect(await given).toMatchObject({ ok: true });
  expect(device.keysHeld.scbk).toEqual(NEW);
  pd.setSecurity({ kind: "secure", scbks: [NEW] });
  await clock.until(() => pd.health.kind === "online" && pd.counts.sessions === 2, 1_000);
  device.card(cardBits(8));
  await clock.pass(100);
  expect([cardsOf(heard), events.filter(({ kind }) => kind === "refused")]).toEqual([[8], []]);
});

test("a PD in install mode is given its key where commissioning asks for that, and takes the key that everybody knows no more", async () => {
  const { clock, pd, device, events } = await online({
    security: () => ({ kind: "install" }),
    device: () => ({ scbk: undefined, installMode: true }) as never,
  });
  expect([pd.state, events]).toEqual(["secure", [{ kind: "opened", policy: "install", key: 0 }]]);
  const given = giveKey(pd, NEW);
  await clock.pass(100);
  expect([(await given).ok, device.keysHeld]).toEqual([true, { scbk: NEW, installMode: false }]);
  pd.setSecurity({ kind: "secure", scbks: [NEW] });
  expect(await clock.until(() => pd.health.kind === "online", 1_000)).toBe(true);
});

test("under the key that everybody knows nothing counts but the giving of another: no card, no health", async () => {
  const { clock, pd, device, heard } = await online();
  pd.setSecurity({ kind: "clear" }, "give-key");
  expect(pd.health).toMatchObject({ kind: "offline", error: "BadReply", detail: "it is being given a key" });
  await clock.pass(3_000);
  const install = osdpBench({ device: () => ({ scbk: undefined, installMode: true }) as never });
  const [other] = install.pds as [BenchPd];
  other.pd.setSecurity({ kind: "install" }, "give-key");
  other.device.card(cardBits(1));
  device.card(cardBits(1));
  await install.clock.pass(1_000);
  expect([other.pd.state, cardsOf(other.heard), other.pd.health.kind, other.device.untold, heard]).toEqual(["secure", [], "offline", 0, []]);
});

test("no key is said in clear but where commissioning asks for just that, and none that everybody knows at all", async () => {
  const { clock, pd, device } = await online({ security: () => ({ kind: "clear" }), device: () => ({ scbk: undefined }) as never });
  expect(await giveKey(pd, NEW)).toMatchObject({ ok: false, error: "NotInSession", detail: expect.stringContaining("in clear") });
  expect(device.done.get("keySet")).toBeUndefined();
  const given = giveKey(pd, NEW, { inClear: true });
  await clock.pass(100);
  expect([(await given).ok, device.keysHeld.scbk]).toEqual([true, NEW]);
  expect(await giveKey(pd, SCBK_D, { inClear: true })).toMatchObject({ ok: false, error: "KeyUnusable" });
});

test("a file is written part by part, while cards go on", async () => {
  const { clock, pd, device, heard, line } = await online();
  const content = Uint8Array.from({ length: 3_000 }, (_, index) => (index * 37) & 0xff);
  line.setFaults({ drop: 0.03 });
  const sent = sendFile(pd, 1, content, 96);
  for (let card = 1; card <= 20; card++) {
    device.card(cardBits(card));
    await clock.pass(500);
  }
  line.setFaults({});
  await clock.pass(3_000);
  expect([(await sent).ok, device.file]).toEqual([true, content]);
  expect(cardsOf(heard)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

test("what a PD does not answer is told, and so is one that is not there", async () => {
  const { clock, pd, device } = await online();
  device.setMute(true);
  const silent = askPd(pd, { kind: "readerStatus" });
  await clock.pass(1_500);
  expect(await silent).toMatchObject({ ok: false, error: "TimedOut" });
  await clock.pass(8_000);
  const absent = askPd(pd, { kind: "readerStatus" });
  await clock.pass(6_000);
  expect(await absent).toMatchObject({ ok: false, error: "NotInSession", detail: expect.stringContaining("address 0 does not answer") });
});
