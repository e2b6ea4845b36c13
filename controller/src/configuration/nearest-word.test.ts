import { expect, test } from "vitest";
import { nearestWord } from "./nearest-word.ts";

const KEYS = ["release_time_ms", "open_time_ms", "id", "strike", "door", "doctor"];

test.each([
  ["relase_time_ms", "release_time_ms"],
  ["Strike", "strike"],
  ["stirke", "strike"],
  ["strikes", "strike"],
  ["di", "id"],
  ["dor", "door"],
  ["docter", "doctor"],
])("%s was meant to be %s", (mistyped, meant) => {
  expect(nearestWord(mistyped, KEYS)).toBe(meant);
});

test.each(["colour", "x", "", "window"])("nothing known is near %j", (word) => {
  expect(nearestWord(word, KEYS)).toBeUndefined();
});
