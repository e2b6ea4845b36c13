import type { RouteAnswer } from "@portico/cloud-sync";
import type { Command } from "commander";
import {
  cloudReason,
  cloudVerb,
  type CloudVerbOptions,
  everyPage,
  type NameOptions,
  nameOptions,
  tellChange,
  type ValidityOptions,
  validityOf,
  validityOptions,
  validityText,
  withReason,
} from "./cloud-verb.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Group = RouteAnswer<"GET /v1/groups">["items"][number];
type Reasoned = CloudVerbOptions & { readonly reason?: string };

const COLUMNS: readonly Column<Group>[] = [
  { heading: "GROUP", cell: (row) => row.id },
  { heading: "NAME", cell: (row) => row.names.zh },
  { heading: "", cell: (row) => row.names.en },
];

/** `portico group`: some people by name. */
export function groupNoun(surroundings: Surroundings): Command {
  return noun(
    "group",
    "groups of people: a class, a team, the tenants of a floor",
    [
      ["portico group put class-1 --zh 一班 --en 'Class 1'", "make a group"],
      ["portico group join class-1 zhang@example.edu --until 2027-02-01", "for a term"],
      ["portico group show class-1", "its members"],
    ],
    [listVerb(surroundings), showVerb(surroundings), putVerb(surroundings), joinVerb(surroundings), leaveVerb(surroundings), removeVerb(surroundings)],
  );
}

function listVerb(surroundings: Surroundings): Command {
  return cloudVerb(surroundings, verb("list", "list all groups", [["portico group list", "with their names"]]), async (calls, options: CloudVerbOptions) => {
    writeRows(surroundings.terminal, options.format, COLUMNS, (await calls.ask("groups", "GET /v1/groups", {})).items);
  });
}

function showVerb(surroundings: Surroundings): Command {
  const command = verb("show <group>", "the members of a group", [["portico group show class-1", "in the order in which they became known"]]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions, id = "") => {
    const members = await everyPage((after) =>
      calls.ask(`group ${id}`, "GET /v1/groups/{id}/members", { params: { id }, query: { limit: 1000, ...(after && { after }) } }),
    );
    writeRows(surroundings.terminal, options.format, [{ heading: "PERSON", cell: ({ person }) => person }, { heading: "MEMBER", cell: ({ validity }) => validityText(validity) }], members); // prettier-ignore
  });
}

function putVerb(surroundings: Surroundings): Command {
  const command = nameOptions(
    verb("put <group>", "make a group, or rename it", [["portico group put class-1 --zh 一班 --en 'Class 1'", "members stay"]]),
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & NameOptions, id = "") => {
    const body = { names: { zh: options.zh, en: options.en } };
    const made = await calls.ask(`group ${id}`, "PUT /v1/groups/{id}", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function joinVerb(surroundings: Surroundings): Command {
  const command = validityOptions(
    verb("join <group> <person>", "make a person a member for a while", [
      ["portico group join class-1 zhang@example.edu --from 2026-09-01 --until 2027-02-01", "what the group may do, the person may then"],
    ]),
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & ValidityOptions, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const parts = { params: { id, person }, body: { validity: validityOf(options) } };
    const made = await calls.ask(`group ${id}`, "PUT /v1/groups/{id}/members/{person}", parts, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["group", id], ["person", person], ["member", validityText(made.value.validity)]], { group: id, ...made.value }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

function leaveVerb(surroundings: Surroundings): Command {
  const command = verb("leave <group> <person>", "end a membership now", [
    ["portico group leave class-1 zhang@example.edu", "what it gave ends with it"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "", text = "") => {
    const { id: person } = await personMeant(calls, text);
    const made = await calls.ask(`group ${id}`, "DELETE /v1/groups/{id}/members/{person}", { params: { id, person } }, withReason(options));
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["group", id],
        ["left", person],
      ],
      { group: id, left: person },
    );
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <group>", "take a group away that has neither members nor grants", [
    ["portico group remove class-1", "refused while it has some"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`group ${id}`, "DELETE /v1/groups/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", id]], { removed: id });
    await tellChange(surroundings, calls, made);
  });
}
