import type { LocalDate } from "@portico/card-protocol";

/** From this day of a year on the list of the next one has to be there. */
const DUE = "12-01";

/**
 * The years whose list should be there by now and is not: without it every holiday opens like any day. A list is there where a single day of it is.
 *
 * @param days   the calendar's days
 * @param today  of the campus
 */
export function missingYears(days: Iterable<LocalDate>, today: LocalDate): number[] {
  const there = new Set([...days].map((date) => date.slice(0, 4)));
  const year = Number(today.slice(0, 4));
  return [year, ...(today.slice(5) >= DUE ? [year + 1] : [])].filter((each) => !there.has(String(each)));
}
