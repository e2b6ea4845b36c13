import type { LocalDate, Weekday } from "./schedule.ts";
import { type UnixSeconds, U32_MAX, unixSeconds } from "./units.ts";

/** What the clock on the wall of the campus shows. */
export interface LocalTime {
  readonly date: LocalDate;
  readonly weekday: Weekday;
  /** 0..86,399. In the hour that a DST change repeats it counts twice, in the one that it skips never. */
  readonly secondOfDay: number;
}

export const DAY_S = 86_400;
/** How far local time can be from UTC, with room to spare: the widest in use are −12 h and +14 h. */
const OFFSET_MAX_S = 18 * 3600;
/** Offsets are looked up at these steps; two changes within one step that cancel each other do not exist in the IANA rules since 1970. */
const STEP_S = DAY_S / 4;
/** Kept at most: days with their offsets a zone, and zones. A controller lives in one zone and asks about today. */
const DAYS_MAX = 512;
const ZONES_MAX = 16;

/** from ≤ t < until: local time is UTC + offset. */
interface OffsetSpan {
  readonly from: number;
  readonly until: number;
  readonly offset: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  /** Spans of a UTC day, by day number; the oldest entry goes first. */
  readonly days: Map<number, readonly OffsetSpan[]>;
  last: OffsetSpan;
}

/** Remembers answers that never change: the rules of the IANA zones that this runtime has. */
const zones = new Map<string, Zone>();
let lastName = "";
let lastZone: Zone | undefined;

/** True for a name of the IANA time zone database that this runtime knows, such as `Asia/Shanghai`. */
export function isTimeZone(name: string): boolean {
  try {
    return name !== "" && zoneOf(name) !== undefined;
  } catch {
    return false;
  }
}

/**
 * Local date, weekday and second of the day at an instant.
 *
 * @param zone  an IANA name for which {@link isTimeZone} holds
 * @throws RangeError for a zone that this runtime does not know
 */
export function localTime(zone: string, at: UnixSeconds): LocalTime {
  const local = at + spanAt(zoneOf(zone), at).offset;
  const day = Math.floor(local / DAY_S);
  return { date: dateOfDay(day), weekday: weekdayOfDay(day), secondOfDay: local - day * DAY_S };
}

/** Local time for people: `2026-09-01 08:30`, with seconds only where there are any. */
export function formatLocal(zone: string, at: UnixSeconds): string {
  const { date, secondOfDay } = localTime(zone, at);
  const two = (n: number): string => String(n).padStart(2, "0");
  const seconds = secondOfDay % 60 === 0 ? "" : `:${two(secondOfDay % 60)}`;
  return `${date} ${two(Math.floor(secondOfDay / 3600))}:${two(Math.floor(secondOfDay / 60) % 60)}${seconds}`;
}

/**
 * The instants at which the wall shows `startS ≤ second of the day < endS` of a day, in order, joined where they touch. Usually one; two where a
 * DST change repeats part of the range; none where it skips all of it.
 *
 * @param day     a day number: days since 1970-01-01
 * @param startS  seconds since the wall's midnight; above 86,400 on the day after
 */
export function instantsOf(zone: string, day: number, startS: number, endS: number): readonly { readonly from: UnixSeconds; readonly until: UnixSeconds }[] {
  const start = day * DAY_S + startS;
  const end = day * DAY_S + endS;
  const found: { from: UnixSeconds; until: UnixSeconds }[] = [];
  for (const span of spansBetween(zoneOf(zone), start - OFFSET_MAX_S, end + OFFSET_MAX_S)) {
    const from = Math.max(span.from, start - span.offset);
    const until = Math.min(span.until, end - span.offset);
    if (from >= until) continue;
    const previous = found.at(-1);
    if (previous?.until === from) previous.until = unixSeconds(until);
    else found.push({ from: unixSeconds(from), until: unixSeconds(until) });
  }
  return found;
}

/** The first instant of a local day: midnight, or behind it where a DST change skips midnight. A day that was skipped as a whole starts with the next. */
export function startOfDay(zone: string, date: LocalDate): UnixSeconds {
  return atLocal(zone, date, 0);
}

/** The first instant behind a local day. A validity that names dates alone lasts until here: it covers its whole last day (ONVIF). */
export function endOfDay(zone: string, date: LocalDate): UnixSeconds {
  return atLocal(zone, dateOfDay(dayOfDate(date) + 1), 0);
}

/**
 * The first instant at which the wall shows this time or later: a time that a DST change skips is the end of the gap, one that it repeats its first occurrence.
 *
 * @param date         a date for which {@link isLocalDate} holds
 * @param secondOfDay  0..86,400
 */
