import { type ControllerEvent, eventOf, monotonicMs, type MonotonicMs } from "@portico/card-protocol";
import type { OpenGrant } from "./door.ts";
import { type DoorOperation, type OperatorAct, isSchedulable, isSignedBySchedule, modeAfter, openingEvent } from "./door-operation.ts";
import {
  floorId,
  type FloorGrant,
  floorRefusal,
  isFreeFloor,
  isOutOfUse,
  type Lift,
  liftDeadline,
  type LiftFloor,
  type LiftInput,
  type LiftSettings,
} from "./lift.ts";
import { isEvacuated } from "./overruling.ts";

type Draft<T> = { -readonly [K in keyof T]: T[K] };

/** One step of a lift in the making: its copy to change, and what happened so far. Nothing of it outlives the step. */
export interface LiftTurn {
  readonly lift: Draft<Omit<Lift, "floors">> & { readonly floors: Draft<LiftFloor>[] };
  readonly events: ControllerEvent[];
  readonly settings: LiftSettings;
}

/** Does everything that is due until then, each thing at its own time, so that a late tick makes the same history as one on time. */
export function passLiftTime(turn: LiftTurn, until: MonotonicMs): void {
  for (let due = liftDeadline(turn.lift); due !== undefined && due <= until; due = liftDeadline(turn.lift)) expire(turn, due);
}

/** What an input means to a lift whose time has passed up to `at`. */
export function takeLiftInput(turn: LiftTurn, input: LiftInput, at: MonotonicMs): void {
  const { lift, settings } = turn;
  switch (input.kind) {
    case "start":
      for (const [index, floor] of lift.floors.entries()) if (floor.mode === "Unknown") Object.assign(floor, input.modes[index]);
      Object.assign(lift, input.overruling, { fire: input.fire });
      return;
    case "access":
      enable(turn, input.floors, at, input.extended, input.grant);
      return;
    case "operator-access":
      if (floorRefusal(lift, input.floor, settings) !== undefined) return;
      turn.events.push(openingEvent(floorId(settings, input.floor), input.act));
      enable(turn, [input.floor], at, false, undefined);
      return;
    case "operation":
      operate(turn, input.floor, input.operation, input.act);
      return;
    case "schedule": {
      const { mode, bySchedule } = lift.floors[input.floor]!;
      if (isSchedulable(mode, bySchedule) && lift.lockdown === undefined) operate(turn, input.floor, input.operation, input.act);
      return;
    }
    case "button":
      readButton(turn, input.floor, input.pressed);
      return;
    case "fire":
      readFire(turn, input.active, at);
      return;
    case "drill":
      if (lift.drill && !input.on) awaitRelock(turn);
      lift.drill = input.on;
      dropRefused(turn);
      return;
    case "relock":
      if (lift.fire || lift.drill || !lift.awaitsRelock) return;
      lift.awaitsRelock = false;
      dropRefused(turn);
      return;
    case "lockdown":
      lift.lockdown = input.of;
      dropRefused(turn);
      return;
    case "lock-obeyed":
      obeyed(turn, input.floor);
      return;
    case "lock-failed":
      if (input.error !== "Superseded") failed(turn, input); // a newer wish is on its way and will have its own answer
      return;
    case "tick":
  }
}

function expire(turn: LiftTurn, at: MonotonicMs): void {
  const { lift, settings, events } = turn;
  if (lift.fireOverAt !== undefined && lift.fireOverAt <= at) {
    lift.fire = false;
    lift.fireOverAt = undefined;
    events.push(eventOf("FireInput", { door: settings.id, active: false }));
    if (settings.relockAfterFire === "person") awaitRelock(turn);
    dropRefused(turn);
    return;
  }
  lift.grants = lift.grants.flatMap((one) => {
    if (one.released) return [one.lockUntil <= at ? { ...one, released: false } : one];
    if (one.until > at) return [one];
    endGrant(turn, one, undefined);
    return [];
  });
}

/** Enables floors for somebody: those that nothing speaks against by now. */
function enable(turn: LiftTurn, floors: readonly number[], at: MonotonicMs, extended: boolean, grant: OpenGrant | undefined): void {
  const { lift, settings } = turn;
  const open = floors.filter((floor) => floorRefusal(lift, floor, settings) === undefined);
  if (open.length === 0) return grant === undefined ? undefined : notTaken(turn, grant, "superseded");
  const waits = grant !== undefined && settings.seesButtons;
  if (grant !== undefined && !waits) taken(turn, grant);
  const lockUntil = monotonicMs(at + settings.grantTimeMs + (extended ? settings.extendedGrantTimeMs : 0));
  lift.grants = [
    ...lift.grants,
    {
      grant: waits ? grant : undefined,
      floors: open,
      lockUntil,
      released: true,
      until: waits ? monotonicMs(lockUntil + settings.buttonLagMs) : lockUntil,
      chosen: [],
      faulted: open.some((floor) => lift.floors[floor]!.fault),
    },
  ];
}

