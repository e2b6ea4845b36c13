import { readFileSync } from "node:fs";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { cloudVerb } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeRows } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";
import { typedPath } from "./places.ts";

type CaseType = RouteAnswer<"GET /v1/case-types">["items"][number];
const COLUMNS: readonly Column<CaseType>[] = [
  { heading: "TYPE", cell: ({ id }) => id },
  { heading: "WHAT", cell: ({ names }) => `${names.en} / ${names.zh}` },
  { heading: "STATES", cell: ({ states }) => states.map(({ id }) => id).join(" ") },
  { heading: "FORM", cell: ({ form }) => form.map(({ id, required }) => (required ? id : `[${id}]`)).join(" ") },
  { heading: "CATEGORIES", cell: ({ categories }) => categories.map(({ id }) => id).join(" ") },
];

/** `portico case type`: the types of cases, which are data. */
export const caseTypeNoun = (surroundings: Surroundings): Command =>
  noun(
    "type",
    "types of cases: states, steps, forms, messages",
    [
      ["portico case type list", "what can be reported and applied for"],
      ["portico case type check ./cases/lost-property.json", "judge one before the cloud is started with it"],
    ],
    [listVerb(surroundings), checkVerb(surroundings)],
  );

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "every type that the cloud has", [
    ["portico case type list --format jsonl", "with every step, who may take it, and what it does"],
  ]);
  return cloudVerb(surroundings, command, async (calls, { format }) => {
    const { items } = await calls.ask("case types", "GET /v1/case-types", {});
    writeRows(surroundings.terminal, format, COLUMNS, items);
  });
}

function checkVerb(surroundings: Surroundings): Command {
  return verb("check <file>", "judge a file of a case type; exit code 2 with any mistake", [
    ["portico case type check ./cases/lost-property.json", "against the service definitions of the package, or those that --services names"],
  ])
    .addOption(new Option("--services <file>", "service definitions that it names (default: those of the package)"))
    .addOption(formatOption())
    .action(async (typed: string, { services: named, format }: { readonly services?: string; readonly format?: Format }) => {
      const { terminal } = surroundings;
      const { CAMPUS_SERVICES_FILE, loadServiceDocument, readCaseType } = await import("@portico/cloud-sync");
      const file = typedPath(surroundings, typed);
      const services = loadServiceDocument(named === undefined ? CAMPUS_SERVICES_FILE : typedPath(surroundings, named));
      const isLines = chosenFormat(terminal, format) === "jsonl";
      const reading = readCaseType(textOf(file), services);
      if (reading.ok) {
        const { id, states, transitions } = reading.value;
        if (isLines) terminal.out(`${JSON.stringify({ id, states: states.length, transitions: transitions.length })}\n`);
        else terminal.out(`${file}: type ${id} is valid: ${states.length} states, ${transitions.length} steps\n`);
        return;
      }
      for (const problem of reading.problems) if (isLines) terminal.out(`${JSON.stringify(problem)}\n`);
      const lines = isLines ? [] : reading.problems.map(({ path, cause }) => `${path || "the file"}: ${cause}`);
      const count = reading.problems.length;
      throw new Failure(
        EXIT.usage,
        `the case type has ${count === 1 ? "a mistake" : `${count} mistakes`}`,
        file,
        "mend what is named; docs/cases.md tells how",
        lines,
      );
    });
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new Failure(EXIT.usage, `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`, file, "name a file that is there");
  }
}
