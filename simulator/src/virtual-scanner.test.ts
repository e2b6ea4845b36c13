import { memoryWirePair, seededRandom, serialScanner, simulatedClock } from "@portico/firmware-ts";
import { expect, test } from "vitest";
import { virtualScanner, type VirtualScannerOptions } from "./virtual-scanner.ts";

/** A virtual scanner with the production driver at the other end. */
function rig(options: Partial<VirtualScannerOptions> = {}) {
  const clock = simulatedClock();
  const line = memoryWirePair({ name: "scanner", clock, random: seededRandom(1) });
  const reader = virtualScanner({ wire: line.far, clock, random: seededRandom(2), ...options });
  const scanner = serialScanner({ id: "in", wire: line.near, clock, terminator: "any", gapMs: 60 });
  const scans: string[] = [];
  scanner.onScan(({ bytes }) => scans.push(String.fromCharCode(...bytes)));
  return { clock, line, reader, scanner, scans };
}

test.each(["cr", "lf", "crlf", "any", "none"] as const)("what it reads comes out of the driver unchanged (terminator %s)", async (terminator) => {
  const { clock, reader, scans } = rig({ terminator, aimPrefix: "]Q1", chunkMax: 7 });
  await reader.scan("PT1:FIRST");
  await clock.pass(500);
  await reader.scan(Uint8Array.of(0x30, 0x31, 0xff));
  await clock.pass(500);
  expect(scans).toEqual(["PT1:FIRST", "01\u00ff"]);
});

test("two scans never mix, however slowly they are typed", async () => {
  const { clock, reader, scans } = rig({ chunkMax: 2, pauseMsMax: 20 });
  const typed = Promise.all([reader.scan("FIRST-SCAN"), reader.scan("SECOND-SCAN")]);
  await clock.pass(2_000);
  expect([await typed, scans]).toEqual([
    [true, true],
    ["FIRST-SCAN", "SECOND-SCAN"],
  ]);
});

test("noise is at most one unreadable or meaningless frame, and the next scan is whole", async () => {
  const { clock, reader, scans } = rig();
  reader.noise(30);
  await clock.pass(500);
  await reader.scan("AFTER");
  await clock.pass(500);
  expect(scans.at(-1)).toBe("AFTER");
});

test("on a cut line it says that nothing left", async () => {
  const { clock, line, reader } = rig();
  line.cut();
  const typed = reader.scan("LOST");
  await clock.settle();
  expect(await typed).toBe(false);
});
