import fc from "fast-check";
import { expect, test } from "vitest";
import { type CardFormat, isCardLine, readCardNumber } from "./card-number.ts";
import { bytesToHex } from "./hex.ts";

const FORMATS: readonly CardFormat["format"][] = ["uid-hex", "decimal-8", "decimal-10", "wiegand-26", "wiegand-34", "wiegand-37"];
const card = (format: CardFormat["format"], facility?: number, byteOrder: CardFormat["byteOrder"] = "msb-first"): CardFormat => ({
  format,
  byteOrder,
  ...(facility === undefined ? {} : { facility }),
});
const read = (text: string, format: CardFormat): string => {
  const result = readCardNumber(text, format);
  return result.ok ? bytesToHex(result.value.bytes) : result.detail;
};

test.each([
  // Readers' manuals: CN56 (Civintec) for 26 and 34 bits, Allegion for 26 bits, Hikvision for 34 bits of 1234567890.
  ["11101010000011011100000010", card("wiegand-26"), "d41b81"],
  ["1100010011101010000011011100000011", card("wiegand-34"), "89d41b81"],
  ["00110010100001111111111111", card("wiegand-26"), "650fff"],
  ["101,4095", card("wiegand-26"), "650fff"],
  ["1010010011001011000000010110100100", card("wiegand-34"), "499602d2"],
  ["1234567890", card("decimal-10"), "499602d2"],
  ["3A83702", card("wiegand-26"), "d41b81"],
  ["3a83702", card("wiegand-26"), "d41b81"],
  ["0CA1FFF", card("wiegand-26"), "650fff"],
  ["212:07041", card("wiegand-26"), "d41b81"],
  ["21207041", card("decimal-8"), "d41b81"],
  ["04095", card("wiegand-26", 101), "650fff"],
  ["313A83703", card("wiegand-34"), "89d41b81"],
  ["35284 7041", card("wiegand-34"), "89d41b81"],
  ["2312379265", card("decimal-10"), "89d41b81"],
  ["89D41B81", card("uid-hex"), "89d41b81"],
  ["89:d4:1b:81", card("uid-hex"), "89d41b81"],
  ["811BD489", card("uid-hex", undefined, "lsb-first"), "89d41b81"],
  ["2166084745", card("decimal-10", undefined, "lsb-first"), "89d41b81"],
  ["04a1b2c3d4e5f6", card("uid-hex"), "04a1b2c3d4e5f6"],
  ["f6e5d4c3b2a104", card("uid-hex", undefined, "lsb-first"), "04a1b2c3d4e5f6"],
  ["04-A1-B2-C3-D4-E5-F6-07-18-29", card("uid-hex"), "04a1b2c3d4e5f6071829"],
  ["1-2", card("wiegand-37"), "0000080002"],
  ["00000524290", card("wiegand-37"), "0000080002"],
  ["000002", card("wiegand-37", 1), "0000080002"],
])("%s is the number that its reader's manual says, %s", (text, format, wanted) => {
  expect(read(text, format)).toBe(wanted);
});

test.each([
  ["01101010000011011100000010", card("wiegand-26"), "the parity does not hold: bits were lost"],
  ["11101010000011011100000011", card("wiegand-26"), "the parity does not hold: bits were lost"],
  ["1110101000001101110000001", card("wiegand-26"), "25 characters are neither 26 bits nor 7 hex digits nor facility code and number"],
  ["7FFFFFF", card("wiegand-26"), "more than 26 bits"],
  ["256,1", card("wiegand-26"), "the facility code has more than 8 bits"],
  ["1,65536", card("wiegand-26"), "the number has more than 16 bits"],
  ["102,4095", card("wiegand-26", 101), "another facility code"],
  ["00110010100001111111111111", card("wiegand-26", 100), "another facility code"],
  ["10104095", card("decimal-8", 102), "another facility code"],
  ["25600001", card("decimal-8"), "the facility code has more than 8 bits"],
  ["00065536", card("decimal-8"), "the number has more than 16 bits"],
  ["04095", card("wiegand-26"), "5 characters are neither 26 bits nor 7 hex digits nor facility code and number"],
  ["4294967296", card("decimal-10"), "more than 4 bytes can hold"],
  ["123456789", card("decimal-10"), "9 digits, expected 10"],
  ["1234567", card("decimal-8"), "7 digits, expected 8"],
  ["34359738368", card("wiegand-37"), "more than 35 bits can hold"],
  ["89d41b8", card("uid-hex"), "7 hex digits, expected 8, 14 or 20"],
  ["8xd41b81", card("uid-hex"), "characters that this format does not use"],
  ["08d41b81", card("uid-hex"), "a random UID, which names no card"],
  ["811bd408", card("uid-hex", undefined, "lsb-first"), "a random UID, which names no card"],
  ["00000000", card("uid-hex"), "all bits equal: nothing was read"],
  ["ffffffff", card("uid-hex"), "all bits equal: nothing was read"],
  ["65535,524287", card("wiegand-37"), "all bits equal: nothing was read"],
  ["0000000000", card("decimal-10"), "all bits equal: nothing was read"],
  ["", card("uid-hex"), "characters that this format does not use"],
])("%s by %s is refused: %s", (text, format, detail) => {
  expect(readCardNumber(text, format)).toEqual({ ok: false, error: "InvalidIdentifierValue", detail });
});

