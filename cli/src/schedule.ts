import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, theOne, withReason } from "./cloud-verb.ts";
import { dayRanges, type Ranges, rangesText, specialRanges, type Weekdays, weekText } from "./schedule-text.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type SpecialDays = RouteAnswer<"GET /v1/special-days">["items"][number];
type Schedule = RouteAnswer<"GET /v1/schedules">["items"][number];
type Reasoned = CloudVerbOptions & { readonly reason?: string };

/** `portico schedule`: when grants open. */
export function scheduleNoun(surroundings: Surroundings): Command {
  return noun(
    "schedule",
    "schedules: when grants open",
    [
      ["portico schedule show weekdays", "its week, special days, and what of the calendar it follows"],
      ["portico schedule put weekdays --day mon-fri=07:00-22:00 --holidays --make-up-days", "closed on holidays, open on make-up days"],
    ],
    [listVerb(surroundings), showVerb(surroundings), putVerb(surroundings), removeVerb(surroundings), specialVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list all schedules; `always` is always there", [["portico schedule list", "each with its week"]]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions) => {
    const { items } = await calls.ask("schedules", "GET /v1/schedules", {});
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "SCHEDULE", cell: (row) => row.id },
        { heading: "WEEK", cell: (row) => weekText(row.weekly) },
        { heading: "FOLLOWS", cell: followsText },
      ],
      items,
    );
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <schedule>", "one schedule", [["portico schedule show weekdays", "a range that crosses midnight belongs to its first day"]]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, id = "") =>
    writeSchedule(surroundings, options, theOne((await calls.ask(`schedule ${id}`, "GET /v1/schedules", {})).items, "schedule", id)),
  );
}

function putVerb(surroundings: Surroundings): Command {
  const command = verb("put <schedule>", "make a schedule, or make it say this: whoever is granted by it follows", [
    ["portico schedule put weekdays --day mon-fri=07:00-22:00 --day sat=08:00-12:00,13:00-18:00 --holidays --make-up-days", "office hours"],
    ["portico schedule put nights --day mon-sun=22:00-06:00 --phase autumn", "across midnight, in one term alone"],
    ["portico schedule put library --day mon-sun=08:00-22:00 --special exams=06:00-24:00 --special open-days=closed", "on special days instead"],
  ])
    .addOption(
      new Option("--day <days=ranges>", "mon-fri=07:00-22:00; several ranges parted by commas; once for each; a day that is not named is closed").argParser(
        (text: string, before: Weekdays | undefined) => ({ ...before, ...dayRanges(text, before ?? {}) }),
      ),
    )
    .addOption(
      new Option("--special <group=ranges>", "what holds on the days of a group instead, or group=closed; once for each").argParser(
        (text: string, before: readonly Special[] | undefined) => [...(before ?? []), specialRanges(text)],
      ),
    )
    .option("--holidays", "closed on the calendar's holidays")
    .option("--make-up-days", "a make-up working day runs as the weekday that the calendar names")
    .option("--phase <phase...>", "open in these term phases alone")
    .addOption(cloudReason(false));
  type Special = { readonly group: string; readonly periods: Ranges };
  type Options = Reasoned & { day?: Weekdays; special?: readonly Special[]; holidays?: true; makeUpDays?: true; phase?: readonly string[] };
  return cloudVerb(surroundings, command, async (calls, options: Options, id = "") => {
    const body = {
      weekly: options.day ?? {},
      specialDays: (options.special ?? []).map(({ group, periods }) => ({ group, periods: [...periods] })),
      follows: {
        holidays: options.holidays === true,
        makeUpDays: options.makeUpDays === true,
        ...(options.phase === undefined ? {} : { termPhases: [...options.phase] }),
      },
    };
    const made = await calls.ask(`schedule ${id}`, "PUT /v1/schedules/{id}", { params: { id }, body }, withReason(options));
    writeSchedule(surroundings, options, made.value);
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <schedule>", "take a schedule away that no profile and no grant names", [
    ["portico schedule remove nights", "refused while one does"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`schedule ${id}`, "DELETE /v1/schedules/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", id]], { removed: id });
    await tellChange(surroundings, calls, made);
  });
}

function specialVerb(surroundings: Surroundings): Command {
  const command = verb("special [group]", "groups of special days; with --date, make one say these", [
    ["portico schedule special", "all groups"],
    ["portico schedule special exams --date 2027-01-11 --date 2027-01-12", "exactly these days"],
  ])
    .option("--date <date...>", "a day, once for each; replaces those there were")
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly date?: readonly string[] }, id?: string) => {
    const columns: readonly Column<SpecialDays>[] = [
      { heading: "GROUP", cell: (row) => row.id },
      { heading: "DAYS", cell: (row) => row.days.join(" ") },
    ];
    if (id !== undefined && options.date !== undefined) {
      const made = await calls.ask(
        `special days ${id}`,
        "PUT /v1/special-days/{id}",
        { params: { id }, body: { days: [...options.date] } },
        withReason(options),
      );
      writeRows(surroundings.terminal, options.format, columns, [made.value]);
      await tellChange(surroundings, calls, made);
      return;
    }
    const { items } = await calls.ask("special days", "GET /v1/special-days", {});
    writeRows(surroundings.terminal, options.format, columns, id === undefined ? items : [theOne(items, "special days", id)]);
  });
}

function followsText({ follows }: Schedule): string {
  const { holidays, makeUpDays, termPhases } = follows;
  return [
    ...(holidays ? ["holidays"] : []),
    ...(makeUpDays ? ["make-up days"] : []),
    ...(termPhases === undefined ? [] : [`phases ${termPhases.join(" ")}`]),
  ].join(", ");
}

function writeSchedule({ terminal }: Surroundings, { format }: CloudVerbOptions, schedule: Schedule): void {
  writeFacts(
    terminal,
    format,
    [
      ["schedule", schedule.id],
      ["week", weekText(schedule.weekly)],
      ...schedule.specialDays.map(({ group, periods }) => ["special", `${group}: ${rangesText(periods)}`] as const),
      ["follows", followsText(schedule) || "nothing of the calendar"],
    ],
    schedule,
  );
}
