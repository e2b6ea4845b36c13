import { type Clock, type ControllerEvent, type Credential, type CredentialId, err, type MonotonicMs, ok, type Result } from "@portico/card-protocol";
import type { DeviceError, Feedback, RelayBoard } from "@portico/firmware-ts";
import type { DoorRow } from "../control/door-rows.ts";
import type { DoorOperation, DoorRefusal, GuardUse, OperatorAct } from "../core/door-operation.ts";
import type { ModeStanding, ScheduledOperation } from "../core/door-schedule.ts";
import type { HoldEnd } from "../core/lane-hold.ts";
import type { Overruling } from "../core/overruling.ts";
import type { Recorder } from "../recorder.ts";

/** A grant on its way to the lock. */
export interface PortalGrant {
  readonly accessPoint: string;
  /** Seq of its AccessGranted, which is recorded already. */
  readonly grantedSeq: number;
  readonly credential: CredentialId;
  /** Number of the person in the zone. */
  readonly holder: number;
  /** The holder needs longer. */
  readonly extended: boolean;
  /** So many pass on it, 1..255, where PASS contacts count them. */
  readonly partySize: number;
  /** The reader is a way out: no lockdown of the site holds it. */
  readonly egress?: boolean;
  /** In a lift: the floors that the decision opened. */
  readonly floors?: readonly string[];
}

/** One floor of a lift, and why nobody may ride there now. */
export interface PortalFloor {
  /** Within its lift. */
  readonly floor: string;
  /** By which a list names it. */
  readonly accessPoint: string;
  readonly refusal: DoorRefusal | undefined;
}

/** A board has acknowledged the release of a grant. */
export interface Act {
  readonly grantedSeq: number;
  readonly device: string;
  /** The frame that asked for it; undefined where the protocol has no single one. */
  readonly frame: Uint8Array | undefined;
  /** When that frame was handed to the wire; without one, when the board had acknowledged. */
  readonly at: MonotonicMs;
}

/** Why an operator's wish was not carried out: the mode does not allow it, or it could not be recorded. */
export type OperationOutcome = Result<undefined, "OperationRefused" | "NotRecorded">;

/** What stands behind a reader: a door, one direction of a turnstile, or the floors of a lift. */
export interface Portal {
  /** The old system drives it: what is decided here is recorded, and nothing is moved or shown. Left out: never. */
  isShadow?(): boolean;
  /** Why nobody is let in now, for the decision; undefined where access is possible. */
  refusal(): DoorRefusal | undefined;
  /** Why this holder may not, where that depends on them. Left out: never. */
  refusalOf?(who: Credential): DoorRefusal | undefined;
  /** Where something is spent: records the grant with it, durable, in place of the grant alone. @returns its seq; undefined: the disk refuses */
  recordGrant?(granted: ControllerEvent, who: Credential): number | undefined;
  /** Of a lift: each of its floors is decided for itself. */
  floors?(): readonly PortalFloor[];
  /** Lets somebody in once. Only after the grant is recorded. */
  access(grant: PortalGrant): void;
}

/** What operators see and move: a door, one direction of a turnstile, or a floor of a lift. */
export interface Operable {
  /** `library`, `gate-1/entry`, or `lift-1/3`. */
  readonly id: string;
  /** It is nobody's to move, as the configuration says: an act upon all of a lift passes it over. */
  readonly isFixed?: boolean;
  /** The old system drives it. */
  readonly isShadow?: boolean;
  /** One passage on an operator's word. */
  operatorAccess(act: OperatorAct | GuardUse): OperationOutcome;
  operate(operation: DoorOperation, act: OperatorAct): OperationOutcome;
  /** A schedule sets the mode; nothing where somebody holds the door. @returns false where it could not be recorded: nothing was moved */
  follow(operation: ScheduledOperation, act: OperatorAct): boolean;
  /** Who set the mode, and when. */
  standing(): ModeStanding;
  /** The lockdown that holds it; undefined: none does. */
  heldBy(): string | undefined;
  row(): DoorRow;
}

/** One way of a lane that a guard may hold open. */
export interface Holdable {
  /** From now on for so long, once it is recorded. */
  hold(use: GuardUse, forMs: number): OperationOutcome;
  endHold(cause: HoldEnd): void;
  /** Who holds it, and for how long still; undefined: nobody does. */
  held(): (GuardUse & { readonly leftMs: number }) | undefined;
}

/** What overrules a door for a while: see the door's machine. */
export type OverrulingInput =
  | { readonly kind: "drill"; readonly on: boolean }
  | { readonly kind: "lockdown"; readonly of: string | undefined }
  | { readonly kind: "relock" };

/** A door, a turnstile or a lift as what concerns several at once sees it. */
export interface Place {
  readonly id: string;
  overrule(input: OverrulingInput): void;
  overruling(): Overruling;
  /** Why it is not shut and locked, as far as contact and board tell; undefined: it is. */
  unsecured(): string | undefined;
  /** Why it is not known to be free although it is meant to be; undefined: it is. */
  unfreed(): string | undefined;
}

/** The hardware side of a door or turnstile, told when a board is lost for good or back. */
export interface BoardUser {
  /** A board has been silent for longer than a retry mends. */
  boardLost(board: string, error: DeviceError, detail: string): void;
  /** A board answers again, or for the first time. */
  boardBack(board: string): void;
  /** Stops listening and ticking; the board's own close drops the relays. */
  close(): void;
}

/** What every portal is built over. */
export interface PortalParts {
  /** A board by its id; those that the configuration names are there. */
  readonly board: (id: string) => RelayBoard;
  readonly clock: Clock;
  readonly recorder: Recorder;
  readonly onAct: (act: Act) => void;
  /** The fire loop of a door or turnstile has opened. */
  readonly onFire: (door: string) => void;
  /** What the readers of a door are to show from now on: it stands open, or no longer does. */
  readonly onFeedback: (door: string, feedback: Feedback) => void;
}

/** A door whose mode nobody ever set. */
export const NEVER_SET: Pick<ModeStanding, "setBy" | "setAt"> = { setBy: "nobody", setAt: null };

/** Who has just set a mode, and when. */
export function setNow(by: "operation" | "schedule", clock: Pick<Clock, "wall">): Pick<ModeStanding, "setBy" | "setAt"> {
  const wall = clock.wall();
  return { setBy: by === "operation" ? "person" : "schedule", setAt: wall === "untrusted" ? null : wall.now };
}

export const operated: OperationOutcome = ok(undefined);
export const notRecorded: OperationOutcome = err("NotRecorded", "the disk refuses to record, so nothing was moved");

/** What a door says to whoever would move it while a lockdown of the site holds it. */
export const heldByLockdown = (of: string): Result<never, "OperationRefused"> => err("OperationRefused", `the lockdown of ${of} holds it`);

/** True for what only takes access away: it is done whatever the disk says, and its event is written when the disk takes writes again. */
export const isSecuring = (operation: DoorOperation): boolean => operation === "block" || operation === "lock-down";

/** Nobody is let in, and no pass is spent, at a lock whose board is known to be silent. */
export function boardRefusal({ id, health }: RelayBoard, of: "lock" | "floor" = "lock"): DoorRefusal | undefined {
  return health.kind === "online" ? undefined : { reason: "Other", detail: `the ${of}'s board ${id} does not answer` };
}
