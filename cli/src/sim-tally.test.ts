import type { VisitRecord } from "@portico/simulator";
import { expect, test } from "vitest";
import type { ShowSummary } from "./sim-show.ts";
import { isGood, SimTally, summaryLines } from "./sim-tally.ts";

const visit = (got: VisitRecord["got"], passed = false): VisitRecord => ({
  person: "zhang",
  accessPoint: "gate-1-in",
  showing: "pass",
  expected: "granted",
  got,
  judged: undefined,
  attempts: 1,
  passed,
  hesitated: false,
  followed: false,
  hindered: false,
  findings: [],
});
const WHOLE = [{ controller: "gate-house", verdict: { kind: "whole", records: 9, gaps: [], lastHash: "00", uploaded: null } }] as const;
const SHOWN: ShowSummary = {
  person: "li",
  knownMs: { "library-house": 11.2, "gate-house": 8.4 },
  refused: { answer: "CredentialNotEnabled", afterMs: 41.7 },
  outage: { ms: 9_300, visits: 4, granted: 3, backMs: 1_240 },
  found: { meanwhile: "CredentialNotEnabled", afterwards: "granted" },
};

function tallied(): SimTally {
  const tally = new SimTally();
  for (const record of [visit("granted", true), visit("granted"), visit("Unauthorized"), visit("PassExpired"), visit("PassExpired"), visit("no answer")])
    tally.visit(record);
  for (let ms = 1; ms <= 200; ms++) tally.report({ kind: "acted", grantedSeq: ms, accessPoint: "gate-1-in", device: "gate-1", frame: null, afterMs: 201 - ms });
  return tally;
}

test("visits are counted by what became of them, times ordered", () => {
  expect(tallied().summary([], 0, WHOLE, null, null)).toEqual({
    visits: 6,
    granted: 2,
    passed: 1,
    refused: { PassExpired: 2, Unauthorized: 1 },
    unanswered: 1,
    hindered: 0,
    relay: { count: 200, medianMs: 100, p99Ms: 198 },
    bolt: null,
    unexpected: [],
    chains: WHOLE,
    cloud: null,
    stations: null,
    crashes: 0,
  });
});

test("the summary for people", () => {
  expect(summaryLines(tallied().summary(["zhang at gate-1-in: expected granted, got no answer"], 1, WHOLE, SHOWN, null))).toEqual([
    "visits        6: 2 granted, 3 refused, 1 without an answer; 1 went through",
    "refused         2  PassExpired",
    "                1  Unauthorized",
    "outcomes      1 not as they had to be:",
    "              zhang at gate-1-in: expected granted, got no answer",
    "to the relay  median 100.0 ms, p99 198.0 ms from the scan's last byte (200 times)",
    "card lost     gate-house 8 ms, library-house 11 ms from li's report to the disk; the next scan, after 42 ms: CredentialNotEnabled",
    "cloud away    9.3 s, and nothing stopped: 4 came, 3 were let in; 1.2 s after its return all was known",
    "card found    CredentialNotEnabled while nobody could tell the doors, then granted",
    "event chain   gate-house: whole, 9 events",
    "programs      ended by themselves once",
  ]);
});

test("bolts of rooms are told apart from relays: Bluetooth takes its time", () => {
  const tally = new SimTally(new Set(["room-301"]));
  const acted = (accessPoint: string, afterMs: number): void =>
    tally.report({ kind: "acted", grantedSeq: 1, accessPoint, device: accessPoint, frame: null, afterMs });
  acted("gate-1-in", 1);
  for (const ms of [40, 60, 90]) acted("room-301", ms);
  const summary = tally.summary([], 0, WHOLE, null, null);
  expect(summary).toMatchObject({ relay: { count: 1, p99Ms: 1 }, bolt: { count: 3, medianMs: 60, p99Ms: 90 } });
  expect(summaryLines(summary)).toContain("to the bolt   median 60.0 ms, p99 90.0 ms from the scan's last byte, over Bluetooth (3 times)");
});

test("a minute is good when people came, everything was as it had to be, nothing crashed and the chain holds", () => {
  const broken = [...WHOLE, { controller: "library-house", verdict: { kind: "broken", seq: 4, cause: "HashBroken", detail: "x" } }] as const;
  expect(isGood(tallied().summary([], 0, WHOLE, null, null))).toBe(true);
  expect(isGood(new SimTally().summary([], 0, WHOLE, null, null))).toBe(false);
  expect(isGood(tallied().summary(["x"], 0, WHOLE, null, null))).toBe(false);
  expect(isGood(tallied().summary([], 1, WHOLE, null, null))).toBe(false);
  expect(isGood(tallied().summary([], 0, [], null, null))).toBe(false);
  expect(isGood(tallied().summary([], 0, broken, null, null))).toBe(false);
  expect(summaryLines(tallied().summary([], 0, broken, null, null)).at(-1)).toBe("              library-house: broken at event 4: HashBroken, x");
});

test("a minute in which the doors did not hear what they had to, or let in by a lost card, is none", () => {
  const shown = (change: Partial<ShowSummary>): boolean => isGood(tallied().summary([], 0, WHOLE, { ...SHOWN, ...change }, null));
  expect(shown({})).toBe(true);
  expect(shown({ knownMs: null })).toBe(false);
  expect(shown({ refused: null })).toBe(false);
  expect(shown({ refused: { answer: "granted", afterMs: 3 } })).toBe(false);
  expect(shown({ outage: null })).toBe(false);
  expect(shown({ outage: { ...SHOWN.outage!, backMs: null } })).toBe(false);
  expect(shown({ found: { meanwhile: "granted", afterwards: "granted" } })).toBe(false);
  expect(shown({ found: { meanwhile: "CredentialNotEnabled", afterwards: "no answer" } })).toBe(false);
});

test("whoever was hindered from outside is counted, and the minute is a good one", () => {
  const tally = tallied();
  tally.visit({ ...visit("Interlock"), hindered: true });
  const summary = tally.summary([], 0, WHOLE, null, null);
  expect([summary.hindered, isGood(summary)]).toEqual([1, true]);
  expect(summaryLines(summary)).toContain("              1 hindered by somebody else's scan or act");
});

test("without a grant there is no time to tell", () => {
  expect(summaryLines(new SimTally().summary([], 0, [], null, null))).toEqual([
    "visits        0: 0 granted, 0 refused; 0 went through",
    "outcomes      each as it had to be",
    "to the relay  none moved",
    "event chain   not verified",
  ]);
});
