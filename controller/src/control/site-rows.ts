import type { OperatorAct } from "../core/door-operation.ts";
import type { ScheduledOperation } from "../core/door-schedule.ts";

/** One `[[door_schedule]]`, and what its door's timetable says now. */
export interface DoorScheduleRow {
  readonly door: string;
  readonly schedule: string;
  /** What the schedule does to the door while it is open. */
  readonly operation: ScheduledOperation;
  /** Whose list it stands in; null: lists come from files. */
  readonly zone: string | null;
  /** What all schedules of the door together say now; null: nobody knows, see `trouble`. */
  readonly says: ScheduledOperation | null;
  /** The door is as they say; false: somebody set it by hand, or holds it. */
  readonly followed: boolean;
  /** When they say something else next; null: not within 40 days, or not known. */
  readonly nextChange: number | null;
  /** What keeps the schedule from being followed; null: nothing. */
  readonly trouble: string | null;
}

/** What may be asked of a zone, or of every door of a controller; the verbs of commands from afar, too. */
export const SITE_VERBS = ["lockdown", "lockdown-release", "drill", "drill-end", "relock"] as const;
export type SiteVerb = (typeof SITE_VERBS)[number];

/** Where, by whom and why; zone null: every door of this controller. */
export type SiteAsked = OperatorAct & { readonly zone: string | null };

/** What became of it. */
export interface SiteActRow {
  readonly zone: string | null;
  /** How many doors and turnstiles it concerned. */
  readonly doors: number;
  /** Which of them are not as was asked, and why: not held, not free, not shut. */
  readonly exceptions: readonly { readonly door: string; readonly why: string }[];
}

/** What lasts, and what waits for somebody. */
export interface SiteRow {
  readonly lockdowns: readonly StandingRow[];
  readonly drills: readonly StandingRow[];
  /** Doors and turnstiles that stay free until they are had locked again. */
  readonly awaiting: readonly string[];
  /** Doors and turnstiles that are not shut and locked, and why. */
  readonly open: readonly { readonly door: string; readonly why: string }[];
  /** What may be named. */
  readonly zones: readonly string[];
}

/** A lockdown or a drill that lasts. Zone null: every door. */
export interface StandingRow extends OperatorAct {
  readonly zone: string | null;
  readonly since: number | null;
}
