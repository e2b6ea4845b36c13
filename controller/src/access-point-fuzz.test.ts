import { readFileSync } from "node:fs";
import { SCAN_BYTES_MAX } from "@portico/firmware-ts";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { eventLine } from "./control/event-line.ts";
import { Reports } from "./reports.ts";
import { CARD } from "./rig/people.ts";
import { ReaderRig } from "./rig/reader-rig.ts";

const corpus = readFileSync(new URL("../../card-protocol/vectors/nasty-scans.txt", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line !== "" && !line.startsWith("#"))
  .map((line) => JSON.parse(line) as string);

let rig: ReaderRig;
beforeEach(() => {
  rig = new ReaderRig();
  rig.load();
});
afterEach(() => rig.end());

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("latin1");
/** Everything that leaves a reader: the log, what is told, and what is reported of it. */
function everythingTold(): string {
  rig.point.close();
  const reports: unknown[] = [];
  const told = new Reports((report) => reports.push(report), rig.clock.eventTime);
  for (const judged of rig.judged) told.judged(judged);
  const lines = rig.store.events.read({ after: 1, limit: 100_000 }).map((event) => ({ ...eventLine(event), hash: "" }));
  return JSON.stringify([reports, lines, rig.judged]);
}

/** Shows it after everything that was shown before is forgotten. */
function showAnew(bytes: Uint8Array): void {
  rig.time.advance(3_000);
  rig.show(bytes);
}

test("the corpus of scans that are no pass: none throws, none is let in, none makes an event", () => {
  expect(corpus.length).toBeGreaterThan(40);
  for (const text of corpus) showAnew(Uint8Array.from(text, (char) => char.charCodeAt(0)));
  expect(rig.judged.every(({ decision }) => decision.kind === "denied")).toBe(true);
  expect(rig.judged).toHaveLength(corpus.length);
  const told = everythingTold();
  for (const text of corpus.filter((each) => each.length >= 8)) expect(told.includes(JSON.stringify(text).slice(1, -1)), text).toBe(false);
  // A card's number that nobody knows is the only scan of these that is worth an event; it is one without number.
  expect(new Set(rig.events().map(({ name }) => name))).toEqual(new Set(["ListLoaded", "ScansRefused", "AccessDenied"]));
});

const somePass = fc.constantFrom(
  ...["zhang", "li", "wang"].map((person) => (): string => rig.pass(person as "zhang")),
  () => CARD.chen,
  () => CARD.nobody,
);
const someBytes = fc.oneof(
  fc.uint8Array({ maxLength: 200 }),
  fc.uint8Array({ minLength: 1_000, maxLength: SCAN_BYTES_MAX }),
  fc
    .string({ unit: fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:".split("")), minLength: 144, maxLength: 165 })
    .map((text) => Uint8Array.from(Buffer.from(`CP1:${text}`))),
  fc.string({ unit: fc.constantFrom(..."0123456789abcdefABCDEF:-, /".split("")), maxLength: 44 }).map((text) => Uint8Array.from(Buffer.from(text))),
);

test("0 to 4,096 arbitrary bytes never throw, never open, and never stand in an event or a report", () => {
  const shown: Uint8Array[] = [];
  fc.assert(
    fc.property(someBytes, (bytes) => {
      shown.push(bytes);
      showAnew(bytes);
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(rig.grants).toEqual([]);
  const told = everythingTold();
  for (const bytes of shown.filter(({ length }) => length >= 8)) {
    expect(told.includes(JSON.stringify(latin1(bytes)).slice(1, -1)), latin1(bytes)).toBe(false);
    expect(told.includes(Buffer.from(bytes).toString("hex")), latin1(bytes)).toBe(false);
  }
});

test("a pass with one byte changed is never let in, and its text never told", () => {
  fc.assert(
    fc.property(somePass, fc.nat(), fc.integer({ min: 1, max: 255 }), (make, at, change) => {
      const bytes = Uint8Array.from(Buffer.from(make(), "latin1"));
      bytes[at % bytes.length]! ^= change;
      showAnew(bytes);
    }),
    { numRuns: 300, seed: 7 },
  );
  expect(rig.grants).toEqual([]);
  expect(/CP1:[0-9A-Z $%*+./:-]{4}/.exec(everythingTold())?.[0]).toBeUndefined();
});
