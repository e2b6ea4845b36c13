import { type MonotonicMs, monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DOOR_OPERATIONS, type DoorOperation } from "./door-operation.ts";
import { floorAxes, floorRefusal, floorWish, type Lift, liftDeadline, type LiftInput, type LiftSettings, unknownLift } from "./lift.ts";
import { NOT_OVERRULED } from "./overruling.ts";
import { type LiftEffect, stepLift } from "./step-lift.ts";

const GROUND = 0;
const settings: LiftSettings = {
  id: "lift-1",
  floors: ["g", "2", "3", "4"].map((id) => ({ id, alwaysFree: id === "g", board: id === "g" ? undefined : id === "4" ? "upper" : "lower" })),
  grantTimeMs: 8000,
  extendedGrantTimeMs: 4000,
  floorsPerGrant: "any",
  seesButtons: true,
  buttonLagMs: 100,
  inFire: "free",
  fireDebounceMs: 50,
  relockAfterFire: "input",
};
const ACT = { by: "wang", reason: "drill" };
const start: LiftInput = { kind: "start", modes: settings.floors.map(() => ({ mode: "Locked", bySchedule: false })), fire: false, overruling: NOT_OVERRULED };
const access = (floors: readonly number[], grantedSeq = 1, extended = false): LiftInput => ({
  kind: "access",
  grant: { accessPoint: "cabin", grantedSeq },
  floors,
  extended,
});
const button = (floor: number, pressed: boolean | undefined): LiftInput => ({ kind: "button", floor, pressed });
const operation = (floor: number, name: DoorOperation): LiftInput => ({ kind: "operation", floor, operation: name, act: ACT });
const fire = (active: boolean): LiftInput => ({ kind: "fire", active });
const tick: LiftInput = { kind: "tick" };
const rest: readonly LiftInput[] = [1, 2, 3].map((floor) => button(floor, false));

function word(effect: LiftEffect): string {
  if (effect.kind === "lock") return `${effect.release ? `enable ${effect.holdMs ?? "for good"}` : "disable"} ${settings.floors[effect.floor]!.id}`;
  const { name, fields } = effect.event as { name: string; fields: Record<string, string | number | boolean> };
  return [name, fields["door"], fields["floor"], fields["grantedSeq"], fields["cause"], fields["mode"], fields["active"]].filter((part) => part !== undefined).join(" "); // prettier-ignore
}

/** What a started lift, whose buttons rest, does with inputs at their times. */
function run(
  inputs: readonly (readonly [at: number, input: LiftInput])[],
  change: Partial<LiftSettings> = {},
): { readonly words: string[]; readonly lift: Lift } {
  const own = { ...settings, ...change };
  let lift = unknownLift(own);
  for (const input of [start, ...rest]) ({ lift } = stepLift(lift, input, monotonicMs(0), own));
  const words: string[] = [];
  for (const [at, input] of inputs) {
    const step = stepLift(lift, input, monotonicMs(at), own);
    lift = step.lift;
    words.push(...step.effects.map((effect) => `${at} ${word(effect)}`));
  }
  return { words, lift };
}

test("at the start each floor is told what it is: always free enabled, the others not", () => {
  const { effects } = stepLift(unknownLift(settings), start, monotonicMs(0), settings);
  expect(effects.map(word)).toEqual(["disable 2", "disable 3", "disable 4", "enable for good g"]);
});

