import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { emptyStation, type Guard, type GuardStation, guardStationDeadline, type GuardStationEffect, type GuardStationInput, type GuardStationSettings, stepGuardStation } from "./guard-station.ts"; // prettier-ignore

const SETTINGS: GuardStationSettings = {
  id: "gate-house",
  sessionMs: 3_600_000,
  reasonRequired: true,
  reasonMs: 30_000,
  buttonDebounceMs: 50,
  stuckAfterMs: 30_000,
  buttons: [{ door: "gate-1/entry" }, { door: "library" }],
};
const CHEN: Guard = { credential: "e1e2e3e4e5e6e7e8", accessPoint: "desk", holder: 5 };
const LI: Guard = { credential: "b1b2b3b4b5b6b7b8", accessPoint: "desk", holder: 2 };
const shows = (guard: Guard): GuardStationInput => ({ kind: "presented", guard, grantedSeq: 7 });
const reason: GuardStationInput = { kind: "reason", text: "delivery" };
const used: GuardStationInput = { kind: "used" };
const tick: GuardStationInput = { kind: "tick" };
const button = (pressed: boolean | undefined, nth = 0, isHeld = false): GuardStationInput => ({ kind: "button", button: nth, pressed, isHeld });

function word(effect: GuardStationEffect): string {
  if (effect.kind === "use") return `use ${effect.button} by ${effect.guard.holder} for "${effect.reason}"`;
  if (effect.kind !== "event") return effect.kind;
  const { cause, door, pressedS } = effect.event.fields as { cause?: string; door?: string; pressedS?: number };
  return [effect.event.name, cause ?? door, pressedS].filter((part) => part !== undefined).join(" ");
}

/** Plays a script with a tick at each deadline; both buttons are at rest. */
function play(script: readonly (readonly [number, GuardStationInput])[], changed: Partial<GuardStationSettings> = {}): string[] {
  const settings = { ...SETTINGS, ...changed };
  let station: GuardStation = emptyStation(settings);
  const seen: string[] = [];
  const step = (at: number, input: GuardStationInput): void => {
    const next = stepGuardStation(station, input, monotonicMs(at), settings);
    station = next.station;
    seen.push(...next.effects.map((effect) => `${at}: ${word(effect)}`));
  };
  for (const nth of [0, 1]) step(0, button(false, nth));
  for (const [at, input] of script) {
    for (let due = guardStationDeadline(station); due !== undefined && due <= at; due = guardStationDeadline(station)) step(due, tick);
    step(at, input);
  }
  return seen;
}
const press = (at: number, nth = 0): [number, GuardStationInput][] => [
  [at, button(true, nth)],
  [at + 300, button(false, nth)],
];

test("a button opens for a guard who gave a reason, once for each reason", () => {
  expect(play([[0, shows(CHEN)], [1000, reason], ...press(2000), [2000, used], ...press(3000)])).toEqual([
    "0: GuardSignedIn",
    '2000: use 0 by 5 for "delivery"',
    "3000: GuardRefused gate-1/entry",
    "3000: refused",
  ]);
  expect(play([[0, shows(CHEN)], ...press(2000, 1)], { reasonRequired: false }).at(-1)).toBe('2000: use 1 by 5 for ""');
});

test("a reason counts for its time, the newest one, and stays while nothing came of it", () => {
  expect(play([[0, shows(CHEN)], [0, reason], [0, { kind: "reason", text: "wheelchair" }], ...press(1000), ...press(29_000), ...press(30_000)])).toEqual([
    "0: GuardSignedIn",
    '1000: use 0 by 5 for "wheelchair"',
    '29000: use 0 by 5 for "wheelchair"',
    "30000: GuardRefused gate-1/entry",
    "30000: refused",
  ]);
});

test("a button with nobody signed in is an alarm and opens nothing; a reason key alone is none", () => {
  expect(play([[0, reason], ...press(1000)])).toEqual(["0: refused", "1000: GuardButtonUnattended gate-1/entry", "1000: refused"]);
});

