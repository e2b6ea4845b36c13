import { type ControllerEvent, err, type EventName, eventOf, HOLD_MS_MAX, makeUnlockGrant, type MonotonicMs, type Signer } from "@portico/card-protocol";
import type { DeviceError, RoomLock, RoomLockResult } from "@portico/firmware-ts";
import type { DoorRow } from "../control/door-rows.ts";
import type { ControllerClock } from "../controller-clock.ts";
import { type DoorOperation, type DoorRefusal, type GuardUse, modeAfter, openingEvent, type OperatorAct, type SetMode } from "../core/door-operation.ts";
import type { ModeStanding, ScheduledOperation } from "../core/door-schedule.ts";
import { NOT_OVERRULED, type Overruling, overrulingOf, refusalUnder } from "../core/overruling.ts";
import {
  type Act,
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
  setNow,
} from "../portal/portal.ts";
import type { Recorder } from "../recorder.ts";

export interface RoomPortalOptions {
  readonly lock: RoomLock;
  readonly site: string;
  readonly controller: string;
  /** Signs grants over the lock's challenges. */
  readonly signer: Signer;
  /** How long the bolt stays drawn; longer for holders who need it. */
  readonly holdMs: number;
  readonly extendedHoldMs: number;
  readonly clock: ControllerClock;
  readonly recorder: Pick<Recorder, "event" | "wish">;
  /** As it was set when the controller went down. */
  readonly before: ModeStanding | undefined;
  readonly lockdown: string | undefined;
  readonly onAct: (act: Act) => void;
  /** What was promised to whoever stands there has not come about. */
  readonly onNotOpened: (lock: string) => void;
  /** Something was asked of the lock: its log and battery may say more now. */
  readonly onUsed: () => void;
}

/** Decisions whose rows in the lock's log say nothing new. */
const TOLD_MAX = 500;

/**
 * The lock of a room as a reader, operators and lockdowns see it. It opens from inside by its handle whatever is set, so fire and drills move nothing. It cannot
 * be held open: a battery draws its bolt once, and it throws it again by itself.
 */
export class RoomPortal implements Portal, Operable, Place, BoardUser {
  readonly id: string;
  readonly #options: RoomPortalOptions;
  #mode: SetMode;
  #set: Pick<ModeStanding, "setBy" | "setAt">;
  #lockdown: string | undefined;
  #isFaulted = false;
  #isClosed = false;
  #lastEvent: EventName | null = null;
  #since: MonotonicMs;
  readonly #told = new Set<number>();

  constructor(options: RoomPortalOptions) {
    this.#options = options;
    this.id = options.lock.id;
    this.#mode = options.before?.mode ?? "Locked";
    this.#set = options.before ?? NEVER_SET;
    this.#lockdown = options.lockdown;
    this.#since = options.clock.monotonic();
  }

