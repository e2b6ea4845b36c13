import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import { type Reasoned, timesOf } from "./space.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { verb, wholeNumber } from "./verb.ts";

type Waiting = RouteAnswer<"GET /v1/waiting-list">["items"][number];
const WAITING: readonly Column<Waiting>[] = [
  { heading: "WAITING", cell: (row) => row.id },
  { heading: "FOR", cell: (row) => row.resource },
  { heading: "PERSON", cell: (row) => row.person },
  { heading: "FROM", cell: (row) => (row.time === null ? "a seat" : timeOrLimit(row.time.from)) },
  { heading: "UNTIL", cell: (row) => (row.time === null ? "" : timeOrLimit(row.time.until)) },
  { heading: "SINCE", cell: (row) => timeOrLimit(row.since) },
];

/** Where somebody was absent, and what follows. */
export function absencesVerb(surroundings: Surroundings): Command {
  const command = verb("absences <person>", "where somebody was absent (爽约), and until when nothing can be booked", [
    ["portico reserve absences zhang", "judged now"],
  ]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, text = "") => {
    const { id } = await personMeant(calls, text);
    const { items } = await calls.ask(`person ${text}`, "GET /v1/persons/{id}/absences", { params: { id } });
    const rows = items.flatMap(({ service: of, absences }) => absences.map((absence) => ({ campusService: of, ...absence })));
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "SERVICE", cell: (row) => row.campusService },
        { heading: "OF", cell: (row) => row.resource },
        { heading: "FROM", cell: (row) => timeOrLimit(row.from) },
        { heading: "UNTIL", cell: (row) => timeOrLimit(row.until) },
        { heading: "RESERVATION", cell: (row) => row.reservation },
      ],
      rows,
    );
    for (const { service: of, counted, blockedUntil } of items)
      if (blockedUntil !== null) surroundings.terminal.err(`note: ${counted} absences: nothing of ${of} can be booked before ${timeOrLimit(blockedUntil)}\n`);
  });
}

/** Waits for what somebody has. */
export function waitVerb(surroundings: Surroundings): Command {
  const command = verb("wait <space> <person>", "wait for what somebody has: when it is free it is held for who waits longest", [
    ["portico reserve wait court-1 zhang --from '2026-09-02 18:00' --until '2026-09-02 19:00' --notice 1", "the person is told by reservation.offered"],
  ])
    .addOption(new Option("--from <time>", "from then on; of a course none").argParser(instantOption))
    .addOption(new Option("--until <time>", "until then").argParser(instantOption))
    .addOption(new Option("--notice <version>", "the version of the notice that the person has accepted").argParser(wholeNumber(1, 1_000_000_000)))
    .addOption(cloudReason(false));
  type Options = Reasoned & { readonly from?: string; readonly until?: string; readonly notice?: number };
  return cloudVerb(surroundings, command, async (calls, options: Options, resource = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const body = { resource, person, time: timesOf(options)[0] ?? null, noticeVersion: options.notice ?? null };
    const made = await calls.ask(`place ${resource}`, "POST /v1/waiting-list", { body }, withReason(options));
    writeRows(surroundings.terminal, options.format, WAITING, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

/** Who waits. */
export function waitingVerb(surroundings: Surroundings): Command {
  const command = verb("waiting", "who waits for what, the first who came first", [["portico reserve waiting --space court-1", "for one place"]]).option("--space <id>", "for this place or course alone"); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly space?: string }) => {
    const found = await everyPage((after) => calls.ask("waiting list", "GET /v1/waiting-list", { query: { limit: 1000, ...(options.space && { resource: options.space }), ...(after && { after }) } })); // prettier-ignore
    writeRows(surroundings.terminal, options.format, WAITING, found);
  });
}

/** Waits no longer. */
export function unwaitVerb(surroundings: Surroundings): Command {
  const command = verb("unwait <waiting>", "wait no longer", [["portico reserve unwait <waiting>", "as reserve waiting names it"]]).addOption(
    cloudReason(false),
  );
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`waiting ${id}`, "DELETE /v1/waiting-list/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["waits no longer", id]], { ended: id });
    await tellChange(surroundings, calls, made);
  });
}

/** The link by which a calendar is followed. */
export function calendarVerb(surroundings: Surroundings): Command {
  const command = verb("calendar <person>", "make the link by which a person's calendar is followed; the one before ends", [
    ["portico reserve calendar zhang", "whoever has it reads what the person has booked"],
    ["portico reserve calendar zhang --end", "the link says nothing any more"],
  ])
    .option("--end", "end the link, and make none")
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly end?: true }, text = "") => {
    const { id } = await personMeant(calls, text);
    const on = `person ${text}`;
    if (options.end === true) {
      await calls.ask(on, "DELETE /v1/persons/{id}/calendar-link", { params: { id } }, withReason(options));
      return writeFacts(surroundings.terminal, options.format, [["ended", id]], { ended: id });
    }
    const { value } = await calls.ask(on, "POST /v1/persons/{id}/calendar-link", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["link", `${calls.url}${value.path}`]], { link: `${calls.url}${value.path}` });
  });
}