test("a combined head's line goes to the cards only with characters that its format uses, and a pass never does", () => {
  expect(isCardLine("89D41B81", card("uid-hex"))).toBe(true);
  expect(isCardLine("89:D4:1B:81", card("uid-hex"))).toBe(true);
  expect(isCardLine("89D41B8", card("uid-hex")), "judged by its format then").toBe(true);
  expect(isCardLine("89D41B81", card("decimal-10"))).toBe(false);
  for (const line of ["", "CP1:", `CP1:${"0A".repeat(72)}`, "0".repeat(41), "12,", ",12", "1,,2", "https://example.org", "8９", "12\n"])
    for (const format of FORMATS) expect(isCardLine(line, card(format)), line).toBe(false);
});

const parity = (bits: string): string => String(bits.split("1").length % 2 === 0 ? 1 : 0);

test("one card has one number in all formats of its width, and every single lost or flipped bit is noticed", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 0xffff_fffe }), fc.nat(33), (uid, flipped) => {
      fc.pre(uid >>> 24 !== 8);
      const hex = uid.toString(16).padStart(8, "0");
      const bits = uid.toString(2).padStart(32, "0");
      const frame = parity(bits.slice(0, 16)) + bits + String(1 - Number(parity(bits.slice(16))));
      const lines: [string, CardFormat][] = [
        [hex.toUpperCase(), card("uid-hex")],
        [hex.match(/../g)!.reverse().join(""), card("uid-hex", undefined, "lsb-first")],
        [String(uid).padStart(10, "0"), card("decimal-10")],
        [`${uid >>> 16},${uid & 0xffff}`, card("wiegand-34")],
        [frame, card("wiegand-34")],
        [Number.parseInt(frame, 2).toString(16).padStart(9, "0"), card("wiegand-34")],
      ];
      expect(read(frame, card("wiegand-34", undefined, "lsb-first"))).toBe(lines[1]![0]);
      expect(lines.map(([text, format]) => read(text, format))).toEqual(lines.map(() => hex));
      const damaged = frame.slice(0, flipped) + (frame[flipped] === "1" ? "0" : "1") + frame.slice(flipped + 1);
      expect(readCardNumber(damaged, card("wiegand-34")).ok).toBe(false);
      expect(readCardNumber(frame.slice(0, flipped) + frame.slice(flipped + 1), card("wiegand-34")).ok).toBe(false);
    }),
  );
});

/** A frame of 26 or 34 bits: even parity over the first half, odd over the last. */
const framed = (bits: string): string => parity(bits.slice(0, bits.length / 2)) + bits + String(1 - Number(parity(bits.slice(bits.length / 2))));
const reversed = (hex: string): string => hex.match(/../g)!.reverse().join("");
const binaryOf = (hex: string): string =>
  BigInt(`0x${hex}`)
    .toString(2)
    .padStart(hex.length * 4, "0");

