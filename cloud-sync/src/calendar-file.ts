import { dateOfDay, dayOfDate, isListId, isLocalDate, type LocalDate, type Weekday } from "@portico/card-protocol";
import { CsvError, parse } from "csv-parse/sync";
import type { CalendarRange } from "./calendar.ts";

/** Columns of the yearly list, as docs/list-files.md has them for a controller's calendar.csv; `name` is for people and is not kept. */
export const CALENDAR_COLUMNS = ["date", "kind", "until", "runs_as", "phase", "name"] as const;
type Column = (typeof CALENDAR_COLUMNS)[number];
const REQUIRED: readonly Column[] = ["date", "kind"];
const KINDS = ["holiday", "makeUpDay", "termPhase"] as const;
/** In the order of the week: 1 Monday … 7 Sunday. */
const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
/** A year's list has some tens of rows. */
const BYTES_MAX = 1024 * 1024;
/** Mistakes beyond this many are only counted. */
const PROBLEMS_MAX = 50;
const DAYS_MAX = 400;

/** One mistake in the file. */
export interface CalendarProblem {
  /** From 1, the heading included; null: the file as a whole. */
  readonly row: number | null;
  readonly column: string | null;
  readonly cause: string;
  readonly remedy: string;
}

/** What `putCalendar` takes, or everything that is wrong, at most fifty mistakes; `detail` says it in one text. Nothing of a file with a mistake is taken. */
export type CalendarReading =
  | { readonly ok: true; readonly value: CalendarRange }
  | { readonly ok: false; readonly error: "RequestMalformed"; readonly detail: string; readonly problems: readonly CalendarProblem[] };

/**
 * Reads the list of one year: holidays, make-up working days (调休) and the term phases that begin in it. CSV with a heading, comma-separated, CRLF or LF,
 * in UTF-8 with or without byte order mark, or in GBK (GB 18030), as spreadsheets save it.
 *
 * Every day has to lie in the year: what a holiday has on the other side of New Year stands in the other year's list. A list without a single day is a
 * mistake, since it would empty the year.
 */
export function readCalendarFile(bytes: Uint8Array, year: number): CalendarReading {
  const file = new CalendarFile(year);
  file.read(bytes);
  return file.reading();
}

/** The row that is being read. */
interface Row {
  readonly number: number;
  readonly cell: (column: Column) => string;
}

/** A record as csv-parse gives it; `lines`: where it ends, from 1. */
interface ParsedRecord {
  readonly record: readonly string[];
  readonly info: { readonly lines: number };
}

/** What was read so far, and every mistake. */
class CalendarFile {
  readonly #from: LocalDate;
  readonly #until: LocalDate;
  readonly #year: number;
  readonly #problems: CalendarProblem[] = [];
  /** By day: what it is, and in which row it says so. */
  readonly #days = new Map<LocalDate, { readonly row: number; readonly day: CalendarRange["days"][number] }>();
  readonly #phases: { readonly row: number; readonly phase: CalendarRange["termPhases"][number] }[] = [];

  constructor(year: number) {
    this.#year = year;
    this.#from = `${year}-01-01`;
    this.#until = `${year + 1}-01-01`;
  }

  read(bytes: Uint8Array): void {
    const text = this.#decode(bytes);
    const records = text === undefined ? undefined : this.#parse(text);
    const [heading, ...body] = records ?? [];
    if (records === undefined) return;
    if (heading === undefined) return this.#refuse(null, null, "the file is empty", `Begin it with the heading: ${CALENDAR_COLUMNS.join(",")}`);
    const columns = this.#readHeading(heading.record);
    if (columns === undefined) return;
    for (const { record, info } of body) {
      if (record.every((cell) => cell === "")) continue; // a spreadsheet's empty row
      if (record.length === heading.record.length) this.#readRow({ number: info.lines, cell: (column) => record[columns.get(column) ?? -1] ?? "" });
      else
        this.#refuse(
          info.lines,
          null,
          `the row has ${record.length} cells, the heading ${heading.record.length}`,
          "Complete it; a cell that holds a comma stands between quotation marks.",
        );
    }
    if (this.#problems.length === 0 && this.#days.size === 0)
      this.#refuse(null, null, `it has no holiday and no make-up day of ${this.#year}`, "Give it the days of the year; without them every holiday would open.");
  }

