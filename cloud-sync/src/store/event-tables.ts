import type { Generated } from "kysely";
import type { CaptureAct, CopyKind } from "../core/copy-rules.ts";

/** What controllers have sent up. Nothing here refers to the controllers' own table: what was recorded outlives who recorded it. */
export interface EventTables {
  event_chain: EventChainTable;
  controller_event: ControllerEventTable;
  /** Which events name a credential, as far as batches were looked at for last use. */
  credential_event: { credential: string; chain: number; seq: number };
  event_batch: EventBatchTable;
  event_fork: EventForkTable;
  /** What phones' keys have signed and doors have seen, each pass once, for a month; where it was seen first. */
  shown_pass: { credential: string; counter: number; signed_at: number; chain: number; seq: number };
  /** Batches up to here were looked at for copies. */
  copy_mark: { one_row: number; batch: number };
  copy_finding: CopyFindingTable;
  /** When a credential was let in last at an access point, seconds. */
  last_use: { credential: string; access_point: string; at: number };
  /** Batches up to here were looked at for last use, and for the credentials that they name. */
  last_use_mark: { one_row: number; batch: number };
  event_checkpoint: EventCheckpointTable;
  /** Events of these kinds are gone up to here, as far as their time was over. `kinds` names a class of kinds. */
  event_retention_mark: { chain: number; kinds: string; seq: number };
  /** Events of a kind that came before are not kept any more, seconds. */
  event_retention_kind: { name: string; dropped_before: number };
  event_retention_run: EventRetentionRunTable;
  /** What the site does about captures; without a row what {@link CAPTURE_POLICY} says. */
  capture_policy: { one_row: number; first_act: CaptureAct; repeated_act: CaptureAct };
}

export interface CopyFindingTable {
  id: Generated<number>;
  credential: string;
  person: string;
  /** A copy that doors have seen, or a capture that the owner's phone reported. */
  kind: CopyKind | "capture";
  at: number;
  outcome: CopyOutcome;
  /** JSON: the two passes and where they were seen, or what was captured. */
  evidence: string;
}

/** What was done: told, asked about, suspended, frozen; or nothing, because the credential's state did not allow it. */
export const COPY_OUTCOMES = ["warned", "reported", "suspended", "frozen", "unchanged"] as const;
export type CopyOutcome = (typeof COPY_OUTCOMES)[number];

/** One machine's chain of events: a controller that was replaced goes on under the same id with the next chain. */
export interface EventChainTable {
  number: Generated<number>;
  controller: string;
  /** 1 for its first machine, 2 for the next. */
  machine: number;
  /** Of the machine, 32 bytes: what signs its events. */
  public_key: Uint8Array;
  /** The end of what is kept: number and hash of the last event. */
  seq: number;
  hash: Uint8Array;
  received_at: number;
  /** GapRecords in it, and the events that they stand for. */
  gaps: number;
  missing: number;
}

/** One record as the controller made it; the columns beside it are what it says, for searching. */
export interface ControllerEventTable {
  chain: number;
  seq: number;
  at: number | null;
  ms: number;
  name: string;
  source: string | null;
  credential: string | null;
  record: Uint8Array;
  /** What the next record names: SHA-256 of the record, of a GapRecord the hash of the last event that it stands for. */
  hash: Uint8Array;
}

/** What was signed together: with the records it makes the signed bytes again. In the order of arrival. */
export interface EventBatchTable {
  id: Generated<number>;
  chain: number;
  /** Numbers of the first and the last record; what the batch before had already is kept once. */
  first_seq: number;
  last_seq: number;
  /** The first of them that was new. */
  new_from: number;
  signature: Uint8Array;
  received_at: number;
}

/** A signed batch that says something else than what is kept: proof that a machine, or who has its key, told two stories. */
export interface EventForkTable {
  chain: number;
  /** The first event that differs. */
  seq: number;
  /** Its hash in the other story. */
  hash: Uint8Array;
  /** The other story as it was signed. */
  batch: Uint8Array;
  received_at: number;
}

/** What stands for events whose time was over. */
export interface EventCheckpointTable {
  chain: number;
  /** Numbers of the first and the last event that are gone, as the record says. */
  first_seq: number;
  last_seq: number;
  /** As signed. docs/feed-and-events.md, Retention. */
  record: Uint8Array;
}

/** The run that drops events: the one that goes on, or the last one. One row. */
export interface EventRetentionRunTable {
  one_row: number;
  /** Rises with everything that a run does: who sees another one has lost its place. */
  step: number;
  /** The campus's day on which it began; null: there was none yet. */
  day: string | null;
  started_at: number | null;
  /** Null: it goes on. */
  finished_at: number | null;
  /** Chains up to this number are done. */
  chain: number;
  /** JSON: how many events of each kind. */
  dropped: string;
  /** JSON: chains that do not hold, and where. What proves that is kept. */
  broken: string;
}
