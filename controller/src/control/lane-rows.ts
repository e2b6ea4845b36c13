import type { LaneTally } from "../core/lane-tally.ts";

/** One turnstile lane as a whole; its ways stand among the doors. */
export interface LaneRow {
  readonly id: string;
  readonly gate: string;
  readonly style: "pulse" | "level";
  /** What the unit's ready output says: `unread` where its board does not answer; null: none is wired. */
  readonly ready: "ready" | "not-ready" | "unread" | null;
  /** What its alarm output says, alike. */
  readonly alarm: "normal" | "alarm" | "unread" | null;
  /** The ways that guards hold open. */
  readonly held: readonly { readonly direction: "entry" | "exit"; readonly station: string; readonly leftS: number }[];
  /** Who passed today on a grant or somebody's word, inwards and outwards. */
  readonly inToday: number;
  readonly outToday: number;
}

/** Which days: the newest so many that anything was counted on; 1: today alone. */
export interface LaneCountQuery {
  readonly days?: number;
  /** A turnstile. */
  readonly lane?: string;
}

/** What passed one way of a lane on one day of the campus: each kind apart, docs/access-rules.md. */
export interface LaneCountRow extends LaneTally {
  /** `2027-01-11`; null: no clock said which day it was. */
  readonly day: string | null;
  readonly lane: string;
  readonly direction: "entry" | "exit";
}

/** A guard's station: who is signed in there, and what is held open from there. */
export interface GuardStationRow {
  readonly id: string;
  /** Where guards sign in. */
  readonly accessPoints: readonly string[];
  /** The credential that was shown; null: nobody is signed in. */
  readonly guard: string | null;
  /** For how long still. */
  readonly leftS: number | null;
  readonly buttons: readonly { readonly does: "open" | "hold"; readonly door: string }[];
  readonly held: readonly { readonly door: string; readonly leftS: number; readonly reason: string }[];
}
