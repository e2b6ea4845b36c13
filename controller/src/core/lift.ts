import { type DoorMode, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { OpenGrant } from "./door.ts";
import { type DoorOperation, type DoorRefusal, isFree, type GuardUse, type OperatorAct, type SetMode } from "./door-operation.ts";
import type { ScheduledOperation } from "./door-schedule.ts";
import { freshLock, type LockEffect, type LockWish } from "./lock.ts";
import { isEvacuated, modeUnder, NOT_OVERRULED, type Overruling, refusalUnder } from "./overruling.ts";

/**
 * One lift cabin: a button for each floor, which works while the floor's relay enables it. Each floor has a mode as a door has; the cabin shares fire, drill
 * and lockdown. Any number of grants run side by side, each with its floors and its time.
 *
 * ```
 *   grant   none ──access──▶ open ──a button of its floors is pressed──▶ taken      `one` floor a grant: the others drop at once
 *                             │ time is up: AccessNotTaken                │ time is up
 *                             └──────────────────▶ gone ◀────────────────┘
 *
 *   floor   enabled: its mode frees it, a grant holds it, it is always free, or fire and drill free the lift
 *   fire    normal ──▶ free, or secured where the lift is to serve nobody; always free stays free ──▶ normal
 * ```
 */
export interface Lift extends Overruling {
  /** In the order of the settings. */
  readonly floors: readonly LiftFloor[];
  /** Oldest first. */
  readonly grants: readonly FloorGrant[];
  /** When a fire input that went back to normal counts as over. */
  readonly fireOverAt: MonotonicMs | undefined;
}

export interface LiftFloor {
  readonly mode: SetMode | "Unknown";
  /** A schedule set it, and may set another. */
  readonly bySchedule: boolean;
  /** Its button as last read; undefined: none, or its board does not answer. */
  readonly pressed: boolean | undefined;
  /** Its relay has not obeyed. */
  readonly fault: boolean;
}

/** Floors that are enabled for somebody. */
export interface FloorGrant {
  /** Undefined: let in by an operator, or nobody can see which button is pressed, so that it counted as taken at once. */
  readonly grant: OpenGrant | undefined;
  /** Indices into {@link Lift.floors}. */
  readonly floors: readonly number[];
  /** Its relays are held until then. */
  readonly lockUntil: MonotonicMs;
  readonly released: boolean;
  /** Until then a button belongs to it: it is read a little later than it is pressed. */
  readonly until: MonotonicMs;
  /** Floors that were chosen on it. The first one took it. */
  readonly chosen: readonly number[];
  /** A relay of it has failed: nobody knows whether the button worked. */
  readonly faulted: boolean;
}

/** How a lift behaves. Times in ms, 0 or more. */
export interface LiftSettings {
  readonly id: string;
  readonly floors: readonly LiftFloorSettings[];
  readonly grantTimeMs: number;
  /** Added for those who need longer. */
  readonly extendedGrantTimeMs: number;
  readonly floorsPerGrant: "any" | "one";
  /** Buttons are seen. Without them a grant counts as taken at once. */
  readonly seesButtons: boolean;
  /** How late a button may be read: the board's polling interval and a margin. */
  readonly buttonLagMs: number;
  /** What fire and drill make of the floors that are not always free. */
  readonly inFire: "free" | "secured";
  /** How long a fire loop must rest closed. */
  readonly fireDebounceMs: number;
  /** Who ends what a fire has overruled: a `person`, or the fire `input` alone. */
  readonly relockAfterFire: "person" | "input";
}

export interface LiftFloorSettings {
  readonly id: string;
  readonly alwaysFree: boolean;
  /** The board of its relay; undefined: it has none. */
  readonly board: string | undefined;
}

export type LiftInput =
  /** Once, with the modes that were set before the controller went down, by floor, and whether there was fire. */
  | {
      readonly kind: "start";
      readonly modes: readonly { readonly mode: SetMode; readonly bySchedule: boolean }[];
      readonly fire: boolean;
      readonly overruling: Omit<Overruling, "fire">;
    }
  /** A granted decision, after it was recorded. */
  | { readonly kind: "access"; readonly grant: OpenGrant; readonly floors: readonly number[]; readonly extended: boolean }
  /** An operator has a floor enabled once. */
  | { readonly kind: "operator-access"; readonly floor: number; readonly act: OperatorAct | GuardUse }
  | { readonly kind: "operation"; readonly floor: number; readonly operation: DoorOperation; readonly act: OperatorAct }
  /** A schedule sets the mode; nothing where somebody holds the floor. */
  | { readonly kind: "schedule"; readonly floor: number; readonly operation: ScheduledOperation; readonly act: OperatorAct }
  | { readonly kind: "drill"; readonly on: boolean }
  | { readonly kind: "relock" }
  | { readonly kind: "lockdown"; readonly of: string | undefined }
  /** The button of a floor as it is read; undefined: its board does not answer. Going from rest to pressed chooses the floor. */
  | { readonly kind: "button"; readonly floor: number; readonly pressed: boolean | undefined }
  /** The fire input, normally closed: `active` while its loop is open. */
  | { readonly kind: "fire"; readonly active: boolean }
  /** What a board said to the relays of these floors. */
  | { readonly kind: "lock-obeyed"; readonly floor: number }
  | { readonly kind: "lock-failed"; readonly floors: readonly number[]; readonly device: string; readonly error: string; readonly detail: string }
  /** Time has passed; due at {@link liftDeadline}. A late one gives the same events as one on time. */
  | { readonly kind: "tick" };

export type FloorLock = LockEffect & { readonly floor: number };

const UNKNOWN_FLOOR: LiftFloor = { mode: "Unknown", bySchedule: false, pressed: undefined, fault: false };
/** A lift of which nothing is known yet; it takes nobody anywhere. */
export const unknownLift = ({ floors }: LiftSettings): Lift => ({
  floors: floors.map(() => UNKNOWN_FLOOR),
  grants: [],
  ...NOT_OVERRULED,
  fireOverAt: undefined,
});

/** A floor as the events name it. */
export const floorId = ({ id, floors }: Pick<LiftSettings, "id" | "floors">, floor: number): string => `${id}/${floors[floor]!.id}`;

/** When the next tick is due; undefined when nothing is pending. */
export function liftDeadline({ grants, fireOverAt }: Lift): MonotonicMs | undefined {
  let due = fireOverAt ?? Number.POSITIVE_INFINITY;
  for (const { released, lockUntil, until } of grants) due = Math.min(due, released ? lockUntil : until);
  return due === Number.POSITIVE_INFINITY ? undefined : monotonicMs(due);
}

/** Fire or drill, or neither and nobody has said that it is over, in a lift that is to serve nobody then. */
export const isOutOfUse = (lift: Lift, { inFire }: Pick<LiftSettings, "inFire">): boolean => isEvacuated(lift) && inFire === "secured";

/** The mode that counts. */
export function floorMode(lift: Lift, floor: number, settings: LiftSettings): DoorMode {
  const { mode } = lift.floors[floor]!;
  if (settings.floors[floor]!.alwaysFree) return mode === "Unknown" ? mode : "Unlocked";
  return modeUnder(mode, lift);
}

/** Everybody may ride there now. */
export function isFreeFloor(lift: Lift, floor: number, settings: LiftSettings): boolean {
  if (settings.floors[floor]!.alwaysFree) return true;
  if (isEvacuated(lift)) return settings.inFire === "free";
  return isFree(floorMode(lift, floor, settings));
}

/** Why nobody may ride there now, for the decision; undefined where they may. */
export function floorRefusal(lift: Lift, floor: number, settings: LiftSettings): DoorRefusal | undefined {
  const { mode, bySchedule } = lift.floors[floor]!;
  if (settings.floors[floor]!.alwaysFree) return undefined;
  if (isOutOfUse(lift, settings)) return { reason: "DoorBlocked", detail: "fire or drill: the lift serves nobody" };
  return refusalUnder(mode, bySchedule, lift, false);
}

/** What the relay of a floor is meant to be. */
export function floorWish(lift: Lift, floor: number, settings: LiftSettings): LockWish {
  if (isFreeFloor(lift, floor, settings)) return { release: true, until: undefined };
  let until = Number.NEGATIVE_INFINITY;
  for (const { released, floors, lockUntil } of lift.grants) if (released && floors.includes(floor)) until = Math.max(until, lockUntil);
  return until === Number.NEGATIVE_INFINITY ? { release: false, doubly: false } : { release: true, until: monotonicMs(until) };
}

/** What the relay of a floor is meant to do now, for telling a board that has forgotten. */
export const floorLock = (lift: Lift, floor: number, settings: LiftSettings, at: MonotonicMs): LockEffect => freshLock(floorWish(lift, floor, settings), at);

/** The axes of one floor: it has no contact, so that its state is Unknown and nothing about it is an alarm. */
export function floorAxes(
  lift: Lift,
  floor: number,
  settings: LiftSettings,
): { readonly mode: DoorMode; readonly lock: "Unknown" | "Locked" | "Unlocked" | "Fault" } {
  const mode = floorMode(lift, floor, settings);
  const secured = mode === "Unknown" ? "Unknown" : "Locked";
  const lock = floorWish(lift, floor, settings).release ? "Unlocked" : secured;
  const isAccessed = !isFree(mode) && lift.grants.some(({ released, floors }) => released && floors.includes(floor));
  return { mode: isAccessed ? "Accessed" : mode, lock: lift.floors[floor]!.fault ? "Fault" : lock };
}
