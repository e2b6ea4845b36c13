import { readFileSync } from "node:fs";
import { dateOfDay, dayOfDate, isLocalDate, type Weekday, weekdayOfDay } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, InvalidArgumentError, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { lessonText } from "./space-timetable.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts, writeRows } from "./table.ts";
import { noun, verb, wholeNumber } from "./verb.ts";
import { typedPath } from "./places.ts";

type Calendar = RouteAnswer<"GET /v1/calendar">;

/** What one date is. */
interface DayTold {
  readonly date: string;
  readonly weekday: Weekday;
  readonly kind: "holiday" | "makeUpDay" | "plain";
  /** The weekday as which it runs; null on a holiday, which runs as none. */
  readonly runsAs: Weekday | null;
  readonly termPhases: readonly string[];
}

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"] as const;
const nameOf = (weekday: Weekday): string => WEEKDAYS[weekday - 1]!;
/** More days than a year and a bit are no answer for a person. */
const DAYS_MAX = 400;

/** `portico calendar`: holidays, make-up working days and term phases. */
export function calendarNoun(surroundings: Surroundings): Command {
  return noun(
    "calendar",
    "the campus calendar: holidays, make-up working days, term phases",
    [
      ["portico calendar import calendar-2027.csv --year 2027", "the list of one year"],
      ["portico calendar show 2027-10-10", "what that date is"],
      ["portico calendar check", "is next year's list there? From 1 December it has to be"],
    ],
    [importVerb(surroundings), showVerb(surroundings), checkVerb(surroundings)],
  );
}

function importVerb(surroundings: Surroundings): Command {
  const command = verb("import <file>", "replace the calendar of one year by a CSV list; with any mistake nothing is changed", [
    ["portico calendar import calendar-2027.csv --year 2027", "columns date, kind, until, runs_as, phase, name"],
    ["portico calendar import calendar-2027.csv --year 2027 --dry-run", "shows what would change"],
  ])
    .addOption(new Option("--year <year>", "which year").argParser(wholeNumber(1970, 2105)).makeOptionMandatory())
    .option("--dry-run", "show what would change, and change nothing")
    .addOption(cloudReason(false));
  type Options = CloudVerbOptions & { readonly year: number; readonly dryRun?: true; readonly reason?: string };
  return cloudVerb(surroundings, command, async (calls, options: Options, given = "") => {
    const file = typedPath(surroundings, given);
    const { readCalendarFile } = await import("@portico/cloud-sync");
    const read = readCalendarFile(readFileSync(file), options.year);
    if (!read.ok) {
      const findings = read.problems.map(
        ({ row, column, cause, remedy }) => `${[file, row, column].filter((part) => part !== null).join(":")}: ${cause}; ${remedy}`,
      );
      throw new Failure(EXIT.usage, `the list of ${options.year} has mistakes`, file, "mend these rows, then import again", findings);
    }
    const { from, until, days, termPhases } = read.value;
    const before = await calls.ask("calendar", "GET /v1/calendar", {});
    const changes = changesOf(before, read.value);
    const { terminal } = surroundings;
    writeRows(
      terminal,
      options.format,
      [
        { heading: "", cell: ({ act }) => ({ added: "+", changed: "~", removed: "-" })[act] },
        { heading: "WHEN", cell: ({ when }) => when },
        { heading: "WHAT", cell: ({ what }) => what },
      ],
      changes,
    );
    if (options.dryRun) {
      terminal.err("nothing was changed\n");
      return;
    }
    const body = { from, until, days: days.map((day) => ({ ...day })), termPhases: termPhases.map((phase) => ({ ...phase })) };
    const made = await calls.ask(`calendar ${options.year}`, "PUT /v1/calendar", { body }, withReason(options));
    terminal.err(`${options.year} has ${made.value.days} days of its own and ${made.value.termPhases} term phases now\n`);
    const { begun, ended, without } = made.value.lessons;
    if (begun + ended > 0) terminal.err(`lessons of timetables have moved: ${ended} times are over, ${begun} are new\n`);
    for (const lesson of without)
      terminal.err(`somebody has the room of a lesson: ${lessonText(lesson)}; it has it when it is free: portico space timetables\n`);
    await tellChange(surroundings, calls, made);
  });
}

interface CalendarChange {
  readonly act: "added" | "changed" | "removed";
  readonly when: string;
  readonly what: string;
}

