import { bytesToHex, type CardFormat } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  CARD_INTERPRETATIONS,
  type CardInterpretation,
  type CardRead,
  CARDS_READ_MIN,
  interpretationName,
  interpretationNamed,
  proposeInterpretation,
  readExportedNumber,
} from "./card-interpretation.ts";

const named = (name: string): CardInterpretation => interpretationNamed(name)!;
const read = (cell: string, name: string): string => {
  const result = readExportedNumber(cell, named(name));
  return result.ok ? bytesToHex(result.value) : `no: ${result.detail}`;
};
const hex = (value: number, bytes: number): string => value.toString(16).padStart(2 * bytes, "0");
const turned = (text: string): string => text.match(/../g)!.reverse().join("");
/** UIDs of four bytes, none of them random, uniform or a palindrome. */
const UIDS = Array.from({ length: 40 }, (_, nth) => (0x9a000000 + nth * 0x010203 + 0x5b17) >>> 0);
const decimal = (value: number): string => String(value).padStart(10, "0");
const pair = (value: number): string => `${(value >>> 16) & 0xff}:${String(value & 0xffff).padStart(5, "0")}`;
/** How a system may have written one UID, by the interpretation that reads it. */
const WRITTEN: Readonly<Record<string, (uid: number) => string>> = {
  "uid-hex": (uid) => hex(uid, 4),
  "uid-hex:lsb-first": (uid) => turned(hex(uid, 4)),
  "decimal-10": decimal,
  "decimal-10:lsb-first": (uid) => decimal(Number.parseInt(turned(hex(uid, 4)), 16)),
  "wiegand-34": (uid) => `${uid >>> 16},${String(uid & 0xffff).padStart(5, "0")}`,
};
/** The same where readers of 26 bits see three bytes. */
const WRITTEN_SHORT: Readonly<Record<string, (uid: number) => string>> = {
  "decimal-8": (uid) => `${String((uid >>> 16) & 0xff).padStart(3, "0")}${String(uid & 0xffff).padStart(5, "0")}`,
  "wiegand-26": pair,
  "uid-hex:last-3": (uid) => hex(uid, 4),
  "uid-hex:lsb-first:last-3": (uid) => turned(hex(uid, 4)),
  "decimal-10:last-3": decimal,
  "decimal-10:lsb-first:last-3": (uid) => decimal(Number.parseInt(turned(hex(uid, 4)), 16)),
};
const UID_READER: CardFormat = { format: "uid-hex", byteOrder: "msb-first" };
const SHORT_READER: CardFormat = { format: "wiegand-26", byteOrder: "msb-first" };
const readsOf = (uids: readonly number[], line: (uid: number) => string): CardRead[] => uids.map((uid) => ({ line: line(uid), exported: undefined }));

test("a cell is read as its interpretation says, with zeros that a spreadsheet took given back", () => {
  expect(read("04A1B2C3", "uid-hex")).toBe("04a1b2c3");
  expect(read("C3:B2:A1:04", "uid-hex:lsb-first")).toBe("04a1b2c3");
  expect(read("77705923", "decimal-10")).toBe("04a1b2c3");
  expect(read("0077705923", "decimal-10")).toBe("04a1b2c3");
  expect(read("3283263748", "decimal-10:lsb-first")).toBe("04a1b2c3");
  expect(read("7107312", "decimal-8")).toBe("471c90");
  expect(read("071,07312", "wiegand-26")).toBe("471c90");
  expect(read("04A1B2C3", "uid-hex:last-3")).toBe("a1b2c3");
  expect(read("04112233445566", "uid-hex:last-3")).toMatch(/^no: 7 bytes/);
  expect(read("4.1E+7", "decimal-10")).toBe("no: characters that this format does not use");
});

test("no refusal says a digit of a number", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[0-9A-Fa-f]{1,24}$/), fc.constantFrom(...CARD_INTERPRETATIONS), (cell, interpretation) => {
      const result = readExportedNumber(cell, interpretation);
      if (!result.ok && cell.length > 4) expect(result.detail).not.toContain(cell);
    }),
  );
});

