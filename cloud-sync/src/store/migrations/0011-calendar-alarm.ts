import type { Step } from "../migration-step.ts";

/** The day of the campus on which callers were told last that a year's calendar is missing; null: it is there. */
export const calendarAlarm: Step = () => ["ALTER TABLE site ADD COLUMN calendar_told TEXT"];
