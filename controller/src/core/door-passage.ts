import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { Door, DoorSettings, OpenGrant, Passage } from "./door.ts";
import { isFreed } from "./overruling.ts";

/** One step of a door in the making: its copy to change, and what happened so far. Nothing of it outlives the step. */
export interface DoorTurn {
  readonly door: { -readonly [K in keyof Door]: Door[K] };
  readonly events: ControllerEvent[];
  readonly settings: DoorSettings;
}

/** Begins a passage or prolongs the one that runs; never shortens it. Through an open door it belongs to the opening that is there, and ends with it. */
export function release(turn: DoorTurn, at: MonotonicMs, extended: boolean, grant: OpenGrant | undefined, rex = false): void {
  const { door, settings } = turn;
  // The newest reading counts: to whoever comes when the door has just closed, or nobody sees it any more, the opening before is over.
  const isOpen = door.physical === "Open" && door.settling === undefined;
  const before = isOpen || door.passage === undefined ? door.passage : passageBehindClosing(door.passage, door.settling?.at ?? at, settings);
  let grants: readonly OpenGrant[] = before?.grants ?? [];
  if (grant !== undefined) {
    // Without a contact nobody sees the passage, and through an open door it begins without an opening.
    if (!settings.contact || isOpen) taken(turn, [grant]);
    else grants = [...grants, grant];
  }
  const isExtended = extended || before?.extended === true;
  if (isOpen && !isMasked(door)) startOpenTime(turn, at, isExtended);
  const holdMs = settings.releaseTimeMs + (extended ? settings.extendedReleaseTimeMs : 0);
  if (rex && !settings.rexUnlocks) return shunt(turn, before, isOpen, monotonicMs(at + holdMs));
  const longest = Math.max(before?.released === true ? before.lockUntil : 0, at + holdMs, isOpen ? openHoldUntil(turn, at) : 0);
  const lockUntil = monotonicMs(longest);
  door.passage = {
    grants,
    lockUntil,
    released: true,
    until: settings.contact && !isOpen ? monotonicMs(lockUntil + settings.contactLagMs) : lockUntil,
    extended: isExtended,
    rex: rex || before?.rex === true,
    stage: isOpen ? "open" : "waiting",
    letInAt: at,
    faulted: false,
  };
  if (door.settling?.physical === "Open") open(turn, at);
}

/** A handle opens the door: the lock stays as it is, and an opening until then is expected. Whoever waits, or stands in the open door, goes on as before. */
function shunt(turn: DoorTurn, before: Passage | undefined, isOpen: boolean, until: MonotonicMs): void {
  const { door, settings } = turn;
  if (before !== undefined || isOpen) {
    door.passage = before && { ...before, rex: true, until: monotonicMs(Math.max(before.until, isOpen ? 0 : until + settings.contactLagMs)) };
    return;
  }
  const nobody = { grants: [], lockUntil: until, released: false, extended: false, rex: true, faulted: false } as const;
  door.passage = { ...nobody, until: monotonicMs(until + settings.contactLagMs), stage: "waiting", letInAt: monotonicMs(until - settings.releaseTimeMs) };
  if (door.settling?.physical === "Open") open(turn, door.passage.letInAt);
}

/** Until when the lock is released for whoever is let in through an open door, beside their release time. An alarm that stands has no open time left. */
function openHoldUntil({ door, settings }: DoorTurn, at: MonotonicMs): number {
  return settings.relockOn === "open" ? at + settings.delayBeforeRelockMs : (door.openTime?.alarmAt ?? at);
}

/** The door is open now, for whoever waited or without anybody. */
export function open(turn: DoorTurn, at: MonotonicMs): void {
  const { door, settings } = turn;
  const { passage } = door;
  door.physical = "Open";
  door.settling = undefined;
  if (passage?.stage === "waiting") {
    taken(turn, passage.grants);
    door.passage = passageBehindOpening(passage, at, settings);
  }
  if (isFreed(door.mode, door)) door.passage = undefined;
  if (!isMasked(door)) startOpenTime(turn, at, passage?.extended === true);
}

