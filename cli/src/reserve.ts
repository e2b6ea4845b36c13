import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, tellChange, timeOrLimit, withReason } from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import { absencesVerb, calendarVerb, unwaitVerb, waitingVerb, waitVerb } from "./reserve-wait.ts";
import { type Reasoned, timesOf } from "./space.ts";
import { dateOption } from "./space-timetable.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { noun, verb, wholeNumber } from "./verb.ts";

type Reservation = RouteAnswer<"GET /v1/reservations/{id}">;
type Line = Reservation & { readonly time: Reservation["times"][number] | undefined };

const COLUMNS: readonly Column<Line>[] = [
  { heading: "RESERVATION", cell: (row) => row.id },
  { heading: "OF", cell: (row) => row.resource },
  {
    heading: "STATE",
    cell: (row) => (row.state === "held" ? `held until ${timeOrLimit(row.heldUntil)}` : row.time?.isActive === false ? "given back" : row.state),
  },
  { heading: "NTH", cell: (row) => String(row.time?.nth ?? "") },
  { heading: "FROM", cell: (row) => (row.time === undefined ? "" : timeOrLimit(row.time.from)) },
  { heading: "UNTIL", cell: (row) => (row.time === undefined ? "" : timeOrLimit(row.time.until)) },
  { heading: "SEAT", cell: (row) => String(row.time?.seat ?? "") },
  { heading: "ATTENDANCE", cell: (row) => row.time?.attendance ?? "" },
];

/** `portico reserve`: what people have booked. */
export function reserveNoun(surroundings: Surroundings): Command {
  return noun(
    "reserve",
    "reservations of places and courses, and who came",
    [
      ["portico reserve book court-1 zhang@example.edu --from '2026-09-02 18:00' --until '2026-09-02 19:00' --notice 1", "an hour of a court"],
      ["portico reserve list --person zhang@example.edu", "what somebody has booked"],
      ["portico reserve signin <reservation> zhang@example.edu", "who stands at the desk"],
    ],
    [
      listVerb(surroundings),
      bookVerb(surroundings, "book"),
      bookVerb(surroundings, "hold"),
      confirmVerb(surroundings),
      modifyVerb(surroundings),
      cancelVerb(surroundings),
      decisionVerb(surroundings, "approve"),
      decisionVerb(surroundings, "decline"),
      attendVerb(surroundings, "signin"),
      attendVerb(surroundings, "leave"),
      absencesVerb(surroundings),
      waitVerb(surroundings),
      waitingVerb(surroundings),
      unwaitVerb(surroundings),
      calendarVerb(surroundings),
    ],
  );
}

function write({ terminal }: Surroundings, { format }: CloudVerbOptions, all: readonly Reservation[]): void {
  if (format === "jsonl" || (format === undefined && !terminal.isTty)) writeRows(terminal, "jsonl", [], all);
  else writeRows(terminal, "table", COLUMNS, all.flatMap((one): Line[] => (one.times.length === 0 ? [{ ...one, time: undefined }] : one.times.map((time) => ({ ...one, time }))))); // prettier-ignore
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list reservations, of a person, of a place, in a state", [
    ["portico reserve list --space court-1 --state booked", "who has the court, and when"],
  ])
    .option("--person <person>", "of this person alone")
    .option("--space <id>", "of this place or course alone")
    .addOption(new Option("--state <state>", "in this state alone").choices(["held", "waiting", "booked", "cancelled", "lapsed", "refused"]))
    .addOption(new Option("--from <time>", "that are not over then").argParser(instantOption));
  type Options = CloudVerbOptions & { readonly person?: string; readonly space?: string; readonly state?: Reservation["state"]; readonly from?: string };
  return cloudVerb(surroundings, command, async (calls, options: Options) => {
    const person = options.person === undefined ? {} : { person: (await personMeant(calls, options.person)).id };
    const { space, state, from } = options;
    const query = { limit: 1000, ...person, ...(space && { resource: space }), ...(state && { state }), ...(from && { from }) };
    write(
      surroundings,
      options,
      await everyPage((after) => calls.ask("reservations", "GET /v1/reservations", { query: { ...query, ...(after && { after }) } })),
    );
  });
}

interface Times {
  readonly from?: string;
  readonly until?: string;
  readonly notice?: number;
}
const timeOptions = (command: Command): Command =>
  command
    .addOption(new Option("--from <time>", "from then on; of a course none").argParser(instantOption))
    .addOption(new Option("--until <time>", "until then").argParser(instantOption))
    .addOption(new Option("--notice <version>", "the version of the notice that the person has accepted").argParser(wholeNumber(1, 1_000_000_000)));
