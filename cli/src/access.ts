import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type CloudOptions, cloudClientFor, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { instantOption, tellChange } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { formatOption, noun, reasonOption, verb, wholeNumber } from "./verb.ts";

type ReviewTold = RouteAnswer<"GET /v1/access-reviews">["items"][number];
type RowTold = RouteAnswer<"GET /v1/access-reviews/{id}">["rows"][number];

interface AskedOptions extends CloudOptions {
  readonly reason: string;
  readonly format?: Format;
}

const REVIEWS: readonly Column<ReviewTold>[] = [
  { heading: "REVIEW", cell: ({ id }) => id },
  { heading: "ABOUT", cell: ({ what }) => aboutText(what) },
  { heading: "DUE", cell: ({ due }) => due },
  { heading: "UNCONFIRMED", cell: ({ unconfirmed }) => (unconfirmed === "end" ? "ends" : "is listed") },
  { heading: "OPENED BY", cell: ({ openedBy }) => openedBy },
];
const ROWS: readonly Column<RowTold>[] = [
  { heading: "ROW", cell: ({ id }) => id },
  { heading: "WHO", cell: ({ subject }) => subject.account ?? subject.name ?? `${subject.kind} ${subject.id}` },
  { heading: "BY", cell: ({ kind, about, source }) => (kind === "membership" ? `group ${about}` : `${source!.kind} ${source!.id}`) },
  { heading: "DOES", cell: ({ effect }) => (effect === "withhold" ? "withholds" : "gives") },
  { heading: "GIVEN BY", cell: ({ grantedBy }) => grantedBy ?? "" },
  { heading: "SINCE", cell: ({ since }) => since ?? "" },
  { heading: "UNTIL", cell: ({ until }) => until ?? "" },
  { heading: "LAST USED", cell: ({ lastUsed, effect }) => lastUsed ?? (effect === "withhold" ? "" : "never") },
  { heading: "STATE", cell: ({ state, endsUnlessConfirmed }) => (state === "open" && endsUnlessConfirmed ? "open, ends unless confirmed" : state) },
];

/** `portico access`: who may pass where, looked through by whoever answers for it. */
export function accessNoun(surroundings: Surroundings): Command {
  return noun(
    "access",
    "who may pass where, reviewed: each grant is confirmed or ended",
    [
      ["portico access review --place lab-3 --due 2026-10-01 --unconfirmed end --reason 'autumn'", "what nobody confirms by then ends"],
      ["portico access confirm 01990246-a5d0-7000-8000-0123456789ab --all --reason 'all still work here'", "every row that is still open"],
    ],
    [reviewVerb(surroundings), reviewsVerb(surroundings), rowsVerb(surroundings), decideVerb(surroundings, "confirm"), decideVerb(surroundings, "end")],
  );
}