export function atLocal(zone: string, date: LocalDate, secondOfDay: number): UnixSeconds {
  const wall = dayOfDate(date) * DAY_S + secondOfDay;
  for (const span of spansBetween(zoneOf(zone), wall - OFFSET_MAX_S, wall + OFFSET_MAX_S)) {
    const at = Math.max(span.from, wall - span.offset);
    if (at < span.until) return unixSeconds(at);
  }
  return unixSeconds(wall);
}

/** True for `YYYY-MM-DD` of a day that exists, 1970 to 2105. */
export function isLocalDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && text >= "1970-01-01" && text <= "2105-12-31" && dateOfDay(dayOfDate(text)) === text;
}

/** Days since 1970-01-01 of a Gregorian date. Source: Howard Hinnant, days_from_civil. */
export function dayOfDate(date: LocalDate): number {
  const month = Number(date.slice(5, 7));
  const year = Number(date.slice(0, 4)) - (month <= 2 ? 1 : 0);
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + Number(date.slice(8, 10)) - 1;
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468;
}

/** The weekday of a day number. Day 0 was a Thursday. */
export const weekdayOfDay = (day: number): Weekday => (((((day + 3) % 7) + 7) % 7) + 1) as Weekday;

const dates = new Map<number, LocalDate>();
/** The Gregorian date of a day number, `YYYY-MM-DD`. Source: Howard Hinnant, civil_from_days. */
export function dateOfDay(day: number): LocalDate {
  const known = dates.get(day);
  if (known !== undefined) return known;
  const shifted = day + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor((dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365);
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const dayOfMonth = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const date = `${String(year).padStart(4, "0")}-${String(month).padStart(2, "0")}-${String(dayOfMonth).padStart(2, "0")}`;
  remember(dates, DAYS_MAX, day, date);
  return date;
}

function zoneOf(name: string): Zone {
  if (name === lastName && lastZone !== undefined) return lastZone;
  let zone = zones.get(name);
  if (zone === undefined) {
    const format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "gregory",
      numberingSystem: "latn",
      hourCycle: "h23",
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    zone = { format, days: new Map(), last: { from: 0, until: 0, offset: 0 } };
    remember(zones, ZONES_MAX, name, zone);
  }
  lastName = name;
  lastZone = zone;
  return zone;
}

function spanAt(zone: Zone, at: number): OffsetSpan {
  const last = zone.last;
  if (at >= last.from && at < last.until) return last;
  const span = spansOfDay(zone, Math.floor(at / DAY_S)).find(({ until }) => at < until)!;
  zone.last = span;
  return span;
}

/** The spans that cover start ≤ t < end, in order; the ends are those of whole UTC days. */
function* spansBetween(zone: Zone, start: number, end: number): Generator<OffsetSpan> {
  for (let day = Math.floor(Math.max(start, 0) / DAY_S); day * DAY_S < end && day * DAY_S <= U32_MAX; day++) yield* spansOfDay(zone, day);
}

function spansOfDay(zone: Zone, day: number): readonly OffsetSpan[] {
  const known = zone.days.get(day);
  if (known !== undefined) return known;
  const spans: OffsetSpan[] = [];
  const end = (day + 1) * DAY_S;
  let from = day * DAY_S;
  let offset = offsetAt(zone, from);
  for (let step = from + STEP_S; step <= end; step += STEP_S) {
    const next = offsetAt(zone, step);
    if (next === offset) continue;
    const change = firstWithAnother(zone, offset, step - STEP_S, step);
    if (change === end) break; // belongs to the next day
    spans.push({ from, until: change, offset });
    from = change;
    offset = next;
  }
  spans.push({ from, until: end, offset });
  remember(zone.days, DAYS_MAX, day, spans);
  return spans;
}

/** The first second of low < t ≤ high whose offset is no longer `offset`. */
function firstWithAnother(zone: Zone, offset: number, low: number, high: number): number {
  let same = low;
  let other = high;
  while (other - same > 1) {
    const middle = Math.floor((same + other) / 2);
    if (offsetAt(zone, middle) === offset) same = middle;
    else other = middle;
  }
  return other;
}

/** Local minus UTC in seconds, as this runtime's rules say. */
function offsetAt(zone: Zone, at: number): number {
  const part: Record<string, number> = {};
  for (const { type, value } of zone.format.formatToParts(at * 1000)) part[type] = Number(value);
  return Date.UTC(part["year"]!, part["month"]! - 1, part["day"], part["hour"], part["minute"], part["second"]) / 1000 - at;
}

/** Keeps the newest `max` entries. */
function remember<K, V>(map: Map<K, V>, max: number, key: K, value: V): void {
  if (map.size >= max) for (const oldest of map.keys()) if (map.delete(oldest)) break;
  map.set(key, value);
}
