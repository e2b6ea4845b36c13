import { monotonicMs } from "@portico/card-protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { access, failed, LANE, operation, pass, passing, play, startedLane, tick } from "../rig/lane-play.ts";
import { laneDeadline, type LaneInput, laneRefusal, type LaneSettings } from "./lane.ts";
import { stepLane } from "./step-lane.ts";

const family = (size: number, extended = false): LaneInput => access("entry", 1, { size, extended });

test("a party of three gets a pulse for each, behind the PASS of the one before; who comes fourth is tailgating", () => {
  expect(play([[0, family(3)], ...pass(1000), ...pass(3000), ...pass(4000), ...pass(5000), [9000, tick]])).toEqual([
    "0: release 300 entry",
    "300: secure entry",
    "1000: AccessTaken 1",
    "1500: release 300 entry",
    "1800: secure entry",
    "3500: release 300 entry",
    "3800: secure entry",
    "4000: PartyPassed 1 complete 3 3",
    "5000: Tailgating gate-1/entry 1",
  ]);
});

test("a unit of the level style is held on from one of the party to the next, and secured behind the last", () => {
  expect(play([[0, family(2)], ...pass(4000), ...pass(8000), [20_000, tick]], { style: "level" })).toEqual([
    "0: release 5000 entry",
    "4000: AccessTaken 1",
    "4000: release 5000 entry",
    "8000: secure entry",
    "8000: PartyPassed 1 complete 2 2",
  ]);
});

test("each of a party is waited for anew, longer for who needs longer; fewer than there might be are told", () => {
  expect(play([[0, family(3)], ...pass(4900), ...pass(9000), [30_000, tick]]).slice(-2)).toEqual(["9800: secure entry", "14600: PartyPassed 1 timeout 2 3"]);
  expect(play([[0, family(2, true)], ...pass(7900), [30_000, tick]]).at(-1)).toBe("16500: PartyPassed 1 timeout 1 2");
  expect(play([[0, family(2)], ...pass(4900), [30_000, tick]], { style: "level" }).slice(-2)).toEqual([
    "9900: secure entry",
    "10000: PartyPassed 1 timeout 1 2",
  ]);
});

test("a party of whom nobody comes is a grant that was not taken", () => {
  expect(play([[0, family(4)], [30_000, tick]]).slice(2)).toEqual(["5100: AccessNotTaken 1 timeout"]); // prettier-ignore
});

test("while one of a party may still come the lane is in use from both sides", () => {
  let lane = stepLane(startedLane(LANE, { entry: "Locked", exit: "Locked" }), family(2), monotonicMs(0), LANE).lane;
  for (const [at, input] of pass(1000)) ({ lane } = stepLane(lane, input, monotonicMs(at), LANE));
  expect([laneRefusal(lane, "entry", LANE)?.reason, laneRefusal(lane, "exit", LANE)?.reason]).toEqual(["Interlock", "Interlock"]);
});

test("a lane that is secured in the middle of a party tells how many have passed, and gives no pulse any more", () => {
  expect(play([[0, family(3)], ...pass(1000), [1300, operation("entry", "block")], [9000, tick]]).slice(3)).toEqual([
    "1300: DoorModeChanged gate-1/entry Blocked",
    "1300: PartyPassed 1 superseded 1 3",
  ]);
});

test("a pulse that the board did not confirm is not given again; whoever passes on it all the same is counted, and the next gets theirs", () => {
  expect(play([[0, family(3)], ...pass(1000), [1600, failed("entry")], [20_000, tick]]).at(-1)).toBe("6600: PartyPassed 1 device 1 3");
  expect(play([[0, family(3)], [50, failed("entry")], [60, { kind: "lock-obeyed", direction: "entry" }], ...pass(1000), [20_000, tick]]).at(-1)).toBe(
    "6600: PartyPassed 1 timeout 1 3",
  );
});

test("where no contact counts them, or none answers, one grant lets one through", () => {
  expect(
    play(
      [
        [0, family(3)],
        [9000, tick],
      ],
      { passContact: { entry: false, exit: true } },
    ),
  ).toEqual(["0: AccessTaken 1", "0: release 300 entry", "300: secure entry"]);
  expect(play([[0, passing("entry", undefined)], [10, family(3)], [9000, tick]]).slice(-2)).toEqual(["310: secure entry", "5110: AccessNotTaken 1 device"]); // prettier-ignore
});

test("under any PASS contacts a party has at most as many pulses as it is large, and is told once", () => {
  const moment = fc.tuple(fc.oneof(fc.nat(400), fc.nat(7000)), fc.constantFrom(true, false, undefined));
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom("pulse" as const, "level" as const),
      fc.array(moment, { maxLength: 24 }),
      (size, style, moments) => {
        const settings: LaneSettings = { ...LANE, style };
        let lane = startedLane(settings, { entry: "Locked", exit: "Locked" });
        const told: string[] = [];
        let [at, releases] = [0, 0];
        const step = (input: LaneInput, now: number): void => {
          const next = stepLane(lane, input, monotonicMs(now), settings);
          lane = next.lane;
          for (const effect of next.effects) {
            if (effect.kind === "event") told.push(effect.event.name);
            else if (effect.release) releases++;
          }
        };
        step(family(size), 0);
        for (const [pause, is] of [...moments, [100_000, false] as const]) {
          at += pause;
          for (let due = laneDeadline(lane); due !== undefined && due <= at; due = laneDeadline(lane)) step(tick, due);
          step(passing("entry", is), at);
        }
        const times = (...names: readonly string[]): number => told.filter((name) => names.includes(name)).length;
        expect(releases).toBeLessThanOrEqual(size);
        expect(times("AccessTaken", "AccessNotTaken")).toBe(1);
        expect(times("PartyPassed")).toBe(size > 1 ? times("AccessTaken") : 0);
      },
    ),
    { numRuns: 100 },
  );
});