test("each interpretation has a name by which it is found again", () => {
  for (const each of CARD_INTERPRETATIONS) expect(interpretationNamed(interpretationName(each))).toBe(each);
  expect(new Set(CARD_INTERPRETATIONS.map(interpretationName)).size).toBe(CARD_INTERPRETATIONS.length);
  expect(interpretationNamed("decimal-8:last-3")).toBeUndefined();
});

test.each(Object.entries(WRITTEN))("an export written as %s is told by twenty cards at a UID reader", (name, write) => {
  const proposal = proposeInterpretation(UIDS.map(write), readsOf(UIDS.slice(5, 25), (uid) => hex(uid, 4)), UID_READER); // prettier-ignore
  expect(proposal.kind === "fits" && [interpretationName(proposal.score.interpretation), proposal.score.matched, proposal.score.of]).toEqual([name, 20, 20]);
});

test.each(Object.entries(WRITTEN_SHORT))("an export written as %s is told by twenty cards at a reader of 26 bits", (name, write) => {
  const proposal = proposeInterpretation(UIDS.map(write), readsOf(UIDS.slice(5, 25), pair), SHORT_READER);
  expect(proposal.kind === "fits" && interpretationName(proposal.score.interpretation)).toBe(name);
});

test("pairs need no column: what the export says of a card is compared with that card", () => {
  const pairs = UIDS.slice(0, 12).map((uid) => ({ line: hex(uid, 4), exported: WRITTEN["decimal-10:lsb-first"]!(uid) }));
  const proposal = proposeInterpretation(pairs.map(({ exported }) => exported), pairs, UID_READER); // prettier-ignore
  expect(proposal.kind === "fits" && interpretationName(proposal.score.interpretation)).toBe("decimal-10:lsb-first");
  const crossed = pairs.map(({ line }, nth) => ({ line, exported: pairs[(nth + 1) % pairs.length]!.exported }));
  expect(proposeInterpretation(crossed.map(({ exported }) => exported), crossed, UID_READER).kind).toBe("none"); // prettier-ignore
});

test("two that fit and differ are both named, and neither is chosen; two that mean the same are one", () => {
  // Read by cards that are palindromes the two byte orders cannot be told apart, but the rest of the export tells them to differ.
  const mirrored = Array.from({ length: 20 }, (_, nth) => hex(0x10 + nth, 1) + "8181" + hex(0x10 + nth, 1));
  const reads = mirrored.map((line) => ({ line, exported: undefined }));
  const proposal = proposeInterpretation([...mirrored, "04a1b2c3"], reads, UID_READER);
  expect(proposal.kind === "ambiguous" && proposal.fitting.map(({ interpretation }) => interpretationName(interpretation))).toEqual([
    "uid-hex",
    "uid-hex:lsb-first",
  ]);
  expect(proposeInterpretation(mirrored, reads, UID_READER).kind).toBe("fits");
});

test("one stranger in ten is forgiven, two are not; the same card twice is one card, and below ten nothing is proposed", () => {
  const cells = UIDS.slice(0, 18).map((uid) => hex(uid, 4));
  const line = (uid: number): string => hex(uid, 4);
  expect(proposeInterpretation(cells, readsOf(UIDS.slice(0, 20), line), UID_READER).kind).toBe("fits");
  expect(proposeInterpretation(cells, readsOf(UIDS.slice(0, 21), line), UID_READER).kind).toBe("none");
  const again = readsOf([...UIDS.slice(0, CARDS_READ_MIN - 1), ...UIDS.slice(0, 9)], line);
  expect(proposeInterpretation(cells, again, UID_READER)).toEqual({ kind: "too-few", cards: 9, unreadable: 0, why: "" });
  expect(proposeInterpretation(cells, readsOf(UIDS, decimal), UID_READER)).toMatchObject({ kind: "too-few", cards: 0, unreadable: 40, why: expect.stringContaining("10 hex digits") }); // prettier-ignore
});

test("an export that holds the end of each number alone is told as such", () => {
  const proposal = proposeInterpretation(UIDS.map(WRITTEN_SHORT["decimal-8"]!), readsOf(UIDS.slice(0, 20), (uid) => hex(uid, 4)), UID_READER); // prettier-ignore
  expect(proposal.kind === "none" && proposal.shortened && interpretationName(proposal.shortened)).toBe("decimal-8");
});
