import { isLocalDate } from "@portico/card-protocol";
import type { RouteParts } from "@portico/cloud-sync";
import { EXIT, Failure } from "./failure.ts";

/** One lesson as the cloud takes it. */
export type LessonAsked = RouteParts<"PUT /v1/timetables/{id}">["body"]["lessons"][number];

/** `from` and `until` are times of the day, `first_day` and `last_day` dates, both included; `phases` are parted by blanks. */
const COLUMNS = ["resource", "weekday", "from", "until", "every_weeks", "first_day", "last_day", "phases"] as const;
type ColumnName = (typeof COLUMNS)[number];
const NEEDED: readonly ColumnName[] = ["resource", "weekday", "from", "until"];

/**
 * Reads a timetable from a CSV list.
 *
 * @param days  first and last day of rows that say none
 * @throws Failure 2 with every mistake by row and column; then nothing of it holds
 */
export async function timetableOf(bytes: Uint8Array, file: string, days: { readonly from?: string; readonly until?: string }): Promise<LessonAsked[]> {
  const { readCsvRecords } = await import("@portico/cloud-sync");
  const read = readCsvRecords(bytes);
  if (!read.ok) throw new Failure(EXIT.usage, read.cause, read.line === null ? file : `${file}:${read.line}`, read.remedy);
  const [heading, ...records] = read.records;
  const places = new Map(COLUMNS.map((name) => [name, heading?.cells.findIndex((cell) => cell.toLowerCase() === name) ?? -1]));
  const missing = NEEDED.filter((name) => places.get(name) === -1);
  if (missing.length > 0)
    throw new Failure(EXIT.usage, `columns are missing: ${missing.join(", ")}`, file, `the first row names the columns: ${COLUMNS.join(", ")}`);
  const findings: string[] = [];
  const lessons = records.map(({ cells, line }) => {
    const cell = (name: ColumnName): string => cells[places.get(name) ?? -1] ?? "";
    const checked = <T>(name: ColumnName, value: T | undefined, wanted: string): T | undefined => {
      if (value === undefined) findings.push(`${file}:${line}:${name}: ${JSON.stringify(cell(name))}; ${wanted}`);
      return value;
    };
    const behind = <T extends number | string>(name: ColumnName, value: T | undefined, first: T | undefined, wanted: string): void => {
      if (value !== undefined && first !== undefined && value < first) findings.push(`${file}:${line}:${name}: ${JSON.stringify(cell(name))}; ${wanted}`);
    };
    const day = (name: ColumnName, preset: string | undefined): string | undefined =>
      cell(name) === "" ? preset : isLocalDate(cell(name)) ? cell(name) : undefined;
    const lesson = {
      resource: checked("resource", cell("resource") || undefined, "a place's id is wanted")!,
      weekday: checked("weekday", /^[1-7]$/.test(cell("weekday")) ? Number(cell("weekday")) : undefined, "1 Monday to 7 Sunday is wanted")!,
      startS: checked("from", secondsOf(cell("from")), "a time such as 09:00 is wanted")!,
      endS: checked("until", secondsOf(cell("until")), "a time such as 10:30 is wanted")!,
      everyWeeks: checked("every_weeks", /^[1-8]?$/.test(cell("every_weeks")) ? Number(cell("every_weeks") || 1) : undefined, "1 to 8 is wanted")!,
      from: checked("first_day", day("first_day", days.from), "a day such as 2026-09-01 is wanted, here or by --from")!,
      until: checked("last_day", day("last_day", days.until), "a day such as 2027-01-15 is wanted, here or by --until")!,
      termPhases: cell("phases").split(/\s+/).filter(Boolean),
    };
    behind("until", lesson.endS, lesson.startS + 1, "a time behind that of from is wanted");
    behind("last_day", lesson.until, lesson.from, "no day before first_day is wanted");
    return lesson;
  });
  if (findings.length > 0) throw new Failure(EXIT.usage, "the timetable has mistakes", file, "mend these cells, then import again", findings);
  return lessons;
}

function secondsOf(text: string): number | undefined {
  const [, hour, minute] = /^(\d{1,2}):([0-5]\d)$/.exec(text) ?? [];
  const seconds = Number(hour) * 3600 + Number(minute) * 60;
  return seconds <= 86_400 ? seconds : undefined;
}