describe("a grant", () => {
  test("enables its floors for the grant time; the button that is pressed takes it, and is told", () => {
    const { words } = run([
      [0, access([1, 3])],
      [3000, button(3, true)],
      [3200, button(3, false)],
      [8000, tick],
      [8100, tick],
    ]);
    expect(words).toEqual(["0 enable 8000 2", "0 enable 8000 4", "3000 AccessTaken 1", "3000 FloorChosen lift-1/4 1", "8000 disable 2", "8000 disable 4"]);
  });

  test("with one floor a grant the others drop at once", () => {
    const { words } = run(
      [
        [0, access([1, 2, 3])],
        [3000, button(2, true)],
        [8000, tick],
      ],
      { floorsPerGrant: "one" },
    );
    expect(words.slice(3)).toEqual(["3000 disable 2", "3000 disable 4", "3000 AccessTaken 1", "3000 FloorChosen lift-1/3 1", "8000 disable 3"]);
  });

  test("further buttons of it are told, each once", () => {
    const press = (at: number, floor: number): [number, LiftInput][] => [
      [at, button(floor, true)],
      [at + 100, button(floor, false)],
    ];
    const { words } = run([[0, access([1, 2])], ...press(1000, 1), ...press(2000, 2), ...press(3000, 1)]);
    expect(words.slice(2)).toEqual(["1000 AccessTaken 1", "1000 FloorChosen lift-1/2 1", "2000 FloorChosen lift-1/3 1"]);
  });

  test("is not taken when no button of its floors is pressed in time; a late reading still counts", () => {
    expect(run([[0, access([1])], [8000, tick], [8100, tick]]).words.slice(1)).toEqual(["8000 disable 2", "8100 AccessNotTaken 1 timeout"]); // prettier-ignore
    expect(run([[0, access([1])], [8000, tick], [8060, button(1, true)]]).words.slice(2)).toEqual(["8060 AccessTaken 1", "8060 FloorChosen lift-1/2 1"]); // prettier-ignore
    expect(
      run([
        [0, access([1])],
        [1000, button(2, true)],
        [9000, tick],
      ]).words,
    ).toContain("9000 AccessNotTaken 1 timeout"); // another floor
  });

  test("is not taken for the device's sake where a button is not read, or a relay has failed", () => {
    expect(run([[0, access([1])], [1, button(1, undefined)], [9000, tick]]).words).toContain("9000 AccessNotTaken 1 device"); // prettier-ignore
    const failed: LiftInput = { kind: "lock-failed", floors: [1], device: "lower", error: "TimedOut", detail: "no answer" };
    expect(run([[0, access([1])], [1, failed], [9000, tick]]).words).toContain("9000 AccessNotTaken 1 device"); // prettier-ignore
  });

  test("a button, or a call, that is found closed chooses nothing", () => {
    expect(run([[0, button(1, true)], [1, access([1])], [9000, tick]]).words).toContain("9000 AccessNotTaken 1 timeout"); // prettier-ignore
    expect(run([[0, access([1])], [1, button(1, undefined)], [2, button(1, true)]]).words).toHaveLength(1); // prettier-ignore
  });

  test("each press answers the oldest grant that holds the floor and was not taken", () => {
    const { words } = run([
      [0, access([1, 2], 1)],
      [500, access([2], 2)],
      [1000, button(2, true)],
      [1100, button(2, false)],
      [2000, button(2, true)],
      [9000, tick],
    ]);
    expect(words.filter((each) => /Taken/.test(each))).toEqual(["1000 AccessTaken 1", "2000 AccessTaken 2"]);
    expect(words).toContain("500 enable 8000 3"); // the newer one prolongs
  });

  test("counts as taken at once where nobody sees the buttons, and holds longer for who needs longer", () => {
    const { words } = run([[0, access([1], 1, true)], [12_000, tick]], { seesButtons: false }); // prettier-ignore
    expect(words).toEqual(["0 AccessTaken 1", "0 enable 12000 2", "12000 disable 2"]);
  });

  test("whose floors are refused by then is superseded; floors that are not lose nothing", () => {
    expect(run([[0, operation(1, "block")], [1, access([1])]]).words.at(-1)).toBe("1 AccessNotTaken 1 superseded"); // prettier-ignore
    const { words } = run([
      [0, access([1, 2])],
      [1, operation(1, "block")],
      [2, { kind: "lockdown", of: "every door" }],
    ]);
    expect(words.slice(2)).toEqual(["1 disable 2", "1 DoorModeChanged lift-1/2 Blocked", "2 disable 3", "2 AccessNotTaken 1 superseded"]);
  });
});

test("the floor of the exit is nobody's to take: not a mode's, a lockdown's or a fire's that secures", () => {
  const { lift } = run([[0, operation(GROUND, "block")], [1, { kind: "lockdown", of: "every door" }], [2, fire(true)]], { inFire: "secured" }); // prettier-ignore
  expect(floorAxes(lift, GROUND, settings)).toEqual({ mode: "Unlocked", lock: "Unlocked" });
  expect(floorRefusal(lift, GROUND, settings)).toBeUndefined();
});

