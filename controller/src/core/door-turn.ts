import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import { type Door, doorDeadline, type DoorInput, type DoorSettings, type OpenGrant, type Passage } from "./door.ts";
import { type DoorOperation, type OperatorAct, isFree, isSchedulable, isSignedBySchedule, modeAfter, modeRefusal } from "./door-operation.ts";

/** One step of a door in the making: its copy to change, and what happened so far. Nothing of it outlives the step. */
export interface DoorTurn {
  readonly door: { -readonly [K in keyof Door]: Door[K] };
  readonly events: ControllerEvent[];
  readonly settings: DoorSettings;
}

/** Does everything that is due until then, each thing at its own time, so that a late tick makes the same history as one on time. */
export function passTime(turn: DoorTurn, until: MonotonicMs): void {
  for (let due = doorDeadline(turn.door); due !== undefined && due <= until; due = doorDeadline(turn.door)) expire(turn, due);
}

/** What an input means to a door whose time has passed up to `at`. */
export function takeInput(turn: DoorTurn, input: DoorInput, at: MonotonicMs): void {
  const { door } = turn;
  switch (input.kind) {
    case "start":
      if (door.mode === "Unknown") {
        door.mode = input.mode;
        door.bySchedule = input.bySchedule === true;
      }
      if (input.fire) door.fire = true;
      if (door.physical === "Open" && !isMasked(door)) startOpenTime(turn, at, false);
      return;
    case "access":
      if (modeRefusal(door.mode, door.fire) === undefined) release(turn, at, input.extended, input.grant);
      else notTaken(turn, [input.grant], "superseded");
      return;
    case "operator-access":
      if (modeRefusal(door.mode, door.fire) !== undefined) return;
      turn.events.push(eventOf("DoorModeChanged", { door: turn.settings.id, mode: "Accessed", ...input.act }));
      release(turn, at, input.extended, undefined);
      return;
    case "operation":
      operate(turn, input.operation, input.act, at);
      return;
    case "schedule":
      if (isSchedulable(door.mode, door.bySchedule)) operate(turn, input.operation, input.act, at);
      return;
    case "rex":
      readExitButton(turn, input.pressed, at);
      return;
    case "contact":
      readContact(turn, input.physical, at);
      return;
    case "fire":
      readFire(turn, input.active, at);
      return;
    case "lock-obeyed":
      if (door.fault) turn.events.push(eventOf("DoorFaultCleared", { door: turn.settings.id }));
      door.fault = false;
      return;
    case "lock-failed":
      if (input.error === "Superseded") return; // a newer wish is on its way and will have its own answer
      if (!door.fault) turn.events.push(eventOf("DoorFault", { door: turn.settings.id, device: input.device, error: input.error, detail: input.detail }));
      door.fault = true;
      if (door.passage !== undefined) door.passage = { ...door.passage, faulted: true };
      return;
    case "tick":
  }
}

function expire(turn: DoorTurn, at: MonotonicMs): void {
  const { door } = turn;
  if (door.settling !== undefined && door.settling.at <= at) {
    if (door.settling.physical === "Closed") close(turn, at);
    else if (isExpected(door)) open(turn, at);
    else forced(turn);
  } else if (door.fireOverAt !== undefined && door.fireOverAt <= at) endFire(turn, at);
  else if (door.passage?.released === true && door.passage.lockUntil <= at) door.passage = { ...door.passage, released: false };
  else if (door.passage?.released === false && door.passage.until <= at) endPassage(turn, undefined);
  else if (door.openTime?.preAlarmAt !== undefined && door.openTime.preAlarmAt <= at) {
    door.openTime = { ...door.openTime, preAlarmAt: undefined };
    door.preAlarm = true;
    turn.events.push(eventOf("DoorPreAlarm", { door: turn.settings.id }));
  } else {
    door.openTime = undefined;
    door.preAlarm = false;
    door.alarm = "DoorOpenTooLong";
    turn.events.push(eventOf("DoorOpenTooLong", { door: turn.settings.id }));
  }
}

/** Begins a passage or prolongs the one that runs; never shortens it. Through an open door it belongs to the opening that is there, and ends with it. */
function release(turn: DoorTurn, at: MonotonicMs, extended: boolean, grant: OpenGrant | undefined, rex = false): void {
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
  if (door.settling?.physical === "Open") open(turn, door.settling.at);
}

/** Until when the lock is released for whoever is let in through an open door, beside their release time. An alarm that stands has no open time left. */
function openHoldUntil({ door, settings }: DoorTurn, at: MonotonicMs): number {
  return settings.relockOn === "open" ? at + settings.delayBeforeRelockMs : (door.openTime?.alarmAt ?? at);
}

function operate(turn: DoorTurn, operation: DoorOperation, act: OperatorAct, at: MonotonicMs): void {
  const { door, settings } = turn;
  const mode = modeAfter(door.mode, operation, settings.doubleLock);
  if (!mode.ok) return;
  const wasMasked = isMasked(door);
  door.mode = mode.value;
  door.bySchedule = isSignedBySchedule(act);
  turn.events.push(eventOf("DoorModeChanged", { door: settings.id, mode: mode.value, ...act }));
  if (isFree(mode.value)) {
    clearAlarm(turn);
    if (door.settling?.physical === "Open") open(turn, at);
    return;
  }
  if (!door.fire) endPassage(turn, "superseded");
  if (wasMasked && !isMasked(door) && door.physical === "Open") startOpenTime(turn, at, false);
}