test("a guard is signed in until their time is over, they show something again, or another guard does", () => {
  expect(play([[0, shows(CHEN)], [3_600_000, tick], ...press(3_600_001)])).toEqual(["0: GuardSignedIn", "3600000: GuardSignedOut time", "3600000: left", "3600001: GuardButtonUnattended gate-1/entry", "3600001: refused"]); // prettier-ignore
  expect(play([[0, shows(CHEN)], [9000, shows({ ...CHEN, credential: "0000000000000001" })]])).toEqual(["0: GuardSignedIn", "9000: GuardSignedOut presented", "9000: left"]); // prettier-ignore
  expect(play([[0, shows(CHEN)], [5, reason], [9000, shows(LI)], ...press(9500)])).toEqual([
    "0: GuardSignedIn",
    "9000: GuardSignedOut relieved",
    "9000: GuardSignedIn",
    "9500: GuardRefused gate-1/entry",
    "9500: refused",
  ]);
});

test("a guard whom the list does not let sign in any more is signed out; where nobody is, nothing happens", () => {
  const revoked: GuardStationInput = { kind: "revoked" };
  expect(play([[0, revoked], [10, shows(CHEN)], [20, reason], [30, revoked], ...press(1000)])).toEqual([
    "10: GuardSignedIn",
    "30: GuardSignedOut revoked",
    "30: left",
    "1000: GuardButtonUnattended gate-1/entry",
    "1000: refused",
  ]);
});

test("a press that ends what is held asks for no reason, but for a guard", () => {
  expect(
    play([
      [0, shows(CHEN)],
      [100, button(true, 0, true)],
    ]).at(-1),
  ).toBe("100: end");
  expect(play([[100, button(true, 0, true)]])).toEqual(["100: GuardButtonUnattended gate-1/entry", "100: refused"]);
});

test("a button that is found pressed, or chatters, was not pressed again; one that stays pressed is told as stuck, once", () => {
  const found: [number, GuardStationInput][] = [
    [0, shows(CHEN)],
    [0, reason],
    [10, button(undefined)],
    [20, button(true)],
  ];
  expect(play(found)).toEqual(["0: GuardSignedIn"]);
  expect(play([[0, shows(CHEN)], [0, reason], [10, button(true)], [20, button(false)], [30, button(true)], [40, button(false)]]).slice(1)).toEqual(['10: use 0 by 5 for "delivery"']); // prettier-ignore
  expect(play([...found, [90_000, tick]]).slice(1)).toEqual(["30020: GuardButtonStuck gate-1/entry 30"]);
  expect(play([[0, shows(CHEN)], [0, reason], [10, button(true)], [20_000, button(true)], [90_000, tick]]).slice(1)).toEqual(['10: use 0 by 5 for "delivery"', "30010: GuardButtonStuck gate-1/entry 30"]); // prettier-ignore
});

test("under any inputs nothing is used but by the guard who is signed in, with a reason, at a press that was seen", () => {
  const input = fc.oneof(
    fc.constantFrom(shows(CHEN), shows(LI), used, tick),
    { weight: 2, arbitrary: fc.constant(reason) },
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom(true, false, true, false, undefined), fc.nat(1)).map(([pressed, nth]) => button(pressed, nth)) },
  );
  let uses = 0;
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.nat(400) }, fc.nat(20_000)), input), { minLength: 30, maxLength: 40, size: "max" }),
      (script) => {
        let station = emptyStation(SETTINGS);
        let at = 0;
        for (const [pause, each] of script) {
          at += pause;
          const before = station;
          const next = stepGuardStation(station, each, monotonicMs(at), { ...SETTINGS, sessionMs: 40_000 });
          station = next.station;
          const use = next.effects.find((effect) => effect.kind === "use");
          if (use === undefined) continue;
          uses++;
          expect(before.guard).toMatchObject(use.guard);
          expect([before.guard!.until > at, before.reason!.until > at, before.reason!.text]).toEqual([true, true, use.reason]);
          expect([each.kind, before.buttons[use.button]!.pressed]).toEqual(["button", false]);
        }
      },
    ),
    { numRuns: 150 },
  );
  expect(uses, "it was about something").toBeGreaterThan(10);
});
