import { unixSeconds } from "@portico/card-protocol";
import { expect, test } from "vitest";
import { type HeldStates, type KnownState, nextChange, planLock, type WantedFinger, type WantedPin } from "./lock-plan.ts";

const NOW = unixSeconds(1_000);
const times = (from = 0, until = 2_000) => ({ from: unixSeconds(from), until: unixSeconds(until) });
const pin = (version: number, when = times()): WantedPin => ({ holder: 7, version, ...when, sealed: new Uint8Array(57) });
const finger = (version: number, change: Partial<WantedFinger> = {}): WantedFinger => ({ slot: 2, holder: 7, version, ...times(), enrolUntil: unixSeconds(1_600), ...change }); // prettier-ignore
const known = (kind: KnownState["kind"], version: number, holds: number | null, place = kind === "pin" ? 7 : 2): KnownState => ({ kind, place, holder: 7, version, holds }); // prettier-ignore
const plan = (wanted: { pins?: WantedPin[]; fingers?: WantedFinger[] }, held: Partial<HeldStates>, states: KnownState[] = [], now = NOW) =>
  planLock({ pins: [], fingers: [], ...wanted }, { pins: [], fingers: [], ...held }, states, now).map((step) =>
    [step.kind, "pin" in step ? step.pin.version : "finger" in step ? step.finger.version : step.version].join(" "),
  );
const HELD = { pins: [{ holder: 7, version: 3 }] };
const FINGER = { fingers: [{ slot: 2, holder: 7 }] };

test.each([
  ["a PIN that the lock has not", { pins: [pin(3)] }, {}, [], ["setPin 3"]],
  ["a PIN that the lock took", { pins: [pin(3)] }, HELD, [known("pin", 3, 3)], []],
  ["a PIN that the lock has, though nobody here knows it", { pins: [pin(3)] }, HELD, [], ["setPin 3"]],
  ["a PIN that was changed", { pins: [pin(4)] }, HELD, [known("pin", 3, 3)], ["setPin 4"]],
  ["a PIN that the lock refused is not tried again", { pins: [pin(4)] }, HELD, [known("pin", 4, 3)], []],
  ["a PIN that the lock has forgotten", { pins: [pin(3)] }, {}, [known("pin", 3, 3)], ["setPin 3"]],
  ["a PIN that nobody wants any more", {}, HELD, [known("pin", 3, 3)], ["erasePin 3"]],
  ["a PIN of which nobody here knows", {}, HELD, [], ["erasePin 3"]],
  ["a PIN whose grant is over", { pins: [pin(3, times(0, 1_000))] }, HELD, [known("pin", 3, 3)], ["erasePin 3"]],
  ["a PIN whose grant has not begun", { pins: [pin(3, times(1_001))] }, {}, [], []],
  ["a PIN that went with the list", {}, {}, [known("pin", 3, 3)], ["pinGone 3"]],
  ["a PIN that went with the list behind a refusal", {}, {}, [known("pin", 4, 3)], ["pinGone 3"]],
  ["a PIN that never was there", {}, {}, [known("pin", 4, null)], []],
  ["a finger to be enrolled", { fingers: [finger(1)] }, {}, [], ["enrolFinger 1"]],
  ["a finger is asked for once", { fingers: [finger(1)] }, {}, [known("finger", 1, null)], []],
  ["a finger anew", { fingers: [finger(2)] }, FINGER, [known("finger", 1, 1)], ["enrolFinger 2"]],
  ["a finger that came too late", { fingers: [finger(1, { enrolUntil: NOW })] }, {}, [], []],
  ["a finger that nobody wants any more", {}, FINGER, [known("finger", 1, 1)], ["eraseFinger 1"]],
  ["a place that is another's now", { fingers: [finger(5, { holder: 8 })] }, FINGER, [known("finger", 1, 1)], ["eraseFinger 1", "enrolFinger 5"]],
  ["a finger that went with the list", {}, {}, [known("finger", 1, 1)], ["fingerGone 1"]],
] as const)("rule 14.4: %s", (_, wanted, held, states, steps) => {
  expect(plan(wanted as never, held as never, [...states])).toEqual(steps);
});

test("what is erased goes first: a lock whose memory is full has room then", () => {
  expect(plan({ pins: [{ ...pin(1), holder: 9 }] }, HELD, [])).toEqual(["erasePin 3", "setPin 1"]);
});

test("time alone changes what is wanted at the next beginning or end", () => {
  expect(nextChange([times(0, 2_000), times(1_500, 3_000), times(0, 900)], NOW)).toBe(1_500);
  expect(nextChange([times(0, 1_000)], NOW)).toBeUndefined();
});
