import { type Schedule, type ScheduleContext, scheduleContext } from "@portico/card-protocol";
import { listSchedules, listSpecialDays, readCalendar } from "./calendar.ts";
import type { Cloud } from "./cloud.ts";
import type { Queries } from "./store/cloud-database.ts";

/** What schedules are read against. */
export interface CampusTime {
  readonly context: ScheduleContext;
  readonly schedules: ReadonlyMap<string, Schedule>;
}

export async function readCampusTime(cloud: Cloud, queries: Queries): Promise<CampusTime> {
  const schedules = new Map((await listSchedules(queries)).map((schedule) => [schedule.id, schedule]));
  return { context: scheduleContext(cloud.timeZone, await listSpecialDays(queries), await readCalendar(queries)), schedules };
}
