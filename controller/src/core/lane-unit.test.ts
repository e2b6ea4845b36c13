import { monotonicMs } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { access, fire, LANE, operation, pass, play, startedLane, tick } from "../rig/lane-play.ts";
import { type Lane, LANE_DIRECTIONS, type LaneInput, laneRefusal, type LaneSettings } from "./lane.ts";
import { stepLane } from "./step-lane.ts";

const WIRED: LaneSettings = { ...LANE, unitSignals: { ready: true, alarm: true } };
const ready = (is: boolean | undefined): LaneInput => ({ kind: "unit", signal: "ready", trouble: is === undefined ? undefined : !is });
const alarm = (is: boolean | undefined): LaneInput => ({ kind: "unit", signal: "alarm", trouble: is });
const behind = (...inputs: readonly LaneInput[]): Lane =>
  inputs.reduce((lane, input, index) => stepLane(lane, input, monotonicMs(index), WIRED).lane, startedLane(WIRED, { entry: "Locked", exit: "Locked" }));
const refusals = (lane: Lane): (string | undefined)[] => LANE_DIRECTIONS.map((direction) => laneRefusal(lane, direction, WIRED)?.reason);

test("a lane that is not ready lets nobody in and everybody out; so does one of which nobody knows", () => {
  expect(refusals(behind(ready(true)))).toEqual([undefined, undefined]);
  expect(refusals(behind(ready(false)))).toEqual(["LaneNotReady", undefined]);
  expect(refusals(behind())).toEqual(["LaneNotReady", undefined]);
  expect(refusals(behind(ready(true), ready(undefined)))).toEqual(["LaneNotReady", undefined]);
  expect(laneRefusal(behind(ready(false)), "entry", WIRED, true), "a reader that is a way out").toBeUndefined();
  expect(laneRefusal(behind(), "entry", LANE), "no such output is wired").toBeUndefined();
});

test("a way that is free need not be ready: unlocked, or in fire", () => {
  expect(refusals(behind(ready(false), operation("entry", "unlock")))).toEqual([undefined, undefined]);
  expect(refusals(behind(ready(false), fire(true)))).toEqual([undefined, undefined]);
  expect(refusals(behind(ready(false), operation("entry", "block")))).toEqual(["DoorBlocked", undefined]);
});

test("not being ready is told when it lasts, and its end; while an arm turns nothing is told", () => {
  const turning: [number, LaneInput][] = [
    [100, ready(false)],
    [1_500, ready(true)],
  ];
  expect(play([[0, ready(true)], ...turning, [2_000, ready(false)], [30_000, ready(true)], [31_000, tick]], WIRED)).toEqual([
    "12000: LaneNotReady gate-1",
    "30050: LaneReady gate-1",
  ]);
});

test("a lane that is free for fire is not told as not ready; when it still is not behind the fire, it is", () => {
  const told = play([[0, ready(false)], [5_000, fire(true)], [40_000, fire(false)], [70_000, tick]], WIRED); // prettier-ignore
  expect(told.filter((each) => each.includes("Lane"))).toEqual(["50000: LaneNotReady gate-1"]);
});

test("the unit's alarm is told once it rests, and its end; a board that falls silent ends none", () => {
  expect(
    play(
      [
        [0, alarm(false)],
        [100, alarm(true)],
        [120, alarm(false)],
        [200, alarm(true)],
        [300, alarm(undefined)],
        [400, alarm(true)],
        [900, alarm(false)],
        [2_000, tick],
      ],
      WIRED,
    ),
  ).toEqual(["250: LaneAlarm gate-1", "950: LaneAlarmOver gate-1"]);
});

test("the next of a party gets their pulse when the unit is ready for it, and nobody is waited for longer", () => {
  const family = access("entry", 1, { size: 2 });
  expect(play([[0, ready(true)], [1, family], ...pass(1000), [1100, ready(false)], [2250, ready(true)], [9000, tick]], WIRED).filter((each) => each.includes("release"))).toEqual([
    "1: release 300 entry",
    "2300: release 300 entry",
  ]); // prettier-ignore
  expect(play([[0, ready(true)], [1, family], ...pass(1000), [1100, ready(false)], [9000, tick]], WIRED).slice(-1)).toEqual([
    "6600: PartyPassed 1 timeout 1 2",
  ]);
});
