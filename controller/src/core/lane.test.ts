import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { access, failed, fire, LANE, operation, operatorAccess, pass, passing, play, startedLane, tick, word } from "../rig/lane-play.ts";
import { DOOR_OPERATIONS, type SetMode } from "./door-operation.ts";
import {
  type Lane,
  LANE_DIRECTIONS,
  laneAxes,
  laneDeadline,
  type LaneDirection,
  type LaneInput,
  laneRefusal,
  type LaneSettings,
  UNKNOWN_LANE,
} from "./lane.ts";
import { type LaneEffect, stepLane } from "./step-lane.ts";

const settings = LANE;
const MODES: readonly SetMode[] = ["Locked", "Unlocked", "Blocked", "LockedDown", "LockedOpen"];

test("a grant gives the unit one pulse, and the PASS contact takes it", () => {
  expect(play([[100, access()], ...pass(2000), [9000, tick]])).toEqual(["100: release 300 entry", "400: secure entry", "2000: AccessTaken 1"]);
});

test("a unit of the level style is held until PASS, at most for the passage time", () => {
  expect(play([[100, access()], ...pass(2000), [9000, tick]], { style: "level" })).toEqual([
    "100: release 5000 entry",
    "2000: secure entry",
    "2000: AccessTaken 1",
  ]);
  expect(
    play(
      [
        [100, access()],
        [9000, tick],
      ],
      { style: "level" },
    ),
  ).toEqual(["100: release 5000 entry", "5100: secure entry", "5200: AccessNotTaken 1 timeout"]);
});

test("nobody comes: the grant is over behind the passage time, and a PASS that is read just then still belongs to it", () => {
  expect(
    play([
      [100, access()],
      [9000, tick],
    ]).slice(2),
  ).toEqual(["5200: AccessNotTaken 1 timeout"]);
  expect(play([[100, access()], ...pass(5199)]).slice(2)).toEqual(["5199: AccessTaken 1"]);
  expect(play([[100, access()], ...pass(5200)]).slice(2)).toEqual(["5200: AccessNotTaken 1 timeout", "5200: DoorForcedOpen gate-1/entry"]);
  expect(
    play([
      [100, access("entry", 1, { extended: true })],
      [9000, tick],
    ]).slice(2),
  ).toEqual(["8200: AccessNotTaken 1 timeout"]);
});

test("while the lane waits for a passage it lets nobody in, from neither side", () => {
  const { lane } = stepLane(startedLane(settings, { entry: "Locked", exit: "Locked" }), access(), monotonicMs(0), settings);
  expect(laneRefusal(lane, "entry", settings)).toEqual({ reason: "Interlock", detail: "the passage before is not over" });
  expect(laneRefusal(lane, "exit", settings)).toEqual({ reason: "Interlock", detail: "somebody is coming the other way" });
  expect(
    play([[0, access("entry", 1)], [100, access("entry", 2)], [200, access("exit", 3)], ...pass(1000), [1300, access("exit", 4)], ...pass(1500, "exit")]),
  ).toEqual([
    "0: release 300 entry",
    "100: AccessNotTaken 2 superseded",
    "200: AccessNotTaken 3 superseded",
    "300: secure entry",
    "1000: AccessTaken 1",
    "1300: release 300 exit",
    "1500: secure exit",
    "1500: AccessTaken 4",
  ]);
});

test("whoever follows a passage within the tailgate time is counted, until the time runs out behind the last", () => {
  expect(play([[0, access()], ...pass(1000), ...pass(2000), ...pass(3400), ...pass(5000)]).slice(2)).toEqual([
    "1000: AccessTaken 1",
    "2000: Tailgating gate-1/entry 1",
    "3400: Tailgating gate-1/entry 2",
    "5000: DoorForcedOpen gate-1/entry",
  ]);
  expect(play([[0, access()], ...pass(1000), [1300, access("entry", 2)], ...pass(2000)]).at(-1)).toBe("2000: AccessTaken 2");
});