  reading(): CalendarReading {
    if (this.#problems.length > 0) {
      const problems = this.#problems.slice(0, PROBLEMS_MAX);
      const lines = problems.map(({ row, column, cause, remedy }) =>
        [row === null ? "file" : `row ${row}`, ...(column === null ? [] : [`column ${column}`])].join(", ").concat(`: ${cause}. ${remedy}`),
      );
      if (this.#problems.length > problems.length) lines.push(`and ${this.#problems.length - problems.length} more`);
      return { ok: false, error: "RequestMalformed", detail: lines.join("\n"), problems };
    }
    const days = [...this.#days.values()].map(({ day }) => day).sort((a, b) => (a.date < b.date ? -1 : 1));
    return { ok: true, value: { from: this.#from, until: this.#until, days, termPhases: this.#phases.map(({ phase }) => phase) } };
  }

  #refuse(row: number | null, column: string | null, cause: string, remedy: string): undefined {
    this.#problems.push({ row, column, cause, remedy });
  }

  #decode(bytes: Uint8Array): string | undefined {
    if (bytes.length > BYTES_MAX) return this.#refuse(null, null, `it has more than ${BYTES_MAX / 1024} KiB`, "Check that it is the right file.");
    for (const encoding of ["utf-8", "gb18030"])
      try {
        const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
        // Nothing that people write holds NUL: UTF-16 and spreadsheets' own formats do, and either may pass for GBK.
        if (!text.includes("\0")) return text;
      } catch {
        continue; // not this encoding
      }
    return this.#refuse(null, null, "it is neither UTF-8 nor GBK text", "Save it again as “CSV UTF-8”.");
  }

  #parse(text: string): readonly ParsedRecord[] | undefined {
    try {
      // With `info` csv-parse wraps each record, which its types do not say.
      return parse(text, { info: true, relax_column_count: true, skip_empty_lines: true, trim: true }) as unknown as readonly ParsedRecord[];
    } catch (error) {
      if (!(error instanceof CsvError)) throw error;
      const row = typeof error["lines"] === "number" ? error["lines"] : null;
      return this.#refuse(row, null, `it cannot be read: ${error.code}`, 'Write a quotation mark inside a cell twice ("").');
    }
  }

  #readHeading(heading: readonly string[]): ReadonlyMap<Column, number> | undefined {
    const columns = new Map<Column, number>();
    if (heading.length === 1 && /[;\t]/.test(heading[0]!))
      return this.#refuse(1, null, "the cells are not separated by commas", "Save it again as “CSV UTF-8 (comma delimited)”.");
    for (const [index, cell] of heading.entries()) {
      const column = CALENDAR_COLUMNS.find((each) => each === cell.toLowerCase());
      if (cell === "") continue; // a column of remarks
      if (column === undefined) this.#refuse(1, cell, "the column is not known", `Known are: ${CALENDAR_COLUMNS.join(", ")}`);
      else if (columns.has(column)) this.#refuse(1, column, "the column stands twice", "Remove one of them.");
      else columns.set(column, index);
    }
    for (const column of REQUIRED)
      if (!columns.has(column)) this.#refuse(1, column, "the column is missing", `Write the heading: ${CALENDAR_COLUMNS.join(",")}`);
    return this.#problems.length === 0 ? columns : undefined;
  }

  #readRow(row: Row): void {
    const kind = KINDS.find((each) => each === row.cell("kind"));
    const days = this.#readDays(row, kind);
    if (kind === undefined) return this.#refuse(row.number, "kind", `${quoted(row.cell("kind"))} is not known here`, `Write one of: ${KINDS.join(", ")}`);
    for (const [column, owner] of [
      ["runs_as", "makeUpDay"],
      ["phase", "termPhase"],
    ] as const)
      if (row.cell(column) !== "" && kind !== owner) return this.#refuse(row.number, column, `a ${kind} has no ${column}`, "Leave the cell empty.");
    const weekday = WEEKDAYS.indexOf(row.cell("runs_as")) + 1;
    if (kind === "makeUpDay" && weekday === 0)
      return this.#refuse(row.number, "runs_as", `${quoted(row.cell("runs_as"))} is no day of the week`, `Write one of: ${WEEKDAYS.join(", ")}`);
    if (kind === "termPhase") return this.#readPhase(row, days);
    for (const date of days ?? []) {
      const other = this.#days.get(date);
      if (other !== undefined) this.#refuse(row.number, "date", `${date} stands in row ${other.row} already`, "Keep one of the rows.");
      else this.#days.set(date, { row: row.number, day: kind === "holiday" ? { date, kind } : { date, kind, runsAs: weekday as Weekday } });
    }
  }

  #readPhase({ number, cell }: Row, days: readonly LocalDate[] | undefined): void {
    const phase = cell("phase");
    if (!isListId(phase)) return this.#refuse(number, "phase", `${quoted(phase)} is no name`, "Use 1 to 64 letters, digits or Chinese characters.");
    if (days === undefined) return;
    const [from, until] = [days[0]!, dateOfDay(dayOfDate(days.at(-1)!) + 1)];
    const other = this.#phases.find(({ phase: known }) => known.phase === phase && known.from < until && from < known.until);
    if (other !== undefined) this.#refuse(number, "date", `${phase} is on these days by row ${other.row} already`, "Keep one of the rows.");
    else this.#phases.push({ row: number, phase: { phase, from, until } });
  }

  /** The day of a row, or all days up to its `until`, that one included. */
  #readDays({ number, cell }: Row, kind: (typeof KINDS)[number] | undefined): LocalDate[] | undefined {
    for (const column of ["date", "until"] as const)
      if (!isLocalDate(cell(column)) && !(column === "until" && cell(column) === ""))
        return this.#refuse(
          number,
          column,
          `${quoted(cell(column))} is no date`,
          `Write it as ${this.#year}-09-01; in a spreadsheet format the column as text first.`,
        );
    const [first, last] = [cell("date"), cell("until") || cell("date")];
    const count = dayOfDate(last) - dayOfDate(first) + 1;
    if (count < 1 || count > DAYS_MAX) return this.#refuse(number, "until", `these are ${count} days`, `Name 1 to ${DAYS_MAX} days.`);
    // A term phase belongs to the year in which it begins.
    const outside = [first, ...(kind === "termPhase" ? [] : [last])].find((date) => date < this.#from || date >= this.#until);
    if (outside !== undefined)
      return this.#refuse(
        number,
        outside === first ? "date" : "until",
        `${outside} is not in ${this.#year}`,
        `Put it into the list of ${outside.slice(0, 4)}.`,
      );
    return Array.from({ length: count }, (_, index) => dateOfDay(dayOfDate(first) + index));
  }
}

/** A cell's text for a message: short, in quotes, without anything that a terminal would obey. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 39)}…` : text).replace(/[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, "?");
}