/** How the lock goes on once the door is open: it has to relock behind the delay, or wait for the door to close. */
function passageBehindOpening(passage: Passage, at: MonotonicMs, settings: DoorSettings): Passage | undefined {
  if (!passage.released) return undefined;
  const wait = settings.relockOn === "open" ? settings.delayBeforeRelockMs : openTimeMs(settings, passage.extended);
  if (wait === 0) return undefined;
  const until = monotonicMs(at + wait);
  return { ...passage, grants: [], lockUntil: until, until, stage: "open", letInAt: at };
}

/** What is left of a passage when the door closes: the delay, in which another press of the exit button is another request. One that still waits goes on. */
function passageBehindClosing(passage: Passage, at: MonotonicMs, settings: DoorSettings): Passage | undefined {
  if (passage.stage !== "open") return passage;
  const until = monotonicMs((settings.relockOn === "open" ? passage.letInAt : at) + settings.delayBeforeRelockMs);
  return until <= at ? undefined : { ...passage, lockUntil: until, until, stage: "relocking", rex: false };
}

/** The door is shut now: what was wrong with its standing open is over. */
export function close(turn: DoorTurn, at: MonotonicMs): void {
  const { door, settings } = turn;
  door.physical = "Closed";
  door.settling = undefined;
  clearAlarm(turn);
  if (door.passage !== undefined) door.passage = passageBehindClosing(door.passage, at, settings);
}

/** Ends the passage; `cause` undefined: its time is over. */
export function endPassage(turn: DoorTurn, cause: "superseded" | undefined): void {
  const { door, settings } = turn;
  const unseen = door.fault || door.passage?.faulted === true || (settings.contact && door.physical === "Unknown");
  notTaken(turn, door.passage?.grants ?? [], cause ?? (unseen ? "device" : "timeout"));
  door.passage = undefined;
}

/** An alarm that stands already keeps standing until the door is closed: no second one is counted down to. */
export function startOpenTime(turn: DoorTurn, at: MonotonicMs, extended: boolean): void {
  const { door, settings } = turn;
  if (door.alarm !== "Normal") return;
  const total = openTimeMs(settings, extended);
  const warns = settings.preAlarmTimeMs > 0 && settings.preAlarmTimeMs < total;
  const alarmAt = monotonicMs(at + total);
  door.openTime = { alarmAt, preAlarmAt: warns ? monotonicMs(alarmAt - settings.preAlarmTimeMs) : undefined };
  door.preAlarm = false;
}

/** No alarm stands, and none is counted down to. */
export function clearAlarm(turn: DoorTurn): void {
  const { door } = turn;
  door.openTime = undefined;
  door.preAlarm = false;
  if (door.alarm !== "Normal") turn.events.push(eventOf("DoorNormal", { door: turn.settings.id }));
  door.alarm = "Normal";
}

function taken(turn: DoorTurn, grants: readonly OpenGrant[]): void {
  for (const { accessPoint, grantedSeq } of grants) turn.events.push(eventOf("AccessTaken", { accessPoint, grantedSeq }));
}

/** Whoever was let in has not passed, or nobody knows. */
export function notTaken(turn: DoorTurn, grants: readonly OpenGrant[], cause: "superseded" | "device" | "timeout"): void {
  for (const { accessPoint, grantedSeq } of grants) turn.events.push(eventOf("AccessNotTaken", { accessPoint, grantedSeq, cause }));
}

const openTimeMs = (settings: DoorSettings, extended: boolean): number => settings.openTimeMs + (extended ? settings.extendedOpenTimeMs : 0);
/** Nothing is wrong with an open door now. */
export const isMasked = (door: Door): boolean => isFreed(door.mode, door) || door.mode === "Unknown";
/** An opening now is no surprise. */
export const isExpected = (door: Door): boolean => isMasked(door) || door.passage !== undefined;