function bookVerb(surroundings: Surroundings, act: "book" | "hold"): Command {
  const command = timeOptions(
    act === "book"
      ? verb("book <space> <person>", "book a place or a course for a person", [
          ["portico reserve book 607 zhang --from '2026-09-03 09:00' --until '2026-09-03 10:00' --weekly-until 2027-01-15", "each week, as the calendar has it"],
        ])
      : verb("hold <space> <person>", "hold it for a while, until it is confirmed", [["portico reserve hold court-1 zhang --from '2026-09-02 18:00' --until '2026-09-02 19:00' --notice 1", "then: reserve confirm"]]), // prettier-ignore
  )
    .addOption(new Option("--weekly-until <date>", "again each week up to that day, as the campus calendar has it").argParser(dateOption))
    .addOption(new Option("--every <weeks>", "every so many weeks (default: 1)").argParser(wholeNumber(1, 8)))
    .addOption(cloudReason(false));
  type Options = Reasoned & Times & { readonly weeklyUntil?: string; readonly every?: number };
  return cloudVerb(surroundings, command, async (calls, options: Options, resource = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const weekly = options.weeklyUntil === undefined ? null : { until: options.weeklyUntil, everyWeeks: options.every ?? 1 };
    const body = { resource, person, times: timesOf(options), weekly, noticeVersion: options.notice ?? null, hold: act === "hold" };
    const made = await calls.ask(`place ${resource}`, "POST /v1/reservations", { body }, withReason(options));
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function confirmVerb(surroundings: Surroundings): Command {
  const command = verb("confirm <reservation> <person>", "book what was held", [["portico reserve confirm <reservation> zhang", "within its time"]]).addOption(cloudReason(false)); // prettier-ignore
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const made = await calls.ask(`reservation ${id}`, "POST /v1/reservations/{id}/confirm", { params: { id }, body: { person } }, withReason(options));
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function modifyVerb(surroundings: Surroundings): Command {
  const command = timeOptions(
    verb("modify <reservation> <person>", "move a reservation to another time or place, all at once, and what it opens with it", [
      [
        "portico reserve modify <reservation> zhang --from '2026-09-03 09:00' --until '2026-09-03 10:00' --space 608",
        "the old time stays where the new one is taken",
      ],
    ]),
  )
    .option("--space <id>", "to this place (default: the same)")
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & Times & { readonly space?: string }, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const body = { person, resource: options.space ?? null, times: timesOf(options), noticeVersion: options.notice ?? null };
    const made = await calls.ask(`reservation ${id}`, "POST /v1/reservations/{id}/modify", { params: { id }, body }, withReason(options));
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function cancelVerb(surroundings: Surroundings): Command {
  const command = verb("cancel <reservation> <person>", "give back what lies ahead, and what it opens with it", [
    ["portico reserve cancel <reservation> zhang", "a course with all remaining sessions"],
  ])
    .addOption(new Option("--nth <nth>", "this one of several times alone").argParser(wholeNumber(0, 10_000)))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly nth?: number }, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const made = await calls.ask(
      `reservation ${id}`,
      "POST /v1/reservations/{id}/cancel",
      { params: { id }, body: { person, nth: options.nth ?? null } },
      withReason(options),
    );
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function decisionVerb(surroundings: Surroundings, act: "approve" | "decline"): Command {
  const command =
    act === "approve"
      ? verb("approve <reservation>", "approve what waits, as somebody else than who booked it; everything is judged again", [
          ["portico reserve approve <reservation>", "then it opens its doors"],
        ])
      : verb("decline <reservation>", "say no to what waits: it is free again", [
          ["portico reserve decline <reservation> --reason 'no longer in use'", "the person is told"],
        ]);
  return cloudVerb(surroundings, command.addOption(cloudReason(false)), async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`reservation ${id}`, `POST /v1/reservations/{id}/${act}`, { params: { id } }, withReason(options));
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function attendVerb(surroundings: Surroundings, act: "signin" | "leave"): Command {
  const command =
    act === "signin"
      ? verb("signin <reservation> <person>", "sign in to the session whose window is open", [
          ["portico reserve signin <reservation> zhang --reason 'stands at the desk'", "a desk until the session is over"],
        ])
      : verb("leave <reservation> <person>", "ask leave from one session of a course (请假): the seat stays", [
          ["portico reserve leave <reservation> zhang --nth 3", "not a cancellation"],
        ]);
  command
    .addOption(new Option("--nth <nth>", "which session (default: the one whose window is open)").argParser(wholeNumber(0, 10_000)))
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & { readonly nth?: number }, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const parts = { params: { id }, body: { person, nth: options.nth ?? null } };
    const made = await calls.ask(
      `reservation ${id}`,
      act === "signin" ? "POST /v1/reservations/{id}/sign-in" : "POST /v1/reservations/{id}/leave",
      parts,
      withReason(options),
    );
    write(surroundings, options, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}
