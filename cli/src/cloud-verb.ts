import type { Language } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type CloudCalls, cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { doorsLines, doorsOf, type OnItsWay } from "./doors-held.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import type { Format } from "./table.ts";
import { printable } from "./terminal.ts";
import { formatOption } from "./verb.ts";

/** What every verb that asks the cloud reads. */
export interface CloudVerbOptions extends CloudOptions {
  readonly format?: Format;
}

/**
 * A verb that asks the cloud: its options, `--format`, and the client.
 *
 * @param act  gets the words behind the verb; the options; the cloud
 */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- which options a verb has only the verb knows
export function cloudVerb<Options extends CloudVerbOptions>(
  surroundings: Surroundings,
  command: Command,
  act: (calls: CloudCalls, options: Options, ...words: string[]) => Promise<void>,
): Command {
  const parameters = command.registeredArguments.length;
  return cloudOptions(command.addOption(formatOption())).action(async (...given: unknown[]) => {
    const options = given[parameters] as Options;
    await act(await cloudClientFor(surroundings, options), options, ...(given.slice(0, parameters) as string[]));
  });
}

/** What the cloud takes as a reason, in UTF-16 units. */
const REASON_CHARS_MAX = 500;

/** `--reason`, which stands in the cloud's audit. */
export const cloudReason = (isNeeded: boolean): Option => {
  const option = new Option("--reason <text>", "why; stands in the audit").argParser((text: string) => {
    if (text.trim() === "" || text.length > REASON_CHARS_MAX) throw new InvalidArgumentError(`1 to ${REASON_CHARS_MAX} characters are wanted.`);
    return text;
  });
  return isNeeded ? option.makeOptionMandatory() : option;
};

/** What stands beside a request where a reason was given. */
export const withReason = ({ reason }: { readonly reason?: string }): { readonly reason?: string } => (reason === undefined ? {} : { reason });

/** Reads an instant: RFC 3339 with an offset, a date and time without one, or a day, both in this computer's zone. Answers as the API takes it. */
export function instantOption(text: string): string {
  const isDay = /^\d{4}-\d\d-\d\d$/.test(text);
  const read = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?(?:Z|[+-]\d\d:\d\d)?)?$/.test(text)
    ? Date.parse(isDay ? `${text}T00:00:00` : text.replace(" ", "T"))
    : NaN;
  if (Number.isNaN(read)) throw new InvalidArgumentError("A time such as 2026-09-01, 2026-09-01 08:00 or 2026-09-01T08:00:00+08:00 is wanted.");
  return new Date(read).toISOString().replace(".000Z", "Z");
}

/** `--from` and `--until`, from ≤ t < until. */
export const validityOptions = (command: Command): Command =>
  command
    .addOption(new Option("--from <time>", "from then on (default: without a beginning)").argParser(instantOption))
    .addOption(new Option("--until <time>", "until then, that instant no more (default: without an end)").argParser(instantOption));

export interface ValidityOptions {
  readonly from?: string;
  readonly until?: string;
}
export const validityOf = ({ from, until }: ValidityOptions): { readonly from: string | null; readonly until: string | null } => ({
  from: from ?? null,
  until: until ?? null,
});

/** `2026-09-01 00:00:00` in this computer's zone; `no limit`. */
export function timeOrLimit(at: string | null): string {
  if (at === null) return "no limit";
  return new Intl.DateTimeFormat("sv-SE", { dateStyle: "short", timeStyle: "medium" }).format(Date.parse(at));
}
/** `always`, `until …`, `from …`, `… to …`. */
export function validityText({ from, until }: { readonly from: string | null; readonly until: string | null }, language: Language = "en"): string {
  if (language === "zh") return validityZh(from, until);
  if (from === null && until === null) return "always";
  if (from === null) return `until ${timeOrLimit(until)}`;
  return until === null ? `from ${timeOrLimit(from)}` : `${timeOrLimit(from)} to ${timeOrLimit(until)}`;
}
function validityZh(from: string | null, until: string | null): string {
  if (from === null) return until === null ? "长期有效" : `有效期至 ${timeOrLimit(until)}`;
  return until === null ? `自 ${timeOrLimit(from)} 起有效` : `有效期 ${timeOrLimit(from)} 至 ${timeOrLimit(until)}`;
}

/** `--zh` and `--en`: what something is called. */
export const nameOptions = (command: Command): Command =>
  command.addOption(new Option("--zh <name>", "Chinese name").makeOptionMandatory()).addOption(new Option("--en <name>", "English name").makeOptionMandatory());
export interface NameOptions {
  readonly zh: string;
  readonly en: string;
}

/** What a change was answered with, beside its value. */
export interface Change extends OnItsWay {
  readonly change: number;
}
/**
 * Tells a person which publication carries a change, how many controllers hold it, and which are silent since when (rule 4.4); a change that no door knows yet
 * is told always.
 */
export async function tellChange(surroundings: Surroundings, calls: CloudCalls, { change, ...way }: OnItsWay & Partial<Change>): Promise<void> {
  const { terminal } = surroundings;
  if (way.notice !== null) terminal.err(`note: ${way.notice}\n`);
  if (way.publish === null || !terminal.isTty) return;
  const doors = await doorsOf(surroundings, calls, way);
  const [count = "", ...silent] = doors === undefined ? [] : doorsLines(doors);
  terminal.err(`${printable(`${change === undefined ? "" : `change ${change}, `}publication ${way.publish}: ${count}`)}\n`);
  for (const line of silent) terminal.err(`${printable(line)}\n`);
}

/** Every page of a list. */
export async function everyPage<Item>(
  ask: (after: string | undefined) => Promise<{ readonly items: readonly Item[]; readonly next: string | null }>,
): Promise<Item[]> {
  const items: Item[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await ask(after);
    items.push(...page.items);
    if (page.next === null) return items;
    after = page.next;
  }
}

/** One of a short list by its id. @throws Failure 1 where there is none */
export function theOne<Item extends { readonly id: string }>(items: readonly Item[], noun: string, id: string): Item {
  const found = items.find((item) => item.id === id);
  if (found !== undefined) return found;
  throw new Failure(EXIT.refused, `there is no such ${noun}`, `${noun} ${id}`, `portico ${noun} list shows them`);
}
