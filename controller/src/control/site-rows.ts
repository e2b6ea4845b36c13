import type { ScheduledOperation } from "../core/door-schedule.ts";

/** The routes that concern several doors at once; part of {@link ControlRoutes}. */
export interface SiteRoutes {
  /** What schedules do to doors. */
  "GET /v1/door-schedules": { readonly answer: readonly DoorScheduleRow[] };
}

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