/** What a year's list changes, in the order of its days. */
function changesOf(
  before: Calendar,
  {
    from,
    until,
    days,
    termPhases,
  }: { readonly from: string; readonly until: string; readonly days: readonly DayEntry[]; readonly termPhases: readonly PhaseEntry[] },
): CalendarChange[] {
  const isHere = (date: string): boolean => date >= from && date < until;
  const had = new Map<string, string>();
  const has = new Map<string, string>();
  for (const day of before.days) if (isHere(day.date)) had.set(day.date, dayText(day));
  for (const day of days) has.set(day.date, dayText(day));
  for (const phase of before.termPhases) if (isHere(phase.from)) had.set(`${phase.from} ${phase.phase}`, phaseText(phase));
  for (const phase of termPhases) has.set(`${phase.from} ${phase.phase}`, phaseText(phase));
  return [...new Set([...had.keys(), ...has.keys()])].sort().flatMap((key): CalendarChange[] => {
    const [was, is] = [had.get(key), has.get(key)];
    if (was === is) return [];
    const when = key.split(" ")[0]!;
    if (was === undefined) return [{ act: "added", when, what: is! }];
    return is === undefined ? [{ act: "removed", when, what: was }] : [{ act: "changed", when, what: `${is} (was ${was})` }];
  });
}

type DayEntry = { readonly date: string } & ({ readonly kind: "holiday" } | { readonly kind: "makeUpDay"; readonly runsAs: number });
interface PhaseEntry {
  readonly phase: string;
  readonly from: string;
  readonly until: string;
}
const dayText = (day: DayEntry): string => (day.kind === "holiday" ? "holiday" : `make-up working day, runs as ${nameOf(day.runsAs as Weekday)}`);
const phaseText = ({ phase, until }: PhaseEntry): string => `term phase ${phase}, up to ${dateOfDay(dayOfDate(until) - 1)}`;

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <date>", "what a date is: holiday, make-up working day, term phase", [
    ["portico calendar show 2027-10-10", "one day"],
    ["portico calendar show 2027-10-01 --until 2027-10-15", "a range, the last day not included"],
  ]).addOption(new Option("--until <date>", "up to this date, which is not shown").argParser(dateOption));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly until?: string }, given = "") => {
    if (!isLocalDate(given)) throw new Failure(EXIT.usage, "this is no date", given, "write it as 2027-10-10");
    const first = dayOfDate(given);
    const end = options.until === undefined ? first + 1 : dayOfDate(options.until);
    if (end <= first || end - first > DAYS_MAX)
      throw new Failure(EXIT.usage, "this is no range of days", `${given} to ${options.until}`, `name 1 to ${DAYS_MAX} days, the last behind the first`);
    const calendar = await calls.ask("calendar", "GET /v1/calendar", {});
    const days = Array.from({ length: end - first }, (_, nth) => dayTold(calendar, first + nth));
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "DATE", cell: ({ date }) => date },
        { heading: "DAY", cell: ({ weekday }) => nameOf(weekday) },
        { heading: "IS", cell: ({ kind }) => ({ holiday: "holiday", makeUpDay: "make-up working day", plain: "as any" })[kind] },
        { heading: "RUNS AS", cell: ({ runsAs }) => (runsAs === null ? "none" : nameOf(runsAs)) },
        { heading: "TERM PHASES", cell: ({ termPhases }) => termPhases.join(" ") },
      ],
      days,
    );
  });
}

function dayTold({ days, termPhases }: Calendar, day: number): DayTold {
  const date = dateOfDay(day);
  const weekday = weekdayOfDay(day);
  const own = days.find((each) => each.date === date);
  return {
    date,
    weekday,
    kind: own?.kind ?? "plain",
    runsAs: own === undefined ? weekday : own.kind === "holiday" ? null : (own.runsAs as Weekday),
    termPhases: termPhases.filter(({ from, until }) => from <= date && date < until).map(({ phase }) => phase),
  };
}

function checkVerb(surroundings: Surroundings): Command {
  const command = verb("check", "whether the lists of this year and, from 1 December, of the next are there", [
    ["portico calendar check", "exit code 1 where one is missing: without it every holiday opens like any day"],
  ]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions) => {
    const { days, termPhases, missing } = await calls.ask("calendar", "GET /v1/calendar", {});
    const years = new Map<string, number>();
    for (const { date } of days) years.set(date.slice(0, 4), (years.get(date.slice(0, 4)) ?? 0) + 1);
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ...[...years].map(([year, count]) => [year, `${count} days of its own`] as const),
        ["term phases", String(termPhases.length)],
        ["missing", missing.join(" ") || "none"],
      ],
      { years: Object.fromEntries(years), termPhases: termPhases.length, missing },
    );
    if (missing.length > 0)
      throw new Failure(
        EXIT.refused,
        `the calendar of ${missing.join(" and ")} is missing: every holiday opens like any day`,
        "calendar",
        `portico calendar import <file> --year ${missing[0]}`,
      );
  });
}

function dateOption(text: string): string {
  if (!isLocalDate(text)) throw new InvalidArgumentError("A date such as 2027-10-10 is wanted.");
  return text;
}
