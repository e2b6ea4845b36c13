import fc from "fast-check";
import { expect, test } from "vitest";
import { type EntryKey, fenOf, NOTHING_TYPED, pressEntry } from "./amount-entry.ts";

const KEYS: Readonly<Record<string, EntryKey>> = { "+": "Enter", C: "Clear", "<": "Backspace", "?": "Unreadable" };

/** Types one character a key; answers with what stands there, and what was done. */
function typed(text: string): string {
  let entry = NOTHING_TYPED;
  const done: string[] = [];
  for (const character of text) {
    const pressed = pressEntry(entry, KEYS[character] ?? (character as EntryKey));
    entry = pressed.entry;
    if (pressed.act !== undefined) done.push(pressed.act.kind === "entered" ? `${pressed.act.amountFen}` : "cancel");
  }
  return [entry.isVoid ? "void" : entry.text, ...done].join(" ");
}

test.each([
  ["12.50+", "12.50 1250", "an amount"],
  ["12+", "12 1200", "whole yuan"],
  ["12.+", "12. 1200", "a point and nothing behind it"],
  [".5+", "0.5 50", "a point first"],
  ["0005+", "5 500", "zeros first"],
  ["12.345", "12.34", "a third decimal is no key"],
  ["1.2.3", "1.23", "neither is a second point"],
  ["12345678", "123456", "nor a seventh digit"],
  ["12.5<<<<", "", "taken back key by key"],
  ["12.5<<0+", "120 12000", "taken back to the whole"],
  ["<", "", "nothing to take back"],
  ["+", "", "nothing to enter"],
  ["0+", "0 0", "no amount, which the terminal refuses by name"],
  ["12C", "", "cleared"],
  ["C", " cancel", "Clear where nothing is typed takes back what waits"],
  ["12?50+", "void", "half an amount is none"],
  ["?5+", "void", "neither where its first digit is missing"],
  ["12?C7+", "7 700", "and Clear begins anew"],
  ["12?<<<3+", "void", "Backspace does not"],
])("%s is %s: %s", (keys, result) => {
  expect(typed(keys)).toBe(result);
});

test("whatever is typed is an amount that can be read back, and never more than two decimals and six digits", () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom<EntryKey>("0", "1", "9", ".", "Backspace", "Clear", "Unreadable"), { maxLength: 20 }), (keys) => {
      let entry = NOTHING_TYPED;
      for (const key of keys) entry = pressEntry(entry, key).entry;
      expect(entry.text).toMatch(/^(\d{1,6}(\.\d{0,2})?)?$/);
      expect(entry.text === "" ? 0 : Math.round(Number(entry.text) * 100)).toBe(fenOf(entry.text));
    }),
  );
});
