import { type DoorMode, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { OpenGrant } from "./door.ts";
import { type DoorOperation, type DoorRefusal, type GuardUse, type OperatorAct, isFree, type SetMode } from "./door-operation.ts";
import type { ScheduledOperation } from "./door-schedule.ts";
import { freshLock, type LockEffect, type LockWish } from "./lock.ts";
import { type HoldEnd, holdDue, type LaneHold } from "./lane-hold.ts";
import { type LaneTally, NOBODY_COUNTED } from "./lane-tally.ts";
import { UNIT_SIGNALS, type UnitSignal, type UnitState, type UnitTimes, UNREAD_UNIT } from "./lane-unit.ts";
import { isFreed, modeUnder, NOT_OVERRULED, type Overruling, refusalUnder } from "./overruling.ts";

/** The two ways through a turnstile. ONVIF models them as a pair of doors; each has a mode of its own. */
export const LANE_DIRECTIONS = ["entry", "exit"] as const;
export type LaneDirection = (typeof LANE_DIRECTIONS)[number];
export const oppositeOf = (direction: LaneDirection): LaneDirection => (direction === "entry" ? "exit" : "entry");

/**
 * One turnstile lane: one grant at a time, one passage a grant, or as many as its party is large.
 *
 * ```
 *   entry   idle ──access──▶ waiting ──PASS entry──▶ following ──tailgate time──▶ idle      PASS while following: Tailgating
 *            ▲                  │ time is up: AccessNotTaken                                PASS against the other way's passage: WrongWay
 *            └──────────────────┘                                                           PASS while both are idle: DoorForcedOpen
 *   exit    the same, and refused as Interlock while entry is waiting (and entry while exit is)
 *
 *   fire    normal ──▶ both ways free, no alarms ──▶ normal
 *
 *   style pulse   release ▔▔╲______________   the unit times the passage itself, waiting here lasts as long as it does
 *   style level   release ▔▔▔▔▔▔▔▔▔▔▔╲_____   held until PASS, at most for the passage time
 *
 *   a party       each PASS but the last begins the waiting anew: style pulse with another pulse behind the gap, style level held on
 * ```
 */
export interface Lane extends Overruling {
  readonly entry: LaneSide;
  readonly exit: LaneSide;
  /** When a fire input that went back to normal counts as over. */
  readonly fireOverAt: MonotonicMs | undefined;
  /** What the unit itself says. */
  readonly unit: Readonly<Record<UnitSignal, UnitState>>;
}

/** One way through the lane. */
export interface LaneSide {
  readonly mode: SetMode | "Unknown";
  /** A schedule set it, and may set another. */
  readonly bySchedule: boolean;
  readonly passage: LanePassage | undefined;
  /** The PASS contact as last read; undefined: none, or its board does not answer. */
  readonly passing: boolean | undefined;
  /** Before that a closing of the PASS contact is chatter. */
  readonly restedAt: MonotonicMs;
  /** Somebody passed with a grant: until then whoever follows is tailgating. */
  readonly followUntil: MonotonicMs | undefined;
  /** How many have followed so far. */
  readonly followers: number;
  /** The lock's board has failed since the last time that it obeyed. */
  readonly fault: boolean;
  /** A guard holds it open; undefined: none does. */
  readonly hold: LaneHold | undefined;
  /** Who has passed since the start. */
  readonly tally: LaneTally;
}

/** The lane waits for somebody to pass. */
export interface LanePassage {
  /** Undefined: let in by an operator, or taken already because nobody can see the passage. */
  readonly grant: OpenGrant | undefined;
  readonly lockUntil: MonotonicMs;
  readonly released: boolean;
  /** Until then a PASS belongs to this passage: it is read a little later than it happens. */
  readonly until: MonotonicMs;
  /** The lock's board has failed in it since somebody was seen to pass: nobody knows whether the way was free. */
  readonly faulted: boolean;
  /** So many may pass, 1..255. */
  readonly size: number;
  /** So many of them have passed. */
  readonly passed: number;
  /** How long it waits for each of them, ms. */
  readonly waitMs: number;
  /** Style pulse: when the unit is told to let the next of the party through; undefined: it has been. */
  readonly nextPulseAt: MonotonicMs | undefined;
}

/** How a lane behaves. Times in ms, 0 or more. */
export interface LaneSettings extends UnitTimes {
  readonly id: string;
  /** `pulse`: the input starts the unit's own passage. `level`: the unit is open as long as the input is held. */
  readonly style: "pulse" | "level";
  /** Length of the pulse; units want 100 or more. */
  readonly pulseMs: number;
  /** How long a grant waits for its passage. Style pulse: not shorter than the unit's own time. */
  readonly passageTimeMs: number;
  /** Added for those who need longer. */
  readonly extendedPassageTimeMs: number;
  /** Style pulse, in a party: how long behind a PASS the unit takes its next pulse. */
  readonly partyGapMs: number;
  /** How late a PASS may be read: the board's polling interval and a margin. */
  readonly passLagMs: number;
  /** How long behind a passage the next one counts as following it. */
  readonly tailgateTimeMs: number;
  /** Who ends what a fire has freed: a `person`, or the fire `input` alone. */
  readonly relockAfterFire: "person" | "input";
  /** Which of the unit's outputs are wired to an input. */
  readonly unitSignals: Readonly<Record<UnitSignal, boolean>>;
  /** Which ways have a PASS contact. Without one a grant counts as taken at once. */
  readonly passContact: Readonly<Record<LaneDirection, boolean>>;
}

export type LaneInput =
  /** Once, with the modes that were set before the controller went down, and whether there was fire: it goes on until the fire input is read otherwise. */
  | {
      readonly kind: "start";
      readonly modes: Readonly<Record<LaneDirection, SetMode>>;
      readonly bySchedule?: Readonly<Record<LaneDirection, boolean>>;
      readonly fire: boolean;
      readonly overruling?: Omit<Overruling, "fire">;
    }
  /** A granted decision, after it was recorded. */
  | { readonly kind: "access"; readonly direction: LaneDirection; readonly grant: OpenGrant; readonly extended: boolean; readonly partySize: number; readonly egress?: boolean } // prettier-ignore
  /** An operator lets somebody in once. */
  | { readonly kind: "operator-access"; readonly direction: LaneDirection; readonly act: OperatorAct | GuardUse; readonly extended: boolean }
  /** A guard holds a way open for so long, and no longer. */
  | { readonly kind: "hold"; readonly direction: LaneDirection; readonly use: GuardUse; readonly forMs: number }
  | { readonly kind: "end-hold"; readonly direction: LaneDirection; readonly cause: HoldEnd }
  | { readonly kind: "operation"; readonly direction: LaneDirection; readonly operation: DoorOperation; readonly act: OperatorAct }
  /** A schedule sets the mode; nothing where somebody holds the way. */
  | { readonly kind: "schedule"; readonly direction: LaneDirection; readonly operation: ScheduledOperation; readonly act: OperatorAct }
  /** A drill begins or ends; at its end both ways stay free until `relock`. */
  | { readonly kind: "drill"; readonly on: boolean }
  /** Somebody has what fire or a drill freed locked again; nothing while one of them lasts. */
  | { readonly kind: "relock" }
  /** A lockdown of this zone, or of every door, holds both ways; undefined: none does any more. */
  | { readonly kind: "lockdown"; readonly of: string | undefined }
  /** The PASS contact: true while somebody passes; undefined: its board does not answer. */
  | { readonly kind: "pass"; readonly direction: LaneDirection; readonly passing: boolean | undefined }
  /** What the unit says of itself; undefined: its board does not answer. */
  | { readonly kind: "unit"; readonly signal: UnitSignal; readonly trouble: boolean | undefined }
  /** The fire input, normally closed: `active` while its loop is open. */
  | { readonly kind: "fire"; readonly active: boolean }
  /** What the lock's board said to a lock effect. */
  | { readonly kind: "lock-obeyed"; readonly direction: LaneDirection }
  | { readonly kind: "lock-failed"; readonly direction: LaneDirection; readonly device: string; readonly error: string; readonly detail: string }
  /** Time has passed; due at {@link laneDeadline}. A late one gives the same events as one on time. */
  | { readonly kind: "tick" };

const UNKNOWN_SIDE: LaneSide = {
  mode: "Unknown",
  bySchedule: false,
  passage: undefined,
  passing: undefined,
  restedAt: monotonicMs(0),
  followUntil: undefined,
  followers: 0,
  fault: false,
  hold: undefined,
  tally: NOBODY_COUNTED,
};
/** A lane of which nothing is known yet; it lets nobody in. */
export const UNKNOWN_LANE: Lane = {
  entry: UNKNOWN_SIDE,
  exit: UNKNOWN_SIDE,
  ...NOT_OVERRULED,
  fireOverAt: undefined,
  unit: { ready: UNREAD_UNIT, alarm: UNREAD_UNIT },
};

/** When the next tick is due; undefined when nothing is pending. */
export function laneDeadline(lane: Lane): MonotonicMs | undefined {
  let due = lane.fireOverAt ?? Number.POSITIVE_INFINITY;
  for (const direction of LANE_DIRECTIONS) {
    const { passage, hold } = lane[direction];
    if (hold !== undefined) due = Math.min(due, holdDue(hold));
    if (passage !== undefined) due = Math.min(due, passage.released ? passage.lockUntil : (passage.nextPulseAt ?? passage.until));
  }
  for (const signal of UNIT_SIGNALS) due = Math.min(due, lane.unit[signal].dueAt ?? Number.POSITIVE_INFINITY);
  return due === Number.POSITIVE_INFINITY ? undefined : monotonicMs(due);
}

/** What the lock of one way is meant to do now, for telling a board that has forgotten. */
export const laneLock = (lane: Lane, direction: LaneDirection, at: MonotonicMs): LockEffect => freshLock(laneWish(lane, direction), at);

/**
 * Why the lane lets nobody in that way now, for the decision; undefined where it does. A lane that waits for a passage, in either direction, is in use:
 * the grant would be taken by whoever passes first. A way that its mode or fire leaves free is never in use.
 *
 * A way in lets nobody in while the unit is not ready, or, where it could say so, nobody knows whether it is. One that is held until PASS (style level) lets
 * nobody in while its PASS contact does not answer: any number would follow unseen on one grant. The way out asks for neither; no failure takes it away.
 */
export function laneRefusal(
  lane: Lane,
  direction: LaneDirection,
  settings: Pick<LaneSettings, "style" | "passContact" | "unitSignals">,
  isEgress = false,
): DoorRefusal | undefined {
  const { mode, bySchedule, passage, passing } = lane[direction];
  const refusal = refusalUnder(mode, bySchedule, overrulingOfWay(lane, direction), isEgress);
  if (refusal !== undefined || isFreeWay(lane, direction)) return refusal;
  if (passage !== undefined) return { reason: "Interlock", detail: "the passage before is not over" };
  if (lane[oppositeOf(direction)].passage !== undefined) return { reason: "Interlock", detail: "somebody is coming the other way" };
  if (direction === "exit") return undefined;
  const { trouble } = lane.unit.ready;
  if (settings.unitSignals.ready && !isEgress && trouble !== false)
    return { reason: "LaneNotReady", detail: trouble === undefined ? "its ready output is not read: nobody knows whether it is" : "the unit says so" };
  const isBlind = settings.style === "level" && settings.passContact[direction] && passing === undefined;
  return isBlind ? { reason: "Other", detail: "the PASS contact does not answer: nobody would see who follows" } : undefined;
}

/** Everybody may pass that way now. */
export const isFreeWay = (lane: Lane, direction: LaneDirection): boolean => isFreedWay(lane, direction) || isHeldWay(lane, direction);

/** Its mode, fire or a drill leaves it free. */
const isFreedWay = (lane: Lane, direction: LaneDirection): boolean => isFreed(lane[direction].mode, overrulingOfWay(lane, direction));

/** A guard holds it open, and nothing stronger refuses. */
export const isHeldWay = (lane: Lane, direction: LaneDirection): boolean => {
  const { mode, bySchedule, hold } = lane[direction];
  return hold !== undefined && refusalUnder(mode, bySchedule, overrulingOfWay(lane, direction), false) === undefined;
};

/** What overrules the mode of one way: a lockdown of the site leaves the way out as it is. */
export const overrulingOfWay = (lane: Lane, direction: LaneDirection): Overruling => (direction === "exit" ? { ...lane, lockdown: undefined } : lane);

/** The axes of one way. A lane has no contact that tells open from closed, so its physical state is Unknown and its alarms are moments, not states. */
export function laneAxes(lane: Lane, direction: LaneDirection): { readonly mode: DoorMode; readonly lock: "Unknown" | "Locked" | "Unlocked" | "Fault" } {
  const { passage, fault } = lane[direction];
  const mode = modeUnder(lane[direction].mode, overrulingOfWay(lane, direction));
  const secured = mode === "Unknown" ? "Unknown" : "Locked";
  const lock = laneWish(lane, direction).release ? "Unlocked" : secured;
  return { mode: (passage !== undefined || isHeldWay(lane, direction)) && !isFree(mode) ? "Accessed" : mode, lock: fault ? "Fault" : lock };
}

/** What the lock of one way is meant to be. */
export function laneWish(lane: Lane, direction: LaneDirection): LockWish {
  if (isFreedWay(lane, direction)) return { release: true, until: undefined };
  const { passage, hold } = lane[direction];
  if (hold !== undefined && isHeldWay(lane, direction)) return { release: true, until: hold.lockUntil };
  return passage?.released === true ? { release: true, until: passage.lockUntil } : { release: false, doubly: false };
}
