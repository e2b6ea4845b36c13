import { scheduleContext, type ScheduleContext, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { listSpecialDays, readCalendar, readSchedule } from "../calendar.ts";
import type { Cloud } from "../cloud.ts";
import { type AbsenceStanding, absenceStanding } from "../core/reservations/attendance.ts";
import { openTimes } from "../core/reservations/open-times.ts";
import { type BookedTime, countsOthers, quotaReached } from "../core/reservations/quota.ts";
import { judgeBooking, type RefusedBooking } from "../core/reservations/judge-booking.ts";
import { hullOf, overlaps, type Span, span } from "../core/reservations/span.ts";
import { noticeFor } from "../core/reservations/terms.ts";
import { readMemberships } from "../expansion/person-facts.ts";
import { answerService } from "../services/service-answer.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import type { Queries } from "../store/cloud-database.ts";
import { Statement } from "../store/statement.ts";
import type { OfferingWithContact } from "./offering.ts";
import { absentAt } from "./absences.ts";
import type { Resource } from "./resource-rows.ts";

/** Who wants what. */
export interface Wanted {
  readonly resource: Resource;
  readonly person: string;
  readonly spans: readonly Span[];
  readonly acceptedVersion: number | null;
  /** A reservation that this replaces, or that is judged anew: it does not count against itself. */
  readonly except: string | null;
}

/** Bookings of a week reach into quotas of both its ends. */
const WEEK_S = 8 * 86_400;

/** The clock and calendar of the campus; special days only where the schedule has some. */
export async function campusContext(cloud: Cloud, queries: Queries): Promise<ScheduleContext> {
  return scheduleContext(cloud.timeZone, await listSpecialDays(queries), await readCalendar(queries));
}

/** Why nobody could book this; undefined: it can be, where nobody else has it. Read and judged in the transaction that books. */
export async function refusalOf(
  cloud: Cloud,
  queries: Queries,
  document: ServiceDocument,
  offering: OfferingWithContact,
  wanted: Wanted,
  now: UnixSeconds,
): Promise<(RefusedBooking | { readonly reason: "ServiceNotForYou"; readonly detail: string; readonly rule: string }) | undefined> {
  const { resource, person, spans, acceptedVersion } = wanted;
  const context = resource.schedule === null ? scheduleContext(cloud.timeZone, [], { days: new Map(), termPhases: [] }) : await campusContext(cloud, queries);
  const said = answerService(document, offering.id, { login: "campus", memberships: await readMemberships(queries, person), at: now, context })!;
  if (said.verdict.may === "nothing") return { reason: "ServiceNotForYou", detail: said.sentence.zh, rule: said.verdict.rule };
  const isOrdered = spans.length > 0 && spans.every(({ from, until }) => from < until);
  const open = isOrdered ? await openOf(queries, resource, context, hullOf(spans)) : [];
  return judgeBooking(
    {
      now,
      zone: cloud.timeZone,
      kind: resource.kind,
      spans,
      open,
      acceptedVersion,
      notice: noticeFor(offering, resource.kind),
      // Of one seat alone nobody has two.
      own: isOrdered && resource.seats > 1 ? await ownAt(queries, wanted, now) : undefined,
      absences: await standingOf(queries, offering, person, now),
      quota: isOrdered && resource.kind === "place" ? await quotaOf(cloud, queries, offering, wanted, now) : undefined,
    },
    offering,
  );
}

/** When a place is open within a stretch; a course whenever it is held. */
export async function openOf(queries: Queries, { kind, schedule, sessions }: Resource, context: ScheduleContext, within: Span): Promise<Span[]> {
  if (kind === "course") return [...sessions];
  return openTimes(schedule === null ? undefined : await readSchedule(queries, schedule), context, within);
}

/** How often the person stayed away, and what follows. */
export async function standingOf(queries: Queries, offering: OfferingWithContact, person: string, now: UnixSeconds): Promise<AbsenceStanding> {
  const { absences } = offering.terms;
  if (absences === null) return { counted: 0, blockedUntil: null };
  const missed = await absentAt(queries, offering, person, now - absences.withinS - absences.blockedS, now);
  return absenceStanding(absences, missed.map(({ at }) => at), now); // prettier-ignore
}

const OWN = new Statement<{ readonly id: string; readonly starts: number; readonly ends: number }>(
  `SELECT reservation.id, starts, ends FROM reservation JOIN reserved_time ON reserved_time.reservation = reservation.id
    WHERE person = ? AND resource = ? AND active = 1 AND ends > ? AND starts < ? AND reservation.id <> ? AND (held_until IS NULL OR held_until > ?)`,
);

/** By which reservation the person has a seat of the same at one of these times. */
async function ownAt(queries: Queries, { resource, person, spans, except }: Wanted, now: UnixSeconds): Promise<string | undefined> {
  const { from, until } = hullOf(spans);
  const rows = await OWN.rows(queries, person, resource.id, from, until, except ?? "", now);
  return rows.find(({ starts, ends }) => spans.some((each) => overlaps(each, span(starts, ends))))?.id;
}

const BOOKED = `SELECT reservation.person, reservation.resource, starts, ends FROM reservation
  JOIN reserved_time ON reserved_time.reservation = reservation.id JOIN resource ON resource.id = reservation.resource
  WHERE reservation.kind = 'booking' AND resource.kind = 'place' AND campus_service = ? AND active = 1 AND ends > ? AND reservation.id <> ?
    AND (held_until IS NULL OR held_until > ?)`;
type BookedRow = { readonly person: string | null; readonly resource: string; readonly starts: number; readonly ends: number };
const BOOKED_BY_PERSON = new Statement<BookedRow>(`${BOOKED} AND reservation.person = ?`);
/** And of others, what begins by then. */
const BOOKED_BY_ALL = new Statement<BookedRow>(`${BOOKED} AND (reservation.person = ? OR starts < ?)`);

async function quotaOf(cloud: Cloud, queries: Queries, offering: OfferingWithContact, { resource, person, spans, except }: Wanted, now: UnixSeconds) {
  if (offering.quotas.length === 0) return undefined;
  const hull = hullOf(spans);
  const within = span(Math.max(0, Math.min(now, hull.from - WEEK_S)), hull.until + WEEK_S);
  const rows = offering.quotas.some(countsOthers)
    ? await BOOKED_BY_ALL.rows(queries, offering.id, within.from, except ?? "", now, person, within.until)
    : await BOOKED_BY_PERSON.rows(queries, offering.id, within.from, except ?? "", now, person);
  const booked = rows.map((row): BookedTime => ({
    person: row.person,
    resource: row.resource,
    from: unixSeconds(row.starts),
    until: unixSeconds(row.ends),
  }));
  const asked = spans.map((each): BookedTime => ({ ...each, person, resource: resource.id }));
  return quotaReached(cloud.timeZone, offering.quotas, booked, asked, now);
}
