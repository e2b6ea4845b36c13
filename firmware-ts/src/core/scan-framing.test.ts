import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { keptCorpus } from "../rig/kept-corpus.ts";
import { SCAN_BYTES_MAX, SCAN_TERMINATORS, type ScanFrame, scanFraming, type ScanTerminator } from "./scan-framing.ts";

const bytes = (text: string): Uint8Array => Uint8Array.from(text, (char) => char.charCodeAt(0));
const told = (frames: readonly ScanFrame[]): string[] => frames.map((frame) => (frame.kind === "scan" ? String.fromCharCode(...frame.bytes) : "unreadable"));
const at = monotonicMs(1);

/** Pushes texts in turn; `null` stands for silence. */
function run(terminator: ScanTerminator, ...steps: readonly (string | null)[]): string[] {
  const framing = scanFraming(terminator);
  return steps.flatMap((step) => told(step === null ? framing.gap() : framing.push(bytes(step), at)));
}

test.each<[string, ScanTerminator, (string | null)[], string[]]>([
  ["a carriage return ends a scan", "cr", ["AB\rCD\r"], ["AB", "CD"]],
  ["a line feed ends a scan", "lf", ["AB\nCD\n"], ["AB", "CD"]],
  ["both together end a scan", "crlf", ["AB\r\nCD\r\n"], ["AB", "CD"]],
  ["whatever comes ends a scan", "any", ["AB\rCD\nEF\r\nGH\r"], ["AB", "CD", "EF", "GH"]],
  ["CR LF is one end, even in two chunks", "any", ["AB\r", "\nCD\r", "\n"], ["AB", "CD"]],
  ["CR LF is one end, even in two chunks, where both are demanded", "crlf", ["AB\r", "\nCD\r", "\n"], ["AB", "CD"]],
  ["a lone CR is content where both are demanded", "crlf", ["A\rB\r\r\n"], ["A\rB\r"]],
  ["a lone LF is content where both are demanded", "crlf", ["A\nB\r\n"], ["A\nB"]],
  ["a line feed is content where a carriage return is demanded", "cr", ["A\nB\r"], ["A\nB"]],
  ["silence ends a scan", "any", ["AB", null, "CD", null], ["AB", "CD"]],
  ["a terminator that comes after silence ends nothing", "any", ["AB", null, "\r\n", "CD\r\n"], ["AB", "CD"]],
  ["a terminator that comes after silence ends nothing (cr)", "cr", ["AB", null, "\rCD\r"], ["AB", "CD"]],
  ["a terminator that comes after silence ends nothing (lf)", "lf", ["AB", null, "\nCD\n"], ["AB", "CD"]],
  ["a terminator that comes after silence ends nothing (crlf)", "crlf", ["AB", null, "\r\nCD\r\n"], ["AB", "CD"]],
  ["half a terminator before silence is no content", "crlf", ["AB\r", null], ["AB"]],
  ["half a terminator after silence is no content", "crlf", ["AB\r", null, "\n", null, "CD\r\n"], ["AB", "CD"]],
  ["a terminator that nobody asked for is dropped by silence", "cr", ["AB\r\n", null, "CD\r\n", null], ["AB", "CD"]],
  ["a second terminator is an empty frame", "any", ["AB\r\n\r\n"], ["AB", "unreadable"]],
  ["a second CR is an empty frame", "any", ["AB\r\r"], ["AB", "unreadable"]],
  ["a second terminator is an empty frame (crlf)", "crlf", ["AB\r\n\r\n"], ["AB", "unreadable"]],
  ["the AIM prefix goes", "any", ["]Q1AB\r]C0CD\r"], ["AB", "CD"]],
  ["the AIM prefix goes from a frame ended by silence", "any", ["]Q3AB", null], ["AB"]],
  ["only a bracket with letter and modifier is an AIM prefix", "any", ["]]Q1\r]1QA\r]Q-A\rA]Q1\r"], ["]]Q1", "]1QA", "]Q-A", "A]Q1"]],
  ["a prefix alone is an empty frame", "any", ["]Q1\r", "]Q1", null], ["unreadable", "unreadable"]],
  ["a QR and a card number from a combined head both come through", "any", ["]Q1PT1:ABC\r\n04A1B2C3\r\n"], ["PT1:ABC", "04A1B2C3"]],
])("%s", (_, terminator, steps, expected) => {
  expect(run(terminator, ...steps)).toEqual(expected);
});

