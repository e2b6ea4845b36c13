import { type DoorMode, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import { type DoorOperation, type DoorRefusal, isFree, type GuardUse, type OperatorAct, type SetMode } from "./door-operation.ts";
import type { ScheduledOperation } from "./door-schedule.ts";
import { freshLock, type LockEffect, type LockWish } from "./lock.ts";
import { isFreed, modeUnder, NOT_OVERRULED, type Overruling, refusalUnder } from "./overruling.ts";

/**
 * One door as ONVIF Door Control models it: four axes that move by themselves, and a passage that stands for whoever was let in.
 *
 * ```
 *   mode      Unknown ─start─▶ Locked ◀─▶ Unlocked ◀─▶ Blocked ◀─▶ DoubleLocked      passage   none ◀──────┐
 *                                │  ▲                                              access, REX  │          │
 *                     lock-down, │  │ release                                                   ▼          │
 *                     lock-open  ▼  │                                                        waiting ──────┤ time is up: AccessNotTaken
 *                       LockedDown, LockedOpen                              opened: AccessTaken │          │
 *                                                                                               ▼          │
 *   lock      Locked ◀─▶ Unlocked: mode, fire or passage   access, REX while it stands open ─▶ open ───────┤ time is up
 *             Fault: the board said no                                                  closed  │          │
 *                                                                                               ▼          │
 *                                                                                           relocking ─────┘ delay is over
 *
 *   physical  Unknown ─▶ Closed ◀─▶ Open ─(no contact answers)─▶ Unknown
 *
 *   alarm     Normal ─opened, nobody let in─▶ DoorForcedOpen ──┐
 *               │ ──open time is over──▶ DoorOpenTooLong ──────┤
 *               └◀──────── closed, Unlocked, LockedOpen, fire ─┘
 * ```
 *
 * The fire input and a drill free the door whatever its mode, until somebody has it locked again; a lockdown of the site holds it in any mode but LockedOpen. A request to exit frees it in every mode, LockedDown and Blocked too: no intent takes away the way out.
 */
export interface Door extends Overruling {
  readonly mode: SetMode | "Unknown";
  /** A schedule set it, and may set another. */
  readonly bySchedule: boolean;
  readonly passage: Passage | undefined;
  /** When a fire input that went back to normal counts as over. */
  readonly fireOverAt: MonotonicMs | undefined;
  /** `Unknown`: no contact, or its board does not answer. */
  readonly physical: "Unknown" | "Open" | "Closed";
  /** A change of the contact that does not count yet. */
  readonly settling: { readonly physical: "Open" | "Closed"; readonly at: MonotonicMs } | undefined;
  readonly alarm: "Normal" | "DoorForcedOpen" | "DoorOpenTooLong";
  /** The exit button as last read; undefined: none, or its board does not answer. */
  readonly exitPressed: boolean | undefined;
  /** When the door will have stood open too long, and when to warn of it. */
  readonly openTime: { readonly alarmAt: MonotonicMs; readonly preAlarmAt: MonotonicMs | undefined } | undefined;
  /** Warned, and still open. */
  readonly preAlarm: boolean;
  /** The lock's board has failed since the last time that it obeyed. */
  readonly fault: boolean;
}

/** One grant that waits for its AccessTaken or AccessNotTaken. */
export interface OpenGrant {
  readonly accessPoint: string;
  /** Seq of its AccessGranted. */
  readonly grantedSeq: number;
}

/** The lock is released for somebody. */
export interface Passage {
  /** Grants that no opening has answered yet. A contact cannot count people: one opening answers all of them. */
  readonly grants: readonly OpenGrant[];
  /** The lock is released while `released`, until then. */
  readonly lockUntil: MonotonicMs;
  readonly released: boolean;
  /** Until then an opening belongs to this passage: a contact is read a little later than it moves. */
  readonly until: MonotonicMs;
  readonly extended: boolean;
  /** A request to exit has been told of: pressing again in the same passage is not. */
  readonly rex: boolean;
  /**
   * `waiting` for the door to be opened · `open`: it was opened for somebody, or somebody was let in through the open door; its closing ends this ·
   * `relocking`: nothing but time is waited for, and whoever opens the door meanwhile prolongs nothing.
   */
  readonly stage: "waiting" | "open" | "relocking";
  /** When somebody was last let in, or the door was opened for whoever waited. */
  readonly letInAt: MonotonicMs;
  /** The lock's board has failed in it: nobody knows whether the bolt moved. */
  readonly faulted: boolean;
}

/** How a door behaves. Times in ms, 0 or more. ONVIF Door Control service, Timings. */
export interface DoorSettings {
  readonly id: string;
  /** Whether a contact tells open from closed. Without one nobody sees a passage: a grant counts as taken at once, and alarms do not exist. */
  readonly contact: boolean;
  /** ReleaseTime: how long the lock is released when nobody opens the door. */
  readonly releaseTimeMs: number;
  /** ExtendedReleaseTime: added for those who need longer. */
  readonly extendedReleaseTimeMs: number;
  /** OpenTime: from opening to the alarm DoorOpenTooLong. */
  readonly openTimeMs: number;
  /** ExtendedOpenTime: added for those who need longer. */
  readonly extendedOpenTimeMs: number;
  /** PreAlarmTime: how long before that alarm to warn; 0: no warning. */
  readonly preAlarmTimeMs: number;
  /** DelayTimeBeforeRelock: from opening, or closing, to relocking. */
  readonly delayBeforeRelockMs: number;
  /**
   * Which of the two relocks. `close`: the lock stays released while the door is open, at most for its open time. In both a release that began at an open
   * door ends when it closes.
   */
  readonly relockOn: "open" | "close";
  /** How long a closed contact must stay so to count, and an opening that nobody was let in for. An expected opening counts at once. */
  readonly contactDebounceMs: number;
  /** How late the contact may be read: the board's polling interval and a margin. */
  readonly contactLagMs: number;
  /** Whether the lock has a second bolt. */
  readonly doubleLock: boolean;
  /** Whether a request to exit releases the lock. False: a handle does, and the request only masks the opening. */
  readonly rexUnlocks: boolean;
  /** Who ends what a fire has freed: a `person`, or the fire `input` alone. */
  readonly relockAfterFire: "person" | "input";
}

export type DoorInput =
  /** Once, with the mode that was set before the controller went down, and whether there was fire: it goes on until the fire input is read otherwise. */
  | { readonly kind: "start"; readonly mode: SetMode; readonly bySchedule?: boolean; readonly fire: boolean; readonly overruling?: Omit<Overruling, "fire"> }
  /** A granted decision, after it was recorded. */
  | { readonly kind: "access"; readonly grant: OpenGrant; readonly extended: boolean; readonly egress?: boolean }
  /** An operator lets somebody in once. */
  | { readonly kind: "operator-access"; readonly act: OperatorAct | GuardUse; readonly extended: boolean }
  | { readonly kind: "operation"; readonly operation: DoorOperation; readonly act: OperatorAct }
  /** A schedule sets the mode; nothing where somebody holds the door. */
  | { readonly kind: "schedule"; readonly operation: ScheduledOperation; readonly act: OperatorAct }
  /** A drill begins or ends; at its end the door stays free until `relock`. */
  | { readonly kind: "drill"; readonly on: boolean }
  /** Somebody has what fire or a drill freed locked again; nothing while one of them lasts. */
  | { readonly kind: "relock" }
  /** A lockdown of this zone, or of every door, holds it; undefined: none does any more. */
  | { readonly kind: "lockdown"; readonly of: string | undefined }
  /** The exit button as it is read: pressed or at rest; undefined: its board does not answer. Going from rest to pressed is a request to exit. */
  | { readonly kind: "rex"; readonly pressed: boolean | undefined }
  | { readonly kind: "contact"; readonly physical: "Unknown" | "Open" | "Closed" }
  /** The fire input, normally closed: `active` while its loop is open. */
  | { readonly kind: "fire"; readonly active: boolean }
  /** What the lock's board said to a lock effect. A failed release may still have moved the bolt, so the passage goes on. */
  | { readonly kind: "lock-obeyed" }
  | { readonly kind: "lock-failed"; readonly device: string; readonly error: string; readonly detail: string }
  /** Time has passed; due at {@link doorDeadline}. A late one gives the same events as one on time. */
  | { readonly kind: "tick" };

/** A door of which nothing is known yet; it lets nobody in. */
export const UNKNOWN_DOOR: Door = {
  mode: "Unknown",
  bySchedule: false,
  passage: undefined,
  ...NOT_OVERRULED,
  fireOverAt: undefined,
  physical: "Unknown",
  settling: undefined,
  alarm: "Normal",
  exitPressed: undefined,
  openTime: undefined,
  preAlarm: false,
  fault: false,
};

/** When the next tick is due; undefined when nothing is pending. */
export function doorDeadline(door: Door): MonotonicMs | undefined {
  const { passage, settling, fireOverAt, openTime } = door;
  const closing = settling?.physical === "Closed";
  let due = Number.POSITIVE_INFINITY;
  if (passage !== undefined) due = Math.min(due, passage.released ? passage.lockUntil : passage.until);
  if (settling !== undefined) due = Math.min(due, settling.at);
  if (fireOverAt !== undefined) due = Math.min(due, fireOverAt);
  if (openTime !== undefined && !closing) due = Math.min(due, openTime.preAlarmAt ?? openTime.alarmAt);
  return due === Number.POSITIVE_INFINITY ? undefined : monotonicMs(due);
}

/** What the lock is meant to do now, for telling a board that has forgotten. */
export const doorLock = (door: Door, at: MonotonicMs): LockEffect => freshLock(doorWish(door), at);

/** Why the door lets nobody in now, for the decision; undefined where it does. @param isEgress  the reader is a way out */
export const doorRefusal = (door: Door, isEgress = false): DoorRefusal | undefined => refusalUnder(door.mode, door.bySchedule, door, isEgress);

/** The four axes as ONVIF names them: what is meant, what the lock was told, what the contact shows, what is wrong. */
export function doorAxes(door: Door): {
  readonly mode: DoorMode;
  readonly lock: "Unknown" | "Locked" | "Unlocked" | "Fault";
  readonly physical: Door["physical"];
  readonly alarm: Door["alarm"];
} {
  const mode = modeUnder(door.mode, door);
  const accessed = door.passage !== undefined && !isFree(mode);
  const secured = door.mode === "Unknown" ? "Unknown" : "Locked";
  const lock = doorWish(door).release ? "Unlocked" : secured;
  return { mode: accessed ? "Accessed" : mode, lock: door.fault ? "Fault" : lock, physical: door.physical, alarm: door.alarm };
}

/** What the lock is meant to be. */
export function doorWish(door: Door): LockWish {
  const { mode, passage } = door;
  if (isFreed(mode, door)) return { release: true, until: undefined };
  if (passage?.released === true) return { release: true, until: passage.lockUntil };
  return { release: false, doubly: modeUnder(mode, door) === "DoubleLocked" };
}
