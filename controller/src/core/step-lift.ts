import type { ControllerEvent, MonotonicMs } from "@portico/card-protocol";
import { type FloorLock, floorWish, type Lift, type LiftInput, type LiftSettings } from "./lift.ts";
import { type LiftTurn, passLiftTime, takeLiftInput } from "./lift-turn.ts";
import { lockEffect } from "./lock.ts";

export type LiftEffect = FloorLock | { readonly kind: "event"; readonly event: ControllerEvent };

export interface LiftStep {
  readonly lift: Lift;
  /** To be carried out in order. Securing comes first, and so does releasing for fire; any other release stands behind its record. */
  readonly effects: readonly LiftEffect[];
}

/** Advances the lift. Pure and total: any input in any state, at a time that is not before the last. */
export function stepLift(lift: Lift, input: LiftInput, at: MonotonicMs, settings: LiftSettings): LiftStep {
  const turn: LiftTurn = { lift: { ...lift, floors: lift.floors.map((floor) => ({ ...floor })) }, events: [], settings };
  passLiftTime(turn, at);
  takeLiftInput(turn, input, at);
  passLiftTime(turn, at);
  const first: LiftEffect[] = [];
  const last: LiftEffect[] = [];
  for (const floor of lift.floors.keys()) {
    const before = input.kind === "start" ? undefined : floorWish(lift, floor, settings);
    const lock = lockEffect(before, floorWish(turn.lift, floor, settings), at);
    if (lock !== undefined) (!lock.release || input.kind === "fire" ? first : last).push({ ...lock, floor });
  }
  const events = turn.events.map((event): LiftEffect => ({ kind: "event", event }));
  return { lift: turn.lift, effects: [...first, ...events, ...last] };
}
