import fc from "fast-check";
import { expect, test } from "vitest";
import { isCardLine, readCardNumber } from "./card-number.ts";
import { kindOfFormat } from "./identity-number.ts";

const format = (name: "plate" | "idcard" | "face") => ({ format: name, byteOrder: "msb-first" }) as const;
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);
const read = (line: string, name: "plate" | "idcard" | "face"): string => {
  const whole = readCardNumber(utf8(line), format(name));
  expect(readCardNumber(line, format(name)), "as a cell of a list").toEqual(whole);
  return whole.ok ? new TextDecoder().decode(whole.value.bytes) : whole.detail;
};

test.each([
  ["京A12345", "plate:京A12345"],
  ["京A·12345", "plate:京A12345"],
  ["京a-12345", "plate:京A12345"],
  ["京Ａ１２３４５", "plate:京A12345"],
  ["粤BD12345", "plate:粤BD12345"],
  ["粤Z1234港", "plate:粤Z1234港"],
  ["AB 1234", "plate:AB1234"],
  ["无车牌", "no plate was read"],
  ["unknown", "no plate was read"],
  ["A", "no plate: 3 to 10 letters, digits and characters"],
  ["", "characters that this format does not use"],
])("a plate written %s is %s", (line, said) => expect(read(line, "plate")).toBe(said));

test.each([
  ["11010519491231002X", "idcard:11010519491231002X"],
  ["11010519491231002x", "idcard:11010519491231002X"],
  ["440524188001010014", "idcard:440524188001010014"],
  ["440524188001010015", "the last character does not fit the others"],
  ["44052418800101001", "17 characters, expected 18"],
  ["P1:ABC", "characters that this format does not use"],
])("an ID card's number %s is %s", (line, said) => expect(read(line, "idcard")).toBe(said));

test("a face is a reference, and a pass is none of them", () => {
  expect(read("V-17", "face")).toBe("face:V-17");
  for (const name of ["plate", "idcard", "face"] as const) expect(isCardLine("PORTICO1:6BF+70", format(name)), name).toBe(false);
  expect(["plate", "idcard", "face", "uid-hex"].map(kindOfFormat)).toEqual(["plate", "idcard", "face", "card"]);
});

test("whatever bytes come, reading them never fails, nor tells what they were", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.constantFrom("plate", "idcard", "face"), (line, name) => {
      const outcome = readCardNumber(line, format(name as "plate"));
      expect(outcome.ok || outcome.detail.length > 0).toBe(true);
    }),
    { numRuns: 60 },
  );
});
