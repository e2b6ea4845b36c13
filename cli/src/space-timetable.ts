import { readFileSync } from "node:fs";
import type { RouteAnswer } from "@portico/cloud-sync";
import { isLocalDate } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { timetableOf } from "./timetable-file.ts";
import { verb } from "./verb.ts";
import { typedPath } from "./places.ts";

type Reasoned = CloudVerbOptions & { readonly reason?: string };
type Timetable = RouteAnswer<"GET /v1/timetables">["items"][number];

/** A lesson without a room, as a person reads it. */
export const lessonText = ({ timetable, resource, from }: Timetable["without"][number]): string => `${resource} ${timeOrLimit(from)} (${timetable})`;

const COLUMNS: readonly Column<Timetable>[] = [
  { heading: "TIMETABLE", cell: (row) => row.timetable },
  { heading: "LESSONS", cell: (row) => String(row.lessons) },
  { heading: "WITHOUT A ROOM", cell: (row) => row.without.map(({ resource, from }) => `${resource} ${timeOrLimit(from)}`).join("; ") },
];

export function timetablesVerb(surroundings: Surroundings): Command {
  const command = verb("timetables", "list all timetables, and lessons that the calendar has moved to where somebody has their room", [["portico space timetables", "such a lesson gets its room when it is free"]]); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions) =>
    writeRows(surroundings.terminal, format, COLUMNS, (await calls.ask("timetables", "GET /v1/timetables", {})).items),
  );
}

export function timetableVerb(surroundings: Surroundings): Command {
  const command = verb(
    "timetable <name> [file]",
    "make a semester's timetable say what a CSV list says: its lessons keep their rooms; without a list it ends",
    [["portico space timetable 2026-autumn lessons.csv --from 2026-09-01 --until 2027-01-15", "columns resource, weekday, from, until, every_weeks, phases"]],
  )
    .addOption(new Option("--from <date>", "first day, where a row says none").argParser(dateOption))
    .addOption(new Option("--until <date>", "last day, where a row says none").argParser(dateOption))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly from?: string; readonly until?: string }, id = "", given?: string) => {
    const file = given === undefined ? undefined : typedPath(surroundings, given);
    const lessons = file === undefined ? [] : await timetableOf(readFileSync(file), file, options);
    const made = await calls.ask(`timetable ${id}`, "PUT /v1/timetables/{id}", { params: { id }, body: { lessons } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["timetable", id], ["lessons", String(made.value.lessons)], ["times", String(made.value.times)]], { timetable: id, ...made.value }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

/** A day as it is typed. */
export function dateOption(text: string): string {
  if (isLocalDate(text)) return text;
  throw new InvalidArgumentError("A day such as 2026-09-01 is wanted.");
}
