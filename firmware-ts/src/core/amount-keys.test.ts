import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import { AMOUNT_KEYS, amountKeyByte, amountKeyFraming } from "./amount-keys.ts";

const ascii = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0));
const keysOf = (...pieces: string[]): readonly string[] => {
  const framing = amountKeyFraming();
  return pieces.flatMap((piece) => framing.push(ascii(piece)));
};

test("each key is one byte, and each comes back as itself", () => {
  expect(AMOUNT_KEYS.flatMap((key) => amountKeyFraming().push(Uint8Array.of(amountKeyByte(key))))).toEqual([...AMOUNT_KEYS]);
});

test.each<[string, string[], string[]]>([
  ["Enter as CR LF is one Enter", ["5\r\n"], ["5", "Enter"]],
  ["its halves may come apart", ["5\r", "\n6"], ["5", "Enter", "6"]],
  ["two carriage returns are two", ["\r\r\n"], ["Enter", "Enter"]],
  ["other makers' Enter", ["1+2#3\n"], ["1", "Enter", "2", "Enter", "3", "Enter"]],
  ["other makers' Clear", ["C*c\x18\x1b"], ["Clear", "Clear", "Clear", "Clear", "Clear"]],
  ["Backspace and DEL", ["\b\x7f"], ["Backspace", "Backspace"]],
  ["letters and signs are no keys", ["1a-2"], ["1", "Unreadable", "Unreadable", "2"]],
  ["an arrow of a terminal clears and is no amount", ["\x1b[A"], ["Clear", "Unreadable", "Unreadable"]],
])("%s", (_, pieces, keys) => {
  expect(keysOf(...pieces)).toEqual(keys);
});

test("a line that broke behind a carriage return: the line feed of the next one is an Enter of its own", () => {
  const framing = amountKeyFraming();
  framing.push(ascii("\r"));
  framing.cutOff();
  expect(framing.push(ascii("\n"))).toEqual(["Enter"]);
});

test.each(keptCorpus("keypad"))("of the corpus: %s: keys or unreadable, and the digit behind it is a digit", (_, received) => {
  const framing = amountKeyFraming();
  const keys = framing.push(received);
  expect(keys.every((key) => key === "Unreadable" || AMOUNT_KEYS.includes(key))).toBe(true);
  expect(keys.length).toBeLessThanOrEqual(received.length);
  expect(framing.push(ascii("7"))).toEqual(["7"]);
});

test("any bytes in any pieces are the same keys as in one piece", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, cut) => {
      const [whole, apart] = [amountKeyFraming(), amountKeyFraming()];
      expect([...apart.push(bytes.slice(0, cut)), ...apart.push(bytes.slice(cut))]).toEqual(whole.push(bytes));
    }),
  );
});
