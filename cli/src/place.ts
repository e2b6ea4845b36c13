import type { Capability, Language } from "@portico/card-protocol";
import { CAPABILITIES } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import {
  cloudReason,
  cloudVerb,
  type CloudVerbOptions,
  everyPage,
  instantOption,
  type NameOptions,
  nameOptions,
  tellChange,
  withReason,
} from "./cloud-verb.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { type Column, writeFacts, writeRows } from "./table.ts";
import { printable } from "./terminal.ts";
import { noun, verb } from "./verb.ts";
import { whomText } from "./why-words.ts";

type AccessPoint = RouteAnswer<"GET /v1/access-points">["items"][number];
type Reasoned = CloudVerbOptions & { readonly reason?: string };

const COLUMNS: readonly Column<AccessPoint>[] = [
  { heading: "ACCESS POINT", cell: (row) => row.id },
  { heading: "ZONE", cell: (row) => row.zone },
  { heading: "NAME", cell: (row) => row.names.zh },
  { heading: "", cell: (row) => row.names.en },
  { heading: "NEEDS", cell: (row) => (row.high ? "two operators" : "") },
];

/** `--capability`. */
export const capabilityOption = (): Option =>
  new Option("--capability <capability>", "what is asked for").default("pass" satisfies Capability).choices(CAPABILITIES);

/** `portico place`: zones and access points. */
export function placeNoun(surroundings: Surroundings): Command {
  return noun(
    "place",
    "zones and access points of the cloud",
    [
      ["portico place list", "every access point with its zone"],
      ["portico place put gate-1/entry --zone east --zh 东门进 --en 'East gate, entry'", "make an access point"],
      ["portico place who gate-1/entry", "who may pass there now"],
    ],
    [
      listVerb(surroundings),
      zonesVerb(surroundings),
      zoneVerb(surroundings),
      rotateKeyVerb(surroundings),
      putVerb(surroundings),
      removeVerb(surroundings),
      whoVerb(surroundings),
    ],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list all access points", [["portico place list --zone east", "those of one zone"]]).option(
    "--zone <zone>",
    "of this zone alone",
  );
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly zone?: string }) => {
    const { items } = await calls.ask("access points", "GET /v1/access-points", {});
    writeRows(surroundings.terminal, options.format, COLUMNS, items.filter(({ zone }) => options.zone === undefined || zone === options.zone)); // prettier-ignore
  });
}

function zonesVerb(surroundings: Surroundings): Command {
  const command = verb("zones", "list all zones: buildings and groups of gates", [
    ["portico place zones", "with how often the key of card numbers was changed"],
  ]);
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions) => {
    const { items } = await calls.ask("zones", "GET /v1/zones", {});
    writeRows(
      surroundings.terminal,
      options.format,
      [
        { heading: "ZONE", cell: (row) => row.id },
        { heading: "NAME", cell: (row) => row.names.zh },
        { heading: "", cell: (row) => row.names.en },
        { heading: "KEY", cell: (row) => String(row.keyGeneration) },
      ],
      items,
    );
  });
}

function zoneVerb(surroundings: Surroundings): Command {
  const command = nameOptions(
    verb("zone <zone>", "make a zone, or rename it", [["portico place zone east --zh 东区 --en East", "a building, or a group of gates"]]),
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & NameOptions, id = "") => {
    const body = { names: { zh: options.zh, en: options.en } };
    const made = await calls.ask(`zone ${id}`, "PUT /v1/zones/{id}", { params: { id }, body }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["zone", made.value.id], ["name", `${made.value.names.zh}, ${made.value.names.en}`]], made.value); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

function rotateKeyVerb(surroundings: Surroundings): Command {
  const command = verb("rotate-key <zone>", "give a zone another key for card numbers: a controller or a room lock that held it is gone", [
    ["portico place rotate-key dormitory --reason 'lock of room-301 stolen'", "its controllers take it at once, those off line when they are back"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`zone ${id}`, "POST /v1/zones/{id}/rotate-key", { params: { id } }, withReason(options));
    writeFacts(
      surroundings.terminal,
      options.format,
      [
        ["zone", id],
        ["key", `${made.value.generation}`],
      ],
      { zone: id, ...made.value },
    );
    await tellChange(surroundings, calls, made);
  });
}

function putVerb(surroundings: Surroundings): Command {
  const command = nameOptions(
    verb("put <access-point>", "make an access point, or make it say this", [
      ["portico place put gate-1/entry --zone east --zh 东门进 --en 'East gate, entry'", "one direction of a turnstile"],
      ["portico place put laboratory --zone west --zh 实验室 --en Laboratory --high", "two operators have to grant it"],
    ]),
  )
    .addOption(new Option("--zone <zone>", "where it is").makeOptionMandatory())
    .option("--high", "two operators have to grant it")
    .addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned & NameOptions & { readonly zone: string; readonly high?: true }, id = "") => {
    const body = { zone: options.zone, names: { zh: options.zh, en: options.en }, high: options.high === true };
    const made = await calls.ask(`access point ${id}`, "PUT /v1/access-points/{id}", { params: { id }, body }, withReason(options));
    writeRows(surroundings.terminal, options.format, COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function removeVerb(surroundings: Surroundings): Command {
  const command = verb("remove <access-point>", "take an access point away that no profile and no grant names", [
    ["portico place remove gate-9/entry", "refused while something names it"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`access point ${id}`, "DELETE /v1/access-points/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["removed", id]], { removed: id });
    await tellChange(surroundings, calls, made);
  });
}

function whoVerb(surroundings: Surroundings): Command {
  const command = verb("who <access-point>", "who may pass there, as far as the cloud can know; from whom a grant withholds it is told beside", [
    ["portico place who gate-1/entry", "now"],
    ["portico place who laboratory --at '2026-10-01 23:00'", "at another time"],
  ])
    .addOption(capabilityOption())
    .addOption(new Option("--at <time>", "at that time (default: now)").argParser(instantOption));
  type Options = CloudVerbOptions & { readonly capability: Capability; readonly at?: string } & LanguageOptions;
  return cloudVerb(surroundings, languageOption(command), async (calls, options: Options, id = "") => {
    const on = `access point ${id}`;
    const { capability, at } = options;
    const withheld: RouteAnswer<"GET /v1/access-points/{id}/who">["withheld"] = [];
    let others: RouteAnswer<"GET /v1/access-points/{id}/who">["others"] | undefined;
    const people = await everyPage(async (after) => {
      const told = await calls.ask(on, "GET /v1/access-points/{id}/who", { params: { id }, query: { capability, limit: 1000, ...(at && { at }), ...(after && { after }) } }); // prettier-ignore
      others = told.others;
      withheld.push(...told.withheld);
      return told;
    });
    writeRows(surroundings.terminal, options.format, [{ heading: "PERSON", cell: ({ person }) => person }], people.map((person) => ({ person }))); // prettier-ignore
    for (const { person, grant, source } of withheld)
      surroundings.terminal.err(`note: withheld from person ${person} by grant ${grant}, from ${source.kind} ${source.id}\n`);
    if (others !== undefined && surroundings.terminal.isTty)
      surroundings.terminal.err(`${printable(othersText(others, chosenLanguage(surroundings, options)))}\n`);
  });
}

const othersText = (others: RouteAnswer<"GET /v1/access-points/{id}/who">["others"], language: Language): string =>
  ({
    en: `whoever is not among them: ${others.en} Whom to ask: ${whomText(others)}`,
    zh: `不在其中的人：${others.zh}联系：${whomText(others, "zh")}`,
  })[language];
