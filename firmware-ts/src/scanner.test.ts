import { expect, test } from "vitest";
import { type MemoryWirePair, memoryWirePair, type WireFaults } from "./memory-wire.ts";
import { serialScanner } from "./scanner.ts";
import { seededRandom } from "./seeded-random.ts";
import { type SimulatedClock, simulatedClock } from "./simulated-clock.ts";
import type { Scanner } from "./device.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));

function rig(faults: WireFaults = {}): {
  clock: SimulatedClock;
  line: MemoryWirePair;
  scanner: Scanner;
  scans: { text: string; at: number; deliveredAt: number }[];
} {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "gate-1-scanner", clock, random: seededRandom(1), faults });
  const scanner = serialScanner({ id: "gate-1-in", wire: line.near, clock, terminator: "any", gapMs: 60 });
  const scans: { text: string; at: number; deliveredAt: number }[] = [];
  scanner.onScan(({ bytes, receivedAt }) => scans.push({ text: String.fromCharCode(...bytes), at: receivedAt, deliveredAt: clock.monotonic() }));
  return { clock, line, scanner, scans };
}

test("a terminated scan is delivered within the turn that brought its terminator, and only once", () => {
  const { clock, line, scans } = rig();
  clock.advance(100);
  line.far.write(bytes("PT1:ABC\r\n"));
  clock.advance(0);
  expect(scans).toEqual([{ text: "PT1:ABC", at: 100, deliveredAt: 100 }]);
  clock.advance(1_000);
  expect(scans).toHaveLength(1);
});

test("a scan without terminator is delivered after the gap and counts from its last byte", () => {
  const { clock, line, scans } = rig();
  line.far.write(bytes("AB"));
  clock.advance(40);
  line.far.write(bytes("CD"));
  clock.advance(59);
  expect(scans).toEqual([]);
  clock.advance(1);
  expect(scans).toEqual([{ text: "ABCD", at: 40, deliveredAt: 100 }]);
  line.far.write(bytes("\r\n"));
  clock.advance(1_000);
  expect(scans).toHaveLength(1);
});

test("a rest of the gap that is smaller than the clock can tell is waited for once, not for ever", () => {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "scanner", clock, random: seededRandom(1) });
  let timers = 0;
  const after: SimulatedClock["after"] = (ms, callback) => {
    if (++timers > 5) throw new Error("it waits without end");
    return clock.after(ms, callback);
  };
  const scans: string[] = [];
  serialScanner({ id: "s", wire: line.near, clock: { ...clock, after }, terminator: "any", gapMs: 60 }).onScan((scan) =>
    scans.push(String.fromCharCode(...scan.bytes)),
  );
  for (let scan = 0; scan < 200; scan++) {
    timers = 0;
    line.far.write(bytes("AB"));
    clock.advance(scan / 7); // bytes come at odd fractions of a millisecond
    line.far.write(bytes("CD"));
    clock.advance(500);
  }
  expect(scans).toHaveLength(200);
});

test("a loop that stood still does not take bytes waiting in the kernel for a second scan", () => {
  const slow = simulatedClock();
  const line = memoryWirePair({ name: "scanner", clock: slow, random: seededRandom(1) });
  let stalledMs = 0;
  const stalling = { ...slow, monotonic: () => (slow.monotonic() + stalledMs) as ReturnType<typeof slow.monotonic> };
  const scanner = serialScanner({ id: "s", wire: line.near, clock: stalling, terminator: "any", gapMs: 60 });
  const scans: string[] = [];
  scanner.onScan((scan) => scans.push(String.fromCharCode(...scan.bytes)));
  line.far.write(bytes("AB"));
  slow.advance(59);
  stalledMs = 300; // the timer rings 300 ms late, before the line is read
  slow.advance(1);
  line.far.write(bytes("CD\r"));
  slow.advance(100);
  expect(scans).toEqual(["ABCD"]);
});

test("a broken line cuts a scan off, counts it as unreadable, and the next scan is whole", () => {
  const { clock, line, scanner, scans } = rig();
  const healths: string[] = [];
  scanner.onHealth((health) => healths.push(health.kind));
  line.far.write(bytes("AB"));
  clock.advance(1);
  line.cut();
  expect(scanner.health).toEqual({ kind: "offline", error: "Disconnected", detail: "unplugged", since: 1 });
  clock.advance(1_000);
  expect(scans).toEqual([]);
  expect(scanner.unreadable).toBe(1);
  line.mend();
  line.far.write(bytes("CD\r"));
  clock.advance(0);
  expect(scans.map(({ text }) => text)).toEqual(["CD"]);
  expect(healths).toEqual(["offline", "online"]);
});

test("chunks and delays of the line do not change what is scanned", () => {
  const { clock, line, scanner, scans } = rig({ split: 1, delayMsMax: 10 });
  const texts = Array.from({ length: 50 }, (_, index) => `SCAN-${index}-${"X".repeat(index)}`);
  for (const text of texts) {
    line.far.write(bytes(`${text}\r\n`));
    clock.advance(200);
  }
  expect(scans.map(({ text }) => text)).toEqual(texts);
  expect(scanner.unreadable).toBe(0);
});

test("a closed scanner is quiet and leaves no timer behind", async () => {
  const { clock, line, scanner, scans } = rig();
  line.far.write(bytes("AB"));
  clock.advance(1);
  await scanner.close();
  expect(clock.pending).toBe(0);
  line.far.write(bytes("CD\r"));
  line.cut();
  clock.advance(1_000);
  expect(scans).toEqual([]);
});
