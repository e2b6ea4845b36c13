import { type DeviceHealth, SCAN_BYTES_MAX, type Scanner, seededRandom, type WireFaults } from "@portico/firmware-ts";
import { afterEach, describe, expect, test } from "vitest";
import type { VirtualScanner } from "../../src/virtual-scanner.ts";

/** A scanner driver with a virtual head at the other end of its wire, and the hands that spoil things. */
export interface ScannerRig {
  readonly scanner: Scanner;
  readonly head: VirtualScanner;
  /** Bytes that the head itself would not send: a bare half of a scan, a line that nobody ends. */
  send(bytes: Uint8Array): void;
  pass(ms: number): Promise<void>;
  cut(): void;
  mend(): void;
  setFaults(faults: WireFaults): void;
  /** Timers that the driver holds. */
  timers(): number;
  end(): Promise<void>;
}

/** Longer than any silence that ends a scan. */
const SILENCE_MS = 200;
/** 2,000 scans, ten of them at a time. */
const FLOOD = Array.from({ length: 200 }, (_, tens) => Array.from({ length: 10 }, (_, n) => `PT1:FLOOD-${tens}${n}`));
/** Bytes without an end, and at least the time that they are on the line at 115,200 baud. */
const PIECE = "A".repeat(256);
const PIECE_MS = 25;

/** What every scanner driver promises (`Scanner`), tested on real bytes, whatever ends its scans. */
export function scannerContract(name: string, rigOf: (seed: number) => ScannerRig): void {
  const ends: ScannerRig[] = [];
  afterEach(async () => void (await Promise.all(ends.splice(0).map((rig) => rig.end()))));

  function rig(seed = 1): ScannerRig & { readonly scans: string[]; readonly healths: DeviceHealth["kind"][] } {
    const made = rigOf(seed);
    ends.push(made);
    const scans: string[] = [];
    const healths: DeviceHealth["kind"][] = [];
    made.scanner.onScan(({ bytes }) => scans.push(String.fromCharCode(...bytes)));
    made.scanner.onHealth(({ kind }) => healths.push(kind));
    return { ...made, scans, healths };
  }

  /** A scan, and the time that it takes. */
  async function scan(one: ScannerRig, text: string): Promise<void> {
    const typed = one.head.scan(text);
    await one.pass(SILENCE_MS + text.length);
    expect(await typed).toBe(true);
  }

  const ascii = (text: string): Uint8Array => new TextEncoder().encode(text);

  describe(`${name}: the scanner contract`, () => {
    test("every scan is told once, whole and in order", async () => {
      const one = rig();
      for (const text of ["PT1:FIRST", "PT1:FIRST", "04C3E5A7192B3D"]) await scan(one, text);
      await one.pass(5_000);
      expect([one.scans, one.scanner.unreadable]).toEqual([["PT1:FIRST", "PT1:FIRST", "04C3E5A7192B3D"], 0]);
    });

    test("a scan in any number of pieces is one scan", async () => {
      const one = rig();
      one.setFaults({ split: 1, delayMsMax: 8 });
      const texts = Array.from({ length: 60 }, (_, n) => `PT1:${n}${"X".repeat(n)}`);
      for (const text of texts) await scan(one, text);
      expect([one.scans, one.scanner.unreadable]).toEqual([texts, 0]);
    });

    test("unplugged in mid-scan it is off line, half a scan is none but counted, and the first scan after its return is whole", async () => {
      const one = rig();
      one.send(ascii("PT1:HAL"));
      await one.pass(5);
      one.cut();
      expect(one.scanner.health).toMatchObject({ kind: "offline", error: "Disconnected" });
      expect(await one.head.scan("PT1:LOST")).toBe(false);
      await one.pass(60_000);
      one.mend();
      expect(one.scanner.health.kind).toBe("online");
      await scan(one, "PT1:BACK");
      expect([one.scans, one.healths, one.scanner.unreadable]).toEqual([["PT1:BACK"], ["offline", "online"], 1]);
    });

    test("garbage is never more than a frame of garbage: the scan behind it is whole", async () => {
      for (let seed = 1; seed <= 40; seed++) {
        const one = rig(seed);
        const random = seededRandom(seed);
        for (let burst = 0; burst < 5; burst++) {
          one.head.noise(300);
          await one.pass(random() < 0.5 ? SILENCE_MS : 0);
        }
        await one.pass(SILENCE_MS);
        await scan(one, "PT1:AFTER");
        expect(one.scans.at(-1), `seed ${seed}`).toBe("PT1:AFTER");
      }
    });

    test("a line that never ends is unreadable once and keeps nothing: what comes behind a silence is whole", async () => {
      const one = rig();
      for (let sent = 0; sent < 20 * SCAN_BYTES_MAX; sent += PIECE.length) {
        one.send(ascii(PIECE));
        await one.pass(PIECE_MS);
      }
      await one.pass(SILENCE_MS);
      expect([one.scans, one.scanner.unreadable]).toEqual([[], 1]);
      await scan(one, "PT1:AFTER");
      expect(one.scans).toEqual(["PT1:AFTER"]);
    });

    test("a flood of scans is told in full, and leaves one timer at most", async () => {
      const one = rig();
      for (const texts of FLOOD) {
        one.send(ascii(texts.map((text) => `${text}\r\n`).join("")));
        await one.pass(PIECE_MS);
      }
      expect(one.timers()).toBeLessThanOrEqual(1);
      await one.pass(SILENCE_MS);
      expect([one.scans, one.scanner.unreadable, one.timers()]).toEqual([FLOOD.flat(), 0, 0]);
    });

    test("closed it is quiet, whatever the line does, and leaves no timer", async () => {
      const one = rig();
      one.send(ascii("PT1:HAL"));
      await one.pass(5);
      await Promise.all([one.scanner.close(), one.scanner.close()]);
      expect(one.timers()).toBe(0);
      one.send(ascii("F\r\n"));
      one.cut();
      one.mend();
      one.send(ascii("PT1:LATE\r\n"));
      await one.pass(5_000);
      expect([one.scans, one.healths, one.scanner.unreadable, one.timers()]).toEqual([[], [], 0, 0]);
    });
  });
}
