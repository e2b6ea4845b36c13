import { type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import { attendanceOf } from "../core/reservations/attendance.ts";
import { type Span, span } from "../core/reservations/span.ts";
import { type Offering, windowOf } from "../core/reservations/terms.ts";
import type { Queries } from "../store/cloud-database.ts";
import { ACTIVE } from "./lapse.ts";

/** A session that somebody neither came to nor was excused from (爽约). */
export interface Absence extends Span {
  readonly reservation: string;
  readonly resource: string;
  readonly nth: number;
  /** When it was too late to sign in. */
  readonly at: UnixSeconds;
}

/** The absences of a person at a service whose windows have ended in since < t ≤ now, judged on reading, in the order of their times. */
export async function absentAt(queries: Queries, offering: Offering, person: string, since: number, now: UnixSeconds): Promise<Absence[]> {
  if (!offering.windows.some(({ id }) => id === "sign-in")) return [];
  const rows = await queries
    .selectFrom("reserved_time")
    .innerJoin("reservation", "reservation.id", "reserved_time.reservation")
    .innerJoin("resource", "resource.id", "reservation.resource")
    .select(["reservation.id", "reservation.resource", "reservation.created_at", "nth", "starts", "ends", "signed_in_at", "leave_at"])
    .where("reservation.person", "=", person)
    .where("campus_service", "=", offering.id)
    .where("reservation.state", "=", "booked")
    .where(ACTIVE)
    .where("signed_in_at", "is", null)
    .where("leave_at", "is", null)
    .where("ends", ">", since)
    .where("starts", "<=", now)
    .orderBy("starts")
    .execute();
  return rows.flatMap(({ id, resource, created_at, nth, starts, ends, signed_in_at, leave_at }) => {
    const time = span(starts, ends);
    const window = windowOf(offering, "sign-in", time, unixSeconds(created_at));
    const isAbsent = attendanceOf({ ...time, signedInAt: signed_in_at, leaveAt: leave_at }, window, now) === "absent";
    return isAbsent && window!.until > since ? [{ reservation: id, resource, nth, ...time, at: window!.until }] : [];
  });
}
