import { err, type EventName, eventOf, type MonotonicMs } from "@portico/card-protocol";
import type { DeviceError, DeviceResult, Feedback } from "@portico/firmware-ts";
import type { DoorConfiguration } from "../configuration/configuration.ts";
import type { DoorRow } from "../control/door-rows.ts";
import { type Door, doorAxes, doorDeadline, type DoorInput, doorLock, doorRefusal, type DoorSettings, doorWish, UNKNOWN_DOOR } from "../core/door.ts";
import { type DoorOperation, type DoorRefusal, modeAfter, type GuardUse, type OperatorAct, type SetMode } from "../core/door-operation.ts";
import type { ModeStanding, ScheduledOperation } from "../core/door-schedule.ts";
import { brokenBy, type InterlockedDoor, interlockRefusal } from "../core/interlock.ts";
import { type LockEffect, relayDrive } from "../core/lock.ts";
import { isEvacuated, NOT_OVERRULED, type Overruling, overrulingOf } from "../core/overruling.ts";
import { stepDoor } from "../core/step-door.ts";
import { driveRelay, faultOf, listenFault, listenInput, listenLost } from "./board-wiring.ts";
import {
  boardRefusal,
  type BoardUser,
  heldByLockdown,
  isSecuring,
  NEVER_SET,
  notRecorded,
  type Operable,
  operated,
  type OperationOutcome,
  type OverrulingInput,
  type Place,
  type Portal,
  type PortalGrant,
  type PortalParts,
  setNow,
} from "./portal.ts";
import { PortalMachine } from "./portal-machine.ts";

export interface DoorPortalOptions extends PortalParts {
  readonly door: DoorConfiguration;
  readonly settings: DoorSettings;
  /** As it was set when the controller went down. */
  readonly mode: SetMode;
  /** Who set it then, and when; left out: nobody did. */
  readonly setBefore?: Pick<ModeStanding, "setBy" | "setAt">;
  /** Its fire loop was open when the controller went down: a door that fire had freed is not locked until the loop has been read. */
  readonly fire?: boolean;
  /** What else overruled it then; left out: nothing did. */
  readonly overruling?: Omit<Overruling, "fire">;
  /** The interlock that it stands in, and its other doors as they are now. */
  readonly interlock?: { readonly id: string; readonly others: () => readonly InterlockedDoor[] };
}

/** One door: feeds its machine with contact, exit button, fire loop and time, and carries out what the machine says. */
export class DoorPortal implements Portal, Operable, Place, BoardUser {
  readonly id: string;
  readonly #options: DoorPortalOptions;
  readonly #machine: PortalMachine<Door, DoorInput, LockEffect>;
  readonly #removals: (() => void)[] = [];
  #since: MonotonicMs;
  #lastEvent: EventName | null = null;
  #set: Pick<ModeStanding, "setBy" | "setAt">;

