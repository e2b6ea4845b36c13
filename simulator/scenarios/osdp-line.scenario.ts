import { seededRandom } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { cardBits, cardsOf, osdpBench } from "./osdp-bench.ts";
import { replayable, seedsOf } from "./replay.ts";

test("a PD is on line within a few answers of its power, with what it is and can, and everything behind the handshake has a MAC", async () => {
  const { clock, bus, pds } = osdpBench();
  const [{ pd, device }] = pds as [(typeof pds)[0]];
  const frames: string[] = [];
  bus.onFrame(({ bytes }) => frames.push(Buffer.from(bytes).toString("hex")));
  expect(pd.health.kind).toBe("offline");
  expect(await clock.until(() => pd.health.kind === "online", 100)).toBe(true);
  expect([pd.health.kind, device.isSecure]).toEqual(["online", true]);
  expect(pd.portrait.identity).toMatchObject({ serial: 0x0102_0304 });
  expect(pd.portrait.capabilities?.find((record) => record.function === 9)).toMatchObject({ compliance: 1 });
  frames.length = 0;
  await clock.pass(1_000);
  expect(frames.length).toBeGreaterThan(30);
  // Control byte: CRC and security block.
  expect(frames.filter((frame) => (Number.parseInt(frame.slice(8, 10), 16) & 0x0c) !== 0x0c)).toEqual([]);
});

test("a card is heard once, whole, within a poll; keys and tamper too", async () => {
  const { clock, pds } = osdpBench();
  const [{ pd, device, heard }] = pds as [(typeof pds)[0]];
  await clock.until(() => pd.health.kind === "online", 100);
  device.card(cardBits(0x2aa5501));
  device.keys("1234#");
  device.setTamper(true);
  await clock.pass(100);
  expect(cardsOf(heard)).toEqual([0x2aa5501]);
  expect(heard.slice(1)).toEqual([
    { kind: "keypad", reader: 0, keys: new TextEncoder().encode("1234#") },
    { kind: "localStatus", tamper: true, powerFailure: false },
  ]);
  expect(device.untold).toBe(0);
});

test("of 10 % of all frames lost or damaged no card is lost, and none comes twice", async () => {
  for (const seed of seedsOf(Array.from({ length: 6 }, (_, index) => index + 1)))
    await replayable("osdp-line", seed, async () => {
      const { clock, line, pds } = osdpBench({ seed, count: 4 });
      expect(await clock.until(() => pds.every(({ pd }) => pd.health.kind === "online"), 2_000), "all on line").toBe(true);
      line.setFaults({ drop: 0.05, flipBit: 0.05, split: 0.2, duplicate: 0.02, delayMsMax: 3 });
      const random = seededRandom(seed);
      const shown: number[][] = pds.map(() => []);
      for (let card = 1; card <= 100; card++) {
        const reader = Math.floor(random() * pds.length);
        shown[reader]!.push(card);
        pds[reader]!.device.card(cardBits(card));
        await clock.pass(random() * 400);
      }
      line.setFaults({});
      await clock.pass(12_000);
      expect(pds.map(({ heard }) => cardsOf(heard))).toEqual(shown);
      expect(pds.map(({ device }) => device.untold)).toEqual([0, 0, 0, 0]);
    });
});

test("a reader that boots late is on line within 2 s, on a line with seven that never come", async () => {
  const { clock, pds } = osdpBench({ count: 8 });
  for (const { device } of pds) device.setMute(true);
  await clock.pass(30_123);
  pds[5]!.device.setMute(false);
  expect(await clock.until(() => pds[5]!.pd.health.kind === "online", 2_000)).toBe(true);
  await clock.pass(5_000);
  pds[2]!.device.setMute(false);
  expect(await clock.until(() => pds[2]!.pd.health.kind === "online", 2_000), "beside one that works").toBe(true);
});

test("on a line that is never idle a reader that boots late is on line within 2 s all the same", async () => {
  const { clock, pds } = osdpBench({ count: 8, pollMs: 1 });
  pds[5]!.device.setMute(true);
  await clock.pass(3_000);
  pds[5]!.device.setMute(false);
  expect(await clock.until(() => pds[5]!.pd.health.kind === "online", 2_000)).toBe(true);
});