test("those who follow are counted for each passage apart", () => {
  expect(play([[0, access()], ...pass(1000), ...pass(2000), [2300, access("entry", 2)], ...pass(3000), ...pass(4000)]).at(-1)).toBe(
    "4000: Tailgating gate-1/entry 1",
  );
});

test("going against somebody's passage is the wrong way, and does not take it", () => {
  expect(play([[0, access()], ...pass(1000, "exit"), ...pass(2000)]).slice(2)).toEqual(["1000: WrongWay gate-1/exit", "2000: AccessTaken 1"]);
  expect(play([[0, access()], ...pass(1000), ...pass(1500, "exit")]).at(-1)).toBe("1500: WrongWay gate-1/exit");
  expect(play(pass(100), {}, { exit: "Unlocked" })).toEqual(["100: WrongWay gate-1/entry"]);
});

test("passing without any grant is forced", () => {
  expect(play(pass(100, "exit"))).toEqual(["100: DoorForcedOpen gate-1/exit"]);
});

test("a chattering PASS contact is one passage", () => {
  const chatter = [0, 10, 20].flatMap((ms): [number, LaneInput][] => [
    [1000 + ms, passing("entry", true)],
    [1005 + ms, passing("entry", false)],
  ]);
  expect(play([[0, access()], ...chatter, ...pass(1030), ...pass(1400)]).slice(2)).toEqual(["1000: AccessTaken 1", "1400: Tailgating gate-1/entry 1"]);
});

test("a PASS contact that is found closed lets nobody count as passed", () => {
  expect(play([[0, passing("entry", undefined)], [10, passing("entry", true)], [20, passing("entry", false)], ...pass(500)])).toEqual([
    "500: DoorForcedOpen gate-1/entry",
  ]);
});

test("a PASS contact or a lock that does not answer: the grant was not taken because of the device", () => {
  expect(
    play([
      [0, passing("entry", undefined)],
      [10, access()],
      [9000, tick],
    ]).at(-1),
  ).toBe("5110: AccessNotTaken 1 device");
  expect(
    play([
      [0, access()],
      [50, failed("entry")],
      [60, failed("entry")],
      [9000, tick],
      [9001, { kind: "lock-obeyed", direction: "entry" }],
    ]),
  ).toEqual([
    "0: release 300 entry",
    "50: DoorFault gate-1/entry",
    "300: secure entry",
    "5100: AccessNotTaken 1 device",
    "9001: DoorFaultCleared gate-1/entry",
  ]);
});

describe("a PASS contact that does not answer, at a unit of the level style, which is held until somebody is seen to pass", () => {
  const blind = [passing("entry", undefined), passing("exit", undefined)];
  const refusals = (changed: Partial<LaneSettings>, inputs: readonly LaneInput[] = blind): (string | undefined)[] => {
    const all = { ...settings, style: "level" as const, ...changed };
    let lane = startedLane(all, { entry: "Locked", exit: "Locked" });
    for (const input of inputs) ({ lane } = stepLane(lane, input, monotonicMs(0), all));
    return LANE_DIRECTIONS.map((direction) => laneRefusal(lane, direction, all)?.detail);
  };

  test("lets nobody in, since any number would follow unseen on one grant, and everybody out", () => {
    expect(refusals({})).toEqual(["the PASS contact does not answer: nobody would see who follows", undefined]);
    const all: LaneSettings = { ...settings, style: "level" };
    const lane = startedLane(all, { entry: "Locked", exit: "Locked" });
    expect(laneRefusal(stepLane(lane, blind[0]!, monotonicMs(0), all).lane, "entry", all)?.reason).toBe("Other");
    expect(
      play(
        [
          [0, blind[0]!],
          [10, access()],
          [20, operatorAccess],
          [30, blind[1]!],
          [40, access("exit", 2)],
          [9000, tick],
        ],
        { style: "level" },
      ),
    ).toEqual(["10: AccessNotTaken 1 superseded", "40: release 5000 exit", "5040: secure exit", "5140: AccessNotTaken 2 device"]);
  });

  test("lets in again once it is read, pressed or not", () => {
    for (const is of [true, false]) expect(refusals({}, [...blind, passing("entry", is)])[0]).toBeUndefined();
  });

  test("is no matter where the unit times the passage itself, nor where there is none, nor where the way is free", () => {
    expect(refusals({ style: "pulse" })).toEqual([undefined, undefined]);
    expect(refusals({ passContact: { entry: false, exit: true } })).toEqual([undefined, undefined]);
    expect(refusals({}, [...blind, operation("entry", "unlock")])[0]).toBeUndefined();
    expect(refusals({}, [...blind, fire(true)])[0]).toBeUndefined();
  });

  test("does not hide that the lane is in use", () => {
    expect(refusals({}, [access("exit"), ...blind])[0]).toBe("somebody is coming the other way");
  });
});

