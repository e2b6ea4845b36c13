import {
  bytesToHex,
  type CampusCalendar,
  type Capability,
  hexToBytes,
  type LocalDate,
  type Schedule,
  type SpecialDayGroup,
  type TimeRange,
  unixSeconds,
  type Weekday,
} from "@portico/card-protocol";
import type { ListContent, ListedCard, ListedCredential, ListedGrant, ListedPolicy } from "./list-content.ts";
import { bitsOf, FLAG_BIT, KIND_CODE, SUSPENSION_CODE, TAKES_BIT, wordOf, wordsOf } from "./list-codes.ts";

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
  readonly items: (content: ListContent) => readonly Item[];
  /** Names the item within its table: {@link keyParts} parts with tabs between them. Tables are in the order of their keys, by UTF-16 unit. */
  readonly key: (item: Item) => string;
  readonly keyParts: number;
  /** Everything the item says but its key. */
  readonly rest: (item: Item) => string;
  /** The item of a line `key, tab, rest`. */
  readonly read: (line: string) => Item;
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
      return `${c.person}\t${KIND_CODE[c.kind]}\t${suspension}\t${bitsOf(TAKES_BIT, c.takes)}\t${bitsOf(FLAG_BIT, c.flags)}\t${c.validFrom}\t${c.validUntil}\t${c.takesIssuedUntil ?? ""}\t${publicKey}${c.partySize === undefined ? "" : `\t${c.partySize}`}`;
    },
    read: (line) => {
      const [id, person, kind, suspension, takes, flags, validFrom, validUntil, takesIssuedUntil, publicKey, partySize] = fields(
        line,
        10,
        CREDENTIAL_FIELDS_MAX,
      );
      return {
        id: id!,
        person: person!,
        kind: wordOf(KIND_CODE, Number(kind)),
        ...(suspension === "" ? {} : { suspension: wordOf(SUSPENSION_CODE, Number(suspension)) }),
        takes: wordsOf(TAKES_BIT, Number(takes)),
        flags: wordsOf(FLAG_BIT, Number(flags)),
        validFrom: unixSeconds(Number(validFrom)),
        validUntil: unixSeconds(Number(validUntil)),
        ...(takesIssuedUntil === "" ? {} : { takesIssuedUntil: unixSeconds(Number(takesIssuedUntil)) }),
        ...(publicKey === "" ? {} : { publicKey: hexToBytes(publicKey!)! }),
        ...(partySize === undefined ? {} : { partySize: Number(partySize) }),
      };
    },
  },
  card: {
    items: ({ cards }) => cards,
    key: ({ token }) => token,
    keyParts: 1,
    rest: ({ credential }) => credential,
    read: (line) => {
      const [token, credential] = fields(line, 2);
      return { token: token!, credential: credential! };
    },
  },
  policy: {
    items: ({ policies }) => policies,
    key: ({ accessProfile, accessPoint, capability, schedule }) => `${accessProfile}\t${accessPoint}\t${capability}\t${schedule}`,
    keyParts: 4,
    rest: () => "",
    read: (line) => {
      const [accessProfile, accessPoint, capability, schedule] = fields(line, 5);
      return { accessProfile: accessProfile!, accessPoint: accessPoint!, capability: capability as Capability, schedule: schedule! };
    },
  },
  grant: {
    items: ({ grants }) => grants,
    key: ({ credential, accessProfile, validFrom }) => `${credential}\t${accessProfile}\t${String(validFrom).padStart(10, "0")}`,
    keyParts: 3,
    rest: ({ validUntil }) => String(validUntil),
    read: (line) => {
      const [credential, accessProfile, validFrom, validUntil] = fields(line, 4);
      return {
        credential: credential!,
        accessProfile: accessProfile!,
        validFrom: unixSeconds(Number(validFrom)),
        validUntil: unixSeconds(Number(validUntil)),
      };
    },
  },
  schedule: {
    items: ({ schedules }) => schedules,
    key: ({ id }) => id,
    keyParts: 1,
    rest: scheduleDefinition,
    read: (line) => {
      const [id, definition] = fields(line, 2);
      return readSchedule(id!, definition!);
    },
  },
  specialDayGroup: {
    items: ({ specialDayGroups }) => specialDayGroups,
    key: ({ id }) => id,
    keyParts: 1,
    rest: ({ days }) => sortedDays(days).join(" "),
    read: (line) => {
      const [id, days] = fields(line, 2);
      return { id: id!, days: days === "" ? [] : days!.split(" ") };
    },
  },
  calendarDay: {
    items: ({ calendar }) => [...calendar.days].map(([date, day]) => ({ date, ...day })),
    key: ({ date }) => date,
    keyParts: 1,
    rest: (day) => (day.kind === "makeUpDay" ? `makeUpDay\t${day.runsAs}` : "holiday\t"),
    read: (line) => {
      const [date, kind, runsAs] = fields(line, 3);
      return kind === "makeUpDay" ? { date: date!, kind, runsAs: Number(runsAs) as Weekday } : { date: date!, kind: "holiday" };
    },
  },
  termPhase: {
    items: ({ calendar }) => calendar.termPhases,
    key: ({ phase, from }) => `${phase}\t${from}`,
    keyParts: 2,
    rest: ({ until }) => until,
    read: (line) => {
      const [phase, from, until] = fields(line, 3);
      return { phase: phase!, from: from!, until: until! };
    },
  },
};
export const LIST_TABLE_NAMES = Object.keys(LIST_TABLES) as readonly ListTableName[];

/** The line `key, tab, rest` that stands for an item. Nothing of it holds a tab of its own, so {@link ListTable.read} finds everything again. */
export function lineOf<Name extends ListTableName>(name: Name, item: ListItems[Name]): string {
  const table: ListTable<ListItems[Name]> = LIST_TABLES[name];
  return `${table.key(item)}\t${table.rest(item)}`;
}

/** A party's size stands at the end of the line of those who come with others: the lines of everybody else, and the digests over them, know nothing of it. */
export const CREDENTIAL_FIELDS_MAX = 11;

/** The parts of a line, `count` to `countMax` of them. @throws RangeError where it does not have so many: whoever made the line has to see to that */
export function fields(line: string, count: number, countMax = count): string[] {
  const parts = line.split("\t");
  if (parts.length < count || parts.length > countMax) throw new RangeError(`a line of a list has ${parts.length} parts instead of ${count}`);
  return parts;
}

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
