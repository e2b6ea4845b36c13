import type { PrintPhase } from "../core/print-release.ts";
import type { ReleaseOutcome } from "../printing/print-runs.ts";
import type { OperatorAct } from "../core/door-operation.ts";

/** A release station, and who is signed in there. */
export interface ReleaseStationRow {
  readonly id: string;
  readonly printer: string;
  /** Why the printer does not print; null: it does, or has not been asked yet. */
  readonly fault: string | null;
  readonly accessPoints: readonly string[];
  /** Whose scan signed them in; null: nobody. */
  readonly credential: string | null;
  readonly leftS: number | null;
}

/** A held job of whoever is signed in. */
export interface HeldJobRow {
  readonly job: number;
  /** Sides that it takes, copies included; where `counted` is false what is held for. */
  readonly sides: number;
  readonly counted: boolean;
  readonly copies: number;
  readonly duplex: boolean;
  readonly colour: boolean;
  readonly priceFen: number;
  /** Why its pages were not counted; empty where they were. */
  readonly detail: string;
}

/** What was done with a job. */
export interface JobOutcomeRow {
  readonly job: number;
  readonly outcome: ReleaseOutcome["kind"] | "cancelled";
  /** Held until it is printed, and charged by what was. */
  readonly priceFen: number;
  readonly detail: string;
  /** No money moves: what a receipt has to say. */
  readonly test: boolean;
}

/** A release whose money has not come to rest. */
export interface PrintReleaseRow {
  readonly id: string;
  readonly printer: string;
  readonly job: number;
  readonly station: string;
  readonly credential: string;
  readonly phase: PrintPhase;
  readonly sides: number;
  readonly heldFen: number;
  readonly sideFen: number;
}

/** One job by its number, or null for all. */
export interface JobChoice {
  readonly job: number | null;
}

/** What somebody has counted in the tray. */
export type PrintSettlement = OperatorAct & { readonly sides: number };
