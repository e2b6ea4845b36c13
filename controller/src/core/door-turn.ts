import { eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import { type Door, doorDeadline, type DoorInput, doorRefusal } from "./door.ts";
import { type DoorOperation, type OperatorAct, isSchedulable, isSignedBySchedule, modeAfter, openingEvent } from "./door-operation.ts";
import { clearAlarm, close, type DoorTurn, endPassage, isExpected, isMasked, notTaken, open, release, startOpenTime } from "./door-passage.ts";
import { isEvacuated, isFreed } from "./overruling.ts";

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
      Object.assign(door, input.overruling, { fire: input.fire });
      if (door.physical === "Open" && !isMasked(door)) startOpenTime(turn, at, false);
      return;
    case "access":
      if (doorRefusal(door, input.egress) === undefined) release(turn, at, input.extended, input.grant);
      else notTaken(turn, [input.grant], "superseded");
      return;
    case "operator-access":
      if (doorRefusal(door) !== undefined) return;
      turn.events.push(openingEvent(turn.settings.id, input.act));
      release(turn, at, input.extended, undefined);
      return;
    case "operation":
      operate(turn, input.operation, input.act, at);
      return;
    case "schedule":
      if (isSchedulable(door.mode, door.bySchedule) && door.lockdown === undefined) operate(turn, input.operation, input.act, at);
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
    case "drill":
      drill(turn, input.on, at);
      return;
    case "lockdown":
      lockDown(turn, input.of, at);
      return;
    case "relock":
      if (door.fire || door.drill || !door.awaitsRelock) return;
      door.awaitsRelock = false;
      backToMode(turn, at);
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

function operate(turn: DoorTurn, operation: DoorOperation, act: OperatorAct, at: MonotonicMs): void {
  const { door, settings } = turn;
  const mode = modeAfter(door.mode, operation, settings.doubleLock);
  if (!mode.ok) return;
  const wasMasked = isMasked(door);
  door.mode = mode.value;
  door.bySchedule = isSignedBySchedule(act);
  turn.events.push(eventOf("DoorModeChanged", { door: settings.id, mode: mode.value, ...act }));
  follow(turn, wasMasked, at);
}

/** What a change of what is meant does to passage and alarms. */
function follow(turn: DoorTurn, wasMasked: boolean, at: MonotonicMs): void {
  const { door } = turn;
  if (isFreed(door.mode, door) && !isEvacuated(door)) {
    clearAlarm(turn);
    if (door.settling?.physical === "Open") open(turn, at);
    return;
  }
  if (!isEvacuated(door)) endPassage(turn, "superseded");
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
  evacuate(turn, at);
}

/** Everybody may pass: no alarm stands any more. */
function evacuate(turn: DoorTurn, at: MonotonicMs): void {
  clearAlarm(turn);
  if (turn.door.settling?.physical === "Open") open(turn, at);
}

function endFire(turn: DoorTurn, at: MonotonicMs): void {
  const { door, settings } = turn;
  door.fire = false;
  door.fireOverAt = undefined;
  turn.events.push(eventOf("FireInput", { door: settings.id, active: false }));
  if (settings.relockAfterFire === "person") awaitRelock(turn);
  backToMode(turn, at);
}

function drill(turn: DoorTurn, on: boolean, at: MonotonicMs): void {
  const { door } = turn;
  if (door.drill === on) return;
  door.drill = on;
  if (on) evacuate(turn, at);
  else awaitRelock(turn);
}

/** It stays free until somebody says that it may lock again. */
function awaitRelock({ door, events, settings }: DoorTurn): void {
  door.awaitsRelock = true;
  events.push(eventOf("DoorAwaitsRelock", { door: settings.id }));
}

function lockDown(turn: DoorTurn, of: string | undefined, at: MonotonicMs): void {
  const { door } = turn;
  const [wasMasked, was] = [isMasked(door), door.lockdown];
  door.lockdown = of;
  if ((was === undefined) !== (of === undefined)) follow(turn, wasMasked, at);
}

/** Nothing frees it any more but its mode: whoever was let in meanwhile is let in still, where the mode lets anybody in. */
function backToMode(turn: DoorTurn, at: MonotonicMs): void {
  const { door } = turn;
  if (isEvacuated(door)) return;
  if (doorRefusal(door) !== undefined) endPassage(turn, "superseded");
  if (door.physical === "Open" && !isMasked(door)) startOpenTime(turn, at, false);
}
