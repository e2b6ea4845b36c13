import type { Door } from "./door.ts";
import type { DoorRefusal } from "./door-operation.ts";
import { isFreed as isDoorFreed } from "./overruling.ts";

/** A door as the others of its interlock see it. */
export interface InterlockedDoor {
  readonly id: string;
  readonly door: Door;
}

/**
 * Why a door of an interlock lets nobody in now: another one is not shut, or nobody knows. A door that fire, its mode or the exit button frees is never held;
 * what frees it makes the others wait.
 *
 * @param own     the door that somebody wants to pass
 * @param others  the other doors of its interlock
 */
export function interlockRefusal(own: Door, others: readonly InterlockedDoor[]): DoorRefusal | undefined {
  if (isFreed(own)) return undefined;
  for (const { id, door } of others) {
    const why = notShut(door);
    if (why !== undefined) return { reason: "Interlock", detail: `door ${id} ${why}` };
  }
  return undefined;
}

/** The other door that stands open, where a door has just been opened and none of the two is free: the interlock is broken. */
export function brokenBy(before: Door, after: Door, others: readonly InterlockedDoor[]): string | undefined {
  if (after.physical !== "Open" || before.physical === "Open" || isFreed(after)) return undefined;
  return others.find(({ door }) => door.physical === "Open" && !isFreed(door))?.id;
}

const isFreed = (door: Door): boolean => isDoorFreed(door.mode, door);

/** What keeps the others waiting; undefined: it is shut, and nobody is let in. */
function notShut(door: Door): string | undefined {
  if (isFreed(door)) return "is free";
  if (door.physical === "Open" || door.settling?.physical === "Open") return "stands open";
  if (door.physical === "Unknown") return "does not say whether it is shut";
  return door.passage === undefined ? undefined : "is being passed";
}
