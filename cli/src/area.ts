import { type Command, InvalidArgumentError, Option } from "commander";
import type { AreaHolderRow, AreaOverdueRow, AreaRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { durationText, timeText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb } from "./verb.ts";

const COLUMNS: readonly Column<AreaRow>[] = [
  { heading: "AREA", cell: (row) => row.id },
  { heading: "INSIDE", cell: (row) => (row.holdersMax === null ? `${row.holders}` : `${row.holders} of ${row.holdersMax}`) },
  {
    heading: "ANTI-PASSBACK",
    cell: (row) => (row.antipassbackTimeS === null ? row.antipassback : `${row.antipassback}, ${durationText(row.antipassbackTimeS)}`),
  },
  { heading: "WAYS IN", cell: (row) => row.entrances.join(", ") },
  { heading: "WAYS OUT", cell: (row) => row.exits.join(", ") },
];
const holderColumns = (zone: string | undefined): readonly Column<AreaHolderRow>[] => [
  { heading: "HOLDER", cell: (row) => `${row.holder}` },
  { heading: "CREDENTIAL", cell: (row) => row.credential },
  { heading: "SINCE", cell: (row) => timeText(row.since, zone) },
];

const overdueColumns = (zone: string | undefined): readonly Column<AreaOverdueRow>[] => [
  ...holderColumns(zone),
  { heading: "ENDED", cell: (row) => (row.endedAt === null ? "withdrawn" : timeText(row.endedAt, zone)) },
];

/** `portico area`: who is inside, and what is forgotten of it. */
export function areaNoun(surroundings: Surroundings): Command {
  return noun(
    "area",
    "areas: how many are inside, and who",
    [
      ["portico area list", "how many are in each area"],
      ["portico area reset yard --credential 0011223344556677", "let that person try again"],
    ],
    [listVerb(surroundings), showVerb(surroundings), resetVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every area of the controller", [
    ["portico area list", "how many holders are inside, the rule, the ways in and out"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/areas", {}));
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <area>", "show who is inside, whoever came first in front", [
    ["portico area show yard", "from this controller alone: no network is needed"],
    ["portico area show campus --overdue", "whose visit has ended and who has not left, since when"],
  ])
    .option("--overdue", "only whom nothing lets in any more: ended, or withdrawn")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: ControllerOptions & { readonly format?: Format; readonly overdue?: true }) => {
    const client = await clientFor(surroundings, options);
    if (options.overdue === true)
      return writeRows(surroundings.terminal, options.format, overdueColumns(client.zone), await client.ask("GET /v1/areas/:id/overdue", { params: { id } }));
    writeRows(surroundings.terminal, options.format, holderColumns(client.zone), await client.ask("GET /v1/areas/:id", { params: { id } }));
  });
}

type ResetOptions = ControllerOptions & {
  readonly format?: Format;
  readonly reason: string;
  readonly by: string;
  readonly credential?: string;
  readonly all?: true;
};

function resetVerb(surroundings: Surroundings): Command {
  const command = verb("reset <area>", "forget where one holder is, or everybody: the next passage is judged as the first", [
    ["portico area reset yard --credential 0011223344556677 --reason 'left by the window'", "one person, by any of their credentials"],
    ["portico area reset yard --all --reason 'after the drill'", "everybody"],
  ])
    .addOption(new Option("--credential <id>", "whose holder; portico event list names it").argParser(credentialId))
    .option("--all", "everybody")
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: ResetOptions) => {
    const { by, reason, credential = null, all } = options;
    if ((credential === null) === (all === undefined))
      throw new Failure(EXIT.usage, "whose place is to be forgotten is not clear", `area ${id}`, "give --credential <id> for one holder, or --all");
    const client = await clientFor(surroundings, options);
    const row = await client.ask("POST /v1/areas/:id/reset", { params: { id }, body: { by, reason, credential } });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(row)}\n`);
    else terminal.out(`${id} has forgotten ${credential === null ? "everybody" : `the holder of ${credential}`}; ${row.holders} inside now\n`);
  });
}

/** A credential on the command line: 16 hex digits, in either case. */
export function credentialId(text: string): string {
  const id = text.toLowerCase();
  if (/^[0-9a-f]{16}$/.test(id)) return id;
  throw new InvalidArgumentError("16 hex digits are wanted.");
}
