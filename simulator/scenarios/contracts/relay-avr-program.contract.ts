import { encodeHostFrame, RELAY_AVR_HOLD_MS_MAX } from "@portico/firmware-ts/relay-avr";
import { describe, expect, test } from "vitest";
import { CYCLES_PER_MS, CYCLES_PER_US, greetedBench, isSoLong, programBench, RELAY_PINS, wiegandActs } from "../relay-avr-bench.ts";

const CARD_37 = "1001011000110000111100000111110000011";
const SILENCE_MS = 1_000;

/** What the relay board's program promises of its relays (docs/relay-avr.md), proven on the machine code cycle by cycle. */
export function relayAvrProgramContract(name: string, hexOf: (polarity: "active-high" | "active-low") => string): void {
  const greeted = (polarity: "active-high" | "active-low" = "active-high") => greetedBench(hexOf(polarity));

  describe(`${name}: relays`, () => {
    test("out of reset no relay pin ever energises, and all are driven off within 0.2 ms", () => {
      const high = programBench(hexOf("active-high"));
      high.run(100);
      for (const pin of RELAY_PINS) {
        const states = high.pins.filter((change) => change.pin === pin);
        expect(states.map(({ state }) => state)).toEqual(["low"]);
        expect(states[0]!.cycle).toBeLessThan(0.2 * CYCLES_PER_MS);
      }
      // The pull-up comes before the output: an active-low relay sees no instant of ground.
      const low = programBench(hexOf("active-low"));
      low.run(100);
      for (const pin of RELAY_PINS) expect(low.pins.filter((change) => change.pin === pin).map(({ state }) => state)).toEqual(["pulled-up", "high"]);
    });

    test.each([1, 2, 700])("a pulse of %i ms is as long to the cycle, whatever else the board does", (holdMs) => {
      const bench = greeted();
      expect(bench.ask({ command: "on", relays: 0b1, holdMs })).toMatchObject({ relays: 1 });
      const card = wiegandActs({ reader: 0, bits: CARD_37, fromCycle: bench.core.cycles, pulseUs: 50, everyUs: 1_000 });
      bench.act(card, bench.core.cycles + 50 * CYCLES_PER_MS);
      for (let ms = 50; ms < holdMs + 50; ms += 12) bench.ask({ command: "beat" });
      const [lasted, ...more] = bench.pulses(0);
      expect(more).toEqual([]);
      expect(isSoLong(lasted!, holdMs)).toBe(true);
    });

    test("on an active-low board a pulse is a low pin, as long", () => {
      const bench = greeted("active-low");
      bench.ask({ command: "on", relays: 0x80, holdMs: 40 });
      bench.run(40);
      expect(bench.pulses(7, "low").map((cycles) => isSoLong(cycles, 40))).toEqual([true]);
    });

    test("relays are switched by their bits, each for its own time, and others are left alone", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 0b1010_0001 });
      bench.ask({ command: "on", relays: 0b0100_0010, holdMs: 30 });
      expect(RELAY_PINS.map((pin) => bench.core.pin(pin) === "high")).toEqual([true, true, false, false, false, true, true, true]);
      bench.run(40);
      expect(RELAY_PINS.map((pin) => bench.core.pin(pin) === "high")).toEqual([true, false, false, false, false, true, false, true]);
      expect(bench.ask({ command: "off", relays: 0xff })).toMatchObject({ relays: 0 });
      expect(RELAY_PINS.some((pin) => bench.core.pin(pin) === "high")).toBe(false);
    });

    test("a pulse during a pulse begins anew; off ends it; on behind it lasts", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 1, holdMs: 60 });
      bench.run(28);
      bench.ask({ command: "on", relays: 1, holdMs: 60 });
      bench.run(70);
      expect(bench.pulses(0).map((cycles) => Math.round(cycles / CYCLES_PER_MS))).toEqual([100]);
      bench.ask({ command: "on", relays: 1, holdMs: 500 });
      bench.ask({ command: "off", relays: 1 });
      expect(bench.core.pin(RELAY_PINS[0]!)).toBe("low");
      bench.ask({ command: "on", relays: 1, holdMs: 30 });
      bench.ask({ command: "on", relays: 1 });
      bench.run(60);
      expect(bench.core.pin(RELAY_PINS[0]!)).toBe("high");
    });

    test("a frame that comes again is answered and not obeyed: no hold begins anew", () => {
      const bench = greeted();
      const frame = { command: "on", relays: 1, holdMs: 40, number: 77 } as const;
      for (let again = 0; again < 4; again++) expect(bench.ask(frame)).toMatchObject({ number: 77 });
      bench.run(20);
      expect(bench.pulses(0).map((cycles) => isSoLong(cycles, 40))).toEqual([true]);
    });

    test("a greeting leaves relays as they are: a cable that was out for a moment moves nothing", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 0b1 });
      bench.ask({ command: "on", relays: 0b10, holdMs: 40 });
      expect(bench.ask({ command: "hello" })).toMatchObject({ relays: 0b11 });
      bench.run(40);
      expect([bench.core.pin(RELAY_PINS[0]!), bench.pulses(0)]).toEqual(["high", []]);
      expect(bench.pulses(1).map((cycles) => isSoLong(cycles, 40))).toEqual([true]);
    });

    test("a hold beyond the longest and a command that there is not are not obeyed and not acknowledged", () => {
      const bench = greeted();
      expect(bench.ask({ command: "on", relays: 1, holdMs: RELAY_AVR_HOLD_MS_MAX, number: 50 })).toMatchObject({ number: 50, relays: 1 });
      expect(bench.ask({ command: "off", relays: 1, number: 51 })).toMatchObject({ number: 51, relays: 0 });
      expect(bench.ask({ command: "on", relays: 1, holdMs: RELAY_AVR_HOLD_MS_MAX + 1, number: 52 })).toMatchObject({ number: 51, relays: 0 });
      for (const byte of [4, 5, 0x80, 0xff]) {
        bench.core.receive(withCommand(byte));
        bench.run(12);
        expect(bench.frames.at(-1)!.frame).toMatchObject({ number: 51, relays: 0 });
      }
    });
  });

  describe(`${name}: when something dies`, () => {
    test(`the host: ${SILENCE_MS} ms behind its last frame every relay is off, and nothing is switched on before a greeting`, () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 0b11 });
      bench.ask({ command: "on", relays: 0b100, holdMs: 60_000 });
      const heardAt = bench.frames.at(-1)!.cycle;
      bench.run(SILENCE_MS + 10);
      const drops = bench.pins.filter(({ pin, state, cycle }) => RELAY_PINS.slice(0, 3).includes(pin) && state === "low" && cycle > heardAt);
      expect(drops.length).toBe(3);
      // The answer's last byte was sent some 4 ms behind the host's.
      for (const { cycle } of drops) expect(Math.abs(cycle - heardAt - (SILENCE_MS - 2.5) * CYCLES_PER_MS)).toBeLessThan(3 * CYCLES_PER_MS);
      const sent = bench.bytesSent;
      bench.run(300);
      expect(bench.bytesSent).toBe(sent);
      expect(bench.ask({ command: "on", relays: 1 })).toMatchObject({ isUngreeted: true, relays: 0 });
      expect(bench.ask({ command: "hello" })).toMatchObject({ isUngreeted: false, relays: 0 });
      expect(bench.ask({ command: "on", relays: 1 })).toMatchObject({ relays: 1 });
    });

    test("frames every 900 ms keep relays, and beats of 250 ms with it", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 1 });
      for (let beat = 0; beat < 3; beat++) {
        bench.run(900 - 12);
        bench.ask({});
      }
      expect(bench.core.pin(RELAY_PINS[0]!)).toBe("high");
    });

    test("the program: wherever it hangs the watchdog bites within 260 ms, and the next life begins with every relay off", () => {
      for (const afterUs of [0, 137, 411, 902]) {
        const bench = greeted();
        bench.ask({ command: "on", relays: 0xff });
        bench.core.runTo(bench.core.cycles + afterUs * CYCLES_PER_US);
        // Every instruction has become a jump to itself.
        bench.flash.fill(0xcfff);
        const hungAt = bench.core.cycles;
        bench.run(300);
        expect(bench.core.isOver).toBe(true);
        expect((bench.core.cycles - hungAt) / CYCLES_PER_MS).toBeLessThan(260);
      }
      const next = programBench(hexOf("active-high"), "watchdog");
      next.run(1);
      expect(next.ask({})).toMatchObject({ isUngreeted: true, relays: 0, resetCause: { watchdog: true, powerOn: false } });
    });

    test("the program, before its first millisecond is over: the watchdog runs already", () => {
      const bench = programBench(hexOf("active-high"));
      bench.core.runTo(2_700);
      bench.flash.fill(0xcfff);
      bench.run(300);
      expect(bench.core.isOver).toBe(true);
    });
  });
}

/** An undamaged frame with a command byte of one's own. */
function withCommand(byte: number): Uint8Array {
  const frame = encodeHostFrame({ number: 99, seen: 0, command: "on", relays: 1, holdMs: 0 });
  frame[3] = byte;
  const crc = crcOf(frame.subarray(0, -2));
  frame.set([crc >> 8, crc & 0xff], 8);
  return frame;
}

/** Bit by bit, as docs/relay-avr.md describes it. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0x1d0f;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}
