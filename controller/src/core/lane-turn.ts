import { eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import { type DoorOperation, type OperatorAct, isSchedulable, isSignedBySchedule, modeAfter, openingEvent } from "./door-operation.ts";
import { isFreeWay, LANE_DIRECTIONS, laneDeadline, type LaneDirection, type LaneInput, laneRefusal, overrulingOfWay } from "./lane.ts";
import { endHold, expireHold, startHold } from "./hold-turn.ts";
import { endPassage, expirePassage, type LaneTurn, notTaken, passed, release, wayId } from "./lane-passage.ts";
import { UNIT_SIGNALS, unitDue, unitRead } from "./lane-unit.ts";
import { isEvacuated, refusalUnder } from "./overruling.ts";

/** Does everything that is due until then, each thing at its own time, so that a late tick makes the same history as one on time. */
export function passLaneTime(turn: LaneTurn, until: MonotonicMs): void {
  for (let due = laneDeadline(turn.lane); due !== undefined && due <= until; due = laneDeadline(turn.lane)) expire(turn, due);
}

/** What an input means to a lane whose time has passed up to `at`. */
export function takeLaneInput(turn: LaneTurn, input: LaneInput, at: MonotonicMs): void {
  const { lane, events, settings } = turn;
  switch (input.kind) {
    case "start":
      for (const direction of LANE_DIRECTIONS) {
        if (lane[direction].mode !== "Unknown") continue;
        lane[direction].mode = input.modes[direction];
        lane[direction].bySchedule = input.bySchedule?.[direction] === true;
      }
      Object.assign(lane, input.overruling, { fire: input.fire });
      return;
    case "access":
      if (laneRefusal(lane, input.direction, settings, input.egress) === undefined) release(turn, input.direction, at, input);
      else notTaken(turn, input.grant, "superseded");
      return;
    case "operator-access":
      if (laneRefusal(lane, input.direction, settings) !== undefined) return;
      events.push(openingEvent(wayId(turn, input.direction), input.act));
      release(turn, input.direction, at, { grant: undefined, extended: input.extended, partySize: 1 });
      return;
    case "hold":
      startHold(turn, input.direction, at, input.use, input.forMs);
      return;
    case "end-hold":
      endHold(turn, input.direction, input.cause);
      return;
    case "operation":
      operate(turn, input.direction, input.operation, input.act);
      return;
    case "schedule":
      if (isSchedulable(lane[input.direction].mode, lane[input.direction].bySchedule) && overrulingOfWay(lane, input.direction).lockdown === undefined)
        operate(turn, input.direction, input.operation, input.act);
      return;
    case "pass":
      readPassContact(turn, input.direction, input.passing, at);
      return;
    case "unit":
      if (!settings.unitSignals[input.signal]) return;
      lane.unit = { ...lane.unit, [input.signal]: unitRead(lane.unit[input.signal], input.signal, input.trouble, at, settings) };
      return;
    case "fire":
      readFire(turn, input.active, at);
      return;
    case "drill":
      if (lane.drill && !input.on) awaitRelock(turn);
      lane.drill = input.on;
      return;
    case "relock":
      if (lane.fire || lane.drill || !lane.awaitsRelock) return;
      lane.awaitsRelock = false;
      backToModes(turn);
      return;
    case "lockdown":
      lane.lockdown = input.of;
      if (input.of !== undefined && !isFreeWay(lane, "entry")) endPassage(turn, "entry", "superseded");
      return;
    case "lock-obeyed":
      if (lane[input.direction].fault) events.push(eventOf("DoorFaultCleared", { door: wayId(turn, input.direction) }));
      lane[input.direction].fault = false;
      return;
    case "lock-failed": {
      const { direction, device, error, detail } = input;
      if (error === "Superseded") return; // a newer wish is on its way and will have its own answer
      if (!lane[direction].fault) events.push(eventOf("DoorFault", { door: wayId(turn, direction), device, error, detail }));
      lane[direction].fault = true;
      if (lane[direction].passage !== undefined) lane[direction].passage = { ...lane[direction].passage, faulted: true };
      return;
    }
    case "tick":
  }
}

function expire(turn: LaneTurn, at: MonotonicMs): void {
  const { lane } = turn;
  if (lane.fireOverAt !== undefined && lane.fireOverAt <= at) {
    lane.fire = false;
    lane.fireOverAt = undefined;
    turn.events.push(eventOf("FireInput", { door: turn.settings.id, active: false }));
    if (turn.settings.relockAfterFire === "person") awaitRelock(turn);
    backToModes(turn);
    return;
  }
  for (const direction of LANE_DIRECTIONS) expirePassage(turn, direction, at);
  for (const direction of LANE_DIRECTIONS) expireHold(turn, direction, at);
  for (const signal of UNIT_SIGNALS) {
    const { state, event } = unitDue(lane.unit[signal], signal, at, isEvacuated(lane), turn.settings);
    lane.unit = { ...lane.unit, [signal]: state };
    if (event !== undefined) turn.events.push(event);
  }
}

function operate(turn: LaneTurn, direction: LaneDirection, operation: DoorOperation, act: OperatorAct): void {
  const side = turn.lane[direction];
  const mode = modeAfter(side.mode, operation, false);
  if (!mode.ok) return;
  side.mode = mode.value;
  side.bySchedule = isSignedBySchedule(act);
  turn.events.push(eventOf("DoorModeChanged", { door: wayId(turn, direction), mode: mode.value, ...act }));
  if (!side.bySchedule) endHold(turn, direction, "superseded");
  if (!isFreeWay(turn.lane, direction)) endPassage(turn, direction, "superseded");
}

function readPassContact(turn: LaneTurn, direction: LaneDirection, passing: boolean | undefined, at: MonotonicMs): void {
  const side = turn.lane[direction];
  if (!turn.settings.passContact[direction]) return;
  const before = side.passing;
  side.passing = passing;
  // A contact that is found closed was not seen to close: nobody is known to have passed.
  if (before === false && passing === true && at >= side.restedAt) passed(turn, direction, at);
  if (before === true && passing === false) side.restedAt = monotonicMs(at + turn.settings.contactDebounceMs);
}

function readFire(turn: LaneTurn, active: boolean, at: MonotonicMs): void {
  const { lane, settings } = turn;
  if (!active) {
    if (lane.fire) lane.fireOverAt ??= monotonicMs(at + settings.contactDebounceMs);
    return;
  }
  lane.fireOverAt = undefined;
  if (!lane.fire) turn.events.push(eventOf("FireInput", { door: settings.id, active: true }));
  lane.fire = true;
}

/** It stays free until somebody says that it may lock again. */
function awaitRelock({ lane, events, settings }: LaneTurn): void {
  lane.awaitsRelock = true;
  events.push(eventOf("DoorAwaitsRelock", { door: settings.id }));
}

/** Nothing frees it any more but its modes. */
function backToModes(turn: LaneTurn): void {
  const { lane } = turn;
  if (isEvacuated(lane)) return;
  for (const direction of LANE_DIRECTIONS)
    if (refusalUnder(lane[direction].mode, lane[direction].bySchedule, overrulingOfWay(lane, direction), false) !== undefined)
      endPassage(turn, direction, "superseded");
}
