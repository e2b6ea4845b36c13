import { osdpCrc, type ReceivedFrame } from "@portico/firmware-ts/osdp";
import { expect, test } from "vitest";
import { type BenchPd, cardBits, cardsOf, osdpBench, type OsdpBenchOptions, scbkOf } from "./osdp-bench.ts";

/** A bench with one PD on line, and a hand on every answer. */
async function attacked(change: (bytes: Uint8Array, asked: ReceivedFrame, count: number) => readonly Uint8Array[], options: OsdpBenchOptions = {}) {
  let isOn = false;
  let count = 0;
  const bench = osdpBench({
    ...options,
    device: () => ({ onAnswer: (bytes, asked) => (isOn ? change(bytes, asked, count++) : [bytes]), ...options.device?.(0) }),
  });
  const [one] = bench.pds as [BenchPd];
  await bench.clock.until(() => one.pd.health.kind === "online", 500);
  return { ...bench, ...one, attack: () => void (isOn = true), stop: () => void (isOn = false) };
}

const withCrc = (bytes: Uint8Array): Uint8Array => {
  const crc = osdpCrc(bytes.subarray(0, -2));
  return Uint8Array.of(...bytes.subarray(0, -2), crc & 0xff, crc >>> 8);
};
/** A card in clear, well framed, to whatever was asked. */
const clearCard = (asked: ReceivedFrame): Uint8Array =>
  withCrc(Uint8Array.of(0x53, 0x80, 15, 0, 4 | asked.sequence, 0x50, 0, 0, 26, 0, 0xff, 0xff, 0xff, 0xc0, 0, 0).subarray(0, 15));
const refusalsOf = (one: Pick<BenchPd, "events">): string[] => one.events.flatMap((event) => (event.kind === "refused" ? [event.reason] : []));

test("replay: a recorded card, played again at any later poll, opens nothing and is told", async () => {
  let recorded: Uint8Array | undefined;
  const one = await attacked((bytes, asked) => {
    // Encrypted answers to polls are longer than ACKs: those are cards.
    if (bytes.length > 20 && recorded === undefined) {
      recorded = bytes;
      return [bytes];
    }
    if (recorded === undefined) return [bytes];
    const replayed = recorded.slice();
    replayed[4] = (replayed[4]! & ~3) | asked.sequence;
    return [withCrc(replayed)];
  });
  one.attack();
  one.device.card(cardBits(4242));
  await one.clock.pass(5_000);
  expect(cardsOf(one.heard)).toEqual([4242]);
  expect(refusalsOf(one)).toContain("MacWrong");
  one.stop();
  expect(await one.clock.until(() => one.pd.health.kind === "online", 3_000)).toBe(true);
});

test("a wrong MAC: nothing of the answer counts, and the session is made anew from sequence 0", async () => {
  const one = await attacked((bytes, asked, count) => {
    if (count > 0 || asked.mac === undefined) return [bytes];
    const changed = bytes.slice();
    changed[changed.length - 3]! ^= 1;
    return [withCrc(changed)];
  });
  one.device.card(cardBits(77));
  one.attack();
  await one.clock.pass(500);
  expect([refusalsOf(one), cardsOf(one.heard), one.pd.state, one.pd.counts.sessions]).toEqual([["MacWrong"], [77], "secure", 2]);
});

test("a card in clear behind the handshake is no card", async () => {
  const one = await attacked((bytes, asked) => (asked.mac === undefined ? [bytes] : [clearCard(asked)]));
  one.attack();
  await one.clock.pass(20_000);
  expect(cardsOf(one.heard)).toEqual([]);
  expect(refusalsOf(one)).toContain("ClearTextReply");
  expect(one.pd.health, "nor is such a line healthy").toMatchObject({ kind: "offline", error: "BadReply" });
});