interface ReviewOptions extends AskedOptions {
  readonly place?: string;
  readonly group?: string;
  readonly olderThan?: number;
  readonly due: string;
  readonly unconfirmed: "list" | "end";
}
function reviewVerb(surroundings: Surroundings): Command {
  const command = verb("review", "open a review, and show its rows: who, by which source, since when, given by whom, used last in which month", [
    ["portico access review --place lab-3 --due 2026-10-01 --unconfirmed end --reason 'autumn'", "all that opens a door"],
    ["portico access review --group class-1 --due 2026-10-01 --reason 'new year'", "a group's members and grants; what is not confirmed is listed"],
    ["portico access review --older-than 365 --due 2026-10-01 --unconfirmed end --reason 'yearly'", "what operators granted more than a year ago"],
  ])
    .addOption(new Option("--place <access point>", "what is granted there"))
    .addOption(new Option("--group <group>", "its members and grants"))
    .addOption(new Option("--older-than <days>", "what operators granted longer ago").argParser(wholeNumber(1, 36_500)))
    .addOption(new Option("--due <date>", "by when each row is decided").argParser(instantOption).makeOptionMandatory())
    .addOption(new Option("--unconfirmed <what>", "what becomes of the others").choices(["list", "end"]).default("list"));
  return asked(command).action(async ({ place, group, olderThan, due, unconfirmed, reason, format, ...options }: ReviewOptions) => {
    const chosen = [
      ...(place === undefined ? [] : [{ kind: "place" as const, accessPoint: place }]),
      ...(group === undefined ? [] : [{ kind: "group" as const, group }]),
      ...(olderThan === undefined ? [] : [{ kind: "age" as const, days: olderThan }]),
    ];
    const [what] = chosen;
    if (what === undefined || chosen.length > 1)
      throw new Failure(EXIT.usage, "a review is about one thing", "portico access review", "name one of --place, --group and --older-than");
    const calls = await cloudClientFor(surroundings, options);
    const made = await calls.ask(aboutText(what), "POST /v1/access-reviews", { body: { what, due, unconfirmed } }, { reason });
    const { value } = made;
    const { id } = value.review;
    const { rows } = await calls.ask(`review ${id}`, "GET /v1/access-reviews/{id}", { params: { id } });
    surroundings.terminal.err(`review ${id}: ${value.rows} rows, ${value.shortened} end at ${value.review.due} unless they are confirmed\n`);
    writeRows(surroundings.terminal, format, ROWS, rows.map((row) => ({ review: id, ...row }))); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

function reviewsVerb(surroundings: Surroundings): Command {
  const command = verb("reviews", "show all reviews; a delegated administrator sees his own", [["portico access reviews", "the oldest first"]]);
  return cloudOptions(command)
    .addOption(formatOption())
    .action(async ({ format, ...options }: AskedOptions) => {
      const { items } = await (await cloudClientFor(surroundings, options)).ask("reviews", "GET /v1/access-reviews", {});
      writeRows(surroundings.terminal, format, REVIEWS, items);
    });
}

function rowsVerb(surroundings: Surroundings): Command {
  const command = verb("rows <review>", "show the rows of a review, each as it is now", [
    ["portico access rows 01990246-a5d0-7000-8000-0123456789ab --open", "what still has to be decided"],
  ]).addOption(new Option("--open", "only what nobody has decided"));
  return cloudOptions(command)
    .addOption(formatOption())
    .action(async (id: string, { open, format, ...options }: AskedOptions & { readonly open?: true }) => {
      const calls = await cloudClientFor(surroundings, options);
      const { rows } = await calls.ask(`review ${id}`, "GET /v1/access-reviews/{id}", { params: { id } });
      const shown = rows.filter(({ state }) => open !== true || state === "open" || state === "unconfirmed");
      writeRows(surroundings.terminal, format, ROWS, shown);
    });
}

function decideVerb(surroundings: Surroundings, verdict: "confirm" | "end"): Command {
  const does = verdict === "confirm" ? "confirm rows of a review: what they are about goes on as before" : "end what rows of a review are about, at once";
  const command = verb(`${verdict} <review> [rows...]`, does, [
    [
      `portico access ${verdict} 01990246-a5d0-7000-8000-0123456789ab 01990246-a5d0-7000-8000-0123456789ac --reason 'asked him'`,
      "one row; several may be named",
    ],
  ]).addOption(new Option("--all", "every row that nobody has decided"));
  return asked(command).action(async (id: string, named: readonly string[], { all, reason, format, ...options }: AskedOptions & { readonly all?: true }) => {
    if ((all === true) === named.length > 0) throw new Failure(EXIT.usage, "which rows?", `review ${id}`, "name the rows, or all that are open with --all");
    const calls = await cloudClientFor(surroundings, options);
    const open = async (): Promise<string[]> =>
      (await calls.ask(`review ${id}`, "GET /v1/access-reviews/{id}", { params: { id } })).rows.flatMap((row) => (row.state === "open" ? [row.id] : []));
    const decided = [];
    for (const row of all === true ? await open() : named)
      decided.push(await calls.ask(`row ${row}`, "POST /v1/access-reviews/{id}/rows/{row}", { params: { id, row }, body: { verdict } }, { reason }));
    writeRows(surroundings.terminal, format, ROWS, decided.map(({ value }) => value)); // prettier-ignore
    // Whoever holds the last of them holds all.
    const last = decided.at(-1);
    if (last !== undefined) await tellChange(surroundings, calls, last);
  });
}

const asked = (command: Command): Command => cloudOptions(command).addOption(reasonOption()).addOption(formatOption());

const aboutText = (what: ReviewTold["what"]): string =>
  what.kind === "place" ? `place ${what.accessPoint}` : what.kind === "group" ? `group ${what.group}` : `older than ${what.days} days`;
