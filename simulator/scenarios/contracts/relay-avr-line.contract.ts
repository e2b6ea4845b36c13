import { seededRandom } from "@portico/firmware-ts";
import { encodeHostFrame } from "@portico/firmware-ts/relay-avr";
import { describe, expect, test } from "vitest";
import type { PinAct } from "../../src/wiegand-pulses.ts";
import {
  CYCLES_PER_MS,
  CYCLES_PER_US,
  greetedBench,
  INPUT_PINS,
  isSoLong,
  type ProgramBench,
  READER_PINS,
  RELAY_PINS,
  wiegandActs,
} from "../relay-avr-bench.ts";

const CARD_26 = "10110011100011110000111110";
const CARD_34 = "0110100111000111100001111100000110";
const CARD_37 = "1001011000110000111100000111110000011";
/** From the last bit to the report, with the frame's time on the line. */
const REPORTED_MS = 35;

/** What the relay board's program promises of its line and its reports (docs/relay-avr.md), proven on the machine code cycle by cycle. */
export function relayAvrLineContract(name: string, hexOf: (polarity: "active-high" | "active-low") => string): void {
  const greeted = () => greetedBench(hexOf("active-high"));

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
      expect(bench.pulses(0).map((cycles) => isSoLong(cycles, 100))).toEqual([true]);
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
        expect(bench.pulses(0).map((cycles) => isSoLong(cycles, 60, 300 * CYCLES_PER_US))).toEqual([true]);
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
function read(bench: ProgramBench, cards: readonly Omit<Parameters<typeof wiegandActs>[0], "fromCycle">[]): void {
  const fromCycle = bench.core.cycles + 100;
  const acts = cards.flatMap((card) => wiegandActs({ ...card, fromCycle }));
  bench.act(acts, Math.max(...acts.map(({ cycle }) => cycle)) + REPORTED_MS * CYCLES_PER_MS);
}
