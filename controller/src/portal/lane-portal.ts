import { err, type EventName, type MonotonicMs } from "@portico/card-protocol";
import type { DeviceError, DeviceResult } from "@portico/firmware-ts";
import type { TurnstileConfiguration } from "../configuration/configuration.ts";
import type { LaneRow } from "../control/lane-rows.ts";
import { type DoorOperation, type GuardUse, modeAfter, type OperatorAct, type SetMode } from "../core/door-operation.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import {
  isFreeWay,
  isHeldWay,
  type Lane,
  LANE_DIRECTIONS,
  laneAxes,
  laneDeadline,
  type LaneDirection,
  type LaneInput,
  laneLock,
  laneRefusal,
  type LaneSettings,
  overrulingOfWay,
  UNKNOWN_LANE,
} from "../core/lane.ts";
import { holdRefusal } from "../core/hold-turn.ts";
import { type LockEffect, relayDrive } from "../core/lock.ts";
import { isEvacuated, NOT_OVERRULED, type Overruling } from "../core/overruling.ts";
import { stepLane } from "../core/step-lane.ts";
import { tallyBetween, type LaneTally } from "../core/lane-tally.ts";
import { driveRelay } from "./board-wiring.ts";
import { listenLane } from "./lane-inputs.ts";
import { LaneLights } from "./lane-lights.ts";
import { axesDiffer, unitWords, wayRow } from "./lane-view.ts";
import {
  boardRefusal,
  type BoardUser,
  heldByLockdown,
  type Holdable,
  isSecuring,
  NEVER_SET,
  notRecorded,
  type Operable,
  operated,
  type OperationOutcome,
  type OverrulingInput,
  type Place,
  type Portal,
  type PortalParts,
  setNow,
} from "./portal.ts";
import { PortalMachine } from "./portal-machine.ts";

export interface LanePortalOptions extends PortalParts {
  readonly turnstile: TurnstileConfiguration;
  readonly settings: LaneSettings;
  /** As they were set when the controller went down. */
  readonly modes: Readonly<Record<LaneDirection, SetMode>>;
  /** Who set them then, and when; left out: nobody did. */
  readonly setBefore?: Readonly<Record<LaneDirection, Pick<ModeStanding, "setBy" | "setAt">>>;
  /** Its fire loop was open when the controller went down: what fire had freed is not locked until the loop has been read. */
  readonly fire?: boolean;
  /** What else overruled it then; left out: nothing did. */
  readonly overruling?: Omit<Overruling, "fire">;
  /** Who has passed a way, `<turnstile>/<direction>`: how many of each kind since it was told last. */
  readonly onPassed: (way: string, passed: LaneTally) => void;
}

/** Somebody passed whom nobody let in. */
const UNINVITED: ReadonlySet<EventName> = new Set(["Tailgating", "WrongWay", "DoorForcedOpen"]);

type LaneLock = LockEffect & { readonly direction: LaneDirection };

/** One turnstile: feeds its machine with PASS contacts, fire loop and time, and carries out what the machine says. Each direction is a portal. */
export class LanePortal implements Place, BoardUser {
  readonly id: string;
  readonly #options: LanePortalOptions;
  readonly #machine: PortalMachine<Lane, LaneInput, LaneLock>;
  readonly #removals: readonly (() => void)[];
  readonly #lights: LaneLights;
  readonly #since: Record<LaneDirection, MonotonicMs>;
  readonly #set: Record<LaneDirection, Pick<ModeStanding, "setBy" | "setAt">>;
  readonly #lastEvent: Record<LaneDirection, EventName | null> = { entry: null, exit: null };

