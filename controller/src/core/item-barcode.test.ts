import { expect, test } from "vitest";
import { detailInChinese } from "@portico/card-protocol";
import { itemBarcodeOf } from "./item-barcode.ts";

const read = (scanned: string, hasCheckDigit = true): string => {
  const item = itemBarcodeOf(scanned, hasCheckDigit);
  return item.ok ? item.value : item.error;
};
/** 2 1 2 3 4 5 6 7 8 9 0 1 2 and its mod-10 check digit. */
const ITEM = "21234567890124";

test("an EAN-13 that begins with 978 or 979 is refused as the book's ISBN; another 13 digits are no item's barcode either", () => {
  expect([read("9787302511854"), read("9791032305690"), read(" 9787302511854\r"), read("9770000000000"), read("9787302511854", false)]).toEqual(["IsbnNotItem", "IsbnNotItem", "IsbnNotItem", "BarcodeMalformed", "IsbnNotItem"]); // prettier-ignore
});

test("an item's barcode is Codabar of 14 digits: blanks around it and start and stop letters are left out, and nothing else is taken", () => {
  expect([read(ITEM), read(` ${ITEM}\r\n`), read(`A${ITEM}B`), read(`a${ITEM}d`)]).toEqual([ITEM, ITEM, ITEM, ITEM]);
  expect(["", "2123456789012", `${ITEM}0`, "2123456789012X", `A${ITEM}`, "-1234567890128", "２1234567890128"].map((text) => read(text))).toEqual(
    Array(7).fill("BarcodeMalformed"),
  );
});

test("one misread digit is noticed by the check digit, where there is one", () => {
  const misread = ITEM.split("").map((digit, at) => ITEM.slice(0, at) + String((Number(digit) + 1) % 10) + ITEM.slice(at + 1));
  expect(misread.map((text) => read(text))).toEqual(Array(14).fill("BarcodeCheckDigit"));
  expect(read(misread[0]!, false)).toBe(misread[0]);
});

test("what a kiosk says of a barcode is told in Chinese", () => {
  for (const scanned of ["9787302511854", "12", "21234567890125"]) {
    const item = itemBarcodeOf(scanned, true);
    expect(item.ok ? "" : detailInChinese(item.detail)).toMatch(/[\u4e00-\u9fff]/);
  }
});
