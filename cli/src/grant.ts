import type { Capability } from "@portico/card-protocol";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, everyPage, instantOption, tellChange, timeOrLimit, validityText, withReason } from "./cloud-verb.ts";
import { AUDIENCE_WORDS } from "./person-change.ts";
import { EXIT, Failure } from "./failure.ts";
import { GRANT_COLUMNS } from "./grant-columns.ts";
import { giveVerb, withholdVerb } from "./grant-give.ts";
import { applyVerb, planVerb } from "./grant-plan.ts";
import { personMeant } from "./person-meant.ts";
import { capabilityOption } from "./place.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, writeFacts, writeRows } from "./table.ts";
import { displayWidth, printable } from "./terminal.ts";
import { noun, verb } from "./verb.ts";
import { whomText } from "./why.ts";

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
    ],
  )
    .addOption(capabilityOption())
    .addOption(new Option("--at <time>", "at that time (default: now)").argParser(instantOption));
  type Options = CloudVerbOptions & { readonly capability: Capability; readonly at?: string };
  return cloudVerb(surroundings, command, async (calls, options: Options, text = "", accessPoint = "") => {
    const person = await personMeant(calls, text);
    const query = { person: person.id, "access-point": accessPoint, capability: options.capability, ...(options.at && { at: options.at }) };
    const told = await calls.ask(`person ${person.id} at ${accessPoint}`, "GET /v1/explain", { query });
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(told)}\n`);
    else writeExplanation(surroundings, person.name, told);
    if (told.credentials.every(({ outcome }) => outcome === "denied"))
      throw new Failure(EXIT.refused, whyNot(told), `person ${person.id} at ${accessPoint}`, remedyOf(told));
  });
}

type Explanation = RouteAnswer<"GET /v1/explain">;
const MARK = { passed: "+", failed: "x", "not reached": " " } as const;

function writeExplanation({ terminal }: Surroundings, name: string, { at, accessPoint, grants, withholdings, credentials, notKnown }: Explanation): void {
  terminal.out(printable(`${name} at ${accessPoint}, ${timeOrLimit(at)}`) + "\n\n");
  if (grants.length === 0) terminal.out("no grant reaches the person there\n");
  for (const { grant, source, accessProfile, schedule, validity } of grants)
    terminal.out(printable(`grant ${grant}: from ${source.kind} ${source.id}, by ${accessProfile}, schedule ${schedule}, ${validityText(validity)}`) + "\n");
  for (const { grant, source, grantedBy, by, validity, holds } of withholdings)
    terminal.out(
      printable(`grant ${grant} withholds${holds ? "" : ", at another time"}: from ${source.kind} ${source.id}, given by ${grantedBy}, by ${by}, ${validityText(validity)}`) + "\n", // prettier-ignore
    );
  for (const { credential, kind, outcome, reason, help, checks } of credentials) {
    terminal.out(`\n${kind} ${credential}: ${outcome}${reason === null ? ", as far as the cloud can know" : `, ${reason}`}\n`);
    const width = Math.max(...checks.map(({ check }) => displayWidth(check)), 0);
    for (const { check, outcome: went, detail } of checks)
      terminal.out(`${printable(`${MARK[went]} ${check}${" ".repeat(width - displayWidth(check))}  ${went.padEnd(11)}  ${detail}`).trimEnd()}\n`);
    if (help !== null) terminal.out(`${printable(`read out: ${help.zh}`)}\nwhom to ask: ${whomText(help)}\n`);
  }
  if (credentials.length === 0) terminal.out("\nthe person has no credential\n");
  terminal.out(`\nonly the door knows: ${notKnown.join("; ")}\n`);
}

const whyNot = ({ withholdings }: Explanation): string =>
  withholdings.some(({ holds }) => holds) ? "a grant withholds it from this person there" : "nothing of this person opens there";

/** What helps against the first reason that was found, and whom to ask. */
function remedyOf({ credentials, help }: Explanation): string {
  if (help === null || credentials.length === 0) return "portico credential shows how to give one";
  return `${help.en} Whom to ask: ${whomText(help)}`;
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
