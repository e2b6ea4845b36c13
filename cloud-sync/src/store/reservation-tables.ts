import type { Generated } from "kysely";
import type { ReservationKind, ResourceKind } from "../core/reservations/terms.ts";

/** Places and courses, and what is booked of them. */
export interface ReservationTables {
  resource: ResourceTable;
  /** When a course is held. */
  course_session: { course: string; nth: number; starts: number; ends: number };
  reservation: ReservationTable;
  reserved_time: ReservedTimeTable;
  waiting_place: WaitingPlaceTable;
  /** Who may follow whose calendar: `token_hash` is the SHA-256 of what stands in the link, in hex. */
  calendar_link: { token_hash: string; person: string; created_at: number };
  timetable_lesson: TimetableLessonTable;
  /** Lessons whose room somebody has at the time to which the calendar has moved them. */
  lesson_without_room: { timetable: string; resource: string; starts: number; ends: number };
  /** How far it was looked for passages that sign somebody in. One row. */
  attendance_mark: { one_row: number; batch: number };
}

export interface ResourceTable {
  id: string;
  /** What the store excludes by; never of two. */
  number: number;
  campus_service: string;
  kind: ResourceKind;
  name_zh: string;
  name_en: string;
  /** The campus's word for what it is: 会议室, 羽毛球场. */
  type: string;
  /** A JSON array, from the widest: 行政区, 行政楼, 中区, 6楼, 607. */
  path: string;
  /** People who find room in it; 0: not said. */
  capacity: number;
  area_m2: number | null;
  /** A JSON object of texts. */
  attributes: string;
  /** So many book it at once: 1 is exclusive. */
  seats: number;
  /** Opening hours; null: at all hours. */
  schedule: string | null;
  /** A JSON array of what a booking opens: access point and capability. */
  opens: string;
  /** Where a course is held; null: nowhere that is booked. */
  place: string | null;
}

export const RESERVATION_STATES = ["held", "waiting", "booked", "cancelled", "lapsed", "refused"] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];

export interface ReservationTable {
  id: string;
  resource: string;
  /** Of a booking alone. */
  person: string | null;
  kind: ReservationKind;
  state: ReservationState;
  /** Of what is held or waits to be approved: it is free from then on. */
  held_until: number | null;
  /** Of a timetable: which one; of a closure: why. Empty of a booking. */
  label: string;
  /** The version of the notice that was accepted. */
  accepted_version: number | null;
  created_at: number;
  created_by: string;
  approved_by: string | null;
  /** Rises with each modification. */
  revision: number;
}

export interface ReservedTimeTable {
  reservation: string;
  nth: number;
  resource_number: number;
  /** As the resource has them: the store sees that no seat is beyond. */
  seats: number;
  seat: number;
  starts: number;
  ends: number;
  /** 1: nobody else can have it. */
  active: number;
  signed_in_at: number | null;
  signed_in_by: "person" | "desk" | "gate" | null;
  leave_at: number | null;
}

export interface WaitingPlaceTable {
  /** Rises with each that comes: the order in which what is free is offered. */
  number: Generated<number>;
  id: string;
  resource: string;
  person: string;
  starts: number;
  ends: number;
  accepted_version: number | null;
  created_at: number;
  created_by: string;
}

/** A lesson of a timetable as it was imported: from it the times are found anew when the calendar changes. */
export interface TimetableLessonTable {
  timetable: string;
  nth: number;
  resource: string;
  /** 1 Monday to 7. */
  weekday: number;
  start_s: number;
  end_s: number;
  every_weeks: number;
  /** Both days count. */
  from_day: string;
  until_day: string;
  /** A JSON array. */
  term_phases: string;
}
