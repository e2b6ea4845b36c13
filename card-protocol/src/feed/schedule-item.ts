import { DAY_S } from "../campus-time.ts";
import { encodeCbor } from "../cbor.ts";
import { isListId } from "../list-id.ts";
import type { LocalDate, Schedule, TimeRange, Weekday } from "../schedule.ts";
import { elementsOf } from "../signed.ts";
import { isU32 } from "../units.ts";
import { arrayValue, ascends, compareText, dateNumber, dateOfNumber, readAll } from "./item-fields.ts";
import type { CborValue } from "../cbor-value.ts";

/** A schedule whose special days are named by their numbers in the partition. */
export interface NumberedSchedule extends Omit<Schedule, "specialDays"> {
  readonly specialDays: readonly { readonly group: number; readonly periods: readonly TimeRange[] }[];
}

const FOLLOWS_HOLIDAYS = 1;
const FOLLOWS_MAKE_UP_DAYS = 2;
const WEEKDAYS: readonly Weekday[] = [1, 2, 3, 4, 5, 6, 7];

/**
 * `[id, [[weekday, ranges]…], [[special days, ranges]…], follows, [term phase…] | null]`. Ranges that overlap or touch are one, and a group that is named
 * twice is named once with all its periods: what is open at the same times is the same bytes.
 */
export function encodeSchedule({ id, weekly, specialDays, follows }: NumberedSchedule): Uint8Array {
  const periods = new Map<number, TimeRange[]>();
  for (const { group, periods: more } of specialDays) periods.set(group, [...(periods.get(group) ?? []), ...more]);
  const days = WEEKDAYS.map((weekday) => [weekday, rangeRows(weekly[weekday] ?? [])] as const);
  return encodeCbor([
    id,
    days.filter(([, ranges]) => ranges.length > 0),
    [...periods].sort(([a], [b]) => a - b).map(([group, list]) => [group, rangeRows(list)]),
    (follows.holidays ? FOLLOWS_HOLIDAYS : 0) | (follows.makeUpDays ? FOLLOWS_MAKE_UP_DAYS : 0),
    follows.termPhases === undefined ? null : [...new Set(follows.termPhases)].sort(compareText),
  ]);
}

/** Reads what {@link encodeSchedule} wrote; undefined for anything else. */
export function decodeSchedule(value: Uint8Array): NumberedSchedule | undefined {
  const [id, days, groups, follows, phases] = elementsOf(arrayValue(value) ?? null, 5) ?? [];
  const weekly = readAll(days, (row) => {
    const [weekday, list] = elementsOf(row, 2) ?? [];
    const ranges = readRanges(list);
    return isU32(weekday) && weekday >= 1 && weekday <= 7 && ranges !== undefined && ranges.length > 0 ? { weekday: weekday as Weekday, ranges } : undefined;
  });
  const specialDays = readAll(groups, (row) => {
    const [group, list] = elementsOf(row, 2) ?? [];
    const periods = readRanges(list);
    return isU32(group) && group <= 0xffff && periods !== undefined ? { group, periods } : undefined;
  });
  const termPhases = phases === null ? null : readAll(phases, (phase) => (isListId(phase) ? phase : undefined));
  if (!isListId(id) || weekly === undefined || specialDays === undefined || !isU32(follows) || follows > 3 || termPhases === undefined) return undefined;
  if (!ascends(weekly, (a, b) => a.weekday - b.weekday) || !ascends(specialDays, (a, b) => a.group - b.group)) return undefined;
  if (termPhases !== null && !ascends(termPhases, compareText)) return undefined;
  return {
    id,
    weekly: Object.fromEntries(weekly.map(({ weekday, ranges }) => [weekday, ranges])),
    specialDays,
    follows: {
      holidays: (follows & FOLLOWS_HOLIDAYS) !== 0,
      makeUpDays: (follows & FOLLOWS_MAKE_UP_DAYS) !== 0,
      ...(termPhases === null ? {} : { termPhases }),
    },
  };
}

/** `[id, [date…]]`: each day once, in order. */
export const encodeSpecialDays = (id: string, days: readonly LocalDate[]): Uint8Array => encodeCbor([id, [...new Set(days)].sort(compareText).map(dateNumber)]);

/** Reads what {@link encodeSpecialDays} wrote; undefined for anything else. */
export function decodeSpecialDays(value: Uint8Array): { readonly id: string; readonly days: readonly LocalDate[] } | undefined {
  const [id, list] = elementsOf(arrayValue(value) ?? null, 2) ?? [];
  const days = readAll(list, dateOfNumber);
  return isListId(id) && days !== undefined && ascends(days, compareText) ? { id, days } : undefined;
}

/** Sorted, joined where they overlap or touch; empty ranges are gone. */
function rangeRows(ranges: readonly TimeRange[]): CborValue[] {
  const joined: [start: number, end: number][] = [];
  for (const { startS, endS } of [...ranges].sort((a, b) => a.startS - b.startS)) {
    const last = joined.at(-1);
    if (startS >= endS) continue;
    if (last !== undefined && startS <= last[1]) last[1] = Math.max(last[1], endS);
    else joined.push([startS, endS]);
  }
  return joined;
}

function readRanges(value: CborValue | undefined): TimeRange[] | undefined {
  const ranges = readAll(value, (row) => {
    const [startS, endS] = elementsOf(row, 2) ?? [];
    return isU32(startS) && isU32(endS) && startS < endS && startS < DAY_S && endS <= 2 * DAY_S ? { startS, endS } : undefined;
  });
  return ranges !== undefined && ascends(ranges, (a, b) => (a.endS < b.startS ? -1 : 1)) ? ranges : undefined;
}
