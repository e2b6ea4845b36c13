import type { CommissioningOutcome, Observation, ProtocolStep } from "@portico/card-protocol";
import type { Word } from "../core/commissioning.ts";

/**
 * Whether a door was commissioned, and why it counts as not: `never`, or `changed` since, or its last commissioning was `incomplete` or `failed`.
 */
export type CommissioningState = "commissioned" | "never" | "changed" | Exclude<CommissioningOutcome, "passed">;

/** A door, a turnstile or a floor of a lift, and how it was commissioned. */
export interface CommissioningRow {
  /** A door's or turnstile's id, or `<lift>/<floor>`. */
  readonly door: string;
  readonly kind: "door" | "turnstile" | "floor";
  readonly state: CommissioningState;
  /** What failed, was left out, or is another since; empty: nothing. */
  readonly why: string;
  /** Whoever ended the last commissioning, and when; null: there was none, or no clock said when. */
  readonly by: string | null;
  readonly at: number | null;
  /** SHA-256 of its signed protocol. */
  readonly protocol: string | null;
  /** Somebody has begun one and not ended it. */
  readonly isUnderWay: boolean;
}

/** One step of a walk. */
export interface WalkStepRow extends ProtocolStep {
  /** What it shows, in words. */
  readonly shows: string;
  /** It has to pass; others may be left out for a reason. */
  readonly isNeeded: boolean;
}

/** A commissioning: its steps, and what is waited for now. */
export interface WalkRow {
  readonly door: string;
  readonly kind: CommissioningRow["kind"];
  /** Null: nobody has begun it. */
  readonly by: string | null;
  readonly begun: number | null;
  readonly steps: readonly WalkStepRow[];
  readonly under: {
    readonly step: string;
    readonly stage: number;
    /** What is to be done, or what is asked. */
    readonly tells: string;
    /** The answers that are taken; null: nothing is asked, the controller waits for what it sees. */
    readonly words: readonly Word[] | null;
    /** A named person has to have it locked again: `POST /v1/site/relock`. */
    readonly isRelock: boolean;
    readonly seen: readonly Observation[];
  } | null;
}

/**
 * `begin` takes up what was begun before; `start` a step, also one that is done; `answer` what is asked; `skip` or `fail` a step with a remark; `leave` the step
 * that is under way as it was; `discard` everything since the last protocol; `finish` signs the protocol.
 */
export const COMMISSIONING_VERBS = ["begin", "start", "answer", "skip", "fail", "leave", "discard", "finish"] as const;
export type CommissioningVerb = (typeof COMMISSIONING_VERBS)[number];

/** What a verb is asked with; step and word where the verb takes one. */
export interface CommissioningAsked {
  readonly by: string;
  readonly step: string | null;
  readonly word: Word | null;
  /** At most 200 characters. */
  readonly remark: string;
}

export interface CommissioningAnswer {
  readonly row: CommissioningRow;
  readonly walk: WalkRow;
}

/** A signed protocol, and whose signature it is. */
export interface SignedProtocol {
  readonly site: string;
  readonly controller: string;
  /** The controller's own, 32 bytes. */
  readonly publicKey: string;
  /** Null: the door was never commissioned. */
  readonly record: string | null;
}

/** The route that a walk goes on by. */
export interface WalkRoute {
  readonly params: { readonly id: string; readonly verb: CommissioningVerb };
  readonly body: CommissioningAsked;
  readonly answer: CommissioningAnswer;
}
