/** ISO 8601 day of the week: 1 Monday … 7 Sunday. */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;
/** A local calendar day, `YYYY-MM-DD`, Gregorian. */
export type LocalDate = string;

/**
 * start ≤ t < end in seconds of local wall time since midnight of the day the range belongs to. `endS` may pass 86,400 (at most 172,800):
 * the range then crosses midnight and still belongs to its first day.
 */
export interface TimeRange {
  readonly startS: number;
  readonly endS: number;
}

/**
 * When something is open. ONVIF Schedule: a weekly pattern that special days override.
 * Several special days on one date: union of their periods; a special day without periods: closed all day.
 */
export interface Schedule {
  readonly id: string;
  /** Ranges for each weekday; a missing weekday is closed. */
  readonly weekly: Readonly<Partial<Record<Weekday, readonly TimeRange[]>>>;
  readonly specialDays: readonly { readonly group: string; readonly periods: readonly TimeRange[] }[];
  /**
   * Which days of the campus calendar concern this schedule. A schedule that follows no holidays (dormitories, guard rooms) is not shut by one.
   * `termPhases`: open only on days of these phases; absent: in every phase.
   */
  readonly follows: { readonly holidays: boolean; readonly makeUpDays: boolean; readonly termPhases?: readonly string[] };
}

/** Named dates, e.g. all open days. ONVIF SpecialDayGroup. */
export interface SpecialDayGroup {
  readonly id: string;
  readonly days: readonly LocalDate[];
}

/** The yearly list of the campus: holidays, make-up working days (调休) and term phases. */
export interface CampusCalendar {
  readonly days: ReadonlyMap<LocalDate, { readonly kind: "holiday" } | { readonly kind: "makeUpDay"; readonly runsAs: Weekday }>;
  /** from ≤ day < until. */
  readonly termPhases: readonly { readonly phase: string; readonly from: LocalDate; readonly until: LocalDate }[];
}
