import { err, ok, type Result } from "@portico/card-protocol";

/** What a scan is not, by name. */
export type BarcodeRefusal = "IsbnNotItem" | "BarcodeMalformed" | "BarcodeCheckDigit";

const ITEM_DIGITS = 14;

/**
 * The item that a library's barcode names: Codabar of 14 digits, without blanks around it and without the start and stop letters that some readers send.
 * An EAN-13 that begins with 978 or 979 is the book's ISBN, which every copy bears alike.
 *
 * @param hasCheckDigit  the last digit is the mod-10 check digit of the others (ISO/IEC 7812-1 annex B)
 */
export function itemBarcodeOf(scanned: string, hasCheckDigit: boolean): Result<string, BarcodeRefusal> {
  const text = scanned.trim().replace(/^[A-Da-d](\d+)[A-Da-d]$/, "$1");
  if (/^97[89]\d{10}$/.test(text)) return err("IsbnNotItem", "this is the ISBN: scan the barcode on the back of the book");
  if (!/^\d+$/.test(text) || text.length !== ITEM_DIGITS) return err("BarcodeMalformed", `an item's barcode has ${ITEM_DIGITS} digits`);
  if (hasCheckDigit && !isMod10(text)) return err("BarcodeCheckDigit", "the check digit is wrong: scan it again");
  return ok(text);
}

/** True where the digits with every second one from the right doubled, its digits summed, give a multiple of ten. */
function isMod10(digits: string): boolean {
  const sum = digits
    .split("")
    .reverse()
    .reduce((total, digit, at) => {
      const value = Number(digit) * (at % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
