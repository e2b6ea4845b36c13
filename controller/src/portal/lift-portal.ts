import { err, type EventName, type MonotonicMs } from "@portico/card-protocol";
import type { DeviceError, DeviceResult } from "@portico/firmware-ts";
import type { LiftConfiguration, LiftFloorConfiguration } from "../configuration/configuration.ts";
import type { DoorRow } from "../control/door-rows.ts";
import { type DoorOperation, modeAfter, type GuardUse, type OperatorAct } from "../core/door-operation.ts";
import type { ModeStanding } from "../core/door-schedule.ts";
import {
  floorAxes,
  floorId,
  floorLock,
  type FloorLock,
  floorRefusal,
  isFreeFloor,
  isOutOfUse,
  type Lift,
  liftDeadline,
  type LiftInput,
  type LiftSettings,
  unknownLift,
} from "../core/lift.ts";
import { relayDrive } from "../core/lock.ts";
import { isEvacuated, type Overruling, overrulingOf } from "../core/overruling.ts";
import { stepLift } from "../core/step-lift.ts";
import { driveRelay, listenFault, listenInput, listenLost } from "./board-wiring.ts";
import {
  boardRefusal,
  type BoardUser,
  heldByLockdown,
  isSecuring,
  notRecorded,
  type Operable,
  operated,
  type OperationOutcome,
  type OverrulingInput,
  type Place,
  type Portal,
  type PortalFloor,
  type PortalParts,
  setNow,
} from "./portal.ts";
import { PortalMachine } from "./portal-machine.ts";

export interface LiftPortalOptions extends PortalParts {
  readonly lift: LiftConfiguration;
  readonly settings: LiftSettings;
  /** The mode of each floor as it was set when the controller went down, by whom and when. */
  readonly before: readonly ModeStanding[];
  /** Its fire loop was open when the controller went down: it is a fire until the loop has been read. */
  readonly fire: boolean;
  /** What else overruled it then. */
  readonly overruling: Omit<Overruling, "fire">;
}

/** One lift cabin: feeds its machine with buttons, fire loop and time, and carries out what the machine says. Each floor is an operable. */
export class LiftPortal implements Place, BoardUser {
  readonly id: string;
  readonly #options: LiftPortalOptions;
  readonly #machine: PortalMachine<Lift, LiftInput, FloorLock>;
  readonly #removals: (() => void)[] = [];
  readonly #since: MonotonicMs[];
  readonly #set: Pick<ModeStanding, "setBy" | "setAt">[];
  readonly #lastEvent: (EventName | null)[];

