import type { UnixSeconds } from "@portico/card-protocol";
import type { Span } from "./span.ts";
import type { AbsenceTerms } from "./terms.ts";

/** What became of one session, judged when it is read: no timer makes anybody absent. */
export const ATTENDANCES = ["notAsked", "upcoming", "signInOpen", "present", "excused", "absent"] as const;
export type Attendance = (typeof ATTENDANCES)[number];
/** As the guide calls them: 爽约 is what is neither signed in nor excused. */
export const ATTENDANCE_ZH: Readonly<Record<Attendance, string>> = {
  notAsked: "无需签到",
  upcoming: "未开始",
  signInOpen: "可签到",
  present: "已签到",
  excused: "已请假",
  absent: "爽约",
};

/** What is kept of one session of a booking. */
export interface SessionKept extends Span {
  /** Null: nobody has. */
  readonly signedInAt: number | null;
  readonly leaveAt: number | null;
}

/** @param window  when one signs in; undefined: nobody has to */
export function attendanceOf({ signedInAt, leaveAt }: SessionKept, window: Span | undefined, now: UnixSeconds): Attendance {
  if (signedInAt !== null) return "present";
  if (leaveAt !== null) return "excused";
  if (window === undefined) return "notAsked";
  if (now < window.from) return "upcoming";
  return now < window.until ? "signInOpen" : "absent";
}

/** How often somebody was absent, and what follows. */
export interface AbsenceStanding {
  readonly counted: number;
  /** Nothing is booked before; null: nothing stands against it. */
  readonly blockedUntil: UnixSeconds | null;
}

/**
 * What absences lead to at an instant. The last of them counts from the end of its window: whoever stays away from nothing further may book again then.
 *
 * @param absentAt  the ends of the sign-in windows of all sessions that were missed, in any order
 */
export function absenceStanding(terms: AbsenceTerms | null, absentAt: readonly UnixSeconds[], now: UnixSeconds): AbsenceStanding {
  if (terms === null) return { counted: 0, blockedUntil: null };
  const counted = absentAt.filter((at) => at <= now && at > now - terms.withinS);
  const last = Math.max(0, ...counted);
  const until = (last + terms.blockedS) as UnixSeconds;
  return { counted: counted.length, blockedUntil: counted.length >= terms.limit && until > now ? until : null };
}