test.each([
  { format: "wiegand-26", facility: 101, number: 4095, hex: "650fff" },
  { format: "wiegand-34", facility: 17, number: 1000, hex: "001103e8" },
] as const)(
  "$format judges the facility code that is printed on the card, whichever way round the reader sends its bytes",
  ({ format, facility, number, hex }) => {
    for (const [order, sent] of [
      ["msb-first", hex],
      ["lsb-first", reversed(hex)],
    ] as const) {
      const frame = framed(binaryOf(sent));
      const lines = [
        frame,
        Number.parseInt(frame, 2)
          .toString(16)
          .padStart(format === "wiegand-26" ? 7 : 9, "0"),
      ];
      for (const line of lines) {
        expect(read(line, card(format, facility, order)), `${order} ${line}`).toBe(hex);
        expect(read(line, card(format, facility + 1, order)), `${order} ${line}`).toBe("another facility code");
        expect(read(line, card(format, undefined, order)), `${order} ${line}`).toBe(hex);
        // What stands where the facility code would stand if the bytes came in the other order.
        const mistaken = Number.parseInt(reversed(hex).slice(0, hex.length === 6 ? 2 : 4), 16);
        expect(read(line, card(format, mistaken, order)), `${order} ${line}`).toBe("another facility code");
      }
      expect(read(`${facility},${number}`, card(format, facility, order))).toBe(hex);
      expect(read(String(number).padStart(5, "0"), card(format, facility, order))).toBe(hex);
      expect(read(`${facility + 1},${number}`, card(format, facility, order))).toBe("another facility code");
    }
  },
);

test("37 bits and decimals of facility code and number have one order, and the same facility code in both", () => {
  for (const order of ["msb-first", "lsb-first"] as const) {
    const bits = (17 * 2 ** 19 + 1000).toString(2).padStart(35, "0");
    const frame = parity(bits.slice(0, 18)) + bits + String(1 - Number(parity(bits.slice(17))));
    for (const line of [frame, Number.parseInt(frame, 2).toString(16).padStart(10, "0"), String(17 * 2 ** 19 + 1000).padStart(11, "0"), "17,1000", "001000"]) {
      expect(read(line, card("wiegand-37", 17, order)), line).toBe("00008803e8");
      if (line.length > 6) expect(read(line, card("wiegand-37", 18, order)), line).toBe("another facility code");
    }
    expect(read("10104095", card("decimal-8", 101, order))).toBe("650fff");
    expect(read("10104095", card("decimal-8", 102, order))).toBe("another facility code");
  }
});

test("37 bits hold their two parities over 18 data bits each, the middle one under both", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 35 - 2 }), (value) => {
      const bits = value.toString(2).padStart(35, "0");
      const frame = parity(bits.slice(0, 18)) + bits + String(1 - Number(parity(bits.slice(17))));
      const hex = value.toString(16).padStart(10, "0");
      expect(read(frame, card("wiegand-37"))).toBe(hex);
      expect(read(frame, card("wiegand-37", undefined, "lsb-first"))).toBe(hex);
      expect(read(Number.parseInt(frame, 2).toString(16).padStart(10, "0"), card("wiegand-37"))).toBe(hex);
      expect(read(String(value).padStart(11, "0"), card("wiegand-37"))).toBe(hex);
      expect(read(`${Math.floor(value / 2 ** 19)}/${value % 2 ** 19}`, card("wiegand-37"))).toBe(hex);
    }),
  );
});

test("a line of bytes reads as its text, and bytes beyond ASCII are no card's", () => {
  const line = Uint8Array.from("89D41B81", (character) => character.charCodeAt(0));
  expect(readCardNumber(line, card("uid-hex"))).toEqual(readCardNumber("89D41B81", card("uid-hex")));
  expect([
    isCardLine(line, card("uid-hex")),
    isCardLine(
      line.map((byte) => byte | 0x80),
      card("uid-hex"),
    ),
  ]).toEqual([true, false]);
});

test("any text gives a number or a detail without a digit run of it, and never throws", () => {
  const digitish = fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF:-, /".split("")), maxLength: 45 });
  fc.assert(
    fc.property(
      fc.oneof(digitish, fc.string({ unit: "binary" })),
      fc.constantFrom(...FORMATS),
      fc.option(fc.nat(70_000), { nil: undefined }),
      (text, format, facility) => {
        const result = readCardNumber(text, card(format, facility));
        if (result.ok) expect([3, 4, 5, 7, 10]).toContain(result.value.bytes.length);
        else if (text.length > 3) expect(result.detail).not.toContain(text);
      },
    ),
  );
});