  constructor(options: LiftPortalOptions) {
    const { lift, settings, before, board, clock } = options;
    this.id = lift.id;
    this.#options = options;
    this.#since = lift.floors.map(() => clock.monotonic());
    this.#set = before.map(({ setBy, setAt }) => ({ setBy, setAt }));
    this.#lastEvent = lift.floors.map(() => null);
    this.#machine = new PortalMachine<Lift, LiftInput, FloorLock>(options, {
      initial: unknownLift(settings),
      step: (state, input, at) => {
        const stepped = stepLift(state, input, at, settings);
        return { state: stepped.lift, effects: stepped.effects };
      },
      deadline: liftDeadline,
      tick: { kind: "tick" },
      isWish: (input) =>
        input.kind === "operator-access" ||
        (input.kind === "operation" && !isSecuring(input.operation)) ||
        (input.kind === "schedule" && input.operation === "unlock"),
      drive: (effect, input) => this.#drive(effect, input.kind === "access" ? input.grant.grantedSeq : undefined),
      onStep: (from, to) => {
        if (to.fire && !from.fire) options.onFire(lift.id);
        for (const floor of this.#floors) if (axesDiffer(from, to, floor, settings)) this.#since[floor] = clock.monotonic();
      },
      onEvent: (event, input) => {
        for (const floor of this.#concerned(event.name, input)) this.#lastEvent[floor] = event.name;
        if (input.kind === "operation" || input.kind === "schedule") this.#set[input.floor] = setNow(input.kind, clock);
      },
    });
    const modes = before.map(({ mode, setBy }) => ({ mode, bySchedule: setBy === "schedule" }));
    this.#take({ kind: "start", modes, fire: options.fire && lift.fire !== undefined, overruling: options.overruling });
    for (const [floor, { button }] of lift.floors.entries())
      if (button !== undefined)
        this.#removals.push(
          listenInput(board, button, (pressed) => this.#take({ kind: "button", floor, pressed })),
          listenLost(board, button, () => this.#take({ kind: "button", floor, pressed: undefined })),
        );
    if (lift.fire !== undefined)
      this.#removals.push(
        listenInput(board, lift.fire, (closed) => this.#take({ kind: "fire", active: !closed })),
        // A fire loop that nobody can read is a fire.
        listenFault(board, lift.fire, () => this.#take({ kind: "fire", active: true })),
      );
  }

  /** What a reader in the cabin opens: the floors of one door of it, or all of them. */
  portal(door: LiftFloorConfiguration["door"] | undefined): Portal {
    const floors = this.#floors.filter((floor) => door === undefined || this.#of(floor).door === door);
    return {
      refusal: () => undefined, // each floor says for itself
      floors: () =>
        floors.map((floor): PortalFloor => ({ floor: this.#of(floor).id, accessPoint: this.#of(floor).accessPoint, refusal: this.#refusal(floor) })),
      access: ({ accessPoint, grantedSeq, extended, floors: opened = [] }) => {
        const of = floors.filter((floor) => opened.includes(this.#of(floor).id));
        this.#take({ kind: "access", grant: { accessPoint, grantedSeq }, floors: of, extended });
      },
    };
  }

  /** What an operator sees and moves, one floor each, as `<lift>/<floor>`. */
  operables(): readonly Operable[] {
    return this.#floors.map((floor) => ({
      id: this.#idOf(floor),
      isFixed: this.#of(floor).alwaysFree,
      operatorAccess: (act) => this.#operatorAccess(floor, act),
      operate: (operation, act) => this.#operate(floor, operation, act),
      follow: (operation, act) => this.#take({ kind: "schedule", floor, operation, act }),
      standing: () => this.#standing(floor),
      heldBy: () => this.#machine.state.lockdown,
      row: () => this.#row(floor),
    }));
  }

  overrule(input: OverrulingInput): void {
    this.#take(input);
  }

  overruling(): Overruling {
    return this.#machine.state;
  }

  /** Of the floors that are not always free; those are nobody's to hold. */
  unsecured(): string | undefined {
    const { lift, settings } = this.#options;
    const { state } = this.#machine;
    const free = this.#floors.filter((floor) => !this.#of(floor).alwaysFree && isFreeFloor(state, floor, settings)).map((floor) => this.#of(floor).id);
    if (free.length === 0) return this.#isSilent() ? "its floor relays do not answer" : undefined;
    return free.length === lift.floors.length || isEvacuated(state) ? "is free" : `is free to ${free.join(", ")}`;
  }

  unfreed(): string | undefined {
    return this.#isSilent() && !isOutOfUse(this.#machine.state, this.#options.settings) ? "its floor relays do not answer" : undefined;
  }

  boardLost(board: string, error: DeviceError, detail: string): void {
    const floors = this.#floorsOn(board);
    if (floors.length > 0) this.#take({ kind: "lock-failed", floors, device: board, error, detail });
  }

  boardBack(board: string): void {
    const { settings, clock } = this.#options;
    for (const floor of this.#floorsOn(board)) {
      const lock = floorLock(this.#machine.state, floor, settings, clock.monotonic());
      // What is still meant is said again; a grant that an outage came into is over for its relays.
      if (!lock.release || lock.holdMs === undefined) this.#drive({ ...lock, floor }, undefined);
    }
  }

  close(): void {
    this.#machine.close();
    for (const remove of this.#removals) remove();
  }

  /** Which floors an event is about. What becomes of a grant is told of none, where time or a lockdown ends it. */
  #concerned(event: EventName, input: LiftInput): readonly number[] {
    if ("floor" in input) return [input.floor];
    if ("floors" in input) return input.floors;
    return event === "AccessNotTaken" ? [] : this.#floors;
  }

  get #floors(): readonly number[] {
    return [...this.#options.lift.floors.keys()];
  }
  #of = (floor: number): LiftFloorConfiguration => this.#options.lift.floors[floor]!;
  #idOf = (floor: number): string => floorId(this.#options.settings, floor);
  #floorsOn = (board: string): readonly number[] => this.#floors.filter((floor) => this.#of(floor).relay?.board === board);
  #isSilent = (): boolean => this.#floors.some((floor) => this.#machine.state.floors[floor]!.fault || this.#boardSays(floor) !== undefined);

  #boardSays(floor: number): ReturnType<typeof boardRefusal> {
    const { relay } = this.#of(floor);
    return relay && boardRefusal(this.#options.board(relay.board), "floor");
  }

  /** A floor whose module is silent takes nobody, or was chosen to count as free: then its button works without anybody's word. */
  #refusal(floor: number): ReturnType<typeof floorRefusal> {
    const { settings, lift } = this.#options;
    const refusal = floorRefusal(this.#machine.state, floor, settings);
    if (refusal !== undefined || this.#of(floor).alwaysFree || lift.moduleOffLine === "free") return refusal;
    return this.#boardSays(floor);
  }

  #operatorAccess(floor: number, act: OperatorAct | GuardUse): OperationOutcome {
    const refusal = this.#refusal(floor) ?? this.#boardSays(floor);
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    return this.#take({ kind: "operator-access", floor, act }) ? operated : notRecorded;
  }

  #operate(floor: number, operation: DoorOperation, act: OperatorAct): OperationOutcome {
    const { floors, lockdown } = this.#machine.state;
    if (this.#of(floor).alwaysFree) return err("OperationRefused", "always free, as the configuration says");
    const allowed = lockdown === undefined || isSecuring(operation) ? modeAfter(floors[floor]!.mode, operation, false) : heldByLockdown(lockdown);
    if (!allowed.ok) return allowed;
    return this.#take({ kind: "operation", floor, operation, act }) ? operated : notRecorded;
  }

  #standing(floor: number): ModeStanding {
    const { mode } = this.#machine.state.floors[floor]!;
    return { mode: mode === "Unknown" ? "Locked" : mode, ...this.#set[floor]! };
  }

  #row(floor: number): DoorRow {
    const { settings, clock } = this.#options;
    const { state } = this.#machine;
    return {
      id: this.#idOf(floor),
      kind: "floor",
      shadow: false,
      ...floorAxes(state, floor, settings),
      physical: "Unknown",
      alarm: "Normal",
      fire: state.fire,
      overruled: this.#of(floor).alwaysFree ? null : overrulingOf(state),
      sinceS: Math.floor((clock.monotonic() - this.#since[floor]!) / 1000),
      lastEvent: this.#lastEvent[floor]!,
    };
  }

  #take(input: LiftInput): boolean {
    return this.#machine.take(input);
  }

  #drive(effect: FloorLock, grantedSeq: number | undefined): void {
    const { board, lift } = this.#options;
    const { floor } = effect;
    const { relay, fail } = this.#of(floor);
    if (relay === undefined) return;
    // Its button works without anybody's word: there is nothing to ask of a module that cannot hear it.
    if (effect.release && lift.moduleOffLine === "free" && this.#boardSays(floor) !== undefined) return;
    const drive = relayDrive(effect, fail);
    void driveRelay(board, relay, drive, true).then((result) => this.#answered(result, floor, relay.board, drive.kind === "pulse", grantedSeq));
  }

  #answered(result: DeviceResult, floor: number, device: string, isPulse: boolean, grantedSeq: number | undefined): void {
    const { clock, onAct } = this.#options;
    if (result.ok) {
      if (grantedSeq !== undefined) onAct({ grantedSeq, device, frame: result.sent?.frame, at: result.sent?.at ?? clock.monotonic() });
      if (this.#machine.state.floors[floor]!.fault) this.#take({ kind: "lock-obeyed", floor });
    } else if (isPulse || result.error !== "Disconnected")
      this.#take({ kind: "lock-failed", floors: [floor], device, error: result.error, detail: result.detail });
    // A state that met a board which does not answer stands as soon as it does; that the board stays away is told by boardLost.
  }
}

function axesDiffer(before: Lift, after: Lift, floor: number, settings: LiftSettings): boolean {
  const a = floorAxes(before, floor, settings);
  const b = floorAxes(after, floor, settings);
  return a.mode !== b.mode || a.lock !== b.lock;
}
