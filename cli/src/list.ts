import { type Command, Option } from "commander";
import type { CredentialRow, ListDifference } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { progressOf } from "./list-progress.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { timeText, zoneText } from "./time-text.ts";
import { formatOption, noun, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

const credentialColumns = (zone: string | undefined): readonly Column<CredentialRow>[] => [
  { heading: "CREDENTIAL", cell: (row) => row.credential },
  { heading: "KIND", cell: (row) => row.kind },
  { heading: "STATE", cell: (row) => row.suspension ?? "enabled" },
  { heading: "FROM", cell: (row) => timeText(row.validFrom, zone) },
  { heading: "UNTIL", cell: (row) => timeText(row.validUntil, zone) },
  { heading: "TAKES", cell: (row) => row.takes.join(" ") },
  { heading: "PARTY", cell: (row) => (row.partySize === null ? "" : String(row.partySize)) },
  { heading: "ACCESS PROFILES", cell: (row) => row.accessProfiles.map(({ accessProfile }) => accessProfile).join(" ") },
];

/** `portico list`: the permission list that the controller decides by. */
export function listNoun(surroundings: Surroundings): Command {
  return noun(
    "list",
    "the permission list that the controller decides by",
    [
      ["portico list diff ./list", "what loading these files would change"],
      ["portico list load ./list", "load them: all or nothing"],
      ["portico list show --person 20260001", "what one person may do"],
    ],
    [loadVerb(surroundings), diffVerb(surroundings), showVerb(surroundings)],
  );
}

function loadVerb(surroundings: Surroundings): Command {
  const command = verb("load <folder>", "load a folder of list files: all of it, or with any mistake nothing", [
    ["portico list load ./list", "prints what has changed"],
    ["portico list load /media/usb/list --reason 'new term'", "the reason stands in the log"],
  ])
    .addOption(new Option("--reason <text>", "why; stands in the log").default("", "none"))
    .addOption(formatOption());
  return controllerOptions(command).action(async (folder: string, options: ControllerOptions & { readonly format?: Format; readonly reason: string }) => {
    const client = await clientFor(surroundings, options);
    const body = { folder: typedPath(surroundings, folder), by: surroundings.user, reason: options.reason };
    const progress = progressOf(surroundings, "reading, comparing and loading the list");
    const loaded = await client.ask("POST /v1/list/load", { body }, progress.goesOn).finally(progress.end);
    writeDifference(surroundings, options.format, loaded, "loaded");
  });
}

function diffVerb(surroundings: Surroundings): Command {
  const command = verb("diff <folder>", "show what loading a folder would change, and change nothing", [
    ["portico list diff ./list", "same, added, changed, removed per table"],
    ["portico list diff ./list --format jsonl", "every row that differs, removed ones first"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (folder: string, options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const body = { folder: typedPath(surroundings, folder) };
    const progress = progressOf(surroundings, "reading and comparing the list");
    const difference = await client.ask("POST /v1/list/diff", { body }, progress.goesOn).finally(progress.end);
    writeDifference(surroundings, options.format, difference, "would be");
  });
}

function writeDifference({ terminal }: Surroundings, option: Format | undefined, difference: ListDifference, what: "loaded" | "would be"): void {
  if (chosenFormat(terminal, option) === "jsonl") {
    const { rows, ...summary } = difference;
    terminal.out(`${JSON.stringify(summary)}\n`);
    for (const row of rows) terminal.out(`${JSON.stringify(row)}\n`);
    return;
  }
  const tables = Object.entries(difference.tables);
  writeRows(
    terminal,
    "table",
    [
      { heading: "TABLE", cell: ([table]) => table },
      { heading: "ADDED", cell: ([, { added }]) => String(added) },
      { heading: "CHANGED", cell: ([, { changed }]) => String(changed) },
      { heading: "REMOVED", cell: ([, { removed }]) => String(removed) },
    ],
    tables,
  );
  const differs = tables.some(([, { added, changed, removed }]) => added + changed + removed > 0);
  terminal.err(
    differs
      ? `list version ${difference.version} ${what === "loaded" ? "is in force" : "would be in force"}\n`
      : `nothing differs from version ${difference.version}\n`,
  );
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show", "show the list in force, or one person's credentials", [
    ["portico list show", "version, digest, counts"],
    ["portico list show --person 20260001", "credentials and access profiles of a person"],
    ["portico list show --credential 0123456789abcdef", "one credential"],
  ])
    .addOption(new Option("--person <id>", "the person's id in the list files"))
    .addOption(new Option("--credential <id>", "16 hex digits").conflicts("person"))
    .addOption(formatOption());
  return controllerOptions(command).action(
    async (options: ControllerOptions & { readonly format?: Format; readonly person?: string; readonly credential?: string }) => {
      const client = await clientFor(surroundings, options);
      const { zone } = client;
      const { person, credential, format } = options;
      if (person === undefined && credential === undefined) {
        const summary = await client.ask("GET /v1/list", {});
        if (summary.version === 0)
          throw new Failure(
            EXIT.refused,
            "no list was loaded from files",
            client.socket,
            "portico list load <folder>; where a cloud has the lists, portico status says how they are held",
          );
        const counts = Object.entries(summary.counts).map(([table, count]): [string, string] => [table, String(count)]);
        writeFacts(
          surroundings.terminal,
          format,
          [
            ["version", String(summary.version)],
            ["loaded", timeText(summary.loadedAt, zone)],
            ["digest", summary.digest],
            ...counts,
            ["times in", zoneText(zone)],
          ],
          summary,
        );
        return;
      }
      const rows = await client.ask("GET /v1/list/credentials", { query: person === undefined ? { credential: credential! } : { person } });
      if (rows.length === 0)
        throw new Failure(
          EXIT.refused,
          "not in the list",
          person === undefined ? `credential ${credential}` : `person ${person}`,
          "portico list show names the version in force",
        );
      writeRows(surroundings.terminal, format, credentialColumns(zone), rows);
      if (chosenFormat(surroundings.terminal, format) === "table") surroundings.terminal.err(`times in ${zoneText(zone)}\n`);
    },
  );
}