function readContact(turn: DoorTurn, physical: Door["physical"], at: MonotonicMs): void {
  const { door, settings } = turn;
  if (!settings.contact) return;
  if (physical === "Unknown") {
    door.physical = "Unknown";
    door.settling = undefined;
    door.openTime = undefined;
    door.preAlarm = false;
  } else if (physical === door.physical) {
    // An open door that only seemed to close is open for those who were let in meanwhile.
    if (physical === "Open" && door.passage?.stage === "waiting") open(turn, at);
    else door.settling = undefined;
  } else if (door.physical === "Unknown") {
    // Nobody saw it open, so nobody can say that it was forced: its open time runs.
    if (physical === "Open") open(turn, at);
    else close(turn, at);
  } else if (physical === "Open" && isExpected(door)) open(turn, at);
  else door.settling ??= { physical, at: monotonicMs(at + settings.contactDebounceMs) };
}

function readExitButton(turn: DoorTurn, pressed: boolean | undefined, at: MonotonicMs): void {
  const { door, settings } = turn;
  const before = door.exitPressed;
  door.exitPressed = pressed;
  // A button that is found pressed was not seen to be pressed: it may be stuck, and would free the door each time that its board comes back.
  if (before !== false || pressed !== true) return;
  if (door.passage?.rex !== true) turn.events.push(eventOf("RequestToExit", { door: settings.id }));
  release(turn, at, false, undefined, true);
}

function open(turn: DoorTurn, at: MonotonicMs): void {
  const { door, settings } = turn;
  const { passage } = door;
  door.physical = "Open";
  door.settling = undefined;
  if (passage?.stage === "waiting") {
    taken(turn, passage.grants);
    door.passage = passageBehindOpening(passage, at, settings);
  }
  if (door.fire || isFree(door.mode)) door.passage = undefined;
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

function close(turn: DoorTurn, at: MonotonicMs): void {
  const { door, settings } = turn;
  door.physical = "Closed";
  door.settling = undefined;
  clearAlarm(turn);
  if (door.passage !== undefined) door.passage = passageBehindClosing(door.passage, at, settings);
}

function forced(turn: DoorTurn): void {
  turn.door.physical = "Open";
  turn.door.settling = undefined;
  if (turn.door.alarm === "Normal") turn.events.push(eventOf("DoorForcedOpen", { door: turn.settings.id }));
  turn.door.alarm = "DoorForcedOpen";
}

function readFire(turn: DoorTurn, active: boolean, at: MonotonicMs): void {
  const { door, settings } = turn;
  if (!active) {
    if (door.fire) door.fireOverAt ??= monotonicMs(at + settings.contactDebounceMs);
    return;
  }
  door.fireOverAt = undefined;
  if (door.fire) return;
  door.fire = true;
  turn.events.push(eventOf("FireInput", { door: settings.id, active: true }));
  clearAlarm(turn);
  if (door.settling?.physical === "Open") open(turn, at);
}

function endFire(turn: DoorTurn, at: MonotonicMs): void {
  const { door } = turn;
  door.fire = false;
  door.fireOverAt = undefined;
  turn.events.push(eventOf("FireInput", { door: turn.settings.id, active: false }));
  if (modeRefusal(door.mode, false) !== undefined) endPassage(turn, "superseded");
  if (door.physical === "Open" && !isMasked(door)) startOpenTime(turn, at, false);
}

/** Ends the passage; `cause` undefined: its time is over. */
function endPassage(turn: DoorTurn, cause: "superseded" | undefined): void {
  const { door, settings } = turn;
  const unseen = door.fault || door.passage?.faulted === true || (settings.contact && door.physical === "Unknown");
  notTaken(turn, door.passage?.grants ?? [], cause ?? (unseen ? "device" : "timeout"));
  door.passage = undefined;
}

/** An alarm that stands already keeps standing until the door is closed: no second one is counted down to. */
function startOpenTime(turn: DoorTurn, at: MonotonicMs, extended: boolean): void {
  const { door, settings } = turn;
  if (door.alarm !== "Normal") return;
  const total = openTimeMs(settings, extended);
  const warns = settings.preAlarmTimeMs > 0 && settings.preAlarmTimeMs < total;
  const alarmAt = monotonicMs(at + total);
  door.openTime = { alarmAt, preAlarmAt: warns ? monotonicMs(alarmAt - settings.preAlarmTimeMs) : undefined };
  door.preAlarm = false;
}

function clearAlarm(turn: DoorTurn): void {
  const { door } = turn;
  door.openTime = undefined;
  door.preAlarm = false;
  if (door.alarm !== "Normal") turn.events.push(eventOf("DoorNormal", { door: turn.settings.id }));
  door.alarm = "Normal";
}

function taken(turn: DoorTurn, grants: readonly OpenGrant[]): void {
  for (const { accessPoint, grantedSeq } of grants) turn.events.push(eventOf("AccessTaken", { accessPoint, grantedSeq }));
}

function notTaken(turn: DoorTurn, grants: readonly OpenGrant[], cause: "superseded" | "device" | "timeout"): void {
  for (const { accessPoint, grantedSeq } of grants) turn.events.push(eventOf("AccessNotTaken", { accessPoint, grantedSeq, cause }));
}

const openTimeMs = (settings: DoorSettings, extended: boolean): number => settings.openTimeMs + (extended ? settings.extendedOpenTimeMs : 0);
/** Nothing is wrong with an open door now. */
const isMasked = (door: Door): boolean => door.fire || isFree(door.mode) || door.mode === "Unknown";
/** An opening now is no surprise. */
const isExpected = (door: Door): boolean => isMasked(door) || door.passage !== undefined;
