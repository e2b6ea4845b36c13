import { readFileSync } from "node:fs";
import type { RouteAnswer } from "@portico/cloud-sync";
import type { Command } from "commander";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, timeOrLimit, validityText, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { type AccessWish, type GrantWish, readAccessFile } from "./grant-file.ts";
import { subjectText, whatText } from "./grant-columns.ts";
import { personMeant } from "./person-meant.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, writeFacts, writeRows } from "./table.ts";
import { verb } from "./verb.ts";
import { typedPath } from "./places.ts";

type Plan = RouteAnswer<"GET /v1/access-plans/{id}">;
type Step = Plan["steps"][number];

/** `grant plan`. */
export function planVerb(surroundings: Surroundings): Command {
  const command = verb("plan <file>", "show what it would take that access profiles and policies say what a file says; nothing is changed", [
    ["portico grant plan access.toml", "TOML; .csv and .jsonl too; - reads JSON lines from standard input"],
    ["portico grant plan 3f9c0d5e7a1b2c4d6e8f00112233aabb", "a plan that somebody has made, for the second operator"],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly reason?: string }, given = "") => {
    if (/^[0-9a-f]{32}$/.test(given)) {
      writePlan(surroundings, options.format, await calls.ask(`plan ${given}`, "GET /v1/access-plans/{id}", { params: { id: given } }));
      return;
    }
    const file = given === "-" ? "standard input" : typedPath(surroundings, given);
    const reading = await readAccessFile(file, given === "-" ? await surroundings.input() : readFileSync(file, "utf8"));
    if (!reading.ok) throw new Failure(EXIT.usage, `${reading.mistakes.length === 1 ? "1 mistake" : `${reading.mistakes.length} mistakes`} in the file`, file, "mend these lines, then plan again", reading.mistakes); // prettier-ignore
    const body = await desiredOf(calls, reading.wish);
    const { value } = await calls.ask(file, "POST /v1/access-plans", { body }, withReason(options));
    writePlan(surroundings, options.format, value);
  });
}

/** `grant apply`. */
export function applyVerb(surroundings: Surroundings): Command {
  const command = verb("apply <plan>", "do what a plan said, all of it; or nothing, where the campus has moved since", [
    ["portico grant apply 3f9c0d5e7a1b2c4d6e8f00112233aabb", "grant plan prints the number"],
    [
      "portico grant apply 3f9c0d5e7a1b2c4d6e8f00112233aabb --reason 'new laboratory'",
      "high access points: another operator than the plan's maker, with a reason",
    ],
  ]).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: CloudVerbOptions & { readonly reason?: string }, id = "") => {
    const made = await calls.ask(`plan ${id}`, "POST /v1/access-plans/{id}/apply", { params: { id } }, withReason(options));
    const { added, changed, ended } = made.value;
    writeFacts(surroundings.terminal, options.format, [["added", String(added)], ["changed", String(changed)], ["ended", String(ended)]], { plan: id, ...made.value, publish: made.publish, doors: made.doors }); // prettier-ignore
    await tellChange(surroundings, calls, made);
  });
}

/** People are named by account or phone in a file; the cloud wants ids. */
async function desiredOf(calls: CloudCalls, { profiles, policies }: AccessWish) {
  const known = new Map<string, string>();
  const subjectOf = async ({ kind, id }: GrantWish["subject"]) => {
    if (kind !== "person") return { kind, id };
    if (!known.has(id)) known.set(id, (await personMeant(calls, id)).id);
    return { kind, id: known.get(id)! };
  };
  const desired = [];
  for (const policy of policies) {
    const grants = [];
    for (const grant of policy.grants) grants.push({ ...grant, subject: await subjectOf(grant.subject) });
    desired.push({ ...policy, grants });
  }
  return { profiles: profiles.map((profile) => ({ ...profile, lines: [...profile.lines] })), policies: desired };
}

const ACT = { add: "+", change: "~", end: "-" } as const;
function verbOf({ effect, what }: Extract<Step, { kind: "grant" }>["grant"]): string {
  if (effect === "withhold") return what.kind === "profile" ? "is withheld profile" : "is withheld";
  return what.kind === "profile" ? "has profile" : "may";
}
function stepText(step: Step): string {
  if (step.kind === "policy") return `policy ${step.id}: ${step.names.zh}, ${step.names.en}`;
  if (step.kind === "grant") {
    const times = step.from === null ? validityText(step.grant.validity) : `${validityText(step.grant.validity)} (was ${validityText(step.from)})`;
    return `policy ${step.policy}: ${subjectText(step.grant)} ${verbOf(step.grant)} ${whatText(step.grant)}, ${times}`;
  }
  const lines = (sign: string, list: typeof step.added): string =>
    list.map((line) => `; ${sign} ${line.capability} at ${line.accessPoint}, ${line.schedule}`).join("");
  return `profile ${step.id}${lines("+", step.added)}${lines("-", step.ended)}`;
}

function writePlan({ terminal }: Surroundings, format: Format | undefined, plan: Plan): void {
  if (chosenFormat(terminal, format) === "jsonl") {
    terminal.out(`${JSON.stringify(plan)}\n`);
    return;
  }
  writeRows(terminal, "table", [{ heading: "", cell: (step) => ACT[step.act] }, { heading: "WHAT", cell: stepText }], plan.steps); // prettier-ignore
  if (plan.concerns.length > 0) {
    terminal.out("\n");
    writeRows(
      terminal,
      "table",
      [
        { heading: "AUDIENCE", cell: ({ audience }) => audience ?? "(none)" },
        { heading: "GAIN", cell: ({ gain }) => String(gain) },
        { heading: "LOSE", cell: ({ lose }) => String(lose) },
      ],
      plan.concerns,
    );
  }
  terminal.out("\n");
  if (plan.steps.length === 0) terminal.out("nothing is to be done: it is so already\n");
  else if (plan.appliedBy !== null) terminal.out(`plan ${plan.id} was applied by ${plan.appliedBy}\n`);
  else terminal.out(`plan ${plan.id}, by ${plan.madeBy}, until ${timeOrLimit(plan.until)}\n`);
  if (plan.high.length > 0) terminal.err(`${plan.high.join(", ")}: two operators are needed; another than ${plan.madeBy} has to apply it, with --reason\n`);
  if (plan.steps.length > 0 && plan.appliedBy === null) terminal.err(`portico grant apply ${plan.id} does this and nothing else\n`);
}