test("without a PASS contact a grant is taken at once, and the lane is in use as long as it is released", () => {
  expect(play([[0, access()], [299, access("entry", 2)], [300, access("entry", 3)], ...pass(2000)], { passContact: { entry: false, exit: true } })).toEqual([
    "0: AccessTaken 1",
    "0: release 300 entry",
    "299: AccessNotTaken 2 superseded",
    "300: secure entry",
    "300: AccessTaken 3",
    "300: release 300 entry",
    "600: secure entry",
  ]);
});

test("a way that is free is never in use, sees no alarms, and takes every grant at once", () => {
  expect(
    play([
      [0, operation("exit", "unlock")],
      ...pass(100, "exit"),
      ...pass(400, "exit"),
      [700, access("exit", 1)],
      [710, access("exit", 2)],
      [720, access("entry", 3)],
      ...pass(1000),
    ]),
  ).toEqual([
    "0: DoorModeChanged gate-1/exit Unlocked",
    "0: release for good exit",
    "700: AccessTaken 1",
    "710: AccessTaken 2",
    "720: release 300 entry",
    "1000: secure entry",
    "1000: AccessTaken 3",
  ]);
});

test("a way that becomes free is no longer in use, though a grant still waits there", () => {
  expect(play([[0, access("entry", 1)], [100, operation("entry", "unlock")], [200, access("entry", 2)], ...pass(300)]).slice(-2)).toEqual([
    "200: AccessTaken 2",
    "300: AccessTaken 1",
  ]);
});

test("each way has its mode; one that an operator sets ends the passage that waits there", () => {
  expect(
    play([
      [0, access()],
      [100, operation("exit", "block")],
      [200, operation("entry", "lock-down")],
    ]),
  ).toEqual([
    "0: release 300 entry",
    "100: DoorModeChanged gate-1/exit Blocked",
    "200: secure entry",
    "200: DoorModeChanged gate-1/entry LockedDown",
    "200: AccessNotTaken 1 superseded",
  ]);
  const lane = startedLane(settings, { entry: "LockedDown", exit: "Blocked" });
  expect(LANE_DIRECTIONS.map((direction) => laneRefusal(lane, direction, settings)?.reason)).toEqual(["LockedDown", "DoorBlocked"]);
  expect(LANE_DIRECTIONS.map((direction) => Object.values(laneAxes(lane, direction)))).toEqual([
    ["LockedDown", "Locked"],
    ["Blocked", "Locked"],
  ]);
  expect(laneRefusal(UNKNOWN_LANE, "entry", settings)?.reason).toBe("DoorBlocked");
});

test("an operator lets somebody in once, where mode and lane allow it", () => {
  expect(play([[0, operatorAccess], [10, operatorAccess], ...pass(1000), ...pass(1500)])).toEqual([
    "0: DoorModeChanged gate-1/entry Accessed",
    "0: release 300 entry",
    "300: secure entry",
    "1500: Tailgating gate-1/entry 1",
  ]);
  expect(play([[0, operatorAccess]], {}, { entry: "Blocked" })).toEqual([]);
});

