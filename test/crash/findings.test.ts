import { unixSeconds } from "@portico/card-protocol";
import type { EventLine } from "@portico/controller";
import { expect, test } from "vitest";
import { type Evidence, findingsOf } from "./findings.ts";
import { logFaults } from "./log-faults.ts";
import { shotOf } from "./shot.ts";

type Written = Pick<EventLine, "name" | "fields"> & { readonly source?: string };

const started: Written = { name: "ControllerStarted", fields: { cause: "crash" } };
const granted: Written = { name: "AccessGranted", source: "gate-in", fields: { credential: "a1", counter: 7, signedAt: 1000 } };
const taken = (grantedSeq: number): Written => ({ name: "AccessTaken", fields: { grantedSeq } });
const notTaken = (grantedSeq: number, cause: string): Written => ({ name: "AccessNotTaken", fields: { grantedSeq, cause } });

const logOf = (...written: readonly Written[]): EventLine[] =>
  written.map((event, index) => ({ seq: index + 1, at: 1000, ms: 500, severity: "notice", text: "", textZh: "", hash: "", source: null, ...event }));

test.each<[string, readonly Written[], string | undefined]>([
  ["a grant that was taken", [started, granted, taken(2)], undefined],
  ["a grant whose time was over", [started, granted, notTaken(2, "timeout"), started], undefined],
  ["a grant that a restart ended", [started, granted, started, notTaken(2, "restart"), granted, taken(5)], undefined],
  ["a grant that no restart ended", [started, granted, started], "grant 2, interrupted by a restart, was still open at the end"],
  [
    "a restart that let in before it had ended",
    [started, granted, started, granted, notTaken(2, "restart")],
    "grant 2, interrupted by a restart, was still open",
  ],
  ["a grant that ended twice", [started, granted, taken(2), notTaken(2, "timeout")], "grant 2 was never given, or ended before"],
  ["a passage of nobody's", [started, taken(9)], "grant 9 was never given, or ended before"],
  ["a restart where there was none", [started, granted, notTaken(2, "restart")], "grant 2 was not interrupted by a restart"],
  ["a passage that was interrupted and taken", [started, granted, started, taken(2)], "grant 2 was interrupted by a restart"],
])("the log of %s is judged", (_, written, fault) => {
  expect(logFaults(logOf(...written))).toEqual(fault === undefined ? [] : expect.arrayContaining([expect.stringContaining(fault)]));
});

test("a log with a hole is judged", () => {
  expect(logFaults(logOf(started, started, started).filter(({ seq }) => seq !== 2))).toEqual(["event 3 stands in place 2"]);
});

const log = logOf(started, granted, started, notTaken(2, "restart"));
const good: Evidence = {
  shot: { ...shotOf(1), point: "frame taken" },
  pass: { text: "", credential: "a1", counter: 7, signedAt: unixSeconds(1000), isSecondShowing: false },
  accessPoint: "gate-in",
  exit: "SIGKILL",
  judged: undefined,
  hasToldTaken: false,
  events: log.slice(1),
  log,
  verdict: { kind: "whole", records: log.length, gaps: [], lastHash: "", uploaded: null },
  strikeFrames: [{ wallMs: 1_000_500, isAnswered: false }],
  strikes: [{ overHoldMs: 310, lateMs: 20, isEndedByBoard: true }],
  movedElsewhere: 0,
  movedBehind: 0,
};
const ungranted = { events: [log[2]!], log: [log[0]!, { ...log[2]!, seq: 2 }] };

test("what a kill met is told by what is found", () => {
  const [frame] = good.strikeFrames;
  const stage = (change: Partial<Evidence>): string => findingsOf({ ...good, ...change }).stage;
  expect(findingsOf(good)).toMatchObject({ stage: "write to acknowledgement", grant: { seq: 2 }, end: "restart", faults: [] });
  expect(stage({ strikeFrames: [], strikes: [] })).toBe("commit to write");
  expect(stage({ strikeFrames: [{ ...frame!, isAnswered: true }] })).toBe("behind the acknowledgement");
  expect(findingsOf({ ...good, ...ungranted, strikeFrames: [], strikes: [] })).toMatchObject({ stage: "before the commit", faults: [] });
});

const judged = {
  kind: "judged",
  shadow: false,
  accessPoint: "gate-in",
  atMs: 0,
  presentation: "H",
  credential: "a1",
  accessProfile: "all",
  detail: "",
  phoneClockOffsetS: null,
} as const;

test.each<[string, Partial<Evidence>]>([
  ["the controller ended by itself: exit 1", { exit: "exit 1" }],
  ["the board read a strike frame, but its passage is not in the log", ungranted],
  ["1 grants are in the log, of which none is this pass's", { pass: { ...good.pass, counter: 8 } }],
  ["half a scan was let in", { shot: { ...good.shot, point: "scan begun" } }],
  ["the scan was denied: PassReplayed", { judged: { ...judged, outcome: "denied", reason: "PassReplayed", seq: 2 } }],
  ["the decision was reported as event 5, but the log has 2", { judged: { ...judged, outcome: "granted", reason: null, seq: 5 } }],
  ["a passage was reported, but it is not in the log", { hasToldTaken: true }],
  ["the strike was energised 2 times for one passage", { strikes: [...good.strikes, ...good.strikes] }],
  ["the strike was energised 310 ms longer than its hold (its board late by 9)", { strikes: [{ ...good.strikes[0]!, lateMs: 9 }] }],
  ["the strike of another entrance was moved", { movedElsewhere: 1 }],
  ["the passage was recorded 1 ms behind its strike frame", { strikeFrames: [{ wallMs: 1_000_499, isAnswered: false }] }],
  ["the log tells of starts after: power cut", { events: [log[1]!, { ...log[2]!, fields: { cause: "power cut" } }] }],
  ["the next controller moved a strike", { movedBehind: 1 }],
  ["the chain is broken at event 2", { verdict: { kind: "broken", seq: 2, cause: "HashBroken", detail: "" } }],
  ["the chain has 3 of 4 records", { verdict: { kind: "whole", records: 3, gaps: [], lastHash: "", uploaded: null } }],
])("it is a fault when %s", (fault, change) => {
  expect(findingsOf({ ...good, ...change }).faults).toEqual(expect.arrayContaining([expect.stringContaining(fault)]));
});
