import { monotonicMs } from "@portico/card-protocol";
import type { DoorOperation, SetMode } from "../core/door-operation.ts";
import { type Lane, LANE_DIRECTIONS, laneDeadline, type LaneDirection, type LaneInput, type LaneSettings, UNKNOWN_LANE } from "../core/lane.ts";
import { type LaneEffect, stepLane } from "../core/step-lane.ts";

/** A lane with PASS contacts whose unit times the passage itself. */
export const LANE: LaneSettings = {
  id: "gate-1",
  style: "pulse",
  pulseMs: 300,
  passageTimeMs: 5000,
  extendedPassageTimeMs: 3000,
  passLagMs: 100,
  tailgateTimeMs: 1500,
  partyGapMs: 500,
  contactDebounceMs: 50,
  notReadyAfterMs: 10_000,
  unitSignals: { ready: false, alarm: false },
  relockAfterFire: "input",
  passContact: { entry: true, exit: true },
};

/** A grant; `size` of its party. */
export const access = (direction: LaneDirection = "entry", grantedSeq = 1, { extended = false, size = 1 } = {}): LaneInput & { readonly kind: "access" } => ({
  kind: "access",
  direction,
  grant: { accessPoint: `gate-1-${direction}`, grantedSeq },
  extended,
  partySize: size,
});
export const passing = (direction: LaneDirection, is: boolean | undefined): LaneInput => ({ kind: "pass", direction, passing: is });
export const operation = (direction: LaneDirection, name: DoorOperation): LaneInput => ({
  kind: "operation",
  direction,
  operation: name,
  act: { by: "wang", reason: "drill" },
});
export const fire = (active: boolean): LaneInput => ({ kind: "fire", active });
export const failed = (direction: LaneDirection): LaneInput => ({ kind: "lock-failed", direction, device: "board-1", error: "TimedOut", detail: "no answer" });
export const operatorAccess: LaneInput = { kind: "operator-access", direction: "entry", act: { by: "wang", reason: "drill" }, extended: false };
export const tick: LaneInput = { kind: "tick" };
/** Somebody goes through: a closed contact for 200 ms. */
export const pass = (at: number, direction: LaneDirection = "entry"): [number, LaneInput][] => [
  [at, passing(direction, true)],
  [at + 200, passing(direction, false)],
];

/** An effect in a few words. */
export function word(effect: LaneEffect): string {
  if (effect.kind === "lock") return `${effect.release ? `release ${effect.holdMs ?? "for good"}` : "secure"} ${effect.direction}`;
  const { name, fields } = effect.event as { name: string; fields: Record<string, string | number | boolean> };
  return [name, fields["door"], fields["grantedSeq"], fields["cause"], fields["mode"], fields["active"], fields["count"], fields["passed"], fields["partySize"]]
    .filter((part) => part !== undefined)
    .join(" ");
}

/** A lane that has started, its PASS contacts read. */
export function startedLane(all: LaneSettings, modes: Readonly<Record<LaneDirection, SetMode>>): Lane {
  let { lane } = stepLane(UNKNOWN_LANE, { kind: "start", modes, fire: false }, monotonicMs(0), all);
  for (const direction of LANE_DIRECTIONS) ({ lane } = stepLane(lane, passing(direction, false), monotonicMs(0), all));
  return lane;
}

/** Plays a script against a started lane, with a tick at each deadline, and returns what happened as `at: effect`. */
export function play(
  script: readonly (readonly [number, LaneInput])[],
  changed: Partial<LaneSettings> = {},
  modes: Partial<Record<LaneDirection, SetMode>> = {},
): string[] {
  const all = { ...LANE, ...changed };
  let lane = startedLane(all, { entry: "Locked", exit: "Locked", ...modes });
  const seen: string[] = [];
  const step = (at: number, input: LaneInput): void => {
    const next = stepLane(lane, input, monotonicMs(at), all);
    lane = next.lane;
    seen.push(...next.effects.map((effect) => `${at}: ${word(effect)}`));
  };
  for (const [at, input] of script) {
    for (let due = laneDeadline(lane); due !== undefined && due <= at; due = laneDeadline(lane)) step(due, tick);
    step(at, input);
  }
  return seen;
}