test("fire frees both ways in every mode before anything is written, masks alarms, and gives them back to their modes", () => {
  for (const mode of MODES) {
    const free = mode === "Unlocked" || mode === "LockedOpen";
    expect(
      play(
        [
          [0, fire(true)],
          ...pass(100),
          ...pass(300, "exit"),
          [500, access("entry", 1)],
          [600, fire(false)],
          [620, fire(true)],
          [700, fire(false)],
          [800, tick],
        ],
        {},
        { entry: mode, exit: mode },
      ),
      mode,
    ).toEqual([
      ...(free ? [] : ["0: release for good entry", "0: release for good exit"]),
      "0: FireInput gate-1 true",
      "500: AccessTaken 1",
      ...(free ? [] : ["750: secure entry", "750: secure exit"]),
      "750: FireInput gate-1 false",
    ]);
  }
});

test("a pulse that the board did not confirm stays one: the grant is not taken because of the device, though the board obeys again before its time is over", () => {
  expect(
    play([
      [0, access()],
      [320, failed("entry")],
      [400, { kind: "lock-obeyed", direction: "entry" }],
      [9000, tick],
    ]),
  ).toEqual([
    "0: release 300 entry",
    "300: secure entry",
    "320: DoorFault gate-1/entry",
    "400: DoorFaultCleared gate-1/entry",
    "5100: AccessNotTaken 1 device",
  ]);
});

test("both locks are told the modes of before the controller went down", () => {
  const step = stepLane(UNKNOWN_LANE, { kind: "start", modes: { entry: "Locked", exit: "LockedOpen" }, fire: false }, monotonicMs(0), settings);
  expect(step.effects.map(word)).toEqual(["secure entry", "release for good exit"]);
});

test("a start into a fire that was there before frees both ways at once, until the input says that it is over", () => {
  const modes = { entry: "Locked", exit: "LockedDown" } as const;
  const step = stepLane(UNKNOWN_LANE, { kind: "start", modes, fire: true }, monotonicMs(0), settings);
  expect(step.effects.map(word)).toEqual(["release for good entry", "release for good exit"]);
  const { lane } = stepLane(step.lane, fire(false), monotonicMs(10), settings);
  expect(stepLane(lane, tick, monotonicMs(60), settings).effects.map(word)).toEqual(["secure entry", "secure exit", "FireInput gate-1 false"]);
});

const someDirection = fc.constantFrom(...LANE_DIRECTIONS);
const someInput: fc.Arbitrary<LaneInput> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc
      .tuple(someDirection, fc.boolean(), fc.constantFrom(1, 1, 2, 3))
      .map(([direction, extended, size]) => access(direction, 0, { extended, size })),
  },
  { weight: 8, arbitrary: fc.tuple(someDirection, fc.constantFrom(true, false, true, false, undefined)).map(([direction, is]) => passing(direction, is)) },
  fc.tuple(someDirection, fc.constantFrom(...DOOR_OPERATIONS)).map(([direction, name]) => operation(direction, name)),
  fc.boolean().map(fire),
  someDirection.map(failed),
  fc.constant(tick),
);
const someScript = fc.array(fc.tuple(fc.oneof(fc.nat(80), fc.nat(2000), fc.nat(8000)), someInput), { maxLength: 60 });
const someSettings = fc.record({
  style: fc.constantFrom("pulse" as const, "level" as const),
  contactDebounceMs: fc.constantFrom(0, 50),
  passLagMs: fc.constantFrom(0, 100),
  passContact: fc.record({ entry: fc.boolean(), exit: fc.boolean() }),
});

interface Step {
  readonly at: number;
  readonly input: LaneInput;
  readonly lane: Lane;
  readonly effects: readonly LaneEffect[];
}

