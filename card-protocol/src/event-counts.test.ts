import { expect, test } from "vitest";
import { countsFromCbor, countsText, countsToCbor, readCounts } from "./event-counts.ts";

const COUNTS = new Map([
  ["DoorNormal", 2],
  ["AccessDenied", 4_294_967_295],
]);
const TEXT = "AccessDenied 4294967295, DoorNormal 2";

test("counts have one text and one record, whatever order they were counted in", () => {
  expect(countsText(COUNTS)).toBe(TEXT);
  expect(readCounts(TEXT)).toEqual(COUNTS);
  expect(countsToCbor(TEXT)).toEqual([
    ["AccessDenied", 4_294_967_295],
    ["DoorNormal", 2],
  ]);
  expect(countsFromCbor(countsToCbor(TEXT)!)).toBe(TEXT);
  expect([countsText(new Map()), readCounts(""), countsToCbor(""), countsFromCbor([])]).toEqual(["", new Map(), [], ""]);
  expect(countsText(new Map([["DoorNormal", 0]]))).toBe("");
});

test.each([
  "DoorNormal 2, AccessDenied 3",
  "DoorNormal 2, DoorNormal 3",
  "DoorNormal 0",
  "DoorNormal 02",
  "DoorNormal 4294967296",
  "DoorNormal",
  " ",
  "Door_Normal 1",
])("%s is no text of counts", (text) => {
  expect([readCounts(text), countsToCbor(text)]).toEqual([undefined, undefined]);
});

test.each([
  ["out of order", [["DoorNormal", 1], ["AccessDenied", 1]]], // prettier-ignore
  ["twice the same", [["DoorNormal", 1], ["DoorNormal", 1]]], // prettier-ignore
  ["none of a kind", [["DoorNormal", 0]]],
  ["a kind that is no name", [["Door Normal", 1]]],
  ["three of them", [["DoorNormal", 1, 1]]],
  ["no pair", ["DoorNormal"]],
  ["no array", "DoorNormal 1"],
])("a record that holds counts %s is none", (_, value) => {
  expect(countsFromCbor(value)).toBeUndefined();
});
