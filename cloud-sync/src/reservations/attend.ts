import { formatLocal, ok, type Result, type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Cloud } from "../cloud.ts";
import { refuse } from "../core/refusal.ts";
import { type AbsenceStanding } from "../core/reservations/attendance.ts";
import { windowOf, windowRule } from "../core/reservations/terms.ts";
import { type Changed, type ChangeNote, mutate, type Mutation } from "../mutation.ts";
import type { ServiceDocument } from "../services/service-document.ts";
import { absentAt, type Absence } from "./absences.ts";
import { type Desk, grantedOf, oneOf } from "./booking.ts";
import { standingOf } from "./booking-facts.ts";
import { type ActRefusal, findReservation, type Found } from "./decide.ts";
import { offeringIds, offeringOf, refuseFor } from "./offering.ts";
import { grantTimes } from "./reservation-grants.ts";
import type { Reservation } from "./reservation-rows.ts";

export type AttendRefusal = ActRefusal | "WindowClosed" | "NotCheckedIn";
type Session = Found["times"][number];

/**
 * Signs in to one session of a booking, in its window (rule 5.5). Again changes nothing. A desk signs in whoever stands there until the session is over (rule 5.8).
 *
 * @param nth  which session; null: the one whose window is open
 */
export function signIn(desk: Desk, note: ChangeNote, id: string, person: string, nth: number | null): Promise<Result<Changed<Reservation>, AttendRefusal>> {
  return attend(desk, note, id, person, nth, "sign-in", async ({ queries, now }, session) => {
    if (session.leaveAt !== null) return "the person is excused from that session";
    if (session.signedInAt === null)
      await queries
        .updateTable("reserved_time")
        .set({ signed_in_at: now, signed_in_by: desk.isDesk ? "desk" : "person" })
        .where("reservation", "=", id)
        .where("nth", "=", session.nth)
        .execute();
    return undefined;
  });
}

/** Excuses from one session of a course, in its window (rule 5.5, 请假): the seat stays the person's, the door stays shut. Again changes nothing. */
export function leave(desk: Desk, note: ChangeNote, id: string, person: string, nth: number | null): Promise<Result<Changed<Reservation>, AttendRefusal>> {
  return attend(desk, note, id, person, nth, "leave", async (mutation, session, { row, resource, offering }) => {
    if (session.signedInAt !== null) return "the person has signed in";
    if (session.leaveAt !== null) return undefined;
    await mutation.queries.updateTable("reserved_time").set({ leave_at: mutation.now }).where("reservation", "=", id).where("nth", "=", session.nth).execute();
    await grantTimes(mutation, desk.cloud, offering, resource.opens, grantedOf(row));
    return undefined;
  });
}

function attend(
  desk: Desk,
  note: ChangeNote,
  id: string,
  person: string,
  nth: number | null,
  act: "sign-in" | "leave",
  done: (mutation: Mutation, session: Session, found: Found) => Promise<string | undefined>,
): Promise<Result<Changed<Reservation>, AttendRefusal>> {
  return mutate<Reservation, AttendRefusal>(desk.cloud, { ...note, target: `reservation ${id}` }, async (mutation) => {
    const { queries, now } = mutation;
    const found = await findReservation(mutation, desk, id, person, ["booked"]);
    if (!found.ok) return found;
    const { row, resource, offering, times } = found.value;
    const windows = times.map((session) => ({ session, window: windowOf(offering, act, session, unixSeconds(row.created_at)) }));
    const asked = nth === null ? windows : windows.filter(({ session }) => session.nth === nth);
    const first = asked.find(({ session, window }) => window !== undefined && now < untilOf(desk, act, session, window.until)) ?? asked.at(-1);
    if (first?.window === undefined || (act === "leave" && resource.kind === "place"))
      return refuseFor(offering, "NotCheckedIn", act === "leave" ? "a place is given back by cancelling" : offering.id, windowRule(offering, act, "sign-in"));
    const { session, window } = first;
    const until = untilOf(desk, act, session, window.until);
    const textOf = (at: UnixSeconds): string => formatLocal(desk.cloud.timeZone, at);
    if (now < window.from || now >= until)
      return refuseFor(offering, "WindowClosed", `${act}: ${textOf(window.from)} to ${textOf(unixSeconds(until))}`, window.rule);
    const trouble = await done(mutation, session, found.value);
    return trouble === undefined ? ok(await oneOf(queries, row, offering, now)) : refuseFor(offering, "ReservationOver", trouble, window.rule);
  });
}

const untilOf = ({ isDesk }: Desk, act: "sign-in" | "leave", session: Session, until: number): number =>
  isDesk && act === "sign-in" ? Math.max(until, session.until) : until;
/** The absences of a person at one service, and what follows from them. */
export interface AbsenceReport {
  readonly campusService: string;
  readonly absences: readonly Absence[];
  readonly standing: AbsenceStanding;
}
/** Absences are told for a year. */
const TOLD_S = 365 * 86_400;

/** Where a person was absent (爽约), by service, judged now, and until when nothing can be booked there (rule 5.6). */
export async function readAbsences(
  { database }: Cloud,
  document: ServiceDocument,
  person: string,
  now: UnixSeconds,
): Promise<Result<AbsenceReport[], "PersonUnknown">> {
  const { queries } = database;
  if ((await queries.selectFrom("person").select("id").where("id", "=", person).executeTakeFirst()) === undefined) return refuse("PersonUnknown", person);
  const reports: AbsenceReport[] = [];
  for (const id of offeringIds(document)) {
    const offering = offeringOf(document, id)!;
    if (!offering.windows.some((window) => window.id === "sign-in")) continue;
    reports.push({
      campusService: id,
      absences: await absentAt(queries, offering, person, now - TOLD_S, now),
      standing: await standingOf(queries, offering, person, now),
    });
  }
  return ok(reports);
}
