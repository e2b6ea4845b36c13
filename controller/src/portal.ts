import { err, type MonotonicMs, ok, type Result } from "@portico/card-protocol";
import type { DoorRow } from "./control/control-api.ts";
import type { DoorOperation, DoorRefusal } from "./core/door-operation.ts";

/** A grant on its way to the lock. */
export interface PortalGrant {
  readonly accessPoint: string;
  /** Seq of its AccessGranted, which is recorded already. */
  readonly grantedSeq: number;
  /** The holder needs longer. */
  readonly extended: boolean;
}

/** The frame that moved a relay for a grant, and when it was handed to the wire. */
export interface Act {
  readonly grantedSeq: number;
  readonly device: string;
  readonly frame: Uint8Array;
  readonly at: MonotonicMs;
}

/** Why an operator's wish was not carried out: the mode does not allow it, or it could not be recorded. */
export type OperationOutcome = Result<undefined, "OperationRefused" | "NotRecorded">;

/** What stands behind a reader: a door, or one direction of a turnstile. */
export interface Portal {
  /** Why nobody is let in now, for the decision; undefined where access is possible. */
  refusal(): DoorRefusal | undefined;
  /** Lets somebody in once. Only after the grant is recorded. */
  access(grant: PortalGrant): void;
}

/** What operators see and move: a door with its axes, or a turnstile with two rows. */
export interface Operable {
  readonly id: string;
  /** One passage on an operator's word. */
  operatorAccess(by: string): OperationOutcome;
  operate(operation: DoorOperation, by: string): OperationOutcome;
  rows(): readonly DoorRow[];
}

export const operated: OperationOutcome = ok(undefined);
export const notRecorded: OperationOutcome = err("NotRecorded", "the disk refuses to record, so nothing was moved");
