import type { Command } from "commander";
import { InvalidArgumentError, Option } from "commander";
import { cloudVerb, type CloudVerbOptions, everyPage, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import { contentOf, type PutOptions, putOptions, type Reasoned, RESOURCE_COLUMNS } from "./space.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

/** `portico course`: what is booked with all its sessions. */
export function courseNoun(surroundings: Surroundings): Command {
  return noun(
    "course",
    "courses: seats that are booked with all sessions",
    [
      ["portico course list", "all courses"],
      ["portico course show yoga", "its sessions"],
    ],
    [listVerb(surroundings), showVerb(surroundings), putVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  return cloudVerb(surroundings, verb("list", "list all courses", [["portico course list", "with their seats"]]), async (calls, options: CloudVerbOptions) => {
    const found = await everyPage((after) => calls.ask("courses", "GET /v1/resources", { query: { kind: "course", limit: 1000, ...(after && { after }) } }));
    writeRows(surroundings.terminal, options.format, RESOURCE_COLUMNS, found);
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <course>", "the sessions of a course", [["portico course show yoga", "in this computer's zone"]]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, id = "") => {
    const { sessions } = await calls.ask(`course ${id}`, "GET /v1/resources/{id}", { params: { id } });
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "SESSION", cell: (row) => String(row.nth) },
        { heading: "FROM", cell: (row) => timeOrLimit(row.from) },
        { heading: "UNTIL", cell: (row) => timeOrLimit(row.until) },
      ],
      sessions.map((session, nth) => ({ nth, ...session })),
    );
  });
}

interface Session {
  readonly from: string;
  readonly until: string;
}
/** `2026-09-04T18:00:00+08:00/PT1H`: an interval of ISO 8601 with its end or its length. */
function sessionOption(text: string, before: readonly Session[] = []): Session[] {
  const [, begin = "", end = ""] = /^([^/]+)\/([^/]+)$/.exec(text) ?? [];
  const [, hours = "0", minutes = "0"] = /^PT(?:(\d+)H)?(?:(\d+)M)?$/.exec(end) ?? [];
  const from = Date.parse(begin);
  const until = end.startsWith("PT") ? from + (Number(hours) * 60 + Number(minutes)) * 60_000 : Date.parse(end);
  if (!(from < until)) throw new InvalidArgumentError("A session such as 2026-09-04T18:00:00+08:00/PT1H is wanted.");
  const written = (at: number): string => new Date(at).toISOString().replace(/\.\d{3}Z$/, "Z");
  return [...before, { from: written(from), until: written(until) }];
}

function putVerb(surroundings: Surroundings): Command {
  const command = putOptions(
    verb("put <course>", "make a course, or make it say this", [
      [
        "portico course put yoga --service sports-hall --type 课程 --zh 瑜伽 --en Yoga --seats 20 --session 2026-09-04T18:00:00+08:00/PT1H",
        "one session of an hour",
      ],
    ]),
  )
    .addOption(new Option("--session <interval>", "when, as ISO 8601 has it; may be repeated").argParser(sessionOption).makeOptionMandatory())
    .option("--place <space>", "the place that its sessions take");
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & PutOptions & { readonly session: Session[]; readonly place?: string }, id = "") => {
    const body = { ...contentOf(options), kind: "course" as const, place: options.place ?? null, sessions: options.session };
    const made = await calls.ask(`course ${id}`, "PUT /v1/resources/{id}", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, RESOURCE_COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}
