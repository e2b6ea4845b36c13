import { differenceOf, intersectionOf, unionOf } from "../validity.ts";
import { overlaps, type Span, span } from "./span.ts";

/** What an instant of a day is for who wants to book (rule 11.4): 锁定, 已占用, 可预定, 不可预定. */
export const TIMELINE_STATES = ["locked", "occupied", "bookable", "unavailable"] as const;
export type TimelineState = (typeof TIMELINE_STATES)[number];
/** As the guide calls them. */
export const TIMELINE_STATE_ZH: Readonly<Record<TimelineState, string>> = { locked: "锁定", occupied: "已占用", bookable: "可预定", unavailable: "不可预定" };

/** Something that has a seat for a while. `locked`: held for somebody, a lesson of the timetable, or kept by the campus. */
export interface Taken extends Span {
  readonly state: "locked" | "occupied";
}

/** What a timeline is computed from. */
export interface TimelineFacts {
  /** The stretch that is told, never empty. */
  readonly within: Span;
  /** At least 1: so many at once. */
  readonly seats: number;
  /** What has a seat; in any order, also outside the stretch. */
  readonly taken: readonly Taken[];
  /** When it is open. */
  readonly open: readonly Span[];
  /** The instants that can be booked now: neither past nor too far ahead. */
  readonly bookable: Span;
}

/** A part of the day in one state. */
export interface TimelinePart extends Span {
  readonly state: TimelineState;
  /** Seats that are left; 0 in every state but bookable. */
  readonly free: number;
}

/**
 * The day as a row of parts without gap or overlap: every instant has exactly one state, and no two neighbours are alike. Where all seats are taken it is
 * `locked` if the campus or somebody who has yet to confirm keeps one of them, else `occupied`; what is left is `bookable` where it is open, within what can be
 * booked now, else `unavailable`.
 */
export function timelineOf({ within, seats, taken, open, bookable }: TimelineFacts): TimelinePart[] {
  const there = taken.filter((each) => overlaps(each, within));
  const free = unionOf(intersectionOf(intersectionOf(open, [bookable]), [within]));
  const marks = [...there, ...free].flatMap(({ from, until }) => [from, until]).filter((at) => within.from < at && at < within.until);
  const cuts = [within.from, ...[...new Set<number>(marks)].sort((a, b) => a - b), within.until];
  const parts: TimelinePart[] = [];
  for (let nth = 0; nth + 1 < cuts.length; nth++) {
    const part = span(cuts[nth]!, cuts[nth + 1]!);
    const here = there.filter((each) => overlaps(each, part));
    const left = Math.max(0, seats - here.length);
    const isOpen = left > 0 && free.some((each) => overlaps(each, part));
    const state: TimelineState = left === 0 ? (here.some((each) => each.state === "locked") ? "locked" : "occupied") : isOpen ? "bookable" : "unavailable";
    const seatsFree = state === "bookable" ? left : 0;
    const last = parts.at(-1);
    if (last?.state === state && last.free === seatsFree) parts[parts.length - 1] = { ...last, until: part.until };
    else parts.push({ ...part, state, free: seatsFree });
  }
  return parts;
}

/** The stretches of a timeline in which something can be booked. */
export const bookableIn = (parts: readonly TimelinePart[]): Span[] => unionOf(parts.filter(({ state }) => state === "bookable"));

/** When none of these has anything. */
export const freeWithin = (within: Span, taken: readonly Span[]): Span[] => differenceOf([within], taken);
