import fc from "fast-check";
import { expect, test } from "vitest";
import { duressOf, NO_KEYS, pinTrouble, pressKey } from "./pin.ts";

test.each(["4826", "90210", "13579135", "0042", "1357"])("%s may be a PIN", (pin) => {
  expect(pinTrouble(pin)).toBeUndefined();
});

test.each([
  ["482", /4 to 8 digits/],
  ["482648264", /4 to 8 digits/],
  ["48a6", /4 to 8 digits/],
  ["４８２６", /4 to 8 digits/],
  ["0000", /count up/],
  ["1234", /count up/],
  ["78901", /count up/],
  ["9876", /count up/],
  ["1212", /over and over/],
  ["482482", /over and over/],
])("%s may be nobody's PIN, and the sentence does not repeat it", (pin, why) => {
  expect(pinTrouble(pin)).toMatch(why);
  expect(pinTrouble(pin)).not.toContain(pin);
});

test.each([
  ["4826", "4827"],
  ["4829", "4820"],
])("who is forced types %s as %s", (pin, duress) => {
  expect(duressOf(pin)).toBe(duress);
});

const typed = (keys: string): (string | undefined)[] => {
  let entry = NO_KEYS;
  return Array.from(keys).flatMap((key) => {
    const step = pressKey(entry, key);
    entry = step.entry;
    return step.typed === undefined ? [] : [step.typed];
  });
};

test("digits end with #, * takes them back, other keys and an empty entry are passed over, and a tenth digit adds nothing", () => {
  expect(typed("48*4826#")).toEqual(["4826"]);
  expect(typed("##4A8B26#")).toEqual(["4826"]);
  expect(typed("48264826482648#")).toEqual(["482648264"]);
  expect(typed("4826")).toEqual([]);
});

test("whatever is typed behind * is what is typed, and no entry is longer than nine", () => {
  const keys = fc.string({ unit: fc.constantFrom(...Array.from("0123456789*#x")) });
  fc.assert(
    fc.property(keys, fc.stringMatching(/^[0-9]{1,9}$/), (before, pin) => {
      expect(typed(`${before}*${pin}#`).at(-1)).toBe(pin);
      for (const each of typed(before)) expect(each).toMatch(/^[0-9]{1,9}$/);
    }),
  );
});