/** Runs a script of [pause, input], grants numbered from 1; `onTime`: with a tick at each deadline. */
function run(script: readonly (readonly [number, LaneInput])[], changed: Partial<LaneSettings>, onTime: boolean): Step[] {
  const all = { ...settings, ...changed };
  const history: Step[] = [];
  let lane = startedLane(all, { entry: "Locked", exit: "Locked" });
  let [at, seq] = [0, 0];
  const step = (input: LaneInput, now: number): void => {
    const next = stepLane(lane, input, monotonicMs(now), all);
    history.push({ at: now, input, ...next });
    lane = next.lane;
  };
  const tickUntil = (until: number): void => {
    for (let due = laneDeadline(lane); due !== undefined && due <= until; due = laneDeadline(lane)) step(tick, due);
  };
  for (const [pause, input] of script) {
    at += pause;
    if (onTime) tickUntil(at);
    step(input.kind === "access" ? { ...input, grant: { ...input.grant, grantedSeq: ++seq } } : input, at);
  }
  if (onTime) tickUntil(at + 1_000_000);
  else step(tick, at + 1_000_000);
  return history;
}
const eventsOf = (history: readonly Step[]) => history.flatMap(({ effects }) => effects.flatMap((effect) => (effect.kind === "event" ? [effect.event] : [])));

test("under any inputs a way is released by access, mode and fire alone, for its time, and never both ways for a passage", () => {
  fc.assert(
    fc.property(someScript, someSettings, (script, changed) => {
      const until: Record<LaneDirection, number | undefined> = { entry: undefined, exit: undefined };
      const released: Record<LaneDirection, boolean> = { entry: false, exit: false };
      for (const { at, input, lane, effects } of run(script, changed, true)) {
        for (const effect of effects) {
          if (effect.kind !== "lock") continue;
          const isForParty = input.kind === "tick" && (lane[effect.direction].passage?.size ?? 1) > 1;
          if (effect.release && !released[effect.direction] && !isForParty) expect(["access", "operator-access", "operation", "fire"]).toContain(input.kind);
          if (effect.release && effect.holdMs === undefined) expect(lane.fire || ["Unlocked", "LockedOpen"].includes(lane[effect.direction].mode)).toBe(true);
          released[effect.direction] = effect.release;
          until[effect.direction] = effect.release && effect.holdMs !== undefined ? at + effect.holdMs : undefined;
        }
        for (const direction of LANE_DIRECTIONS) expect(at).toBeLessThan(until[direction] ?? Number.POSITIVE_INFINITY);
        expect(until.entry !== undefined && until.exit !== undefined, "both ways at once").toBe(false);
      }
    }),
    { numRuns: 400 },
  );
});

test("under any inputs a way in of the level style is released for a passage only while its PASS contact answers", () => {
  fc.assert(
    fc.property(someScript, someSettings, (script, changed) => {
      const all = { ...settings, ...changed, style: "level" as const, passContact: { entry: true, exit: true } };
      for (const { input, lane, effects } of run(script, all, true))
        for (const effect of effects)
          if (effect.kind === "lock" && effect.direction === "entry" && effect.release && effect.holdMs !== undefined)
            expect(input.kind === "access" ? lane.entry.passing : true, "nobody sees who passes").toBeDefined();
    }),
    { numRuns: 400 },
  );
});

test("under any inputs each grant has exactly one AccessTaken or AccessNotTaken, and nobody passes twice on one", () => {
  fc.assert(
    fc.property(someScript, someSettings, (script, changed) => {
      const answers = eventsOf(run(script, changed, true)).flatMap((event) =>
        event.name === "AccessTaken" || event.name === "AccessNotTaken" ? [event.fields.grantedSeq] : [],
      );
      const grants = script.filter(([, { kind }]) => kind === "access").length;
      expect([...answers].sort((a, b) => a - b)).toEqual(Array.from({ length: grants }, (_, i) => i + 1));
    }),
    { numRuns: 400 },
  );
});

test("ticks that come late, or not at all between two inputs, make the same history", () => {
  fc.assert(
    fc.property(someScript, someSettings, (script, changed) => {
      const [onTime, late] = [run(script, changed, true), run(script, changed, false)];
      expect(late.at(-1)!.lane).toEqual((onTime.at(-1) ?? late.at(-1)!).lane);
      expect(eventsOf(late)).toEqual(eventsOf(onTime));
    }),
    { numRuns: 400 },
  );
});
