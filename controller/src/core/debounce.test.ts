import { readFileSync } from "node:fs";
import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { keepSeen, seeAgain, type SeenScans } from "./debounce.ts";

const text = (...bytes: number[]): Uint8Array => Uint8Array.from(bytes);

/** Shows texts to one reader and says which were new, and what the others were answered. */
function show(scans: readonly (readonly [number, Uint8Array])[], windowMs = 3000): string[] {
  let seen: SeenScans<string> = [];
  return scans.map(([atMs, bytes], index) => {
    const again = seeAgain(seen, bytes, monotonicMs(atMs), windowMs);
    seen = again?.seen ?? keepSeen(seen, bytes, `answer ${index}`, monotonicMs(atMs), windowMs);
    return again?.answer ?? "new";
  });
}

test("a text is the same scan as long as it is seen again within the window", () => {
  expect(
    show([
      [0, text(1)],
      [2999, text(1)],
      [5998, text(1)],
      [8998, text(1)],
    ]),
  ).toEqual(["new", "answer 0", "answer 0", "new"]);
});

test("another text, a shorter and a longer one are new", () => {
  expect(
    show([
      [0, text(1, 2)],
      [1, text(1, 3)],
      [2, text(1)],
      [3, text(1, 2, 0)],
    ]),
  ).toEqual(["new", "new", "new", "new"]);
});

test("phones that are seen in turns stay apart", () => {
  expect(
    show([
      [0, text(1)],
      [100, text(2)],
      [200, text(1)],
      [300, text(2)],
      [400, text(3)],
      [500, text(1)],
    ]),
  ).toEqual(["new", "new", "answer 0", "answer 1", "new", "answer 0"]);
});

test("only the newest four are kept", () => {
  expect(show([1, 2, 3, 4, 5, 5, 2, 1].map((byte, i) => [i, text(byte)]))).toEqual(["new", "new", "new", "new", "new", "answer 4", "answer 1", "new"]);
});

test("without a window every scan is new", () => {
  expect(
    show(
      [
        [0, text(1)],
        [0, text(1)],
      ],
      0,
    ),
  ).toEqual(["new", "new"]);
});

interface DebounceVector {
  readonly id: number;
  readonly comment: string;
  readonly flags: readonly string[];
  readonly text: string;
  readonly given: { readonly before: { readonly text: string; readonly msAgo: number } };
  readonly expected: { readonly outcome: string };
}
const vectors = (
  JSON.parse(readFileSync(new URL("../../../card-protocol/vectors/passes.json", import.meta.url), "utf8")) as {
    readonly testGroups: readonly { readonly tests: readonly DebounceVector[] }[];
  }
).testGroups
  .flatMap(({ tests }) => tests)
  .filter(({ flags }) => flags.includes("Debounce"));

test("there are vectors of the debounce", () => expect(vectors.length).toBeGreaterThan(3));

test.each(vectors)("vector $id: $comment", ({ text: shown, given: { before }, expected }) => {
  const bytes = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, "latin1"));
  const [, second] = show([
    [0, bytes(before.text)],
    [before.msAgo, bytes(shown)],
  ]);
  expect(second === "new").toBe(expected.outcome !== "debounced");
});
