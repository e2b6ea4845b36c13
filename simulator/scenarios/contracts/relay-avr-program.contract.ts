import { seededRandom } from "@portico/firmware-ts";
import { encodeHostFrame, RELAY_AVR_HOLD_MS_MAX } from "@portico/firmware-ts/relay-avr";
import { describe, expect, test } from "vitest";
import type { PinAct } from "../../src/wiegand-pulses.ts";
import { CYCLES_PER_MS, CYCLES_PER_US, INPUT_PINS, programBench, READER_PINS, RELAY_PINS, wiegandActs } from "../relay-avr-bench.ts";

const CARD_26 = "10110011100011110000111110";
const CARD_34 = "0110100111000111100001111100000110";
const CARD_37 = "1001011000110000111100000111110000011";
/** From the last bit to the report, with the frame's time on the line. */
const REPORTED_MS = 35;
/** The turn of a millisecond may find the processor busy with a frame. */
const TURN_CYCLES = 60 * CYCLES_PER_US;
const SILENCE_MS = 1_000;

/** What the relay board's program promises (docs/relay-avr.md), proven on the machine code cycle by cycle. */
export function relayAvrProgramContract(name: string, hexOf: (polarity: "active-high" | "active-low") => string): void {
  function greeted(polarity: "active-high" | "active-low" = "active-high") {
    const bench = programBench(hexOf(polarity));
    bench.greet();
    return bench;
  }
  const near = (cycles: number, ms: number, tolerance = TURN_CYCLES): boolean => Math.abs(cycles - ms * CYCLES_PER_MS) <= tolerance;

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
      expect(near(lasted!, holdMs)).toBe(true);
    });

    test("on an active-low board a pulse is a low pin, as long", () => {
      const bench = greeted("active-low");
      bench.ask({ command: "on", relays: 0x80, holdMs: 40 });
      bench.run(40);
      expect(bench.pulses(7, "low").map((cycles) => near(cycles, 40))).toEqual([true]);
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
      expect(bench.pulses(0).map((cycles) => near(cycles, 40))).toEqual([true]);
    });

    test("a greeting leaves relays as they are: a cable that was out for a moment moves nothing", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 0b1 });
      bench.ask({ command: "on", relays: 0b10, holdMs: 40 });
      expect(bench.ask({ command: "hello" })).toMatchObject({ relays: 0b11 });
      bench.run(40);
      expect([bench.core.pin(RELAY_PINS[0]!), bench.pulses(0)]).toEqual(["high", []]);
      expect(bench.pulses(1).map((cycles) => near(cycles, 40))).toEqual([true]);
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

  describe(`${name}: the line`, () => {
    test("a frame with any one bit changed, or a wrong half of its CRC, is neither obeyed nor answered", () => {
      const bench = greeted();
      const good = encodeHostFrame({ number: 200, seen: 1, command: "on", relays: 0xff, holdMs: 0 });
      const frames = bench.frames.length;
      const say = (spoilt: Uint8Array): void => {
        bench.core.receive(spoilt);
        bench.run(2);
      };
      for (let bit = 0; bit < good.length * 8; bit++) say(good.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte)));
      // Changed so that one half of the CRC's remainder is 0.
      say(good.map((byte, at) => byte ^ (at === 8 ? 0x01 : at === 9 ? 0x10 : 0)));
      say(good.map((byte, at) => byte ^ (at === 9 ? 0xff : 0)));
      bench.run(10);
      expect([bench.frames.length - frames, bench.pulses(0), bench.core.pin(RELAY_PINS[0]!)]).toEqual([0, [], "low"]);
      bench.core.receive(good);
      bench.run(12);
      expect(bench.frames.at(-1)!.frame).toMatchObject({ number: 200, relays: 0xff });
    });

    test("any bytes in any order move nothing, and the frame behind them is obeyed", () => {
      const bench = greeted();
      for (let seed = 1; seed <= 6; seed++) {
        const random = seededRandom(seed);
        // Sync bytes and halves of frames are what garbage of this line is made of.
        const half = encodeHostFrame({ number: 9, seen: 0, command: "on", relays: 0xff, holdMs: 0 }).subarray(0, 1 + Math.floor(random() * 9));
        const noise = Uint8Array.from({ length: 200 }, () => (random() < 0.2 ? 0xa5 : Math.floor(random() * 256)));
        bench.core.receive(Uint8Array.from([...noise, ...half]));
        bench.run(45);
        expect(RELAY_PINS.some((pin) => bench.core.pin(pin) === "high")).toBe(false);
        expect(bench.ask({ command: "on", relays: seed })).toMatchObject({ relays: seed });
        expect(bench.ask({ command: "off", relays: 0xff })).toMatchObject({ relays: 0 });
      }
    });

    test("a line that never falls silent takes nothing from the relays", () => {
      const bench = greeted();
      bench.ask({ command: "on", relays: 1, holdMs: 100 });
      bench.core.receive(Uint8Array.from({ length: 600 }, (_, at) => (at * 89) & 0xff));
      bench.run(110);
      expect(bench.pulses(0).map((cycles) => near(cycles, 100))).toEqual([true]);
    });
  });

  describe(`${name}: reports`, () => {
    test("a contact is reported when it rests for two milliseconds, and again until that is acknowledged", () => {
      const bench = greeted();
      const before = bench.frames.length;
      const spike = bench.core.cycles + 100;
      bench.act(
        [
          { cycle: spike, pin: INPUT_PINS[0]!, drive: "low" },
          { cycle: spike + 0.5 * CYCLES_PER_MS, pin: INPUT_PINS[0]!, drive: "open" },
        ],
        spike + 20 * CYCLES_PER_MS,
      );
      expect(bench.frames.length).toBe(before);
      bench.core.drive(INPUT_PINS[5]!, "low");
      bench.core.drive(INPUT_PINS[1]!, "low");
      bench.run(80);
      const told = bench.frames.slice(before).map(({ frame }) => frame);
      expect(told.length).toBeGreaterThanOrEqual(2);
      expect(new Set(told.map(({ report, contacts }) => `${report} ${contacts}`)).size).toBe(1);
      expect(told[0]!.contacts).toBe(0b10_0010);
      bench.acknowledge();
      const acknowledged = bench.frames.length;
      bench.run(100);
      expect(bench.frames.length).toBe(acknowledged);
    });

    test("what happens while a report waits is told in the next one: no closing is lost", () => {
      const bench = greeted();
      bench.core.drive(INPUT_PINS[0]!, "low");
      bench.run(10);
      bench.core.drive(INPUT_PINS[0]!, "open");
      bench.run(40);
      expect(bench.frames.at(-1)!.frame.contacts).toBe(1);
      bench.acknowledge();
      bench.run(10);
      expect(bench.frames.at(-1)!.frame.contacts).toBe(0);
    });

    test("a greeting voids what waited: a card of before is not told", () => {
      const bench = greeted();
      read(bench, [{ reader: 0, bits: CARD_26, pulseUs: 50, everyUs: 1_000 }]);
      expect(bench.frames.at(-1)!.frame.card).toBeDefined();
      read(bench, [{ reader: 1, bits: CARD_26, pulseUs: 50, everyUs: 1_000 }]);
      expect(bench.ask({ command: "hello" })!.card).toBeUndefined();
      bench.acknowledge();
      bench.run(50);
      expect(bench.frames.at(-1)!.frame.card).toBeUndefined();
    });
  });

  describe(`${name}: Wiegand`, () => {
    test.each([
      [CARD_26, 20, 200],
      [CARD_26, 100, 20_000],
      [CARD_34, 50, 1_000],
      [CARD_34, 100, 200],
      [CARD_37, 20, 2_000],
      [CARD_37, 40, 300],
    ])("the bits %s in pulses of %i µs every %i µs come whole, from either reader", (bits, pulseUs, everyUs) => {
      const bench = greeted();
      for (const reader of [0, 1] as const) {
        read(bench, [{ reader, bits, pulseUs, everyUs }]);
        expect(bench.frames.at(-1)!.frame.card).toEqual({ reader, bits });
        bench.acknowledge();
      }
    });

    test("both readers at once, at every offset of their pulses, while frames come and go", () => {
      for (let offsetUs = 0; offsetUs <= 30; offsetUs += 1.5) {
        const bench = greeted();
        const fromCycle = bench.core.cycles + 200;
        const pulses = { pulseUs: 20, everyUs: 200 };
        const acts = [
          ...wiegandActs({ ...pulses, reader: 0, bits: CARD_34, fromCycle }),
          ...wiegandActs({ ...pulses, reader: 1, bits: CARD_26, fromCycle: fromCycle + Math.round(offsetUs * CYCLES_PER_US) }),
        ];
        bench.say({ command: "on", relays: 1, holdMs: 5 });
        bench.say({});
        bench.act(acts, fromCycle + REPORTED_MS * CYCLES_PER_MS);
        const first = bench.frames.at(-1)!.frame.card;
        bench.acknowledge();
        bench.run(8);
        const cards = [first, bench.frames.at(-1)!.frame.card];
        expect(cards, `${offsetUs} µs`).toEqual(
          expect.arrayContaining([
            { reader: 0, bits: CARD_34 },
            { reader: 1, bits: CARD_26 },
          ]),
        );
      }
    });

    test("spikes of up to 2 µs on both lines, between bits and within them, are no bits", () => {
      const bench = greeted();
      const fromCycle = bench.core.cycles + 1_000;
      const bits = wiegandActs({ reader: 0, bits: CARD_26, fromCycle, pulseUs: 50, everyUs: 1_000 });
      const spikes = bits.flatMap(({ cycle, pin, drive }, at): PinAct[] => {
        const other = READER_PINS[0].find((line) => line !== pin)!;
        const length = (0.25 + (at % 8) / 4) * CYCLES_PER_US;
        const back = drive === "low" ? "low" : "open";
        return [
          // In the pulse a spike up, behind it a spike down; beside it a spike down on the other line.
          { cycle: cycle + 20 * CYCLES_PER_US, pin, drive: back === "low" ? "open" : "low" },
          { cycle: cycle + 20 * CYCLES_PER_US + length, pin, drive: back },
          { cycle: cycle + 300 * CYCLES_PER_US, pin: other, drive: "low" },
          { cycle: cycle + 300 * CYCLES_PER_US + length, pin: other, drive: "open" },
        ];
      });
      bench.act([...bits, ...spikes], fromCycle + (26 + REPORTED_MS) * CYCLES_PER_MS);
      expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 0, bits: CARD_26 });
    });

    test("65 bits, a bit on both lines, and a bit that a pulse of the other line overlaps are told as unreadable", () => {
      const bench = greeted();
      const fromCycle = bench.core.cycles + 100;
      const bit = (line: 0 | 1, atUs: number): PinAct[] => [
        { cycle: fromCycle + atUs * CYCLES_PER_US, pin: READER_PINS[1][line], drive: "low" },
        { cycle: fromCycle + (atUs + 60) * CYCLES_PER_US, pin: READER_PINS[1][line], drive: "open" },
      ];
      bench.act([...bit(0, 0), ...bit(0, 1_000), ...bit(1, 1_030), ...bit(0, 2_000)], fromCycle + REPORTED_MS * CYCLES_PER_MS);
      expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 1, bits: undefined });
      bench.acknowledge();
      read(bench, [{ reader: 1, bits: "01".repeat(32), pulseUs: 50, everyUs: 500 }]);
      expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 1, bits: "01".repeat(32) });
      bench.acknowledge();
      read(bench, [{ reader: 1, bits: `${"01".repeat(32)}1`, pulseUs: 50, everyUs: 500 }]);
      expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 1, bits: undefined });
    });

    test.each([4, 12, 40])(
      "a reader that changes every %i µs harms neither the other reader, nor pulses, nor the line; afterwards it reads again",
      (halfUs) => {
        const bench = greeted();
        const fromCycle = bench.core.cycles + 100;
        bench.say({ command: "on", relays: 1, holdMs: 60 });
        const storm = Array.from({ length: Math.floor(60_000 / halfUs) }, (_, at): PinAct => ({
          cycle: fromCycle + at * halfUs * CYCLES_PER_US,
          pin: READER_PINS[0][1],
          drive: at % 2 === 0 ? "low" : "open",
        }));
        const calm: PinAct = { cycle: fromCycle + 60_000 * CYCLES_PER_US, pin: READER_PINS[0][1], drive: "open" };
        const card = wiegandActs({ reader: 1, bits: CARD_26, fromCycle: fromCycle + 3_333 * CYCLES_PER_US, pulseUs: 50, everyUs: 1_000 });
        bench.act([...storm, calm, ...card], fromCycle + 70 * CYCLES_PER_MS);
        expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 1, bits: CARD_26 });
        expect(bench.pulses(0).map((cycles) => near(cycles, 60, 300 * CYCLES_PER_US))).toEqual([true]);
        bench.acknowledge();
        bench.run(REPORTED_MS);
        expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 0, bits: undefined });
        bench.acknowledge();
        read(bench, [{ reader: 0, bits: CARD_34, pulseUs: 50, everyUs: 1_000 }]);
        expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 0, bits: CARD_34 });
      },
    );

    test.each([0, 350, 700])("a reader that is shut out while its line is low, %i µs on, reads again when it is back", (laterUs) => {
      const bench = greeted();
      const fromCycle = bench.core.cycles + (100 + laterUs) * CYCLES_PER_US;
      const pin = READER_PINS[0][1];
      const edge = (at: number, drive: "low" | "open"): PinAct => ({ cycle: fromCycle + at * CYCLES_PER_US, pin, drive });
      // A spike that is over before anybody looks counts as an edge: the sixteenth is a fall then, and nobody sees the rise.
      const acts = [
        edge(0, "low"),
        edge(0, "open"),
        ...Array.from({ length: 15 }, (_, at) => edge(20 + at * 10, at % 2 === 0 ? "low" : "open")),
        edge(220, "open"),
      ];
      bench.act(acts, fromCycle + REPORTED_MS * CYCLES_PER_MS);
      expect(bench.frames.at(-1)!.frame.card).toMatchObject({ reader: 0 });
      bench.acknowledge();
      read(bench, [{ reader: 0, bits: CARD_26, pulseUs: 50, everyUs: 1_000 }]);
      expect(bench.frames.at(-1)!.frame.card).toEqual({ reader: 0, bits: CARD_26 });
    });
  });
}

/** Reads cards and waits for their report. */
function read(bench: ReturnType<typeof programBench>, cards: readonly Omit<Parameters<typeof wiegandActs>[0], "fromCycle">[]): void {
  const fromCycle = bench.core.cycles + 100;
  const acts = cards.flatMap((card) => wiegandActs({ ...card, fromCycle }));
  bench.act(acts, Math.max(...acts.map(({ cycle }) => cycle)) + REPORTED_MS * CYCLES_PER_MS);
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
