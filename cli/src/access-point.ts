import type { Command } from "commander";
import type { AccessPointRow } from "@portico/controller";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { courseText } from "./freshness-text.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";

const challengeText = ({ demandsChallenge, challengeOn, challengeDark }: AccessPointRow): string => {
  if (!demandsChallenge) return "taken";
  if (challengeOn === null) return "demanded";
  return challengeDark === null ? `demanded, on ${challengeOn}` : `demanded, and ${challengeOn} is dark: cards alone`;
};
const columns = (zone: string | undefined): readonly Column<AccessPointRow>[] => [
  { heading: "ACCESS POINT", cell: (row) => row.id },
  { heading: "OPENS", cell: (row) => row.opens },
  { heading: "SCANNER", cell: (row) => row.scanner },
  { heading: "REPLAY GROUP", cell: (row) => row.replayGroup },
  { heading: "ENABLED", cell: (row) => (row.enabled ? "yes" : "no") },
  { heading: "WAY OUT", cell: (row) => (row.egress ? "yes" : "no") },
  { heading: "CHALLENGE", cell: challengeText },
  { heading: "ZONE", cell: (row) => row.zone ?? "" },
  { heading: "LIST", cell: (row) => courseText(row, zone) },
];

/** `portico access-point`: readers and what they open. */
export function accessPointNoun(surroundings: Surroundings): Command {
  return noun(
    "access-point",
    "readers and what they open",
    [
      ["portico access-point list", "every reader of the controller"],
      ["portico access-point challenge gate-1-in", "what phones have to answer there now"],
    ],
    [listVerb(surroundings), challengeVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "show every reader", [
    ["portico access-point list", "what it opens, how it was commissioned, how far its list may be believed"],
  ]).addOption(formatOption());
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    writeRows(surroundings.terminal, options.format, columns(client.zone), await client.ask("GET /v1/access-points", {}));
  });
}

function challengeVerb(surroundings: Surroundings): Command {
  const command = verb("challenge <access-point>", "the challenge that phones have to answer there now, for a screen beside the reader", [
    ["portico access-point challenge gate-1-in", "8 bytes in hex, good for 12 s and for one pass"],
    ["portico access-point challenge gate-1-in --follow", "each next one, for a screen, until Ctrl-C"],
  ])
    .option("-f, --follow", "stay and show each next one")
    .addOption(formatOption());
  return controllerOptions(command).action(async (id: string, options: ControllerOptions & { readonly format?: Format; readonly follow?: true }) => {
    const client = await clientFor(surroundings, options);
    const { terminal } = surroundings;
    for (let before = ""; ;) {
      const shown = await client.ask("POST /v1/access-points/:id/challenge", { params: { id } });
      if (shown.challenge !== before) terminal.out(chosenFormat(terminal, options.format) === "jsonl" ? `${JSON.stringify(shown)}\n` : `${shown.challenge}\n`);
      before = shown.challenge;
      if (!options.follow || !(await elapsed(surroundings, FOLLOW_EVERY_MS))) return;
    }
  });
}

/** A challenge that was answered is followed by the next within this time. */
const FOLLOW_EVERY_MS = 500;
