import type { UnixSeconds } from "@portico/card-protocol";
import type { Names } from "../names.ts";
import { type Span, span } from "./span.ts";

/** What is booked: a place by the time, or a course with all its sessions. */
export const RESOURCE_KINDS = ["place", "course"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];
/** Whose a reservation is: a person's, a course's own sessions, lessons of a timetable, or a closure. */
export const RESERVATION_KINDS = ["booking", "sessions", "timetable", "closure"] as const;
export type ReservationKind = (typeof RESERVATION_KINDS)[number];

/** offsetS behind (negative: before) something that happens once to each booking. */
export interface Moment {
  readonly of: "booking" | "issue" | "start" | "end" | "completion";
  readonly offsetS: number;
}
/** from ≤ t < until. */
export interface Window {
  readonly id: string;
  readonly rule: string;
  readonly from: Moment;
  readonly until: Moment;
}

export const QUOTA_PER = [
  "person",
  "personAndDay",
  "personAndWeek",
  "personAndResourceAndDay",
  "personAndResourceAndWeek",
  "payment",
  "day",
  "week",
  "resourceAndDay",
  "resourceAndWeek",
] as const;
export const QUOTA_UNITS = ["pieces", "minutes", "fen"] as const;
/** So much at most. Days are those of the campus, weeks begin on Monday; `person` counts what lies ahead. */
export interface Quota {
  readonly id: string;
  readonly rule: string;
  readonly limit: number;
  readonly unit: (typeof QUOTA_UNITS)[number];
  readonly per: (typeof QUOTA_PER)[number];
}

/** What keeping away without a word leads to: so many within so long, and nothing is booked for so long behind the last. Seconds. */
export interface AbsenceTerms {
  readonly rule: string;
  readonly limit: number;
  readonly withinS: number;
  readonly blockedS: number;
}

/** How what a service offers is booked: data of the service. Times in seconds. */
export interface ReservationTerms {
  readonly rule: string;
  /** A booking begins and ends at a multiple of this behind the campus's midnight. */
  readonly stepS: number;
  readonly minS: number;
  readonly maxS: number;
  /** A booking begins at most so far ahead. */
  readonly aheadS: number;
  /** So long something is held for who has not confirmed yet, and for whom a seat is offered to. */
  readonly holdS: number;
  /** A person other than whoever asked has to approve it. */
  readonly needsApproval: boolean;
  /** The notice that has to be accepted in its current version, by what is booked. */
  readonly notices: { readonly [K in ResourceKind]?: string | undefined };
  readonly absences: AbsenceTerms | null;
}

/** What an engine of reservations has to know of a service. */
export interface Offering {
  readonly id: string;
  readonly names: Names;
  readonly terms: ReservationTerms;
  readonly windows: readonly Window[];
  readonly quotas: readonly Quota[];
  readonly notices: readonly { readonly id: string; readonly rule: string; readonly version: number; readonly names: Names }[];
}

/** When a window is open for one stretch of a booking; undefined: the service has no such window. @param bookedAt  when it was booked */
export function windowOf(
  { windows }: Pick<Offering, "windows">,
  id: string,
  { from, until }: Span,
  bookedAt: UnixSeconds,
): (Span & { readonly rule: string }) | undefined {
  const window = windows.find((each) => each.id === id);
  if (window === undefined) return undefined;
  const at = ({ of, offsetS }: Moment): number => (of === "end" || of === "completion" ? until : of === "start" ? from : bookedAt) + offsetS;
  const opened = Math.max(0, at(window.from));
  return { ...span(opened, Math.max(opened, at(window.until))), rule: window.rule };
}

/** The notice that has to be accepted to book this; undefined: none. */
export const noticeFor = ({ terms, notices }: Offering, kind: ResourceKind): Offering["notices"][number] | undefined =>
  notices.find(({ id }) => id === terms.notices[kind]);

/** By which rule something of this kind is booked: where a notice of its own has to be accepted, that one's. */
export const bookingRule = (offering: Offering, kind: ResourceKind): string => noticeFor(offering, kind)?.rule ?? offering.terms.rule;

/** By which rule something is done in one of these windows: that of the first which the service has. */
export const windowRule = ({ windows, terms }: Offering, ...ids: readonly string[]): string => windows.find(({ id }) => ids.includes(id))?.rule ?? terms.rule;