describe("fire", () => {
  test("frees every floor at once, in front of its event, and gives the modes back", () => {
    const { words } = run([[0, operation(1, "lock-down")], [10, fire(true)], [20, fire(false)], [70, tick]]); // prettier-ignore
    expect(words.slice(1)).toEqual([
      "10 enable for good 2",
      "10 enable for good 3",
      "10 enable for good 4",
      "10 FireInput lift-1 true",
      "70 disable 2",
      "70 disable 3",
      "70 disable 4",
      "70 FireInput lift-1 false",
    ]);
  });

  test("secures every floor where the lift is to serve nobody, LockedOpen too; who was let in is superseded", () => {
    const { words, lift } = run([[0, operation(1, "lock-open")], [1, access([2])], [10, fire(true)]], { inFire: "secured" }); // prettier-ignore
    expect(words.slice(3)).toEqual(["10 disable 2", "10 disable 3", "10 FireInput lift-1 true", "10 AccessNotTaken 1 superseded"]);
    expect(floorRefusal(lift, 1, { ...settings, inFire: "secured" })).toEqual({ reason: "DoorBlocked", detail: "fire or drill: the lift serves nobody" });
  });

  test("stays behind it until a person says otherwise, a drill too", () => {
    const person = { relockAfterFire: "person" } as const;
    const { words } = run([[0, { kind: "drill", on: true }], [1, { kind: "drill", on: false }], [2, { kind: "relock" }]], person); // prettier-ignore
    expect(words.filter((each) => !each.endsWith(" 3") && !each.endsWith(" 4"))).toEqual(["0 enable for good 2", "1 DoorAwaitsRelock lift-1", "2 disable 2"]);
  });
});

test("a board that fails is told once for all of its floors, and is well again when all of them obey", () => {
  const failed = (floors: readonly number[], device: string): LiftInput => ({ kind: "lock-failed", floors, device, error: "TimedOut", detail: "no answer" });
  const { words } = run([
    [0, failed([1, 2], "lower")],
    [1, failed([1], "lower")],
    [2, failed([3], "upper")],
    [3, { kind: "lock-obeyed", floor: 1 }],
    [4, { kind: "lock-obeyed", floor: 3 }],
    [5, { kind: "lock-obeyed", floor: 2 }],
  ]);
  expect(words).toEqual(["0 DoorFault lift-1", "2 DoorFault lift-1", "5 DoorFaultCleared lift-1"]);
});

const anyFloor = fc.nat({ max: 3 });
const anyInput: fc.Arbitrary<LiftInput> = fc.oneof(
  fc.record({ kind: fc.constant("access" as const), floors: fc.uniqueArray(anyFloor), extended: fc.boolean(), grant: fc.constant({ accessPoint: "cabin", grantedSeq: 0 }) }), // prettier-ignore
  fc.record({ kind: fc.constant("operation" as const), floor: anyFloor, operation: fc.constantFrom(...DOOR_OPERATIONS), act: fc.constant(ACT) }),
  fc.record({ kind: fc.constant("operator-access" as const), floor: anyFloor, act: fc.constant(ACT) }),
  fc.record({ kind: fc.constant("button" as const), floor: anyFloor, pressed: fc.constantFrom(true, false, undefined) }),
  fc.record({ kind: fc.constant("fire" as const), active: fc.boolean() }),
  fc.record({ kind: fc.constant("drill" as const), on: fc.boolean() }),
  fc.record({ kind: fc.constant("lockdown" as const), of: fc.constantFrom("every door", undefined) }),
  fc.constantFrom<LiftInput>(tick, { kind: "relock" }),
);

test("each grant ends once, and a floor is enabled only where something says so, whatever happens when", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat({ max: 4000 }), anyInput), { maxLength: 40 }), fc.constantFrom("free", "secured"), (script, inFire) => {
      const own: LiftSettings = { ...settings, inFire: inFire as LiftSettings["inFire"] };
      let lift = stepLift(unknownLift(own), start, monotonicMs(0), own).lift;
      let at: MonotonicMs = monotonicMs(0);
      let granted = 0;
      const ends: number[] = [];
      const take = (input: LiftInput): void => {
        const step = stepLift(lift, input, at, own);
        lift = step.lift;
        for (const effect of step.effects)
          if (effect.kind === "event" && (effect.event.name === "AccessTaken" || effect.event.name === "AccessNotTaken"))
            ends.push(effect.event.fields.grantedSeq);
        for (const floor of lift.floors.keys()) {
          const isHeld = floorRefusal(lift, floor, own) !== undefined;
          expect(isHeld && floorWish(lift, floor, own).release).toBe(false);
        }
      };
      for (const [afterMs, input] of script) {
        at = monotonicMs(at + afterMs);
        take(input.kind === "access" ? { ...input, grant: { accessPoint: "cabin", grantedSeq: ++granted } } : input);
      }
      for (let due = liftDeadline(lift); due !== undefined; due = liftDeadline(lift)) {
        at = due;
        take(tick);
      }
      expect(ends.toSorted((a, b) => a - b)).toEqual(Array.from({ length: granted }, (_, index) => index + 1));
      expect(lift.grants).toEqual([]);
    }),
    { numRuns: 60 },
  );
});
