import type { OperatorAct } from "../core/door-operation.ts";

/** A holder who has a PIN, or a reader at which wrong ones were typed in a row. Never a PIN. */
export interface PinRow {
  /** Whose list numbers the holder; empty: lists come from files, or it is a reader. */
  readonly zone: string;
  /** Null: a reader. */
  readonly holder: number | null;
  /** Null: a holder. */
  readonly accessPoint: string | null;
  readonly setAt: number | null;
  readonly wrongTries: number;
  /** Null: tries are taken. */
  readonly lockedForS: number | null;
}

/** The PIN of the holder of a credential, 4 to 8 digits. */
export type PinSetting = OperatorAct & { readonly credential: string; readonly pin: string };

/** What became of it: in how many zones of the controller the holder is known. */
export interface PinSet {
  readonly change: "set" | "changed";
  readonly holders: readonly { readonly zone: string; readonly holder: number }[];
}

/** Whose PIN goes: the holder of a credential, a holder by number, or everybody's where both are null and `all` says so. */
export type PinErasure = OperatorAct & { readonly credential: string | null; readonly holder: number | null; readonly all: boolean };

/** Whose wrong tries are forgotten: exactly one of the two is given. */
export type PinLockOut = OperatorAct & { readonly credential: string | null; readonly accessPoint: string | null };
