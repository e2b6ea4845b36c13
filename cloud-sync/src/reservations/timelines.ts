import { EMPTY_CALENDAR, endOfDay, localTime, scheduleContext, startOfDay, type UnixSeconds } from "@portico/card-protocol";
import { listSchedules } from "../calendar.ts";
import type { Cloud } from "../cloud.ts";
import { openTimes } from "../core/reservations/open-times.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { Offering } from "../core/reservations/terms.ts";
import { type Taken, timelineOf, type TimelinePart } from "../core/reservations/timeline.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import { campusContext } from "./booking-facts.ts";
import type { ResourceRow } from "./resources.ts";

/** A day of one place. */
export interface Timeline {
  readonly resource: string;
  readonly parts: readonly TimelinePart[];
}

/** Numbers in one statement. */
const NUMBERS_MAX = 500;

/** The day of the campus in which an instant lies. */
export function dayOf(zone: string, at: UnixSeconds): Span {
  const { date } = localTime(zone, at);
  return { from: startOfDay(zone, date), until: endOfDay(zone, date) };
}

/** The days of these places: those that a stretch touches, told as one row each. Two statements for any number of them. */
export async function timelinesOf(
  cloud: Cloud,
  queries: Queries,
  resources: readonly ResourceRow[],
  wanted: Span,
  serviceOf: (row: ResourceRow) => Offering | undefined,
  now: UnixSeconds,
): Promise<Timeline[]> {
  const within = { from: dayOf(cloud.timeZone, wanted.from).from, until: dayOf(cloud.timeZone, (wanted.until - 1) as UnixSeconds).until };
  // What is open at all hours asks neither calendar nor schedules.
  const hasHours = resources.some(({ schedule }) => schedule !== null);
  const context = hasHours ? await campusContext(cloud, queries) : scheduleContext(cloud.timeZone, [], EMPTY_CALENDAR);
  const schedules = new Map((hasHours ? await listSchedules(queries) : []).map((schedule) => [schedule.id, schedule]));
  const taken = await takenByNumber(queries, resources.map(({ number }) => number), within, now); // prettier-ignore
  /** Places with the same hours are open alike. */
  const openBy = new Map<string | null, Span[]>();
  return resources.map((row) => {
    const open = openBy.get(row.schedule) ?? openTimes(row.schedule === null ? undefined : schedules.get(row.schedule), context, within);
    openBy.set(row.schedule, open);
    const aheadS = serviceOf(row)?.terms.aheadS ?? 0;
    const parts = timelineOf({ within, seats: row.seats, taken: taken.get(row.number) ?? [], open, bookable: span(now, now + aheadS) });
    return { resource: row.id, parts };
  });
}

async function takenByNumber(queries: Queries, numbers: readonly number[], within: Span, now: UnixSeconds): Promise<ReadonlyMap<number, readonly Taken[]>> {
  const found = new Map<number, Taken[]>();
  for (const some of portions(numbers, NUMBERS_MAX)) {
    const rows = await queries
      .selectFrom("reserved_time")
      .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
      .select(["resource_number", "starts", "ends", "kind", "state"])
      .where("resource_number", "in", some)
      .where("active", "=", 1)
      .where("ends", ">", within.from)
      .where("starts", "<", within.until)
      .where((where) => where.or([where("held_until", "is", null), where("held_until", ">", now)]))
      .execute();
    for (const { resource_number, starts, ends, kind, state } of rows) {
      const list = found.get(resource_number) ?? [];
      found.set(resource_number, list);
      list.push({ ...span(starts, ends), state: kind === "booking" && state === "booked" ? "occupied" : "locked" });
    }
  }
  return found;
}
