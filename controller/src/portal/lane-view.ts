import type { DoorRow } from "../control/door-rows.ts";
import type { LaneRow } from "../control/lane-rows.ts";
import { type Lane, laneAxes, type LaneDirection, type LaneSettings, overrulingOfWay } from "../core/lane.ts";
import { overrulingOf } from "../core/overruling.ts";

/** One way of a lane among the doors. */
export function wayRow(lane: Lane, direction: LaneDirection): Omit<DoorRow, "id" | "sinceS" | "lastEvent"> {
  const { mode, lock } = laneAxes(lane, direction);
  const overruled = overrulingOf(overrulingOfWay(lane, direction));
  return { kind: "turnstile", shadow: false, mode, lock, physical: "Unknown", alarm: "Normal", fire: lane.fire, overruled };
}

/** What the unit says of itself. */
export function unitWords({ unit: { ready, alarm } }: Lane, { unitSignals }: Pick<LaneSettings, "unitSignals">): Pick<LaneRow, "ready" | "alarm"> {
  return {
    ready: unitSignals.ready ? WORDS.ready[`${ready.trouble}`] : null,
    alarm: unitSignals.alarm ? WORDS.alarm[`${alarm.trouble}`] : null,
  };
}

/** By whether there is trouble. */
const WORDS = {
  ready: { true: "not-ready", false: "ready", undefined: "unread" },
  alarm: { true: "alarm", false: "normal", undefined: "unread" },
} as const;

/** Mode or lock of a way are others. */
export function axesDiffer(before: Lane, after: Lane, direction: LaneDirection): boolean {
  const a = laneAxes(before, direction);
  const b = laneAxes(after, direction);
  return a.mode !== b.mode || a.lock !== b.lock;
}
