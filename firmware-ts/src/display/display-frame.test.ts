import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import { DISPLAY_CHARSETS, DISPLAY_COLUMNS, DISPLAY_COMMANDS, displayCells, displayFrame, displayOpening } from "./display-frame.ts";
import { displayScreen } from "./display-screen.ts";
import { encodeGb18030 } from "./gb18030.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
const ascii = (text: string): string => Buffer.from(text, "latin1").toString("hex");
const text = (left: string, right: string, charset: "ascii" | "gb18030"): string =>
  new TextDecoder(charset === "ascii" ? "ascii" : "gb18030").decode(displayCells({ left, right }, charset));

test("frames are those of the makers' manuals: both lines at their places, 20 columns each", () => {
  const lines = [
    { left: "TEST", right: "12.50" },
    { left: "Show card or code", right: "" },
  ];
  expect(hex(displayOpening("esc-pos"))).toBe("00000d1b401f011f4300");
  expect(hex(displayFrame(lines, "esc-pos", "ascii"))).toBe(`1f240101${ascii("TEST           12.50")}1f240102${ascii("Show card or code   ")}`);
  expect(hex(displayOpening("cd5220"))).toBe("00000d1b40");
  expect(hex(displayFrame(lines, "cd5220", "ascii"))).toBe(`1b5141${ascii("TEST           12.50")}0d1b5142${ascii("Show card or code   ")}0d`);
});

test.each([
  ["中", "d6d0"],
  ["￥", "a3a4"],
  ["测试", "b2e2cad4"],
  ["\u{20000}", "3f"],
  ["¥", "3f"],
])("%s is %s in GB 18030 of two bytes", (character, bytes) => {
  expect(hex(encodeGb18030(character))).toBe(bytes);
});

test.each<[string, string, string, "ascii" | "gb18030", string]>([
  ["an amount is never cut; what stands left of it is", "North canteen of the campus", "¥12345.67", "ascii", "North c CNY 12345.67"],
  ["where only ASCII has patterns, ¥ is CNY", "TEST", "¥12.50", "ascii", "TEST       CNY 12.50"],
  ["in Chinese it is the full-width sign", "测试", "¥12.50", "gb18030", "测试         ￥12.50"],
  ["a Chinese character is never halved", "一二三四五六七八九十甲", "", "gb18030", "一二三四五六七八九十"],
  ["nor at the edge of an amount", "一二三四五六七八", "¥1.5", "gb18030", "一二三四五六七 ￥1.5"],
  ["what has no pattern is a question mark", "食堂", "", "ascii", "??                  "],
  ["what a display would obey is shown as one, too", "a\x1b@\x0c", "", "ascii", "a?@?                "],
  ["an end that is too long keeps its end", "x", "123456789012345678901234", "ascii", "56789012345678901234"],
])("%s", (_, left, right, charset, shown) => {
  expect(text(left, right, charset)).toBe(shown);
});

test("any text at all fills 20 columns and holds nothing that a display obeys", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.string({ unit: "binary", maxLength: 40 }),
      fc.constantFrom(...DISPLAY_CHARSETS),
      (left, right, charset) => {
        const cells = displayCells({ left, right }, charset);
        expect([cells.length, cells.every((byte) => byte >= 0x20 && byte !== 0x7f)]).toEqual([DISPLAY_COLUMNS, true]);
      },
    ),
  );
});

const KINDS = DISPLAY_COMMANDS.flatMap((commands) => DISPLAY_CHARSETS.map((charset) => [commands, charset] as const));

test.each(KINDS)("a screen that speaks %s in %s shows what it is told, whatever came before", (commands, charset) => {
  for (const [why, garbage] of keptCorpus("display")) {
    const screen = displayScreen(commands, charset);
    screen.push(garbage);
    expect(screen.lines.length, why).toBe(2);
    screen.push(displayOpening(commands));
    screen.push(displayFrame([{ left: "TEST", right: "¥12.50" }], commands, charset));
    expect(screen.lines, why).toEqual([charset === "ascii" ? "TEST       CNY 12.50" : "TEST         ￥12.50", " ".repeat(20)]);
  }
});

test("any bytes in any pieces leave a screen of two lines, the same as in one piece, and the frame behind the opening is whole", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), fc.nat(120), fc.constantFrom(...KINDS), (bytes, cut, [commands, charset]) => {
      const [whole, apart] = [displayScreen(commands, charset), displayScreen(commands, charset)];
      whole.push(bytes);
      apart.push(bytes.slice(0, cut));
      apart.push(bytes.slice(cut));
      expect(apart.lines).toEqual(whole.lines);
      whole.push(Uint8Array.from([...displayOpening(commands), ...displayFrame([{ left: "A", right: "1" }], commands, charset)]));
      expect(whole.lines[0]).toBe(`A${" ".repeat(18)}1`);
    }),
  );
});
