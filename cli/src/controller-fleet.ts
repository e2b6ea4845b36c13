import { type Command, Option } from "commander";
import type { RouteAnswer } from "@portico/cloud-sync";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, writeFacts, writeRows } from "./table.ts";
import { durationText } from "./time-text.ts";
import { formatOption, reasonOption, verb, wholeNumber } from "./verb.ts";

type MemberTold = RouteAnswer<"GET /v1/fleet">["items"][number];
type EnrolmentTold = RouteAnswer<"GET /v1/enrolments">["items"][number];

export interface FleetOptions extends CloudOptions {
  readonly format?: Format;
  readonly reason?: string;
}

/** The columns of a fleet. @param now  seconds */
const memberColumns = (now: number): readonly Column<MemberTold>[] => [
  { heading: "CONTROLLER", cell: ({ id }) => id },
  { heading: "STATE", cell: ({ state }) => state },
  { heading: "ZONES", cell: ({ zones }) => zones.join(" ") },
  { heading: "MACHINE", cell: ({ machine }) => String(machine) },
  { heading: "BEHIND", cell: ({ lags }) => lags.map(lagText).join(", ") || "-" },
  { heading: "SINCE", cell: ({ lags }) => (lags[0] === undefined ? "" : durationText(now - Date.parse(lags[0].since) / 1000)) },
  { heading: "HEARD", cell: ({ heardAt }) => (heardAt === null ? "never" : `${durationText(now - Date.parse(heardAt) / 1000)} ago`) },
];

/** `zone/east 3 of 7`; an older epoch is said. */
const lagText = ({ partition, epoch, version, wanted }: MemberTold["lags"][number]): string =>
  `${partition} ${version === 0 ? "nothing" : epoch === wanted.epoch ? version : `${version} of epoch ${epoch}`} of ${wanted.version}`;

/** What a cloud that has gone back has to do, and by whom it is known. */
export const ADOPT = "portico feed epoch bump --adopt: docs/operating.md, A cloud that comes back from a backup";
/** `gate-house zone/east 7 (3 here)`. */
export const aheadText = ({ id, ahead }: Pick<MemberTold, "id" | "ahead">): string =>
  `${id} ${ahead.map(({ partition, epoch, version, newest }) => `${partition} ${epoch}:${version} (${newest.epoch}:${newest.version} here)`).join(", ")}`;

function tellAhead({ terminal }: Surroundings, members: readonly MemberTold[]): void {
  const beyond = members.filter(({ ahead }) => ahead.length > 0);
  if (beyond.length === 0) return;
  for (const one of beyond) terminal.err(`portico: holds more than this cloud has published: ${aheadText(one)}\n`);
  terminal.err(`next: ${ADOPT}\n`);
}

/** `portico controller list`: those that are, and those that ask to be. */
export function controllerListVerb(surroundings: Surroundings): Command {
  const command = verb("list", "controllers of the cloud, and machines that ask to be some", [
    ["portico controller list", "a table, machines that wait for an operator with their six words below"],
    ["portico controller list --format jsonl", "for programs: `kind` is controller or enrolment"],
  ]).addOption(formatOption());
  return cloudOptions(command).action(async (options: FleetOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const controllers = (await calls.ask("controllers", "GET /v1/fleet", {})).items;
    const waiting = (await calls.ask("controllers", "GET /v1/enrolments", {})).items;
    const { terminal, now } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") {
      for (const row of controllers) terminal.out(`${JSON.stringify({ kind: "controller", ...row })}\n`);
      for (const row of waiting) terminal.out(`${JSON.stringify({ kind: "enrolment", ...row })}\n`);
      tellAhead(surroundings, controllers);
      return;
    }
    writeRows(terminal, "table", memberColumns(now()), controllers);
    tellAhead(surroundings, controllers);
    if (waiting.length === 0) return;
    const columns: readonly Column<EnrolmentTold>[] = [
      { heading: "ASKS TO BE", cell: ({ controller, replaces }) => `${controller}${replaces ? " (in its place)" : ""}` },
      { heading: "WAITS", cell: ({ askedAt }) => durationText(now() - Date.parse(askedAt) / 1000) },
      { heading: "FROM", cell: ({ asker }) => asker },
      { heading: "SIX WORDS", cell: ({ words }) => words },
      { heading: "ENROLMENT", cell: ({ id }) => id },
    ];
    terminal.out("\n");
    writeRows(terminal, "table", columns, waiting);
  });
}

/** `portico controller lag`: who has not applied a publication yet. */
export function controllerLagVerb(surroundings: Surroundings): Command {
  const command = verb("lag", "which controllers have not applied what was published, the longest missing first", [
    ["portico controller lag", "behind the newest publication"],
    ["portico controller lag --publish 42", "behind the one that a change was answered with"],
  ])
    .addOption(new Option("--publish <number>", "the publication (default: the newest)").argParser(wholeNumber(0, 0xffff_ffff)))
    .addOption(formatOption());
  return cloudOptions(command).action(async (options: FleetOptions & { readonly publish?: number }) => {
    const calls = await cloudClientFor(surroundings, options);
    const query = options.publish === undefined ? {} : { publish: options.publish };
    const { publish, applied, of, missing, ahead, forks } = await calls.ask("the feed", "GET /v1/feed/status", { query });
    const { terminal, now } = surroundings;
    writeRows(terminal, options.format, memberColumns(now()), missing);
    terminal.err(`publication ${publish}: applied by ${applied} of ${of}\n`);
    tellAhead(surroundings, ahead);
    for (const { controller, partition, epoch, version, isProven } of forks)
      terminal.err(`FeedFork: ${controller} holds another ${partition} ${epoch}:${version} than the cloud has published${isProven ? ", and shows a head that a key of the trust list has signed" : ""}\n`); // prettier-ignore
  });
}

