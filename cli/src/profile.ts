import { CAPABILITIES, type Capability } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { cloudReason, cloudVerb, type CloudVerbOptions, type NameOptions, nameOptions, tellChange, theOne, withReason } from "./cloud-verb.ts";
import type { Surroundings } from "./surroundings.ts";
import { writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Reasoned = CloudVerbOptions & { readonly reason?: string };
interface Line {
  readonly accessPoint: string;
  readonly capability: Capability;
  readonly schedule: string;
}

/** `portico profile`: what several people may do alike. */
export function profileNoun(surroundings: Surroundings): Command {
  return noun(
    "profile",
    "access profiles: what several people may do alike",
    [
      ["portico profile show gates", "its lines"],
      ["portico profile put gates --zh 校门 --en Gates --line gate-1/entry --line gate-1/exit", "everybody who has it follows"],
      ["portico profile list", "all of them; grant plan says first whom a change concerns"],
    ],
    [listVerb(surroundings), showVerb(surroundings), putVerb(surroundings), removeVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  return cloudVerb(
    surroundings,
    verb("list", "list all access profiles", [["portico profile list", "with how many lines each has"]]),
    async (calls, options: CloudVerbOptions) => {
      const { items } = await calls.ask("access profiles", "GET /v1/access-profiles", {});
      writeRows(
        surroundings.terminal,
        options.format,
        [
          { heading: "PROFILE", cell: (row) => row.id },
          { heading: "NAME", cell: (row) => row.names.zh },
          { heading: "", cell: (row) => row.names.en },
          { heading: "LINES", cell: (row) => String(row.policies.length) },
        ],
        items,
      );
    },
  );
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <profile>", "the lines of an access profile", [["portico profile show gates", "access point, capability and schedule"]]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, id = "") => {
    const { policies } = theOne((await calls.ask(`profile ${id}`, "GET /v1/access-profiles", {})).items, "profile", id);
    writeLines(surroundings, options, policies);
  });
}

function putVerb(surroundings: Surroundings): Command {
  const command = nameOptions(
    verb("put <profile>", "make an access profile, or make it say this: everybody who has it follows", [
      ["portico profile put gates --zh 校门 --en Gates --line gate-1/entry --line gate-1/exit", "pass, always"],
      ["portico profile put lab --zh 实验室 --en Lab --line laboratory:unlock:weekdays", "capability and schedule behind colons"],
    ]),
  )
    .addOption(
      new Option("--line <line>", "access point, or access-point:capability:schedule (default: pass, always); once for each")
        .argParser((text: string, before: readonly Line[] | undefined) => [...(before ?? []), lineOf(text)])
        .makeOptionMandatory(),
    )
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & NameOptions & { readonly line: readonly Line[] }, id = "") => {
    const body = { names: { zh: options.zh, en: options.en }, policies: [...options.line] };
    const made = await calls.ask(`profile ${id}`, "PUT /v1/access-profiles/{id}", { params: { id }, body }, withReason(options));
    writeLines(surroundings, options, made.value.policies);
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <profile>", "take an access profile away that no grant names", [
    ["portico profile remove gates", "refused while one does"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`profile ${id}`, "DELETE /v1/access-profiles/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", id]], { removed: id });
    await tellChange(surroundings, calls, made);
  });
}

function writeLines({ terminal }: Surroundings, { format }: CloudVerbOptions, lines: readonly Line[]): void {
  writeRows(
    terminal,
    format,
    [
      { heading: "ACCESS POINT", cell: (row) => row.accessPoint },
      { heading: "CAPABILITY", cell: (row) => row.capability },
      { heading: "SCHEDULE", cell: (row) => row.schedule },
    ],
    lines,
  );
}

/** `gate-1/entry`, `laboratory:unlock:weekdays`: no name holds a colon. */
function lineOf(text: string): Line {
  const [accessPoint = "", capability = "pass", schedule = "always", ...more] = text.split(":");
  const known = CAPABILITIES.find((each) => each === capability);
  if (accessPoint === "" || schedule === "" || more.length > 0 || known === undefined)
    throw new InvalidArgumentError(`access-point, or access-point:capability:schedule is wanted, the capability one of ${CAPABILITIES.join(", ")}.`);
  return { accessPoint, capability: known, schedule };
}