test.each(SCAN_TERMINATORS)("the longest scan passes; one byte more is unreadable once, and the next scan is whole (%s)", (terminator) => {
  const end = { cr: "\r", lf: "\n", crlf: "\r\n", any: "\r\n" }[terminator];
  const longest = "A".repeat(SCAN_BYTES_MAX);
  expect(run(terminator, longest + end)).toEqual([longest]);
  expect(run(terminator, `${longest}B${end}CD${end}`)).toEqual(["unreadable", "CD"]);
  expect(run(terminator, longest + longest + longest, null, `CD${end}`)).toEqual(["unreadable", "CD"]);
});

test("what a broken line leaves is unreadable once", () => {
  const framing = scanFraming("any");
  framing.push(bytes("AB"), at);
  expect(told(framing.cutOff())).toEqual(["unreadable"]);
  expect(told(framing.cutOff())).toEqual([]);
  expect(told(framing.push(bytes("\r\nCD\r"), at))).toEqual(["CD"]);
});

test("a terminated scan counts from its terminator's first byte, one ended by silence from its last byte", () => {
  const framing = scanFraming("crlf");
  framing.push(bytes("AB"), monotonicMs(10));
  expect(framing.pendingSince).toBe(10);
  framing.push(bytes("\r"), monotonicMs(20));
  expect(framing.push(bytes("\n"), monotonicMs(30))).toMatchObject([{ receivedAt: 20 }]);
  expect(framing.pendingSince).toBeUndefined();
  framing.push(bytes("CD"), monotonicMs(40));
  framing.push(bytes("E"), monotonicMs(50));
  expect(framing.gap()).toMatchObject([{ receivedAt: 50 }]);
});

test("a scan keeps its bytes when the next one comes", () => {
  const framing = scanFraming("any");
  const [first] = framing.push(bytes("AB\r"), at);
  framing.push(bytes("CD\r"), at);
  expect(told([first!])).toEqual(["AB"]);
});

test("chunks never matter: cut anywhere, a stream gives the same frames", () => {
  const alphabet = fc.constantFrom("A", "]", "Q", "1", "\r", "\n");
  fc.assert(
    fc.property(
      fc.string({ unit: alphabet, maxLength: 40 }),
      fc.constantFrom(...SCAN_TERMINATORS),
      fc.array(fc.integer({ min: 1, max: 5 })),
      (text, terminator, cuts) => {
        const parts: string[] = [];
        let rest = text;
        for (const cut of cuts) {
          parts.push(rest.slice(0, cut));
          rest = rest.slice(cut);
        }
        expect(run(terminator, ...parts, rest, null)).toEqual(run(terminator, text, null));
      },
    ),
  );
});

test.each(keptCorpus("scan"))("of the corpus: %s: cut into frames, and the scan behind a silence is whole", (_, stream) => {
  for (const terminator of SCAN_TERMINATORS) {
    const framing = scanFraming(terminator);
    for (const frame of [...framing.push(stream, at), ...framing.gap()]) expect(frame.kind === "unreadable" || frame.bytes.length > 0).toBe(true);
    framing.push(bytes("AFTER"), at);
    expect(told(framing.gap()), terminator).toEqual(["AFTER"]);
  }
});

test("every frame out of any bytes holds 1..4,096 bytes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(...SCAN_TERMINATORS), (stream, terminator) => {
      const framing = scanFraming(terminator);
      for (const frame of [...framing.push(stream, at), ...framing.gap()]) expect(frame.kind === "unreadable" || frame.bytes.length > 0).toBe(true);
    }),
  );
});
