import { type Clock, err, type EventName, type MonotonicMs } from "@portico/card-protocol";
import type { DeviceResult, RelayBoard } from "@portico/firmware-ts";
import type { DoorConfiguration } from "./configuration/configuration.ts";
import type { DoorRow } from "./control/control-api.ts";
import { type Door, doorAxes, doorDeadline, type DoorInput, doorRefusal, type DoorSettings, stepDoor, UNKNOWN_DOOR } from "./core/door.ts";
import { type DoorOperation, type DoorRefusal, modeAfter } from "./core/door-operation.ts";
import { type LockEffect, relayDrive } from "./core/lock.ts";
import { type Act, notRecorded, type Operable, operated, type OperationOutcome, type Portal, type PortalGrant } from "./portal.ts";
import type { Recorder } from "./recorder.ts";

export interface DoorPortalOptions {
  readonly door: DoorConfiguration;
  readonly settings: DoorSettings;
  /** A board by its id; those that the door names are there. */
  readonly board: (id: string) => RelayBoard;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly onAct: (act: Act) => void;
}

/** One door: feeds its machine with contact, exit button, fire loop and time, and carries out what the machine says. */
export class DoorPortal implements Portal, Operable {
  readonly id: string;
  readonly #options: DoorPortalOptions;
  readonly #removals: (() => void)[] = [];
  #door: Door = UNKNOWN_DOOR;
  #since: MonotonicMs;
  #lastEvent: EventName | null = null;
  #cancelTick = (): void => {};

  constructor(options: DoorPortalOptions) {
    const { door, board, clock } = options;
    this.id = door.id;
    this.#options = options;
    this.#since = clock.monotonic();
    const { contact, rex, fire } = door;
    this.#take({ kind: "start", mode: "Locked" });
    if (contact !== undefined) {
      this.#listen(contact, (closed) => this.#take({ kind: "contact", physical: closed === (contact.closedMeans === "closed") ? "Closed" : "Open" }));
      this.#removals.push(board(contact.board).onHealth(({ kind }) => void (kind === "offline" && this.#take({ kind: "contact", physical: "Unknown" }))));
    }
    if (rex !== undefined) this.#listen(rex, (closed) => void (closed && this.#take({ kind: "rex" })));
    if (fire !== undefined) this.#listen(fire, (closed) => this.#take({ kind: "fire", active: !closed }));
  }

  refusal(): DoorRefusal | undefined {
    return doorRefusal(this.#door);
  }

  access({ accessPoint, grantedSeq, extended }: PortalGrant): void {
    this.#take({ kind: "access", grant: { accessPoint, grantedSeq }, extended });
  }

  operatorAccess(by: string): OperationOutcome {
    const refusal = this.refusal();
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    return this.#take({ kind: "operator-access", by, extended: false }) ? operated : notRecorded;
  }

  operate(operation: DoorOperation, by: string): OperationOutcome {
    const allowed = modeAfter(this.#door.mode, operation, this.#options.settings.doubleLock);
    if (!allowed.ok) return allowed;
    return this.#take({ kind: "operation", operation, by }) ? operated : notRecorded;
  }

  rows(): readonly DoorRow[] {
    const sinceS = Math.floor((this.#options.clock.monotonic() - this.#since) / 1000);
    return [{ id: this.id, kind: "door", ...doorAxes(this.#door), fire: this.#door.fire, sinceS, lastEvent: this.#lastEvent }];
  }

  /** Stops listening and ticking; the board's own close drops the relay. */
  close(): void {
    this.#cancelTick();
    for (const remove of this.#removals) remove();
  }

  #listen(reference: { readonly board: string; readonly input: number }, listener: (closed: boolean) => void): void {
    const board = this.#options.board(reference.board);
    this.#removals.push(board.onInput((input, closed) => void (input === reference.input && listener(closed))));
    const known = board.input(reference.input);
    if (known !== undefined) listener(known);
  }

  /** @returns false when an operator's wish could not be recorded: then the door stays as it was */
  #take(input: DoorInput): boolean {
    const { clock, settings, recorder } = this.#options;
    const before = this.#door;
    const { door, effects } = stepDoor(before, input, clock.monotonic(), settings);
    const isWish = input.kind === "operator-access" || input.kind === "operation";
    let recorded = 0;
    for (const effect of effects) {
      if (effect.kind !== "event") break;
      if (recorder.event(effect.event) === undefined && isWish) return false;
      this.#lastEvent = effect.event.name;
      recorded++;
    }
    this.#door = door;
    if (axesDiffer(before, door)) this.#since = clock.monotonic();
    for (const effect of effects.slice(recorded)) {
      if (effect.kind === "lock") this.#drive(effect, input.kind === "access" ? input.grant.grantedSeq : undefined);
      else {
        recorder.event(effect.event);
        this.#lastEvent = effect.event.name;
      }
    }
    this.#cancelTick();
    const due = doorDeadline(this.#door);
    if (due !== undefined) this.#cancelTick = clock.after(Math.max(0, due - clock.monotonic()), () => this.#take({ kind: "tick" }));
    return true;
  }

  #drive(effect: LockEffect, grantedSeq: number | undefined): void {
    const { door, board, onAct } = this.#options;
    const strike = board(door.strike.board);
    const drive = relayDrive(effect, door.fail);
    const told = drive.kind === "pulse" ? strike.pulse(door.strike.relay, drive.holdMs) : strike.set(door.strike.relay, drive.energized);
    void told.then((result) => this.#answered(result, strike.id, grantedSeq, onAct));
  }

  #answered(result: DeviceResult, device: string, grantedSeq: number | undefined, onAct: (act: Act) => void): void {
    if (result.ok) {
      if (grantedSeq !== undefined && result.sent !== undefined) onAct({ grantedSeq, device, frame: result.sent.frame, at: result.sent.at });
      this.#take({ kind: "lock-obeyed" });
    } else this.#take({ kind: "lock-failed", device, error: result.error, detail: result.detail });
  }
}

function axesDiffer(before: Door, after: Door): boolean {
  const a = doorAxes(before);
  const b = doorAxes(after);
  return a.mode !== b.mode || a.lock !== b.lock || a.physical !== b.physical || a.alarm !== b.alarm;
}