  refusal(): DoorRefusal | undefined {
    const refused = refusalUnder(this.#mode, this.#set.setBy === "schedule", this.overruling(), false);
    if (refused !== undefined) return refused;
    const { health } = this.#options.lock;
    return health.kind === "online" ? undefined : { reason: "Other", detail: `the lock ${this.id} does not answer` };
  }

  access(grant: PortalGrant): void {
    void this.#open(grant);
  }

  operatorAccess(act: OperatorAct | GuardUse): OperationOutcome {
    const refusal = this.refusal();
    if (refusal !== undefined) return err("OperationRefused", refusal.detail);
    const event = openingEvent(this.id, act);
    const seq = this.#options.recorder.wish(event);
    if (seq === undefined) return notRecorded;
    this.#lastEvent = event.name;
    void this.#unlock(seq, 0, false);
    return operated;
  }

  operate(operation: DoorOperation, act: OperatorAct): OperationOutcome {
    if (operation === "unlock" || operation === "lock-open") return err("OperationRefused", "a room lock is not held open; door access opens it once");
    const allowed = this.#lockdown === undefined || isSecuring(operation) ? modeAfter(this.#mode, operation, false) : heldByLockdown(this.#lockdown);
    if (!allowed.ok) return allowed;
    const event = eventOf("DoorModeChanged", { door: this.id, mode: allowed.value, ...act });
    const { recorder, clock } = this.#options;
    // What only takes access away happens whatever the disk says.
    if (isSecuring(operation)) recorder.event(event);
    else if (recorder.wish(event) === undefined) return notRecorded;
    this.#mode = allowed.value;
    this.#set = setNow("operation", clock);
    this.#changed(event.name);
    if (isSecuring(operation)) void this.#secure();
    return operated;
  }

  /** No schedule moves a room lock: the configuration refuses it. */
  follow(_operation: ScheduledOperation, _act: OperatorAct): boolean {
    return true;
  }

  standing(): ModeStanding {
    return { mode: this.#mode, ...this.#set };
  }

  heldBy(): string | undefined {
    return this.#lockdown;
  }

  overrule(input: OverrulingInput): void {
    if (input.kind !== "lockdown" || input.of === this.#lockdown) return;
    this.#lockdown = input.of;
    this.#changed(this.#lastEvent);
    if (input.of !== undefined) void this.#secure();
  }

  overruling(): Overruling {
    return { ...NOT_OVERRULED, lockdown: this.#lockdown };
  }

  unsecured(): string | undefined {
    const { health, lastState } = this.#options.lock;
    if (health.kind === "offline") return "its lock does not answer";
    return lastState?.bolt === "locked" ? undefined : `its bolt is ${lastState?.bolt ?? "not known"}`;
  }

  /** Its handle opens it from inside. */
  unfreed(): undefined {
    return undefined;
  }

  row(): DoorRow {
    const { health, lastState } = this.#options.lock;
    const bolt = { locked: "Locked", unlocked: "Unlocked", jammed: "Fault" } as const;
    return {
      id: this.id,
      kind: "room-lock",
      shadow: false,
      mode: this.#mode,
      lock: health.kind === "offline" ? "Fault" : lastState === undefined ? "Unknown" : bolt[lastState.bolt],
      physical: "Unknown",
      alarm: "Normal",
      fire: false,
      overruled: overrulingOf(this.overruling()),
      sinceS: Math.floor((this.#options.clock.monotonic() - this.#since) / 1000),
      lastEvent: this.#lastEvent,
    };
  }

  boardLost(board: string, error: DeviceError, detail: string): void {
    if (board === this.id) this.#failed(error, detail);
  }

  boardBack(board: string): void {
    if (board === this.id) this.#obeyed();
  }

  /** As the lock told it last; undefined: it does not tell. */
  get batteryPercent(): number | undefined {
    return this.#options.lock.lastState?.batteryPercent;
  }

  /** A decision of this number was answered by the lock, and its result recorded. */
  isTold(grantedSeq: number): boolean {
    return this.#told.has(grantedSeq);
  }

  close(): void {
    this.#isClosed = true;
  }

  async #open({ accessPoint, grantedSeq, holder, extended }: PortalGrant): Promise<void> {
    const result = await this.#unlock(grantedSeq, holder, extended);
    if (this.#isClosed) return;
    const { clock, onAct, onNotOpened } = this.#options;
    if (result.ok) {
      onAct({ grantedSeq, device: this.id, frame: undefined, at: clock.monotonic() });
      return this.#tell(eventOf("AccessTaken", { accessPoint, grantedSeq }));
    }
    this.#tell(eventOf("AccessNotTaken", { accessPoint, grantedSeq, cause: result.error === "Superseded" ? "superseded" : "device" }));
    // The light has said yes: who stands there is told that the lock said no.
    onNotOpened(this.id);
  }

  async #unlock(seq: number, holder: number, extended: boolean): Promise<RoomLockResult> {
    const { lock, site, controller, signer, holdMs, extendedHoldMs, onUsed } = this.#options;
    const hold = Math.min(HOLD_MS_MAX, holdMs + (extended ? extendedHoldMs : 0));
    const sign = (challenge: Uint8Array): Uint8Array => makeUnlockGrant(site, { lock: this.id, controller, challenge, holder, seq, holdMs: hold }, signer);
    const result = await lock.unlock({ holder, seq, holdMs: hold, sign });
    if (this.#isClosed) return result;
    if (result.ok) {
      this.#told.add(seq);
      if (this.#told.size > TOLD_MAX) this.#told.delete(this.#told.values().next().value!);
      this.#obeyed();
    } else if (result.error === "Refused") this.#failed("BadReply", result.detail);
    else if (result.error !== "Superseded") this.#failed(result.error, result.detail);
    onUsed();
    return result;
  }

  async #secure(): Promise<void> {
    const result = await this.#options.lock.secure();
    if (this.#isClosed || result.ok || result.error === "Superseded") return;
    this.#failed(result.error === "Refused" ? "BadReply" : result.error, result.detail);
  }

  #failed(error: DeviceError, detail: string): void {
    if (this.#isFaulted) return;
    this.#isFaulted = true;
    this.#tell(eventOf("DoorFault", { door: this.id, device: this.id, error, detail }));
  }

  #obeyed(): void {
    if (this.#isFaulted) this.#tell(eventOf("DoorFaultCleared", { door: this.id }));
    this.#isFaulted = false;
  }

  #tell(event: ControllerEvent): void {
    this.#options.recorder.event(event);
    this.#lastEvent = event.name;
  }

  #changed(by: EventName | null): void {
    this.#lastEvent = by;
    this.#since = this.#options.clock.monotonic();
  }
}
