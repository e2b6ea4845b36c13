import { bytesToHex, type CampusCalendar, type LocalDate, type Schedule, type SpecialDayGroup, type TimeRange, type Weekday } from "@portico/card-protocol";
import type { ListContent, ListedCard, ListedCredential, ListedGrant, ListedPolicy } from "./list-content.ts";
import { bitsOf, FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT } from "./list-codes.ts";

/** A day of the campus calendar. */
export type CalendarDay = { readonly date: LocalDate } & NonNullable<ReturnType<CampusCalendar["days"]["get"]>>;
/** A term phase: from ≤ day < until. */
export type TermPhase = CampusCalendar["termPhases"][number];

/** What each table of a list holds. */
export interface ListItems {
  readonly credential: ListedCredential;
  readonly card: ListedCard;
  readonly policy: ListedPolicy;
  readonly grant: ListedGrant;
  readonly schedule: Schedule;
  readonly specialDayGroup: SpecialDayGroup;
  readonly calendarDay: CalendarDay;
  readonly termPhase: TermPhase;
}
export type ListTableName = keyof ListItems;

/** How the items of one table are told apart, compared and shown. */
export interface ListTable<Item> {
  /** The items of a list, in any order. */
  items(content: ListContent): readonly Item[];
  /** Names the item within its table: {@link keyParts} parts with tabs between them. Tables are in the order of their keys, by UTF-16 unit. */
  key(item: Item): string;
  readonly keyParts: number;
  /** Everything the item says but its key. */
  rest(item: Item): string;
}

/** The tables of a list in the order in which its digest reads them. `list-rows.ts` spells the same keys and rests in SQL. */
export const LIST_TABLES: { readonly [Name in ListTableName]: ListTable<ListItems[Name]> } = {
  credential: {
    items: ({ credentials }) => credentials,
    key: ({ id }) => id,
    keyParts: 1,
    rest: (c) => {
      const suspension = c.suspension === undefined ? "" : SUSPENSION_CODE[c.suspension];
      const publicKey = c.publicKey === undefined ? "" : bytesToHex(c.publicKey);
      return `${c.person}\t${KIND_CODE[c.kind]}\t${suspension}\t${bitsOf(TAKES_BIT, c.takes)}\t${bitsOf(FLAG_BIT, c.flags)}\t${c.validFrom}\t${c.validUntil}\t${c.takesIssuedUntil ?? ""}\t${publicKey}`;
    },
  },
  card: { items: ({ cards }) => cards, key: ({ token }) => token, keyParts: 1, rest: ({ credential }) => credential },
  policy: {
    items: ({ policies }) => policies,
    key: ({ accessProfile, accessPoint, capability, schedule }) => `${accessProfile}\t${accessPoint}\t${capability}\t${schedule}`,
    keyParts: 4,
    rest: () => "",
  },
  grant: {
    items: ({ grants }) => grants,
    key: ({ credential, accessProfile, validFrom }) => `${credential}\t${accessProfile}\t${String(validFrom).padStart(10, "0")}`,
    keyParts: 3,
    rest: ({ validUntil }) => String(validUntil),
  },
  schedule: { items: ({ schedules }) => schedules, key: ({ id }) => id, keyParts: 1, rest: scheduleDefinition },
  specialDayGroup: { items: ({ specialDayGroups }) => specialDayGroups, key: ({ id }) => id, keyParts: 1, rest: ({ days }) => sortedDays(days).join(" ") },
  calendarDay: {
    items: ({ calendar }) => [...calendar.days].map(([date, day]) => ({ date, ...day })),
    key: ({ date }) => date,
    keyParts: 1,
    rest: (day) => (day.kind === "makeUpDay" ? `makeUpDay\t${day.runsAs}` : "holiday\t"),
  },
  termPhase: { items: ({ calendar }) => calendar.termPhases, key: ({ phase, from }) => `${phase}\t${from}`, keyParts: 2, rest: ({ until }) => until },
};
export const LIST_TABLE_NAMES = Object.keys(LIST_TABLES) as readonly ListTableName[];

/** The key at the beginning of a line `key, tab, rest`. */
export function keyOfLine(line: string, keyParts: number): string {
  let end = -1;
  for (let part = 0; part < keyParts; part++) end = line.indexOf("\t", end + 1);
  return line.slice(0, end);
}

/** What a schedule says but its id, as JSON: fields and ranges in one order, so that the same schedule is the same text. */
export function scheduleDefinition(schedule: Schedule): string {
  const ranges = (list: readonly TimeRange[]): (readonly [number, number])[] =>
    list.map(({ startS, endS }) => [startS, endS] as const).sort(([a, b], [c, d]) => a - c || b - d);
  const { holidays, makeUpDays, termPhases } = schedule.follows;
  return JSON.stringify({
    weekly: ([1, 2, 3, 4, 5, 6, 7] as const).map((weekday) => ranges(schedule.weekly[weekday] ?? [])),
    specialDays: schedule.specialDays
      .map(({ group, periods }) => [group, ranges(periods)] as const)
      .sort(([a, p], [b, q]) => order(a, b) || order(JSON.stringify(p), JSON.stringify(q))),
    holidays,
    makeUpDays,
    ...(termPhases === undefined ? {} : { termPhases: [...new Set(termPhases)].sort() }),
  });
}

/** Reads what {@link scheduleDefinition} wrote. */
export function readSchedule(id: string, definition: string): Schedule {
  type Ranges = [number, number][];
  const read = JSON.parse(definition) as { weekly: Ranges[]; specialDays: [string, Ranges][]; holidays: boolean; makeUpDays: boolean; termPhases?: string[] };
  const ranges = (list: Ranges): TimeRange[] => list.map(([startS, endS]) => ({ startS, endS }));
  return {
    id,
    weekly: Object.fromEntries(read.weekly.flatMap((list, index) => (list.length === 0 ? [] : [[(index + 1) as Weekday, ranges(list)]]))),
    specialDays: read.specialDays.map(([group, list]) => ({ group, periods: ranges(list) })),
    follows: {
      holidays: read.holidays,
      makeUpDays: read.makeUpDays,
      ...(read.termPhases === undefined ? {} : { termPhases: read.termPhases }),
    },
  };
}

/** Each day once, in order. */
export const sortedDays = (days: readonly LocalDate[]): LocalDate[] => [...new Set(days)].sort();

/** The order of keys. */
export const order = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
