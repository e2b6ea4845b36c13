import { EMPTY_CALENDAR, endOfDay, localTime, scheduleContext, startOfDay, type UnixSeconds } from "@portico/card-protocol";
import { listSchedules } from "../calendar.ts";
import type { Cloud } from "../cloud.ts";
import { openTimes } from "../core/reservations/open-times.ts";
import { type Span, span } from "../core/reservations/span.ts";
import type { Offering, ReservationKind } from "../core/reservations/terms.ts";
import { type Taken, timelineOf, type TimelinePart } from "../core/reservations/timeline.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ReservationState } from "../store/reservation-tables.ts";
import { Statement } from "../store/statement.ts";
import { campusContext } from "./booking-facts.ts";
import type { ResourceRow } from "./resource-rows.ts";

/** A day of one place. */
export interface Timeline {
  readonly resource: string;
  readonly parts: readonly TimelinePart[];
}

/** The day of the campus in which an instant lies. */
export function dayOf(zone: string, at: UnixSeconds): Span {
  const { date } = localTime(zone, at);
  return { from: startOfDay(zone, date), until: endOfDay(zone, date) };
}

/** The days of the campus that a stretch touches. */
export const daysOf = (zone: string, { from, until }: Span): Span => ({ from: dayOf(zone, from).from, until: dayOf(zone, (until - 1) as UnixSeconds).until });

/** What a timeline has to know of a place. */
type TimedRow = Pick<ResourceRow, "id" | "number" | "seats" | "schedule">;

/** The days of these places: those that a stretch touches, told as one row each. Two statements for any number of them. */
export async function timelinesOf<Row extends TimedRow>(
  cloud: Cloud,
  queries: Queries,
  resources: readonly Row[],
  wanted: Span,
  serviceOf: (row: Row) => Offering | undefined,
  now: UnixSeconds,
): Promise<Timeline[]> {
  const within = daysOf(cloud.timeZone, wanted);
  const openOf = await openings(cloud, queries, resources, within);
  const taken = await takenByNumber(queries, resources.map(({ number }) => number), within, now); // prettier-ignore
  return resources.map((row) => {
    const aheadS = serviceOf(row)?.terms.aheadS ?? 0;
    const parts = timelineOf({ within, seats: row.seats, taken: taken.get(row.number) ?? [], open: openOf(row), bookable: span(now, now + aheadS) });
    return { resource: row.id, parts };
  });
}

/** When each of these is open within a stretch. */
export async function openings(
  cloud: Cloud,
  queries: Queries,
  resources: readonly Pick<TimedRow, "schedule">[],
  within: Span,
): Promise<(row: Pick<TimedRow, "schedule">) => readonly Span[]> {
  // What is open at all hours asks neither calendar nor schedules.
  const hasHours = resources.some(({ schedule }) => schedule !== null);
  const context = hasHours ? await campusContext(cloud, queries) : scheduleContext(cloud.timeZone, [], EMPTY_CALENDAR);
  const schedules = new Map((hasHours ? await listSchedules(queries) : []).map((schedule) => [schedule.id, schedule]));
  /** Places with the same hours are open alike. */
  const openBy = new Map<string | null, readonly Span[]>();
  return ({ schedule }) => {
    const open = openBy.get(schedule) ?? openTimes(schedule === null ? undefined : schedules.get(schedule), context, within);
    openBy.set(schedule, open);
    return open;
  };
}

const TAKEN = new Statement<{
  readonly resource_number: number;
  readonly starts: number;
  readonly ends: number;
  readonly kind: ReservationKind;
  readonly state: ReservationState;
}>(
  `SELECT resource_number, starts, ends, kind, state FROM reserved_time JOIN reservation ON reservation.id = reserved_time.reservation
    WHERE resource_number ?? AND active = 1 AND ends > ? AND starts < ? AND (held_until IS NULL OR held_until > ?)`,
);

async function takenByNumber(queries: Queries, numbers: readonly number[], within: Span, now: UnixSeconds): Promise<ReadonlyMap<number, readonly Taken[]>> {
  const found = new Map<number, Taken[]>();
  for (const { resource_number, starts, ends, kind, state } of await TAKEN.rows(queries, numbers, within.from, within.until, now)) {
    const list = found.get(resource_number) ?? [];
    found.set(resource_number, list);
    list.push({ ...span(starts, ends), state: kind === "booking" && state === "booked" ? "occupied" : "locked" });
  }
  return found;
}
