import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, tellChange, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type RemovalTold = RouteAnswer<"GET /v1/removals">["items"][number];

const COLUMNS: readonly Column<RemovalTold>[] = [
  { heading: "REMOVAL", cell: ({ id }) => id },
  { heading: "WHAT", cell: ({ kind, of }) => `${kind} ${of}` },
  { heading: "WOULD END", cell: ({ counts }) => counts.map(({ audience, ending, people }) => `${audience} ${ending} of ${people}`).join(", ") },
  { heading: "ASKED BY", cell: ({ askedBy }) => askedBy },
  { heading: "AT", cell: ({ askedAt }) => askedAt },
  { heading: "WHY", cell: ({ reason }) => reason },
  { heading: "STATE", cell: ({ state, decidedBy }) => (decidedBy === null ? state : `${state} by ${decidedBy}`) },
];

/** `portico removal`: changes that would end the access of too many at once, and wait for a second operator. */
export function removalNoun(surroundings: Surroundings): Command {
  return noun(
    "removal",
    "changes that are held because they would end the access of many at once",
    [
      ["portico removal list", "what waits, whom it would shut out, who asked for it and why"],
      ["portico removal release 01990246-a5d0-7000-8000-0123456789ab --reason 'checked with the registry'", "done; by another than who asked for it"],
    ],
    [listVerb(surroundings), decideVerb(surroundings, "release"), decideVerb(surroundings, "drop")],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "what is held, the oldest first, with how many people of each audience it would shut out", [
    ["portico removal list", "what waits"],
    ["portico removal list --state released", "what was let through, by whom"],
  ]).addOption(new Option("--state <state>", "those in this state").choices(["held", "released", "dropped"]).default("held"));
  type Options = CloudVerbOptions & { readonly state: "held" | "released" | "dropped" };
  return cloudVerb(surroundings, command, async (calls, { format, state }: Options) => {
    const removals = await everyPage((after) => calls.ask("removals", "GET /v1/removals", { query: { state, ...(after === undefined ? {} : { after }) } }));
    writeRows(surroundings.terminal, format, COLUMNS, removals);
    if (state === "held" && removals.length > 0)
      surroundings.terminal.err("next: portico removal release <removal> --reason <text>, or drop, by another than who asked\n");
  });
}

function decideVerb(surroundings: Surroundings, act: "release" | "drop"): Command {
  const [what, example] =
    act === "release"
      ? (["let a held change be done: as another operator than who asked for it", "done as it was asked for; a push goes on with sync push"] as const)
      : (["give a held change up: it is not done", "nothing is changed"] as const);
  const command = verb(`${act} <removal>`, what, [
    [`portico removal ${act} 01990246-a5d0-7000-8000-0123456789ab --reason 'checked with the registry'`, example],
  ]);
  type Options = CloudVerbOptions & { readonly reason: string };
  return cloudVerb(surroundings, command.addOption(cloudReason(true)), async (calls, options: Options, id = "") => {
    const made = await calls.ask(`removal ${id}`, `POST /v1/removals/{id}/${act}`, { params: { id } }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}
