import type { ControllerEvent, MonotonicMs } from "@portico/card-protocol";
import { type Lane, LANE_DIRECTIONS, type LaneDirection, type LaneInput, type LaneSettings, laneWish } from "./lane.ts";
import { dropHolds } from "./hold-turn.ts";
import type { LaneTurn } from "./lane-passage.ts";
import { passLaneTime, takeLaneInput } from "./lane-turn.ts";
import { type LockEffect, lockEffect } from "./lock.ts";

export type LaneEffect = (LockEffect & { readonly direction: LaneDirection }) | { readonly kind: "event"; readonly event: ControllerEvent };

export interface LaneStep {
  readonly lane: Lane;
  /** To be carried out in order. Securing comes first, and so does releasing for fire; any other release stands behind its record. */
  readonly effects: readonly LaneEffect[];
}

/** Advances the lane. Pure and total: any input in any state, at a time that is not before the last. */
export function stepLane(lane: Lane, input: LaneInput, at: MonotonicMs, settings: LaneSettings): LaneStep {
  const turn: LaneTurn = { lane: { ...lane, entry: { ...lane.entry }, exit: { ...lane.exit } }, events: [], settings };
  passLaneTime(turn, at);
  takeLaneInput(turn, input, at);
  dropHolds(turn);
  passLaneTime(turn, at);
  const first: LaneEffect[] = [];
  const last: LaneEffect[] = [];
  for (const direction of LANE_DIRECTIONS) {
    const before = input.kind === "start" ? undefined : laneWish(lane, direction);
    const lock = lockEffect(before, laneWish(turn.lane, direction), at);
    if (lock !== undefined) (!lock.release || input.kind === "fire" ? first : last).push({ ...lock, direction });
  }
  const events = turn.events.map((event): LaneEffect => ({ kind: "event", event }));
  return { lane: turn.lane, effects: [...first, ...events, ...last] };
}