  constructor(options: LanePortalOptions) {
    const { turnstile, settings, modes, board, clock } = options;
    this.id = turnstile.id;
    this.#options = options;
    this.#since = { entry: clock.monotonic(), exit: clock.monotonic() };
    this.#set = { ...(options.setBefore ?? { entry: NEVER_SET, exit: NEVER_SET }) };
    this.#lights = new LaneLights(turnstile.id, options);
    this.#machine = new PortalMachine<Lane, LaneInput, LaneLock>(options, {
      initial: UNKNOWN_LANE,
      step: (before, input, at) => {
        const { lane: state, effects } = stepLane(before, input, at, settings);
        return { state, effects };
      },
      deadline: laneDeadline,
      tick: { kind: "tick" },
      isWish: (input) =>
        input.kind === "operator-access" ||
        input.kind === "hold" ||
        (input.kind === "operation" && !isSecuring(input.operation)) ||
        (input.kind === "schedule" && input.operation === "unlock"),
      drive: (effect, input) => this.#drive(effect, this.#grantBehind(effect, input)),
      onStep: (before, after) => {
        if (after.fire && !before.fire) options.onFire(turnstile.id);
        for (const direction of LANE_DIRECTIONS) {
          if (axesDiffer(before, after, direction)) this.#since[direction] = clock.monotonic();
          const { tally } = after[direction];
          if (tally !== before[direction].tally) options.onPassed(`${turnstile.id}/${direction}`, tallyBetween(before[direction].tally, tally));
        }
      },
      onEvent: (event, input) => {
        if (UNINVITED.has(event.name) && input.kind === "pass") this.#lights.uninvited(input.direction);
        if (event.name === "LaneAlarm" || event.name === "LaneAlarmOver") this.#lights.unit(event.name === "LaneAlarm");
        for (const direction of "direction" in input ? [input.direction] : LANE_DIRECTIONS) this.#lastEvent[direction] = event.name;
        if (input.kind === "operation" || input.kind === "schedule") this.#set[input.direction] = setNow(input.kind, clock);
      },
    });
    const bySchedule = { entry: this.#set.entry.setBy === "schedule", exit: this.#set.exit.setBy === "schedule" };
    this.#take({
      kind: "start",
      modes,
      bySchedule,
      fire: options.fire === true && turnstile.fire !== undefined,
      overruling: options.overruling ?? NOT_OVERRULED,
    });
    this.#removals = listenLane(board, turnstile, (input) => void this.#take(input));
  }

  /** What a reader of that direction opens. */
  portal(direction: LaneDirection, egress = false): Portal {
    return {
      refusal: () => this.#refusal(direction, egress),
      access: ({ accessPoint, grantedSeq, extended, partySize }) =>
        void this.#take({ kind: "access", direction, grant: { accessPoint, grantedSeq }, extended, partySize, egress }),
    };
  }

  overrule(input: OverrulingInput): void {
    this.#take(input);
  }

  overruling(): Overruling {
    return this.#machine.state;
  }

  /** Of the way in; the way out is nobody's to hold. */
  unsecured(): string | undefined {
    const { state } = this.#machine;
    if (isHeldWay(state, "entry")) return "is held open by a guard";
    if (isFreeWay(state, "entry")) return isEvacuated(state) ? "is free" : `is ${laneAxes(state, "entry").mode}`;
    return this.unfreed();
  }

  unfreed(): string | undefined {
    const isSilent = this.directions.some((direction) => boardRefusal(this.#options.board(this.#options.turnstile[direction]!.board)) !== undefined);
    return isSilent || this.directions.some((direction) => laneAxes(this.#machine.state, direction).lock === "Fault") ? "its lock does not answer" : undefined;
  }

  /** What an operator sees and moves, one direction each, as `<turnstile>/entry` and `<turnstile>/exit`. */
  operable(direction: LaneDirection): Operable {
    return {
      id: `${this.id}/${direction}`,
      operatorAccess: (act) => this.#operatorAccess(direction, act),
      operate: (operation, act) => this.#operate(direction, operation, act),
      follow: (operation, act) => this.#take({ kind: "schedule", direction, operation, act }),
      standing: () => this.#standing(direction),
      heldBy: () => overrulingOfWay(this.#machine.state, direction).lockdown,
      row: () => ({
        id: `${this.id}/${direction}`,
        ...wayRow(this.#machine.state, direction),
        sinceS: this.#sinceS(direction),
        lastEvent: this.#lastEvent[direction],
      }),
    };
  }

  /** What the unit says of itself, for showing it. */
  unit(): Pick<LaneRow, "ready" | "alarm"> {
    return unitWords(this.#machine.state, this.#options.settings);
  }

  /** As a guard's station sees one of its ways. */
  holdable(direction: LaneDirection): Holdable {
    return {
      hold: (use, forMs) => this.#hold(direction, use, forMs),
      endHold: (cause) => void this.#take({ kind: "end-hold", direction, cause }),
      held: () => {
        const { hold } = this.#machine.state[direction];
        return hold && { ...hold.use, leftMs: hold.until - this.#options.clock.monotonic() };
      },
    };
  }

  /** The directions that have a lock. */
  get directions(): readonly LaneDirection[] {
    return LANE_DIRECTIONS.filter((direction) => this.#options.turnstile[direction] !== undefined);
  }

  boardLost(board: string, error: DeviceError, detail: string): void {
    for (const direction of this.#directionsOn(board)) this.#take({ kind: "lock-failed", direction, device: board, error, detail });
  }

  boardBack(board: string): void {
    for (const direction of this.#directionsOn(board)) {
      const lock = laneLock(this.#machine.state, direction, this.#options.clock.monotonic());
      // What is still meant is said again; a passage that an outage came into is over for the lock.
      if (!lock.release || lock.holdMs === undefined || isHeldWay(this.#machine.state, direction)) this.#drive({ ...lock, direction }, undefined);
    }
  }

  close(): void {
    this.#machine.close();
    this.#lights.close();
    for (const remove of this.#removals) remove();
  }

  #directionsOn(board: string): readonly LaneDirection[] {
    return this.directions.filter((direction) => this.#options.turnstile[direction]?.board === board);
  }

  #refusal(direction: LaneDirection, isEgress = false): ReturnType<Portal["refusal"]> {
    const { turnstile, settings, board } = this.#options;
    const refusal = laneRefusal(this.#machine.state, direction, settings, isEgress);
    const relay = turnstile[direction];
    return refusal !== undefined || relay === undefined ? refusal : boardRefusal(board(relay.board));
  }

  #operatorAccess(direction: LaneDirection, act: OperatorAct | GuardUse): OperationOutcome {
    const refusal = this.#refusal(direction);
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    return this.#take({ kind: "operator-access", direction, act, extended: false }) ? operated : notRecorded;
  }

  #operate(direction: LaneDirection, operation: DoorOperation, act: OperatorAct): OperationOutcome {
    const { [direction]: side } = this.#machine.state;
    const { lockdown } = overrulingOfWay(this.#machine.state, direction);
    const allowed = lockdown === undefined || isSecuring(operation) ? modeAfter(side.mode, operation, false) : heldByLockdown(lockdown);
    if (!allowed.ok) return allowed;
    return this.#take({ kind: "operation", direction, operation, act }) ? operated : notRecorded;
  }

  #hold(direction: LaneDirection, use: GuardUse, forMs: number): OperationOutcome {
    const { turnstile, settings, board } = this.#options;
    const relay = turnstile[direction];
    const refusal = holdRefusal(this.#machine.state, direction, settings) ?? (relay && boardRefusal(board(relay.board))?.detail);
    if (refusal !== undefined) return err("OperationRefused", refusal);
    return this.#take({ kind: "hold", direction, use, forMs }) ? operated : notRecorded;
  }

  #sinceS(direction: LaneDirection): number {
    return Math.floor((this.#options.clock.monotonic() - this.#since[direction]) / 1000);
  }

  #standing(direction: LaneDirection): ModeStanding {
    const { mode } = this.#machine.state[direction];
    return { mode: mode === "Unknown" ? "Locked" : mode, ...this.#set[direction] };
  }

  #take(input: LaneInput): boolean {
    return this.#machine.take(input);
  }

  /** The grant that a release is for: each pulse of a party is for its one. */
  #grantBehind({ direction, release }: LaneLock, input: LaneInput): number | undefined {
    if (input.kind === "access" && input.direction === direction) return input.grant.grantedSeq;
    return release && (input.kind === "tick" || input.kind === "pass") ? this.#machine.state[direction].passage?.grant?.grantedSeq : undefined;
  }

  #drive(effect: LaneLock, grantedSeq: number | undefined): void {
    const { turnstile, board } = this.#options;
    const { direction } = effect;
    const relay = turnstile[direction];
    if (relay === undefined) return;
    const drive = relayDrive(effect, "secure");
    void driveRelay(board, relay, drive).then((result) => this.#answered(result, relay.board, direction, drive.kind === "pulse", grantedSeq));
  }

  #answered(result: DeviceResult, device: string, direction: LaneDirection, isPulse: boolean, grantedSeq: number | undefined): void {
    const { clock, onAct } = this.#options;
    if (result.ok) {
      if (grantedSeq !== undefined) onAct({ grantedSeq, device, frame: result.sent?.frame, at: result.sent?.at ?? clock.monotonic() });
      this.#take({ kind: "lock-obeyed", direction });
    } else if (isPulse || result.error !== "Disconnected") this.#take({ kind: "lock-failed", direction, device, error: result.error, detail: result.detail });
    // A state that met a closed wire stands as soon as it opens; that the board stays away is told by boardLost.
  }
}
