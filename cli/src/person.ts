import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudVerb, type CloudVerbOptions, everyPage, timeOrLimit, validityText } from "./cloud-verb.ts";
import { addVerb, changeVerb } from "./person-change.ts";
import { personMeant, type PersonTold } from "./person-meant.ts";
import { whatText } from "./grant-columns.ts";
import { movementsNoun } from "./person-movements.ts";
import { correctVerb, eraseVerb, exportVerb } from "./person-privacy.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { noun, verb, wholeNumber } from "./verb.ts";

export const PERSON_COLUMNS: readonly Column<PersonTold>[] = [
  { heading: "PERSON", cell: (row) => row.id },
  { heading: "NAME", cell: (row) => row.name },
  { heading: "ACCOUNT", cell: (row) => row.account ?? "" },
  { heading: "PHONE", cell: (row) => row.phone ?? "" },
  { heading: "AUDIENCES", cell: (row) => row.audiences.map(({ audience }) => audience).join(" ") },
];

/** `portico person`: the people that the cloud knows. */
export function personNoun(surroundings: Surroundings): Command {
  return noun(
    "person",
    "the people that the cloud knows",
    [
      ["portico person show zhang@example.edu", "audiences, credentials, groups and grants"],
      ["portico person add --name 张三 --account zhang@example.edu --audience student", "a new student"],
      ["portico person erase zhang@example.edu --reason 'asked for in writing'", "every trace of who it was"],
    ],
    [
      listVerb(surroundings),
      showVerb(surroundings),
      addVerb(surroundings),
      changeVerb(surroundings),
      exportVerb(surroundings),
      correctVerb(surroundings),
      eraseVerb(surroundings),
      movementsNoun(surroundings),
    ],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list people in the order in which they came", [
    ["portico person list", "the first hundred"],
    ["portico person list --all --format jsonl", "everybody, for programs"],
  ])
    .option("--all", "all of them, not the first --limit")
    .addOption(new Option("--limit <count>", "at most so many").default(100).argParser(wholeNumber(1, 1000)));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly all?: true; readonly limit: number }) => {
    const page = (after: string | undefined, limit: number) =>
      calls.ask("people", "GET /v1/persons", { query: { limit, ...(after === undefined ? {} : { after }) } });
    const { terminal } = surroundings;
    if (options.all) {
      writeRows(terminal, options.format, PERSON_COLUMNS, await everyPage((after) => page(after, 1000)));
      return;
    }
    const { items, next } = await page(undefined, options.limit);
    writeRows(terminal, options.format, PERSON_COLUMNS, items);
    if (next !== null) terminal.err("there are more: --all lists everybody\n");
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <person>", "one person: audiences, credentials, groups and grants", [
    ["portico person show zhang@example.edu", "by account"],
    ["portico person show +8613800138000", "by phone"],
  ]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, text = "") =>
    showPerson(surroundings, calls, options.format, await personMeant(calls, text)),
  );
}

/** Writes everything that a technician asks of one person. */
export async function showPerson({ terminal }: Surroundings, calls: CloudCalls, format: Format | undefined, person: PersonTold): Promise<void> {
  const on = `person ${person.id}`;
  const { items: credentials } = await calls.ask(on, "GET /v1/persons/{id}/credentials", { params: { id: person.id } });
  const grants = await everyPage((after) =>
    calls.ask(on, "GET /v1/grants", { query: { "subject-kind": "person", subject: person.id, limit: 1000, ...(after === undefined ? {} : { after }) } }),
  );
  if (chosenFormat(terminal, format) === "jsonl") {
    terminal.out(`${JSON.stringify({ ...person, credentials, grants })}\n`);
    return;
  }
  writeFacts(
    terminal,
    "table",
    [
      ["person", person.id],
      ["name", person.name],
      ["account", person.account ?? ""],
      ["phone", person.phone ?? ""],
      ["mail", person.mail ?? ""],
      ["flags", [...person.flags, ...(person.partySize > 1 ? [`party of ${person.partySize}`] : [])].join(" ")],
      ...person.audiences.map(({ audience, validity, sponsor }) => ["audience", `${audience}, ${validityText(validity)}${sponsor === null ? "" : `, vouched for by ${sponsor}`}`] as const), // prettier-ignore
      ...grants.map((grant) => ["own grant", `${grant.id}, ${grant.effect === "withhold" ? "withholds " : ""}${whatText(grant)}, ${validityText(grant.validity)}`] as const), // prettier-ignore
    ],
    person,
  );
  terminal.out("\n");
  writeRows(
    terminal,
    "table",
    [
      { heading: "CREDENTIAL", cell: (row) => row.id },
      { heading: "KIND", cell: (row) => row.kind },
      { heading: "STATE", cell: (row) => row.state },
      { heading: "SINCE", cell: (row) => timeOrLimit(row.stateSince) },
      { heading: "VALID", cell: (row) => validityText(row.validity) },
    ],
    credentials,
  );
}
