import { CAPABILITIES, dateOfDay, dayOfDate, type LocalDate, type Schedule, type TimeRange, type Weekday } from "@portico/card-protocol";
import type { ListLines } from "../store/list-lines.ts";
import { type Cells, WEEKDAYS } from "./cells.ts";
import { type CsvLayout, type CsvRow, readCsvFile } from "./csv-file.ts";
import { quoted } from "./list-problems.ts";

export const ACCESS_PROFILES: CsvLayout = { file: "access-profiles.csv", required: ["profile", "access_points", "capability", "schedule"], optional: [] };
export const SCHEDULES: CsvLayout = {
  file: "schedules.csv",
  required: ["schedule", "days", "start", "end"],
  optional: ["follows_holidays", "follows_make_up_days", "term_phases"],
};
export const SPECIAL_DAYS: CsvLayout = { file: "special-days.csv", required: ["group", "date"], optional: ["until"] };
export const CALENDAR: CsvLayout = { file: "calendar.csv", required: ["date", "kind"], optional: ["until", "runs_as", "phase"] };

/** The schedule that every list has: day and night, on every day. */
export const ALWAYS: Schedule = {
  id: "always",
  weekly: Object.fromEntries(([1, 2, 3, 4, 5, 6, 7] as const).map((weekday) => [weekday, [{ startS: 0, endS: 86_400 }]])),
  specialDays: [],
  follows: { holidays: false, makeUpDays: false },
};

/** The longest range of days that one row may name. */
const DAYS_MAX = 400;
const SPECIAL = /^special:/;

interface ScheduleDraft {
  readonly weekly: Partial<Record<Weekday, TimeRange[]>>;
  readonly specialDays: Map<string, TimeRange[]>;
  readonly follows: Map<string, string>;
  readonly row: CsvRow;
}

/** What may be used, and when. */
export class RuleFiles {
  readonly #folder: string;
  readonly #cells: Cells;
  readonly #lines: ListLines;
  /** Files that cannot be read as a whole: what they might have held is not missed elsewhere. */
  readonly #unreadable = new Set<CsvLayout>();
  readonly #termPhases = new Set<string>();
  readonly #groups = new Set<string>();
  readonly #schedules = new Set<string>();
  readonly #accessProfiles = new Set<string>();

  constructor(folder: string, cells: Cells, lines: ListLines) {
    this.#folder = folder;
    this.#cells = cells;
    this.#lines = lines;
  }

  read(): void {
    this.#readCalendar();
    this.#readSpecialDays();
    this.#readSchedules();
    this.#readAccessProfiles();
  }

  /** The access profiles that there are, or undefined where their file cannot be read. */
  get accessProfiles(): ReadonlySet<string> | undefined {
    return this.#unreadable.has(ACCESS_PROFILES) ? undefined : this.#accessProfiles;
  }

