import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { access, fire, LANE, operation, pass, passing, play, startedLane } from "../rig/lane-play.ts";
import { DOOR_OPERATIONS } from "./door-operation.ts";
import { LANE_DIRECTIONS, laneDeadline, type LaneInput, laneWish } from "./lane.ts";
import { isEvacuated } from "./overruling.ts";
import { stepLane } from "./step-lane.ts";

const USE = { station: "gate-house", credential: "e1e2e3e4e5e6e7e8", reason: "delivery" };
const hold = (forMs = 100_000): LaneInput => ({ kind: "hold", direction: "entry", use: USE, forMs });
const lockdown = (of: string | undefined): LaneInput => ({ kind: "lockdown", of });
const tick: LaneInput = { kind: "tick" };

test("a guard's hold frees a way for its time, a minute at a time for the board, and counts nobody as forced", () => {
  expect(play([[0, hold()], ...pass(1000), ...pass(1500), [200_000, tick]])).toEqual([
    "0: LaneHeld gate-1/entry",
    "0: release 60000 entry",
    "30000: release 60000 entry",
    "60000: release 40000 entry",
    "100000: secure entry",
    "100000: LaneHoldEnded gate-1/entry time",
  ]);
});

test("ten minutes are ten minutes", () => {
  const told = play([
    [0, hold(600_000)],
    [700_000, tick],
  ]);
  expect([told.filter((each) => each.includes("release")).length, told.slice(-2)]).toEqual([
    19,
    ["600000: secure entry", "600000: LaneHoldEnded gate-1/entry time"],
  ]);
});

test("a hold ends by its guard's word, and by whoever locks, blocks or locks down: what is stronger is never held open", () => {
  expect(play([[0, hold()], [5000, { kind: "end-hold", direction: "entry", cause: "guard" }]]).slice(2)).toEqual(["5000: secure entry", "5000: LaneHoldEnded gate-1/entry guard"]); // prettier-ignore
  for (const [name, mode] of [["block", "Blocked"], ["lock", "Locked"], ["lock-down", "LockedDown"]] as const)
    expect(play([[0, hold()], [5000, operation("entry", name)]]).slice(2), name).toEqual(["5000: secure entry", `5000: DoorModeChanged gate-1/entry ${mode}`, "5000: LaneHoldEnded gate-1/entry superseded"]); // prettier-ignore
  expect(play([[0, hold()], [5000, lockdown("east")], [6000, lockdown(undefined)]]).slice(2)).toEqual(["5000: secure entry", "5000: LaneHoldEnded gate-1/entry superseded"]); // prettier-ignore
});

test("nothing is held where nobody would be let in, or where it is free already", () => {
  for (const before of [operation("entry", "block"), operation("entry", "lock-down"), operation("entry", "unlock"), lockdown("east"), fire(true), access("exit")])
    expect(play([[0, before], [10, hold()]]).filter((each) => each.includes("LaneHeld")), before.kind).toEqual([]); // prettier-ignore
});

test("fire frees a way that is held, and behind it the hold goes on for what is left of its time", () => {
  expect(
    play([
      [0, hold()],
      [5000, fire(true)],
      [7000, fire(false)],
      [50_000, tick],
      [120_000, tick],
    ]).slice(2),
  ).toEqual([
    "5000: release for good entry",
    "5000: release for good exit",
    "5000: FireInput gate-1 true",
    "7050: secure exit",
    "7050: FireInput gate-1 false",
    "7050: release 52950 entry",
    "30000: release 60000 entry",
    "60000: release 40000 entry",
    "100000: secure entry",
    "100000: LaneHoldEnded gate-1/entry time",
  ]);
});

test("somebody who was let in and has not passed yet passes within the hold", () => {
  expect(play([[0, access()], [100, hold()], ...pass(1000), ...pass(2000), [3000, { kind: "end-hold", direction: "entry", cause: "guard" }]])).toEqual([
    "0: release 300 entry",
    "100: LaneHeld gate-1/entry",
    "100: release 60000 entry",
    "1000: AccessTaken 1",
    "3000: secure entry",
    "3000: LaneHoldEnded gate-1/entry guard",
  ]);
});

test("who shows a card at a way that is held passes at once, and a guard's single opening is one passage in their name", () => {
  expect(
    play([
      [0, hold()],
      [1000, access()],
    ]).slice(2),
  ).toEqual(["1000: AccessTaken 1"]);
  expect(play([[0, { kind: "operator-access", direction: "entry", act: USE, extended: false }], ...pass(1000), ...pass(2000)])).toEqual([
    "0: GuardOpened gate-1/entry",
    "0: release 300 entry",
    "300: secure entry",
    "2000: Tailgating gate-1/entry 1",
  ]);
});

test("the way out is held through a lockdown as it is free in one", () => {
  const out: LaneInput = { kind: "hold", direction: "exit", use: USE, forMs: 20_000 };
  expect(play([[0, lockdown("east")], [10, out], [30_000, tick]], { ...LANE })).toEqual(["10: LaneHeld gate-1/exit", "10: release 20000 exit", "20010: secure exit", "20010: LaneHoldEnded gate-1/exit time"]); // prettier-ignore
});

test("under any inputs nothing is held longer than asked for, nor while the way is blocked, locked down or held by a lockdown", () => {
  const direction = fc.constantFrom(...LANE_DIRECTIONS);
  const input: fc.Arbitrary<LaneInput> = fc.oneof(
    { weight: 4, arbitrary: direction.map((way): LaneInput => ({ kind: "hold", direction: way, use: USE, forMs: 90_000 })) },
    fc.tuple(direction, fc.constantFrom(...DOOR_OPERATIONS)).map(([way, name]) => operation(way, name)),
    fc.constantFrom<LaneInput>(
      lockdown("east"),
      lockdown(undefined),
      fire(true),
      fire(false),
      { kind: "drill", on: true },
      { kind: "drill", on: false },
      { kind: "relock" },
    ),
    fc.tuple(direction, fc.boolean()).map(([way, is]) => passing(way, is)),
  );
  let held = 0;
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(50_000), input), { minLength: 10, maxLength: 30, size: "max" }), (script) => {
      let lane = startedLane(LANE, { entry: "Locked", exit: "Locked" });
      let at = 0;
      const began: Record<string, number> = {};
      const step = (each: LaneInput, now: number): void => {
        const next = stepLane(lane, each, monotonicMs(now), LANE);
        lane = next.lane;
        for (const effect of next.effects) if (effect.kind === "event" && effect.event.name === "LaneHeld") began[effect.event.fields.door] = now;
        for (const way of LANE_DIRECTIONS) {
          const { mode, hold } = lane[way];
          if (hold === undefined) continue;
          held++;
          expect(now - began[`gate-1/${way}`]!).toBeLessThan(90_000);
          expect(["Blocked", "LockedDown"]).not.toContain(mode);
          if (way === "entry" && mode !== "LockedOpen") expect(lane.lockdown !== undefined && !isEvacuated(lane) && laneWish(lane, way).release).toBe(false);
        }
      };
      for (const [pause, each] of script) {
        at += pause;
        for (let due = laneDeadline(lane); due !== undefined && due <= at; due = laneDeadline(lane)) step({ kind: "tick" }, due);
        step(each, at);
      }
    }),
    { numRuns: 100 },
  );
  expect(held, "it was about something").toBeGreaterThan(50);
});
