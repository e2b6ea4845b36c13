import type { Capability } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, tellChange, withReason } from "./cloud-verb.ts";
import { AUDIENCE_WORDS } from "./person-change.ts";
import { EXIT, Failure } from "./failure.ts";
import { GRANT_COLUMNS } from "./grant-columns.ts";
import { explanationLines, refusalWords } from "./grant-explanation.ts";
import { giveVerb, withholdVerb } from "./grant-give.ts";
import { applyVerb, planVerb } from "./grant-plan.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import { personMeant } from "./person-meant.ts";
import { capabilityOption } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, writeFacts, writeRows } from "./table.ts";
import { noun, verb } from "./verb.ts";

type Reasoned = CloudVerbOptions & { readonly reason?: string };

/** `portico grant`: who may do what, why, and how it shall be. */
export function grantNoun(surroundings: Surroundings): Command {
  return noun(
    "grant",
    "who may do what: shown, explained, given, withheld, planned, applied, ended",
    [
      ["portico grant explain zhang@example.edu gate-1/entry", "every check, where the grants came from, and what withholds"],
      ["portico grant withhold --person zhang@example.edu --place laboratory --reason 'alarm bridged'", "wins over whatever gives"],
      ["portico grant plan access.toml", "what it would take that policies and profiles say this"],
      ["portico grant apply 3f9c0d5e7a1b2c4d6e8f00112233aabb", "does what that plan said, or nothing"],
    ],
    [
      listVerb(surroundings),
      explainVerb(surroundings),
      giveVerb(surroundings),
      withholdVerb(surroundings),
      planVerb(surroundings),
      applyVerb(surroundings),
      approveVerb(surroundings),
      endVerb(surroundings),
    ],
  );
}

function listVerb(surroundings: Surroundings): Command {
  const command = verb("list", "list grants: all, or those that name a person, a group or an audience", [
    ["portico grant list", "all grants"],
    ["portico grant list --person zhang@example.edu", "those that name the person; grant explain shows what groups and audiences give"],
    ["portico grant list --waiting", "those that a second operator has to approve"],
  ])
    .addOption(new Option("--person <person>", "that name this person").conflicts(["group", "audience"]))
    .addOption(new Option("--group <group>", "that name this group").conflicts(["person", "audience"]))
    .addOption(new Option("--audience <audience>", "that name this audience").choices(AUDIENCE_WORDS).conflicts(["person", "group"]))
    .option("--waiting", "that wait for a second operator");
  type Options = CloudVerbOptions & { readonly person?: string; readonly group?: string; readonly audience?: string; readonly waiting?: true };
  return cloudVerb(surroundings, command, async (calls, options: Options) => {
    const subject = await subjectMeant(calls, options);
    const grants = await everyPage((after) => calls.ask("grants", "GET /v1/grants", { query: { limit: 1000, ...subject, ...(after && { after }) } }));
    writeRows(surroundings.terminal, options.format, GRANT_COLUMNS, options.waiting ? grants.filter(({ inForce }) => !inForce) : grants);
  });
}

async function subjectMeant(calls: CloudCalls, { person, group, audience }: { readonly person?: string; readonly group?: string; readonly audience?: string }) {
  if (person !== undefined) return { "subject-kind": "person", subject: (await personMeant(calls, person)).id } as const;
  if (group !== undefined) return { "subject-kind": "group", subject: group } as const;
  return audience === undefined ? {} : ({ "subject-kind": "audience", subject: audience } as const);
}

function explainVerb(surroundings: Surroundings): Command {
  const command = verb(
    "explain <person> <access-point>",
    "why somebody may pass there or not: every check in order, where the grants came from, and what withholds",
    [
      ["portico grant explain zhang@example.edu gate-1/entry", "now"],
      ["portico grant explain zhang@example.edu laboratory --at '2026-10-01 23:00' --capability unlock", "at another time, for a lock"],
      ["portico grant explain zhang@example.edu gate-1/entry --lang zh", "the same in Chinese"],
    ],
  )
    .addOption(capabilityOption())
    .addOption(new Option("--at <time>", "at that time (default: now)").argParser(instantOption));
  type Options = CloudVerbOptions & LanguageOptions & { readonly capability: Capability; readonly at?: string };
  return cloudVerb(surroundings, languageOption(command), async (calls, options: Options, text = "", accessPoint = "") => {
    const person = await personMeant(calls, text);
    const query = { person: person.id, "access-point": accessPoint, capability: options.capability, ...(options.at && { at: options.at }) };
    const told = await calls.ask(`person ${person.id} at ${accessPoint}`, "GET /v1/explain", { query });
    const { terminal } = surroundings;
    const language = chosenLanguage(surroundings, options);
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(told)}\n`);
    else for (const line of explanationLines(person.name, told, language)) terminal.out(`${line}\n`);
    if (told.credentials.some(({ outcome }) => outcome === "granted")) return;
    const { what, next } = refusalWords(told, language);
    throw new Failure(EXIT.refused, what, `person ${person.id} at ${accessPoint}`, next);
  });
}

function approveVerb(surroundings: Surroundings): Command {
  const command = verb("approve <grant>", "approve a grant as the second operator that a high access point needs", [
    ["portico grant approve 01990246-a5d0-7000-8000-0123456789ab --reason 'safety course seen'", "the first operator cannot"],
  ]).addOption(cloudReason(true));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`grant ${id}`, "POST /v1/grants/{id}/approve", { params: { id } }, withReason(options));
    writeRows(surroundings.terminal, options.format, GRANT_COLUMNS, [made.value]);
    await tellChange(surroundings, calls, made);
  });
}

function endVerb(surroundings: Surroundings): Command {
  const command = verb("end <grant>", "take a grant away; those of reservations, visits and cases go with their source alone", [
    ["portico grant end 01990246-a5d0-7000-8000-0123456789ab --reason 'left the project'", "at once, at every door that hears the cloud"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: Reasoned, id = "") => {
    const made = await calls.ask(`grant ${id}`, "DELETE /v1/grants/{id}", { params: { id } }, withReason(options));
    writeFacts(surroundings.terminal, options.format, [["ended", id]], { ended: id, change: made.change, publish: made.publish, doors: made.doors });
    await tellChange(surroundings, calls, made);
  });
}