  constructor(options: DoorPortalOptions) {
    const { door, settings, mode, board, clock, onFeedback } = options;
    this.id = door.id;
    this.#options = options;
    this.#since = clock.monotonic();
    this.#set = options.setBefore ?? NEVER_SET;
    this.#machine = new PortalMachine<Door, DoorInput, LockEffect>(options, {
      initial: UNKNOWN_DOOR,
      step: (before, input, at) => {
        const { door: state, effects } = stepDoor(before, input, at, settings);
        return { state, effects };
      },
      deadline: doorDeadline,
      tick: { kind: "tick" },
      isWish: (input) =>
        input.kind === "operator-access" ||
        (input.kind === "operation" && !isSecuring(input.operation)) ||
        (input.kind === "schedule" && input.operation === "unlock"),
      drive: (effect, input) => this.#drive(effect, input.kind === "access" ? input.grant.grantedSeq : undefined),
      onStep: (before, after) => {
        if (axesDiffer(before, after)) this.#since = clock.monotonic();
        const feedback = openFeedback(after);
        if (feedback !== openFeedback(before)) onFeedback(door.id, feedback);
        this.#tellBroken(before, after);
        if (after.fire && !before.fire) options.onFire(door.id);
      },
      onEvent: (event, input) => {
        this.#lastEvent = event.name;
        if (input.kind === "operation" || input.kind === "schedule") this.#set = setNow(input.kind, clock);
      },
    });
    const { contact, rex, fire } = door;
    const bySchedule = this.#set.setBy === "schedule";
    this.#take({ kind: "start", mode, bySchedule, fire: options.fire === true && fire !== undefined, overruling: options.overruling ?? NOT_OVERRULED });
    if (contact !== undefined)
      this.#removals.push(
        listenInput(board, contact, (closed) => this.#take({ kind: "contact", physical: closed === (contact.closedMeans === "closed") ? "Closed" : "Open" })),
        listenLost(board, contact, () => this.#take({ kind: "contact", physical: "Unknown" })),
      );
    if (rex !== undefined)
      this.#removals.push(
        listenInput(board, rex, (pressed) => this.#take({ kind: "rex", pressed })),
        listenLost(board, rex, () => this.#take({ kind: "rex", pressed: undefined })),
      );
    if (fire !== undefined)
      this.#removals.push(
        listenInput(board, fire, (closed) => this.#take({ kind: "fire", active: !closed })),
        // A fire loop that nobody can read is a fire.
        listenFault(board, fire, () => this.#take({ kind: "fire", active: true })),
      );
  }

  /** The door as it is now. */
  get state(): Door {
    return this.#machine.state;
  }

  refusal(isEgress = false): DoorRefusal | undefined {
    const { interlock } = this.#options;
    const refusal =
      doorRefusal(this.#machine.state, isEgress) ?? (interlock === undefined ? undefined : interlockRefusal(this.#machine.state, interlock.others()));
    return refusal ?? boardRefusal(this.#options.board(this.#options.door.strike.board));
  }

  access({ accessPoint, grantedSeq, extended, egress = false }: PortalGrant): void {
    this.#take({ kind: "access", grant: { accessPoint, grantedSeq }, extended, egress });
  }

  operatorAccess(act: OperatorAct | GuardUse): OperationOutcome {
    const refusal = this.refusal();
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    return this.#take({ kind: "operator-access", act, extended: false }) ? operated : notRecorded;
  }

  operate(operation: DoorOperation, act: OperatorAct): OperationOutcome {
    const { mode, lockdown } = this.#machine.state;
    const allowed = lockdown === undefined || isSecuring(operation) ? modeAfter(mode, operation, this.#options.settings.doubleLock) : heldByLockdown(lockdown);
    if (!allowed.ok) return allowed;
    return this.#take({ kind: "operation", operation, act }) ? operated : notRecorded;
  }

  follow(operation: ScheduledOperation, act: OperatorAct): boolean {
    return this.#take({ kind: "schedule", operation, act });
  }

  standing(): ModeStanding {
    const { mode } = this.#machine.state;
    return { mode: mode === "Unknown" ? "Locked" : mode, ...this.#set };
  }

  heldBy(): string | undefined {
    return this.#machine.state.lockdown;
  }

  overrule(input: OverrulingInput): void {
    this.#take(input);
  }

  overruling(): Overruling {
    return this.#machine.state;
  }

  unsecured(): string | undefined {
    const { state } = this.#machine;
    const { lock, physical } = doorAxes(state);
    if (doorWish(state).release) return isEvacuated(state) ? "is free" : `is ${doorAxes(state).mode}`;
    if (lock === "Fault" || this.#boardIsSilent()) return "its lock does not answer";
    if (physical === "Open") return "stands open";
    return physical === "Unknown" && this.#options.settings.contact ? "does not say whether it is shut" : undefined;
  }

  unfreed(): string | undefined {
    return doorAxes(this.#machine.state).lock === "Fault" || this.#boardIsSilent() ? "its lock does not answer" : undefined;
  }

  row(): DoorRow {
    const { state } = this.#machine;
    const sinceS = Math.floor((this.#options.clock.monotonic() - this.#since) / 1000);
    const { door, board } = this.#options;
    const hasFault = door.contact !== undefined && faultOf(board, door.contact) !== undefined;
    return {
      id: this.id,
      kind: "door",
      shadow: false,
      ...doorAxes(state),
      ...(hasFault ? { physical: "Fault" } : {}),
      fire: state.fire,
      overruled: overrulingOf(state),
      sinceS,
      lastEvent: this.#lastEvent,
    };
  }

  boardLost(board: string, error: DeviceError, detail: string): void {
    if (this.#isLockOn(board)) this.#take({ kind: "lock-failed", device: board, error, detail });
  }

  boardBack(board: string): void {
    if (!this.#isLockOn(board)) return;
    const lock = doorLock(this.#machine.state, this.#options.clock.monotonic());
    // What is still meant is said again; a passage that an outage came into is over for the lock.
    if (!lock.release || lock.holdMs === undefined) this.#drive(lock, undefined);
  }

  close(): void {
    this.#machine.close();
    for (const remove of this.#removals) remove();
  }

  #boardIsSilent = (): boolean => boardRefusal(this.#options.board(this.#options.door.strike.board)) !== undefined;
  #isLockOn = (board: string): boolean => board === this.#options.door.strike.board || board === this.#options.door.secondBolt?.board;

  #tellBroken(before: Door, after: Door): void {
    const { door, interlock, recorder } = this.#options;
    const other = interlock && brokenBy(before, after, interlock.others());
    if (interlock !== undefined && other !== undefined) recorder.event(eventOf("InterlockBroken", { door: door.id, interlock: interlock.id, other }));
  }

  #take(input: DoorInput): boolean {
    return this.#machine.take(input);
  }

  #drive(effect: LockEffect, grantedSeq: number | undefined): void {
    const { door, board } = this.#options;
    const drive = relayDrive(effect, door.fail);
    if (door.secondBolt !== undefined) {
      // Driven out by current alone: whatever releases the door, and a power cut, withdraws it first.
      const isOut = !effect.release && effect.doubly;
      void driveRelay(board, door.secondBolt, { kind: "set", energized: isOut }).then((result) => this.#boltAnswered(result, door.secondBolt!.board));
    }
    void driveRelay(board, door.strike, drive).then((result) => this.#answered(result, drive.kind === "pulse", grantedSeq));
  }

  #boltAnswered(result: DeviceResult, device: string): void {
    if (!result.ok && result.error !== "Disconnected")
      this.#take({ kind: "lock-failed", device, error: result.error, detail: `second bolt: ${result.detail}` });
  }

  #answered(result: DeviceResult, isPulse: boolean, grantedSeq: number | undefined): void {
    const { door, clock, onAct } = this.#options;
    const device = door.strike.board;
    if (result.ok) {
      if (grantedSeq !== undefined) onAct({ grantedSeq, device, frame: result.sent?.frame, at: result.sent?.at ?? clock.monotonic() });
      this.#take({ kind: "lock-obeyed" });
    } else if (isPulse || result.error !== "Disconnected") this.#take({ kind: "lock-failed", device, error: result.error, detail: result.detail });
    // A state that met a closed wire stands as soon as it opens; that the board stays away is told by boardLost.
  }
}

/** What whoever stands beside the door is told of its standing open. */
function openFeedback({ alarm, preAlarm }: Door): Feedback {
  if (alarm === "DoorOpenTooLong") return "DoorOpenTooLong";
  return preAlarm ? "DoorPreAlarmWarning" : "Idle";
}

function axesDiffer(before: Door, after: Door): boolean {
  const a = doorAxes(before);
  const b = doorAxes(after);
  return a.mode !== b.mode || a.lock !== b.lock || a.physical !== b.physical || a.alarm !== b.alarm;
}