/** `portico controller revoke`. */
export function controllerRevokeVerb(surroundings: Surroundings): Command {
  const command = verb("revoke <controller>", "end what a controller may, at once; its zones get other keys for card numbers", [
    ["portico controller revoke gate-house --reason 'stolen'", "its stream ends, its token and key open nothing any more"],
  ])
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (id: string, options: FleetOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const also = { reason: options.reason ?? "" };
    tellController(surroundings, options, await calls.ask(`controller ${id}`, "POST /v1/controllers/{id}/revoke", { params: { id } }, also));
  });
}

/** What an operator says to a machine that asks. */
export interface DecideOptions extends FleetOptions {
  readonly words?: string;
  readonly zone: readonly string[];
}

export const wordsOption = (): Option => new Option("--words <words>", "the six words that the machine shows, as they are read out to you");

/** `portico controller replace`. */
export function controllerReplaceVerb(surroundings: Surroundings): Command {
  const command = verb("replace <controller>", "let a machine that asks take a controller's place: id and zones stay, the key before is never taken again", [
    ["portico controller replace gate-house --words 'abandon zoo able ocean about abandon'", "behind `portico controller enroll` on the new machine"],
  ])
    .addOption(wordsOption().makeOptionMandatory())
    .addOption(reasonOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (id: string, options: DecideOptions) => {
    const calls = await cloudClientFor(surroundings, options);
    const enrolment = await enrolmentOf(calls, id);
    const parts = { params: { id: enrolment }, body: { words: options.words ?? "" } };
    tellController(surroundings, options, await calls.ask(`controller ${id}`, "POST /v1/enrolments/{id}/replace", parts, { reason: options.reason ?? "" }));
  });
}

/** `portico controller enroll --approve`. @param typed  the enrolment's id, or the controller's where one machine alone asks to be it */
export async function approveMachine(surroundings: Surroundings, typed: string, options: DecideOptions): Promise<void> {
  const { words, zone, reason = "" } = options;
  if (words === undefined || zone.length === 0)
    throw new Failure(
      EXIT.usage,
      words === undefined ? "the six words that the machine shows are missing" : "no zone is named",
      `--approve ${typed}`,
      words === undefined ? "have them read out at the machine, then add --words '…'" : "add --zone <zone>, once for each zone that it is to follow",
    );
  const calls = await cloudClientFor(surroundings, options);
  const id = await enrolmentOf(calls, typed);
  const parts = { params: { id }, body: { words, zones: [...zone] } };
  tellController(surroundings, options, await calls.ask(`enrolment ${typed}`, "POST /v1/enrolments/{id}/approve", parts, { reason }));
}

/** `portico controller enroll --refuse`. */
export async function refuseMachine(surroundings: Surroundings, typed: string, options: FleetOptions): Promise<void> {
  const calls = await cloudClientFor(surroundings, options);
  const id = await enrolmentOf(calls, typed);
  await calls.ask(`enrolment ${typed}`, "POST /v1/enrolments/{id}/refuse", { params: { id } }, { reason: options.reason ?? "" });
  writeFacts(surroundings.terminal, options.format, [["refused", id]], { enrolment: id, state: "refused" });
}

async function enrolmentOf(calls: CloudCalls, typed: string): Promise<string> {
  if (/^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(typed)) return typed;
  const { items } = await calls.ask(`controller ${typed}`, "GET /v1/enrolments", {});
  const [first, ...others] = items.filter(({ controller }) => controller === typed);
  if (first === undefined)
    throw new Failure(
      EXIT.refused,
      "no machine asks to be it",
      `controller ${typed}`,
      "on the new machine: portico controller enroll; here: portico controller list",
    );
  if (others.length > 0)
    throw new Failure(
      EXIT.refused,
      `${others.length + 1} machines ask to be it`,
      `controller ${typed}`,
      "name the enrolment; compare the words",
      [first, ...others].map(({ id, words, asker }) => `${id}  from ${asker}  ${words}`),
    );
  return first.id;
}

function tellController({ terminal }: Surroundings, { format }: FleetOptions, { value, publish }: RouteAnswer<"POST /v1/controllers/{id}/revoke">): void {
  writeFacts(
    terminal,
    format,
    [
      ["controller", value.id],
      ["state", value.revokedAt === null ? "enrolled" : "revoked"],
      ["zones", value.zones.join(" ")],
      ["machine", String(value.machine)],
      ["publication", publish === null ? "none yet" : String(publish)],
    ],
    { ...value, publish },
  );
}
