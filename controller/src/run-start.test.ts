import { type ControllerEvent, eventOf, unixSeconds } from "@portico/card-protocol";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ControllerSurroundings } from "./controller-surroundings.ts";
import { CREDENTIAL, START } from "./rig/people.ts";
import { rigConfiguration } from "./rig/rig-configuration.ts";
import { RigStore } from "./rig/rig-store.ts";
import { type BegunRun, beginRun } from "./run-start.ts";
import { markFile, readChainMark } from "./store/chain-mark.ts";
import { MemoryLoans } from "./loans/memory-loans.ts";
import { MemoryMoney } from "./money/memory-money.ts";
import { readListHere } from "./list/list-reading.ts";
import { WIRES_ALONE } from "./wires-alone.ts";

let rig: RigStore;
let begun: BegunRun | undefined;
beforeEach(() => {
  rig = new RigStore();
});
afterEach(() => {
  begun?.clock.abandon();
  begun?.recorder.abandon();
  begun = undefined;
  rig.end();
});

function begin(): BegunRun {
  const surroundings: ControllerSurroundings = {
    clock: rig.time,
    readList: readListHere,
    hostWallMs: () => START * 1000 + rig.time.monotonic(),
    random: () => 0,
    randomBytes: (length) => new Uint8Array(length),
    bootId: "boot 1",
    version: "0.0.0",
    money: new MemoryMoney(),
    loans: new MemoryLoans(),
    openCloud: () => {
      throw new Error("asked for a cloud");
    },
    ...WIRES_ALONE,
    openWire: () => {
      throw new Error("no wire is opened yet");
    },
    onReport: () => {},
    onWarning: () => {},
    batteries: () => [],
    batteryClock: () => undefined,
    onFatal: () => {},
  };
  return (begun = beginRun(rigConfiguration({ folder: rig.folder }), surroundings, rig.store));
}

const granted: ControllerEvent = eventOf("AccessGranted", {
  accessPoint: "gate-1-in",
  credential: CREDENTIAL.zhang,
  presentation: "H",
  holder: 1,
  counter: 5,
  signedAt: unixSeconds(START),
  pass: null,
  accessProfile: "gates",
  uncertaintyS: 1,
  listVersion: 1,
  replayGroup: "main-gate/entry",
});
const names = (): string[] => rig.events().map(({ name }) => name);
const mark = (): ReturnType<typeof readChainMark> => readChainMark(markFile(rig.store.database.path));

test("a run begins with its record, which stands in the database itself, and with a mark of how far the log has come", () => {
  const { recorder, cause } = begin();
  expect([cause, recorder.suspension, names()]).toEqual(["clean", undefined, ["ControllerStarted", "ClockChanged"]]);
  expect(mark()).toMatchObject({ seq: 2, isSuspended: false });
});

test("on a full disk it begins all the same, nobody is let in, and all of it is written in front of everything else when there is room", () => {
  rig.fillDisk();
  const { recorder, cause, before } = begin();
  expect([cause, recorder.suspension?.cause, names(), rig.store.events.last().seq]).toEqual(["clean", expect.stringMatching(/^SQLITE_FULL/), [], before]);
  expect(recorder.decision(granted), "nobody is let in").toBeUndefined();
  expect(recorder.event(eventOf("RequestToExit", { door: "library" }))).toBeUndefined();
  rig.freeDisk();
  rig.time.advance(5_000);
  expect(names()).toEqual(["ControllerStarted", "ClockChanged", "RecordingSuspended", "RecordingResumed", "RequestToExit"]);
  expect([recorder.suspension, mark()]).toMatchObject([undefined, { isSuspended: false }]);
  expect(recorder.decision(granted)).toBe(rig.store.events.last().seq);
  expect([...rig.store.events.verify()].at(-1)).toMatchObject({ kind: "whole" });
});
