import type { Command } from "commander";
import type { GuardStationRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, type Format, writeRows } from "./table.ts";
import { durationText } from "./time-text.ts";
import { formatOption, noun, verb } from "./verb.ts";

const COLUMNS: readonly Column<GuardStationRow>[] = [
  { heading: "STATION", cell: (row) => row.id },
  { heading: "GUARD", cell: (row) => row.guard ?? "nobody" },
  { heading: "FOR", cell: (row) => (row.leftS === null ? "" : durationText(row.leftS)) },
  {
    heading: "HOLDS OPEN",
    cell: (row) => row.held.map(({ door, leftS, reason }) => `${door} for ${durationText(leftS)}${reason === "" ? "" : ` (${reason})`}`).join(", "),
  },
  { heading: "BUTTONS", cell: (row) => row.buttons.map(({ does, door }) => `${does} ${door}`).join(", ") },
];

/** `portico guard`: guards' desks, seen. What is pressed is pressed there. */
export function guardNoun(surroundings: Surroundings): Command {
  return noun(
    "guard",
    "guard stations: who is signed in, and what is held open",
    [["portico guard list", "every station of the controller"]],
    [listVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every guard station: the credential of who is signed in, for how long, and the lanes held from there", [
    ["portico guard list", "portico event list --name GuardOpened shows what was opened"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, COLUMNS, await client.ask("GET /v1/guard-stations", {}));
  });
}