  #readFile(layout: CsvLayout, take: (row: CsvRow) => void): void {
    if (!readCsvFile(this.#folder, layout, this.#cells.problems, take)) this.#unreadable.add(layout);
  }

  #readAccessProfiles(): void {
    const seen = new Set<string>();
    this.#readFile(ACCESS_PROFILES, (row) => {
      const profile = this.#cells.id(row, "profile");
      const accessPoints = this.#cells.ids(row, "access_points");
      const capability = this.#cells.word(row, "capability", CAPABILITIES);
      const schedule = this.#cells.id(row, "schedule");
      if (schedule !== undefined && !this.#schedules.has(schedule) && !this.#unreadable.has(SCHEDULES))
        return this.#cells.refuse(row, "schedule", `there is no schedule ${schedule}`, "Add it to schedules.csv, or write always.");
      if (profile === undefined || accessPoints === undefined || capability === undefined || schedule === undefined) return;
      this.#accessProfiles.add(profile);
      for (const accessPoint of accessPoints) {
        const key = `${profile}\t${accessPoint}\t${capability}\t${schedule}`;
        if (seen.has(key))
          this.#cells.refuse(row, "access_points", `${profile} has ${accessPoint} with this capability and schedule already`, "Remove one of them.");
        else this.#lines.put("policy", { accessProfile: profile, accessPoint, capability, schedule });
        seen.add(key);
      }
    });
  }

  #readSchedules(): void {
    const drafts = new Map<string, ScheduleDraft>();
    this.#readFile(SCHEDULES, (row) => {
      const id = this.#cells.id(row, "schedule");
      if (id === undefined) return;
      if (id === ALWAYS.id) return this.#cells.refuse(row, "schedule", "always is every list's own schedule", "Give this one another name.");
      let draft = drafts.get(id);
      if (draft === undefined) drafts.set(id, (draft = { weekly: {}, specialDays: new Map(), follows: new Map(), row }));
      this.#readFollows(row, draft);
      if (SPECIAL.test(row.cell("days"))) this.#readSpecialRange(row, draft);
      else {
        const days = this.#cells.weekdays(row, "days");
        const range = this.#range(row);
        if (days !== undefined && range !== undefined) for (const day of days) (draft.weekly[day] ??= []).push(range);
      }
    });
    for (const schedule of [ALWAYS, ...[...drafts].map(([id, draft]) => this.#finish(id, draft))]) {
      this.#lines.put("schedule", schedule);
      this.#schedules.add(schedule.id);
    }
  }

  /** `special:<group>` with a range, or without one: closed all day. */
  #readSpecialRange(row: CsvRow, draft: ScheduleDraft): void {
    const group = row.cell("days").replace(SPECIAL, "");
    if (!this.#groups.has(group) && !this.#unreadable.has(SPECIAL_DAYS)) {
      this.#cells.refuse(row, "days", `there is no group ${quoted(group)} of special days`, "Add its days to special-days.csv or correct the name.");
      return;
    }
    const periods = draft.specialDays.get(group) ?? [];
    draft.specialDays.set(group, periods);
    if (row.cell("start") === "" && row.cell("end") === "") return;
    const range = this.#range(row);
    if (range !== undefined) periods.push(range);
  }

  /** Several rows of one schedule say it once, or say the same. */
  #readFollows(row: CsvRow, draft: ScheduleDraft): void {
    for (const column of ["follows_holidays", "follows_make_up_days", "term_phases"]) {
      const text = row.cell(column);
      if (text === "") continue;
      if (column === "term_phases" ? this.#cells.ids(row, column) === undefined : this.#cells.word(row, column, ["yes", "no"]) === undefined) continue;
      const before = draft.follows.get(column);
      if (before !== undefined && before !== text)
        this.#cells.refuse(row, column, `another row of this schedule says ${quoted(before)}`, "Write it in one row of the schedule, or the same in all.");
      draft.follows.set(column, text);
    }
  }

  #finish(id: string, { weekly, specialDays, follows, row }: ScheduleDraft): Schedule {
    const phases = follows.get("term_phases")?.split(/[\s;]+/);
    for (const phase of phases ?? [])
      if (!this.#termPhases.has(phase) && !this.#unreadable.has(CALENDAR))
        this.#cells.refuse(row, "term_phases", `there is no term phase ${quoted(phase)}`, "Add it to calendar.csv or correct the name.");
    return {
      id,
      weekly,
      specialDays: [...specialDays].map(([group, periods]) => ({ group, periods })),
      follows: {
        holidays: follows.get("follows_holidays") === "yes",
        makeUpDays: follows.get("follows_make_up_days") === "yes",
        ...(phases === undefined ? {} : { termPhases: phases }),
      },
    };
  }

  /** An end that is not behind the start is one of the next day. */
  #range(row: CsvRow): TimeRange | undefined {
    const startS = this.#cells.timeOfDay(row, "start");
    const endS = this.#cells.timeOfDay(row, "end");
    if (startS === undefined || endS === undefined) return undefined;
    if (startS === endS || startS === 86_400) return this.#cells.refuse(row, "end", "the range is empty", "The whole day is 00:00 to 24:00.");
    return { startS, endS: endS > startS ? endS : endS + 86_400 };
  }

  #readSpecialDays(): void {
    const groups = new Map<string, Set<LocalDate>>();
    this.#readFile(SPECIAL_DAYS, (row) => {
      const group = this.#cells.id(row, "group");
      const days = this.#days(row);
      if (group === undefined || days === undefined) return;
      const known = groups.get(group) ?? new Set();
      groups.set(group, known);
      for (const day of days) known.add(day);
    });
    for (const [id, days] of groups) {
      this.#groups.add(id);
      this.#lines.put("specialDayGroup", { id, days: [...days] });
    }
  }

  #readCalendar(): void {
    const seen = new Set<string>();
    this.#readFile(CALENDAR, (row) => {
      const kind = this.#cells.word(row, "kind", ["holiday", "makeUpDay", "termPhase"]);
      const named = this.#days(row);
      if (kind === undefined || named === undefined) return;
      const other = kind === "termPhase" ? ["runs_as"] : kind === "makeUpDay" ? ["phase"] : ["runs_as", "phase"];
      const misplaced = other.find((column) => row.cell(column) !== "");
      if (misplaced !== undefined) return this.#cells.refuse(row, misplaced, `a ${kind} has no ${misplaced}`, "Leave the cell empty.");
      if (kind === "termPhase") return this.#readTermPhase(row, named, seen);
      const runsAs = kind === "makeUpDay" ? this.#cells.word(row, "runs_as", Object.keys(WEEKDAYS)) : undefined;
      if (kind === "makeUpDay" && runsAs === undefined) return;
      for (const date of named) {
        if (seen.has(date)) this.#cells.refuse(row, "date", `${date} stands twice`, "Keep one of the rows.");
        else this.#lines.put("calendarDay", runsAs === undefined ? { date, kind: "holiday" } : { date, kind: "makeUpDay", runsAs: WEEKDAYS[runsAs]! });
        seen.add(date);
      }
    });
  }

  #readTermPhase(row: CsvRow, days: readonly LocalDate[], seen: Set<string>): void {
    const phase = this.#cells.id(row, "phase");
    if (phase === undefined) return;
    const from = days[0]!;
    if (seen.has(`${phase}\t${from}`)) return this.#cells.refuse(row, "phase", `${phase} begins twice on this day`, "Keep one of the rows.");
    seen.add(`${phase}\t${from}`);
    this.#termPhases.add(phase);
    this.#lines.put("termPhase", { phase, from, until: dateOfDay(dayOfDate(days.at(-1)!) + 1) });
  }

  /** The day of a row, or all days up to its `until`, that one included. At least one. */
  #days(row: CsvRow): LocalDate[] | undefined {
    const first = this.#cells.date(row, "date");
    const last = row.cell("until") === "" ? first : this.#cells.date(row, "until");
    if (first === undefined || last === undefined) return undefined;
    const count = dayOfDate(last) - dayOfDate(first) + 1;
    if (count < 1 || count > DAYS_MAX) return this.#cells.refuse(row, "until", `these are ${count} days`, `Name a range of 1 to ${DAYS_MAX} days.`);
    return Array.from({ length: count }, (_, index) => dateOfDay(dayOfDate(first) + index));
  }
}
