import { type Clock, err, type EventName, type MonotonicMs } from "@portico/card-protocol";
import type { DeviceResult, RelayBoard } from "@portico/firmware-ts";
import type { InputReference, RelayReference, TurnstileConfiguration } from "./configuration/configuration.ts";
import type { DoorRow } from "./control/control-api.ts";
import { type DoorOperation, modeAfter } from "./core/door-operation.ts";
import {
  type Lane,
  LANE_DIRECTIONS,
  laneAxes,
  laneDeadline,
  type LaneDirection,
  type LaneInput,
  laneRefusal,
  type LaneSettings,
  stepLane,
  UNKNOWN_LANE,
} from "./core/lane.ts";
import { type LockEffect, relayDrive } from "./core/lock.ts";
import { type Act, notRecorded, type Operable, operated, type OperationOutcome, type Portal } from "./portal.ts";
import type { Recorder } from "./recorder.ts";

export interface LanePortalOptions {
  readonly turnstile: TurnstileConfiguration;
  readonly settings: LaneSettings;
  /** A board by its id; those that the turnstile names are there. */
  readonly board: (id: string) => RelayBoard;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly onAct: (act: Act) => void;
}

/** One turnstile: feeds its machine with PASS contacts, fire loop and time, and carries out what the machine says. Each direction is a portal. */
export class LanePortal {
  readonly id: string;
  readonly #options: LanePortalOptions;
  readonly #removals: (() => void)[] = [];
  readonly #since: Record<LaneDirection, MonotonicMs>;
  readonly #lastEvent: Record<LaneDirection, EventName | null> = { entry: null, exit: null };
  #lane: Lane = UNKNOWN_LANE;
  #cancelTick = (): void => {};

  constructor(options: LanePortalOptions) {
    const { turnstile, clock } = options;
    this.id = turnstile.id;
    this.#options = options;
    this.#since = { entry: clock.monotonic(), exit: clock.monotonic() };
    this.#take({ kind: "start", modes: { entry: "Locked", exit: "Locked" } });
    this.#watchPass("entry", turnstile.passEntry);
    this.#watchPass("exit", turnstile.passExit);
    if (turnstile.fire !== undefined) this.#listen(turnstile.fire, (closed) => this.#take({ kind: "fire", active: !closed }));
  }

