import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, timeOrLimit } from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Request = RouteAnswer<"GET /v1/movement-requests">["items"][number];

const COLUMNS: readonly Column<Request>[] = [
  { heading: "REQUEST", cell: (row) => row.id },
  { heading: "PERSON", cell: (row) => row.person },
  { heading: "FROM", cell: (row) => timeOrLimit(row.from) },
  { heading: "UNTIL", cell: (row) => timeOrLimit(row.until) },
  { heading: "ASKED BY", cell: (row) => row.askedBy },
  { heading: "AGREED", cell: (row) => row.approvedBy ?? "" },
  { heading: "REASON", cell: (row) => row.reason },
];

/** `portico person movements`: where somebody went, for a reason and with a second operator. */
export function movementsNoun(surroundings: Surroundings): Command {
  return noun(
    "movements",
    "where somebody went: for a reason, with a second operator, and itself logged",
    [
      ["portico person movements ask zhang@example.edu --from 2026-09-01 --until 2026-09-02 --reason 'theft, file 7'", "nothing is told yet"],
      ["portico person movements approve <request> --reason 'file 7 seen'", "as another operator"],
      ["portico person movements read <request>", "as the one who asked, within a day"],
    ],
    [askVerb(surroundings), listVerb(surroundings), approveVerb(surroundings), readVerb(surroundings)],
  );
}

function askVerb(surroundings: Surroundings): Command {
  const command = verb("ask <person>", "ask to read where a person went; another operator has to agree", [
    ["portico person movements ask zhang@example.edu --from 2026-09-01 --until 2026-09-02 --reason 'theft, file 7'", "prints the request"],
  ])
    .addOption(new Option("--from <time>", "from then on").argParser(instantOption).makeOptionMandatory())
    .addOption(new Option("--until <time>", "until then, that instant no more").argParser(instantOption).makeOptionMandatory())
    .addOption(cloudReason(true));
  type Asking = CloudVerbOptions & { readonly from: string; readonly until: string; readonly reason: string };
  return cloudVerb(surroundings, command, async (calls, { from, until, reason, format }: Asking, text = "") => {
    const { id } = await personMeant(calls, text);
    const body = { from, until };
    const { value } = await calls.ask(`person ${id}`, "POST /v1/persons/{id}/movement-requests", { params: { id }, body }, { reason });
    writeFacts(surroundings.terminal, format, [["request", value.id], ["person", value.person], ["from", timeOrLimit(value.from)], ["until", timeOrLimit(value.until)]], value); // prettier-ignore
    surroundings.terminal.err(`another operator has to agree: portico person movements approve ${value.id} --reason "<text>"\n`);
  });
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "who asked to read where people went, the newest first", [
    ["portico person movements list", "the newest hundred requests"],
    ["portico person movements list --person zhang@example.edu", "those about one person"],
  ]).option("--person <person>", "about this person alone");
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly person?: string }) => {
    const query = options.person === undefined ? {} : { person: (await personMeant(calls, options.person)).id };
    const { items } = await calls.ask("requests", "GET /v1/movement-requests", { query });
    writeRows(surroundings.terminal, options.format, COLUMNS, items);
  });
}

function readVerb(surroundings: Surroundings): Command {
  const command = verb("read <request>", "where the person went, once another operator has agreed; each reading stands in the audit", [
    ["portico person movements read 01990246-a5d0-7000-8000-0123456789ab", "as the one who asked, within a day"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }: CloudVerbOptions, id = "") => {
    let droppedBefore: string | null = null;
    const movements = await everyPage(async (after) => {
      const parts = { params: { id }, body: { after: after ?? null, limit: 500 } };
      const { value } = await calls.ask(`request ${id}`, "POST /v1/movement-requests/{id}/read", parts);
      droppedBefore = value.droppedBefore;
      return value;
    });
    writeRows(
      surroundings.terminal,
      format,
      [
        { heading: "WHEN", cell: ({ at }) => timeOrLimit(at) },
        { heading: "ACCESS POINT", cell: ({ accessPoint }) => accessPoint },
        { heading: "OUTCOME", cell: ({ outcome, reason, count }) => (reason === null ? outcome : `${reason}${count === 1 ? "" : `, ${count} times`}`) },
        { heading: "PASSED", cell: ({ passed, floors }) => [passed === null ? "" : passed ? "yes" : "no", ...(floors ?? [])].join(" ").trim() },
        { heading: "CREDENTIAL", cell: ({ credential }) => credential },
        { heading: "CONTROLLER", cell: ({ controller }) => controller },
      ],
      movements,
    );
    if (droppedBefore !== null) surroundings.terminal.err(`what came to the cloud before ${timeOrLimit(droppedBefore)} is not kept in whole any more\n`);
  });
}

function approveVerb(surroundings: Surroundings): Command {
  const command = verb("approve <request>", "agree, as another operator than the one who asked: it can be read for a day", [
    ["portico person movements approve 01990246-a5d0-7000-8000-0123456789ab --reason 'file 7 seen'", "the reason stands in the audit"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, { reason, format }: CloudVerbOptions & { readonly reason: string }, id = "") => {
    const { value } = await calls.ask(`request ${id}`, "POST /v1/movement-requests/{id}/approve", { params: { id } }, { reason });
    writeFacts(surroundings.terminal, format, [["request", value.id], ["agreed by", value.approvedBy ?? ""], ["asked by", value.askedBy]], value); // prettier-ignore
  });
}
