import type { CardFormat } from "@portico/card-protocol";
import type { OperatorAct } from "../core/door-operation.ts";
import type { DoorRow } from "./door-rows.ts";
import type { ShadowClass, ShadowCounts } from "../core/shadow-comparison.ts";

/** Who is to drive a door: `cut-over`: Portico from now on; `return`: the old system again. */
export const DRIVING_ACTS = ["cut-over", "return"] as const;
export type DrivingAct = (typeof DRIVING_ACTS)[number];

export interface DrivingRoute {
  readonly params: { readonly id: string; readonly act: DrivingAct };
  readonly body: OperatorAct;
  readonly answer: readonly DoorRow[];
}

export interface ShadowReportRoute {
  readonly query: { readonly day?: string; readonly all?: 1 };
  readonly answer: ShadowReportRow;
}

/** How Portico's decisions and the old system's compare on one day of the campus. */
export interface ShadowReportRow {
  /** `2027-01-11` */
  readonly day: string;
  /** The day is not over. */
  readonly isToday: boolean;
  /** By door, or way of a turnstile. */
  readonly doors: readonly ({ readonly door: string; readonly inShadow: boolean } & ShadowCounts)[];
  /** Every decision, or those alone that differ, by time. */
  readonly decisions: readonly ShadowDecisionRow[];
}

/** One presentation, and what each of the two made of it. */
export interface ShadowDecisionRow {
  readonly at: number;
  readonly door: string;
  /** Empty: the old system's relay names no reader. */
  readonly accessPoint: string;
  readonly class: ShadowClass;
  readonly credential: string | null;
  readonly ours: "granted" | "denied" | null;
  readonly old: "granted" | "denied" | null;
  /** Why Portico would refuse; null: it would not, or saw nothing. */
  readonly reason: string | null;
  readonly detail: string;
  /** What to do about it; empty where both decided the same. */
  readonly remedy: string;
  readonly remedyZh: string;
  /** Number of Portico's event, and of what was seen of the old system. */
  readonly seq: number | null;
  readonly oldSeq: number | null;
}

/** Lines of the old system's log. */
export interface OldLogAsked extends OperatorAct {
  /** How the log writes cards; null: as the readers do. */
  readonly format: CardFormat | null;
  readonly entries: readonly { readonly accessPoint: string; readonly at: number; readonly card: string | null; readonly granted: boolean }[];
}

/** What became of an import. */
export interface OldLogTaken {
  readonly taken: number;
  /** Were there already: an import may be repeated. */
  readonly known: number;
  /** Their card is not in the list, or is not written so. */
  readonly unknownCards: number;
  /** Days that were over and are reported anew. */
  readonly days: readonly string[];
}