test("downgrade: a PDCAP without AES-128 does not bring the panel to speak in clear", async () => {
  const { clock, pds } = osdpBench({ device: () => ({ hasAes: false, takesClear: true }) });
  const [one] = pds as [BenchPd];
  one.device.card(cardBits(1));
  await clock.pass(10_000);
  expect([one.pd.state, cardsOf(one.heard), refusalsOf(one)]).toEqual(["lost", [], ["SecureChannelUnsupported"]]);
  expect(one.pd.health).toMatchObject({ kind: "offline", error: "BadReply", detail: expect.stringContaining("SecureChannelUnsupported") });
  expect(one.device.done.get("poll"), "no poll in clear").toBeUndefined();
});

test("install mode left on: a PD that answers with the key that everybody knows is refused, told once, and heard when it has a key", async () => {
  const { clock, pds } = osdpBench({ device: () => ({ scbk: undefined, installMode: true }) as never });
  const [one] = pds as [BenchPd];
  one.device.card(cardBits(1));
  await clock.pass(20_000);
  expect([one.pd.state, refusalsOf(one), cardsOf(one.heard)]).toEqual(["lost", ["DefaultKeyOffered"], []]);
  expect(one.pd.health).toMatchObject({ detail: expect.stringContaining("install mode") });
});

test("a PD with another key is refused; the second of two keys, as a power cut leaves them, opens the session and is named", async () => {
  const other = await attacked((bytes) => [bytes], { security: () => ({ kind: "secure", scbks: [scbkOf(9)] }) });
  await other.clock.pass(10_000);
  expect([other.pd.health.kind, refusalsOf(other)]).toEqual(["offline", ["KeyWrong"]]);
  const both = await attacked((bytes) => [bytes], { security: () => ({ kind: "secure", scbks: [scbkOf(9), scbkOf(0)] }) });
  expect(both.pd.state).toBe("secure");
  expect(both.events).toEqual([{ kind: "opened", policy: "secure", key: 1 }]);
});

test("games with sequences: answers of yesterday, of tomorrow and to others are strays, and cards come once", async () => {
  const one = await attacked((bytes, asked, count) => {
    const shifted = bytes.slice();
    shifted[4] = (shifted[4]! & ~3) | ((asked.sequence + 1 + (count % 3)) & 3);
    const elsewhere = bytes.slice();
    elsewhere[1] = 0x85;
    return count % 2 === 0 ? [withCrc(shifted), withCrc(elsewhere)] : [withCrc(shifted), bytes, bytes];
  });
  one.attack();
  for (let card = 1; card <= 20; card++) {
    one.device.card(cardBits(card));
    await one.clock.pass(500);
  }
  one.stop();
  await one.clock.pass(3_000);
  expect(cardsOf(one.heard)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
  expect(one.bus.counts.strays).toBeGreaterThan(20);
});

test("in clear, where commissioning asked for it, cards come and it is told", async () => {
  const one = await attacked((bytes) => [bytes], { security: () => ({ kind: "clear" }), device: () => ({ scbk: undefined }) as never });
  one.device.card(cardBits(5));
  await one.clock.pass(100);
  expect([one.pd.state, cardsOf(one.heard), one.events]).toEqual(["clear", [5], [{ kind: "opened", policy: "clear", key: 0 }]]);
});

test("whatever stands on the line, the panel goes on, and so does the next PD", async () => {
  const bench = osdpBench({
    count: 2,
    device: (address) => (address === 0 ? { onAnswer: (bytes) => [Uint8Array.from(bytes, (byte, index) => (byte * 31 + index * 7) & 0xff)] } : {}),
  });
  const alive = bench.pds[1]!;
  await bench.clock.until(() => alive.pd.health.kind === "online", 3_000);
  for (let card = 1; card <= 10; card++) {
    alive.device.card(cardBits(card));
    await bench.clock.pass(700);
  }
  expect(cardsOf(alive.heard).length).toBe(10);
  expect(bench.pds[0]!.pd.health.kind).toBe("offline");
});