function operate(turn: LiftTurn, floor: number, operation: DoorOperation, act: OperatorAct): void {
  const { lift, settings, events } = turn;
  const at = lift.floors[floor]!;
  const mode = modeAfter(at.mode, operation, false);
  if (!mode.ok || settings.floors[floor]!.alwaysFree) return;
  at.mode = mode.value;
  at.bySchedule = isSignedBySchedule(act);
  events.push(eventOf("DoorModeChanged", { door: floorId(settings, floor), mode: mode.value, ...act }));
  if (!isFreeFloor(lift, floor, settings)) dropFloors(turn, (each) => each === floor);
}

/** One press answers one grant: the oldest that holds the floor and was not taken yet; else it is one more floor of a grant that was. */
function readButton(turn: LiftTurn, floor: number, pressed: boolean | undefined): void {
  const { lift, settings, events } = turn;
  if (!settings.seesButtons) return;
  const at = lift.floors[floor]!;
  const before = at.pressed;
  at.pressed = pressed;
  // A button, or a call, that is found closed was not seen to be made.
  if (before !== false || pressed !== true) return;
  const holding = lift.grants.filter(({ grant, floors, chosen }) => grant !== undefined && floors.includes(floor) && !chosen.includes(floor));
  const one = holding.find(({ chosen }) => chosen.length === 0) ?? holding[0];
  if (one?.grant === undefined) return;
  if (one.chosen.length === 0) taken(turn, one.grant);
  events.push(eventOf("FloorChosen", { floor: floorId(settings, floor), grantedSeq: one.grant.grantedSeq }));
  const floors = settings.floorsPerGrant === "one" ? [floor] : one.floors;
  lift.grants = lift.grants.map((each) => (each === one ? { ...one, floors, chosen: [...one.chosen, floor] } : each));
}

function readFire(turn: LiftTurn, active: boolean, at: MonotonicMs): void {
  const { lift, settings, events } = turn;
  if (!active) {
    if (lift.fire) lift.fireOverAt ??= monotonicMs(at + settings.fireDebounceMs);
    return;
  }
  lift.fireOverAt = undefined;
  if (lift.fire) return;
  events.push(eventOf("FireInput", { door: settings.id, active: true }));
  lift.fire = true;
  dropRefused(turn);
}

/** It stays as in the fire until somebody says that it is over. */
function awaitRelock({ lift, events, settings }: LiftTurn): void {
  lift.awaitsRelock = true;
  events.push(eventOf("DoorAwaitsRelock", { door: settings.id }));
}

/** Whoever was let in rides nowhere that is refused by now. In a fire that frees the lift nobody loses anything. */
function dropRefused(turn: LiftTurn): void {
  const { lift, settings } = turn;
  if (isEvacuated(lift) && !isOutOfUse(lift, settings)) return;
  dropFloors(turn, (floor) => floorRefusal(lift, floor, settings) !== undefined);
}

function dropFloors(turn: LiftTurn, isDropped: (floor: number) => boolean): void {
  const { lift } = turn;
  lift.grants = lift.grants.flatMap((one) => {
    const floors = one.floors.filter((floor) => !isDropped(floor));
    if (floors.length === one.floors.length) return [one];
    if (floors.length > 0) return [{ ...one, floors }];
    endGrant(turn, one, "superseded");
    return [];
  });
}

/** What a board says of a relay is told once for all floors that it has: 64 of them fail together when it is unplugged. */
function failed(turn: LiftTurn, { floors, device, error, detail }: Extract<LiftInput, { readonly kind: "lock-failed" }>): void {
  const { lift, settings, events } = turn;
  const isKnown = settings.floors.some(({ board }, index) => board === device && lift.floors[index]!.fault);
  if (!isKnown) events.push(eventOf("DoorFault", { door: settings.id, device, error, detail }));
  for (const floor of floors) lift.floors[floor]!.fault = true;
  lift.grants = lift.grants.map((one) => (one.floors.some((floor) => floors.includes(floor)) ? { ...one, faulted: true } : one));
}

function obeyed({ lift, settings, events }: LiftTurn, floor: number): void {
  if (!lift.floors[floor]!.fault) return;
  lift.floors[floor]!.fault = false;
  if (lift.floors.every(({ fault }) => !fault)) events.push(eventOf("DoorFaultCleared", { door: settings.id }));
}

/** Ends a grant; `cause` undefined: its time is over. */
function endGrant(turn: LiftTurn, { grant, floors, chosen, faulted }: FloorGrant, cause: "superseded" | undefined): void {
  if (grant === undefined || chosen.length > 0) return;
  const isUnseen = faulted || floors.some((floor) => turn.lift.floors[floor]!.pressed === undefined);
  notTaken(turn, grant, cause ?? (isUnseen ? "device" : "timeout"));
}

function taken(turn: LiftTurn, { accessPoint, grantedSeq }: OpenGrant): void {
  turn.events.push(eventOf("AccessTaken", { accessPoint, grantedSeq }));
}

function notTaken(turn: LiftTurn, { accessPoint, grantedSeq }: OpenGrant, cause: "superseded" | "device" | "timeout"): void {
  turn.events.push(eventOf("AccessNotTaken", { accessPoint, grantedSeq, cause }));
}
