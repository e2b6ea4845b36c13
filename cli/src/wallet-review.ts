import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, timeOrLimit } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";
import { idOption, movementIdOf, textOption, writeMovement, yuan } from "./wallet-text.ts";

type Review = RouteAnswer<"GET /v1/money-reviews">["items"][number];
const COLUMNS: readonly Column<Review>[] = [
  { heading: "MOVEMENT", cell: (row) => row.id },
  { heading: "WHY", cell: (row) => row.why },
  { heading: "NOBODY PAYS", cell: (row) => yuan(row.openFen) },
  { heading: "AT", cell: (row) => row.origin ?? row.till },
  { heading: "PERSON", cell: (row) => row.person ?? "unknown" },
  { heading: "SINCE", cell: (row) => timeOrLimit(row.openedAt) },
];

/** `portico wallet review`: what was handed out and nobody pays yet. */
export function reviewNoun(surroundings: Surroundings): Command {
  return noun(
    "review",
    "what was handed out and nobody pays yet",
    [
      ["portico wallet review list", "the oldest first"],
      ["portico wallet review decide 5f2c1a9e7b3d4860 --payer campus --reason 'till was broken'", "who pays"],
    ],
    [listVerb(surroundings), decideVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list what waits for somebody to say who pays", [["portico wallet review list", "with why"]]).option(
    "--decided",
    "those that are over",
  );
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly decided?: true }) => {
    const decided = options.decided === true ? "true" : "false";
    const items = await everyPage((after) => calls.ask("reviews", "GET /v1/money-reviews", { query: { limit: 1000, decided, ...(after === undefined ? {} : { after }) } })); // prettier-ignore
    writeRows(surroundings.terminal, options.format, COLUMNS, items);
  });
}

type Decision = CloudVerbOptions & { readonly payer: "holder" | "campus" | "merchant"; readonly id?: string; readonly text: string; readonly reason: string };

function decideVerb(surroundings: Surroundings): Command {
  const command = verb("decide <movement>", "say who pays: the holder, the campus or the merchant", [
    ["portico wallet review decide 5f2c1a9e7b3d4860 --payer holder --reason 'agreed on the phone'", "balance, then debt without a limit"],
  ])
    .addOption(new Option("--payer <who>", "who pays").choices(["holder", "campus", "merchant"]).makeOptionMandatory())
    .addOption(textOption())
    .addOption(idOption())
    .addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, { payer, text, id: given, reason, format }: Decision, of = "") => {
    const body = { id: movementIdOf(surroundings, given), payer, text };
    writeMovement(surroundings, format, await calls.ask(`movement ${of}`, "POST /v1/money-reviews/{id}/decide", { params: { id: of }, body }, { reason }));
  });
}