test("whoever commands without end delays another's card by a command at most, once it is late", async () => {
  const { clock, pds } = osdpBench({ count: 2 });
  const [busy, other] = pds as [(typeof pds)[0], (typeof pds)[0]];
  await clock.until(() => pds.every(({ pd }) => pd.health.kind === "online"), 1_000);
  busy.pd.join({ next: () => ({ command: { kind: "readerStatus" }, settled: () => {} }), dueAt: (now) => now });
  busy.pd.wake();
  for (let card = 1; card <= 20; card++) {
    other.device.card(cardBits(card));
    const shownAt = clock.monotonic();
    expect(await clock.until(() => cardsOf(other.heard).includes(card), 1_000)).toBe(true);
    expect(clock.monotonic() - shownAt).toBeLessThan(200);
    await clock.pass(37);
  }
});

test("a silent PD is off line after 8 s, and a dead one delays another's card by one silence", async () => {
  const { clock, pds } = osdpBench({ count: 2 });
  const [dead, alive] = pds as [(typeof pds)[0], (typeof pds)[0]];
  await clock.until(() => pds.every(({ pd }) => pd.health.kind === "online"), 1_000);
  dead.device.setMute(true);
  const mutedAt = clock.monotonic();
  expect(await clock.until(() => dead.pd.health.kind === "offline", 9_000)).toBe(true);
  expect(clock.monotonic() - mutedAt).toBeGreaterThan(7_900);
  expect(dead.pd.health).toMatchObject({ error: "TimedOut", detail: expect.stringContaining("address 0 does not answer") });
  for (let card = 1; card <= 30; card++) {
    await clock.pass(97 + 13 * card);
    alive.device.card(cardBits(card));
    const shownAt = clock.monotonic();
    expect(await clock.until(() => cardsOf(alive.heard).includes(card), 1_000)).toBe(true);
    expect(clock.monotonic() - shownAt).toBeLessThan(300);
  }
});

test("busy PDs are asked again until they have time, and their cards wait", async () => {
  const { clock, pds } = osdpBench();
  const [{ pd, device, heard }] = pds as [(typeof pds)[0]];
  await clock.until(() => pd.health.kind === "online", 100);
  device.setBusy(true);
  device.card(cardBits(7));
  await clock.pass(3_000);
  expect([pd.health.kind, cardsOf(heard)]).toEqual(["online", []]);
  device.setBusy(false);
  await clock.pass(100);
  expect([cardsOf(heard), pd.counts.sessions]).toEqual([[7], 1]);
});

test("a PD that lost its power is on line again within 100 ms, and what it told last is not told twice", async () => {
  const { clock, pds } = osdpBench();
  const [{ pd, device, heard }] = pds as [(typeof pds)[0]];
  await clock.until(() => pd.health.kind === "online", 100);
  device.card(cardBits(9));
  await clock.until(() => cardsOf(heard).length === 1, 100);
  expect(device.untold, "the panel has not yet gone on").toBe(1);
  device.powerCycle();
  await clock.pass(100);
  expect([pd.state, pd.counts.sessions, cardsOf(heard), device.untold]).toEqual(["secure", 2, [9], 0]);
  device.card(cardBits(9));
  await clock.pass(100);
  expect(cardsOf(heard), "shown again it is another time").toEqual([9, 9]);
});

test("unplugged it is off line at once, and back with the cable", async () => {
  const { clock, line, pds } = osdpBench();
  const [{ pd, device, heard }] = pds as [(typeof pds)[0]];
  await clock.until(() => pd.health.kind === "online", 100);
  line.cut();
  expect(pd.health).toMatchObject({ kind: "offline", error: "Disconnected" });
  device.card(cardBits(3));
  await clock.pass(5_000);
  line.mend();
  expect(await clock.until(() => pd.health.kind === "online" && cardsOf(heard).length === 1, 300)).toBe(true);
});
