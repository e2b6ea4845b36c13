import type { Antipassback } from "../core/area.ts";
import type { OperatorAct } from "../core/door-operation.ts";

/** One area and how many holders are in it. */
export interface AreaRow {
  readonly id: string;
  readonly antipassback: Antipassback;
  /** Null unless it is `timed`. */
  readonly antipassbackTimeS: number | null;
  /** Those included who were let in and have not passed yet. */
  readonly holders: number;
  /** Null: any number. */
  readonly holdersMax: number | null;
  /** Access points that lead into it, and out of it. */
  readonly entrances: readonly string[];
  readonly exits: readonly string[];
}

/** A holder who is inside: the list's handle, what they showed, and when. */
export interface AreaHolderRow {
  readonly holder: number;
  readonly credential: string;
  readonly since: number | null;
}

/** A holder who is inside though what let them in has ended. */
export interface AreaOverdueRow extends AreaHolderRow {
  /** When it ended; null: withdrawn, nobody knows when. */
  readonly endedAt: number | null;
}

/** Whom an area is to forget, found by any of their credentials; null: everybody. */
export type AreaReset = OperatorAct & { readonly credential: string | null };
