import type { ControllerEvent, MonotonicMs } from "@portico/card-protocol";
import { type Door, type DoorInput, type DoorSettings, doorWish } from "./door.ts";
import type { DoorTurn } from "./door-passage.ts";
import { passTime, takeInput } from "./door-turn.ts";
import { type LockEffect, lockEffect } from "./lock.ts";

export type DoorEffect = LockEffect | { readonly kind: "event"; readonly event: ControllerEvent };

export interface DoorStep {
  readonly door: Door;
  /** To be carried out in order. Securing comes first, and so does releasing for fire and exit; any other release stands behind its record. */
  readonly effects: readonly DoorEffect[];
}

/** Advances the door. Pure and total: any input in any state, at a time that is not before the last. */
export function stepDoor(door: Door, input: DoorInput, at: MonotonicMs, settings: DoorSettings): DoorStep {
  const turn: DoorTurn = { door: { ...door }, events: [], settings };
  passTime(turn, at);
  takeInput(turn, input, at);
  passTime(turn, at);
  const before = input.kind === "start" ? undefined : doorWish(door);
  const lock = lockEffect(before, doorWish(turn.door), at);
  const events = turn.events.map((event): DoorEffect => ({ kind: "event", event }));
  if (lock === undefined) return { door: turn.door, effects: events };
  const lockFirst = !lock.release || input.kind === "rex" || input.kind === "fire";
  return { door: turn.door, effects: lockFirst ? [lock, ...events] : [...events, lock] };
}