  /** What a reader of that direction opens. */
  portal(direction: LaneDirection): Portal {
    return {
      refusal: () => laneRefusal(this.#lane, direction),
      access: ({ accessPoint, grantedSeq, extended }) => void this.#take({ kind: "access", direction, grant: { accessPoint, grantedSeq }, extended }),
    };
  }

  /** What an operator sees and moves, one direction each, as `<turnstile>/entry` and `<turnstile>/exit`. */
  operable(direction: LaneDirection): Operable {
    return {
      id: `${this.id}/${direction}`,
      operatorAccess: (by) => this.#operatorAccess(direction, by),
      operate: (operation, by) => this.#operate(direction, operation, by),
      rows: () => [this.#row(direction)],
    };
  }

  /** The directions that have a lock. */
  get directions(): readonly LaneDirection[] {
    return LANE_DIRECTIONS.filter((direction) => this.#options.turnstile[direction] !== undefined);
  }

  /** Stops listening and ticking; the board's own close drops the relays. */
  close(): void {
    this.#cancelTick();
    for (const remove of this.#removals) remove();
  }

  #operatorAccess(direction: LaneDirection, by: string): OperationOutcome {
    const refusal = laneRefusal(this.#lane, direction);
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    return this.#take({ kind: "operator-access", direction, by, extended: false }) ? operated : notRecorded;
  }

  #operate(direction: LaneDirection, operation: DoorOperation, by: string): OperationOutcome {
    const allowed = modeAfter(this.#lane[direction].mode, operation, false);
    if (!allowed.ok) return allowed;
    return this.#take({ kind: "operation", direction, operation, by }) ? operated : notRecorded;
  }

  #row(direction: LaneDirection): DoorRow {
    const { clock } = this.#options;
    const sinceS = Math.floor((clock.monotonic() - this.#since[direction]) / 1000);
    const { mode, lock } = laneAxes(this.#lane, direction);
    return {
      id: `${this.id}/${direction}`,
      kind: "turnstile",
      mode,
      lock,
      physical: "Unknown",
      alarm: "Normal",
      fire: this.#lane.fire,
      sinceS,
      lastEvent: this.#lastEvent[direction],
    };
  }

  #watchPass(direction: LaneDirection, contact: InputReference | undefined): void {
    if (contact === undefined) return;
    this.#listen(contact, (passing) => this.#take({ kind: "pass", direction, passing }));
    const board = this.#options.board(contact.board);
    this.#removals.push(board.onHealth(({ kind }) => void (kind === "offline" && this.#take({ kind: "pass", direction, passing: undefined }))));
  }

  #listen(reference: InputReference, listener: (closed: boolean) => void): void {
    const board = this.#options.board(reference.board);
    this.#removals.push(board.onInput((input, closed) => void (input === reference.input && listener(closed))));
    const known = board.input(reference.input);
    if (known !== undefined) listener(known);
  }

  /** @returns false when an operator's wish could not be recorded: then the lane stays as it was */
  #take(input: LaneInput): boolean {
    const { clock, settings, recorder } = this.#options;
    const before = this.#lane;
    const { lane, effects } = stepLane(before, input, clock.monotonic(), settings);
    const isWish = input.kind === "operator-access" || input.kind === "operation";
    let recorded = 0;
    for (const effect of effects) {
      if (effect.kind !== "event") break;
      if (recorder.event(effect.event) === undefined && isWish) return false;
      recorded++;
    }
    this.#lane = lane;
    for (const direction of LANE_DIRECTIONS) if (axesDiffer(before, lane, direction)) this.#since[direction] = clock.monotonic();
    for (const [index, effect] of effects.entries()) {
      if (effect.kind === "lock") this.#drive(effect, input.kind === "access" && input.direction === effect.direction ? input.grant.grantedSeq : undefined);
      else {
        if (index >= recorded) recorder.event(effect.event);
        for (const direction of "direction" in input ? [input.direction] : LANE_DIRECTIONS) this.#lastEvent[direction] = effect.event.name;
      }
    }
    this.#cancelTick();
    const due = laneDeadline(this.#lane);
    if (due !== undefined) this.#cancelTick = clock.after(Math.max(0, due - clock.monotonic()), () => this.#take({ kind: "tick" }));
    return true;
  }

  #drive(effect: LockEffect & { readonly direction: LaneDirection }, grantedSeq: number | undefined): void {
    const { turnstile, board } = this.#options;
    const relay: RelayReference | undefined = turnstile[effect.direction];
    if (relay === undefined) return;
    const unit = board(relay.board);
    const drive = relayDrive(effect, "secure");
    const told = drive.kind === "pulse" ? unit.pulse(relay.relay, drive.holdMs) : unit.set(relay.relay, drive.energized);
    void told.then((result) => this.#answered(result, unit.id, effect.direction, grantedSeq));
  }

  #answered(result: DeviceResult, device: string, direction: LaneDirection, grantedSeq: number | undefined): void {
    if (result.ok) {
      if (grantedSeq !== undefined && result.sent !== undefined) this.#options.onAct({ grantedSeq, device, frame: result.sent.frame, at: result.sent.at });
      this.#take({ kind: "lock-obeyed", direction });
    } else this.#take({ kind: "lock-failed", direction, device, error: result.error, detail: result.detail });
  }
}

function axesDiffer(before: Lane, after: Lane, direction: LaneDirection): boolean {
  const a = laneAxes(before, direction);
  const b = laneAxes(after, direction);
  return a.mode !== b.mode || a.lock !== b.lock;
}
