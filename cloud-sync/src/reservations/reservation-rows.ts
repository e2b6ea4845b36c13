import { type UnixSeconds, unixSeconds } from "@portico/card-protocol";
import type { Selectable } from "kysely";
import { type Attendance, attendanceOf } from "../core/reservations/attendance.ts";
import { type Span, span } from "../core/reservations/span.ts";
import { type Offering, type ReservationKind, windowOf } from "../core/reservations/terms.ts";
import { portions } from "../core/portions.ts";
import type { Queries } from "../store/cloud-database.ts";
import type { ReservationState, ReservationTable, ReservedTimeTable } from "../store/reservation-tables.ts";
import { stateAt } from "./lapse.ts";

export type ReservationRow = Selectable<ReservationTable>;

/** One stretch of a reservation. */
export interface ReservedTime extends Span {
  readonly nth: number;
  readonly seat: number;
  /** False: it was given back. */
  readonly isActive: boolean;
  readonly attendance: Attendance;
  /** When one signs in; null: nobody has to. */
  readonly signIn: Span | null;
  readonly signedInAt: number | null;
  readonly signedInBy: ReservedTimeTable["signed_in_by"];
}

/** A reservation as it is at the moment of reading. */
export interface Reservation {
  readonly id: string;
  readonly resource: string;
  /** Null: the campus's own. */
  readonly person: string | null;
  readonly kind: ReservationKind;
  readonly state: ReservationState;
  readonly heldUntil: number | null;
  readonly label: string;
  readonly acceptedVersion: number | null;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly approvedBy: string | null;
  /** Rises with each modification. */
  readonly revision: number;
  readonly times: readonly ReservedTime[];
}

/** Ids in one statement. */
const IDS_MAX = 300;

/** Reservations with their times, judged now. @param serviceOf  by whose windows attendance is judged; undefined: by none */
export async function withTimes(
  queries: Queries,
  rows: readonly ReservationRow[],
  serviceOf: (resource: string) => Offering | undefined,
  now: UnixSeconds,
): Promise<Reservation[]> {
  const times = new Map<string, Selectable<ReservedTimeTable>[]>();
  for (const ids of portions(
    rows.map(({ id }) => id),
    IDS_MAX,
  ))
    for (const row of await queries.selectFrom("reserved_time").selectAll().where("reservation", "in", ids).orderBy("reservation").orderBy("nth").execute())
      times.set(row.reservation, [...(times.get(row.reservation) ?? []), row]);
  return rows.map((row) => {
    const state = stateAt(row, now);
    const offering = row.kind === "booking" ? serviceOf(row.resource) : undefined;
    return {
      id: row.id,
      resource: row.resource,
      person: row.person,
      kind: row.kind,
      state,
      heldUntil: state === row.state ? row.held_until : null,
      label: row.label,
      acceptedVersion: row.accepted_version,
      createdAt: row.created_at,
      createdBy: row.created_by,
      approvedBy: row.approved_by,
      revision: row.revision,
      times: (times.get(row.id) ?? []).map((time) => timeOf(time, state, offering, row.created_at, now)),
    };
  });
}

function timeOf(row: Selectable<ReservedTimeTable>, state: ReservationState, offering: Offering | undefined, bookedAt: number, now: UnixSeconds): ReservedTime {
  const { nth, seat, starts, ends, active, signed_in_at, signed_in_by, leave_at } = row;
  const times = span(starts, ends);
  const isActive = active === 1 && state !== "lapsed";
  const window = offering && isActive && state === "booked" ? windowOf(offering, "sign-in", times, unixSeconds(bookedAt)) : undefined;
  const attendance = attendanceOf({ ...times, signedInAt: signed_in_at, leaveAt: leave_at }, window, now);
  return {
    nth,
    seat,
    ...times,
    isActive,
    attendance,
    signIn: window ? span(window.from, window.until) : null,
    signedInAt: signed_in_at,
    signedInBy: signed_in_by,
  };
}

/** What may be waited for or asked about in one list. */
export interface ReservationQuery {
  readonly person?: string | undefined;
  readonly resource?: string | undefined;
  readonly state?: ReservationState | undefined;
  /** Those with a time that has not ended then. */
  readonly from?: UnixSeconds | undefined;
  readonly after: string;
  readonly limit: number;
}

/** In the order of their ids. */
export function reservationRows(
  queries: Queries,
  { person, resource, state, from, after, limit }: ReservationQuery,
  now: UnixSeconds,
): Promise<ReservationRow[]> {
  let query = queries.selectFrom("reservation").selectAll().where("id", ">", after).orderBy("id").limit(limit);
  if (person !== undefined) query = query.where("person", "=", person);
  if (resource !== undefined) query = query.where("resource", "=", resource);
  if (from !== undefined)
    query = query.where((each) =>
      each.exists(each.selectFrom("reserved_time").select("nth").whereRef("reservation", "=", "reservation.id").where("ends", ">", from)),
    );
  if (state === "lapsed") query = query.where((where) => where.or([where("state", "=", "lapsed"), where("held_until", "<=", now)]));
  else if (state !== undefined)
    query = query.where("state", "=", state).where((where) => where.or([where("held_until", "is", null), where("held_until", ">", now)]));
  return query.execute();
}
