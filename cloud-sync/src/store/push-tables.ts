/** What is kept of lists that are pushed, and of removals that wait for a second operator. */
export interface PushTables {
  push: PushTable;
  /** The list as it came, whole lines, until the push is over. */
  push_part: { push: string; first_byte: number; bytes: Uint8Array; last_row: number };
  push_row: PushRowTable;
  /** Keys, accounts and cards that rows of a push claim: none stands twice. */
  push_claim: { push: string; claim: string; row_number: number };
  /** Whom a source has pushed, and what it said of them: what it says no more is what it takes away. */
  pushed_person: { source: string; key: string; person: string; content: string };
  held_removal: HeldRemovalTable;
}

/** `receiving` → `planning` → `planned` → (`held` →) `applying` → `applied`; `dropped` ends each but the last two. */
export const PUSH_STATES = ["receiving", "planning", "planned", "held", "applying", "applied", "dropped"] as const;
export type PushState = (typeof PUSH_STATES)[number];

export interface PushTable {
  id: string;
  source: string;
  /** 1: it says all of the source's people; 0: of some. */
  is_full: number;
  /** As announced. */
  row_count: number;
  byte_count: number;
  sha256: Uint8Array;
  state: PushState;
  received_bytes: number;
  received_rows: number;
  /** How far the plan has come: rows read; then 1 while sponsors are looked up, 2 while removals are. */
  planned_rows: number;
  plan_step: number;
  /** How many pushes of the source had been applied when the plan was begun. */
  base: number;
  /** JSON of the plan's counts. */
  counts: string;
  opened_by: string;
  opened_at: number;
  ended_at: number | null;
}

export const ROW_OUTCOMES = ["added", "changed", "same", "removed", "refused"] as const;
export type RowOutcome = (typeof ROW_OUTCOMES)[number];

export interface PushRowTable {
  push: string;
  /** Line of the list, from 1; those that are removed have no line and come behind. */
  row_number: number;
  /** Null: the line cannot be read so far. */
  key: string | null;
  outcome: RowOutcome;
  /** JSON: of `changed` the fields that differ, of `refused` every wrong field. */
  fields: string;
  /** JSON: audiences whose access ends. */
  ends: string;
  /** Canonical JSON of what the row says; null where nothing is done. */
  content: string | null;
  /** 0 first, 1 family, which needs its sponsor, 2 removed; 9: nothing to do, or done. */
  due: number;
}

/** A change that would end the access of too many at once, and waits. */
export interface HeldRemovalTable {
  id: string;
  /** JSON: what shall be done. */
  act: string;
  state: "held" | "released" | "dropped";
  /** JSON: audience, how many would end, of how many. */
  counts: string;
  asked_by: string;
  asked_at: number;
  reason: string;
  decided_by: string | null;
  decided_at: number | null;
  decided_reason: string | null;
}
