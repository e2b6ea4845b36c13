import { Command, InvalidArgumentError, Option } from "commander";
import { FORMATS } from "./table.ts";

/** One example of a command, as typed, with what it does. */
export type Example = readonly [line: string, does: string];

/** A verb: name and arguments as commander writes them (`access <door>`), one line of description, and what to type. */
export function verb(nameAndArguments: string, description: string, examples: readonly Example[]): Command {
  const [name, ...rest] = nameAndArguments.split(" ");
  const command = new Command(name).description(description);
  if (rest.length > 0) command.arguments(rest.join(" "));
  return withExamples(command, examples);
}

/** A noun: the verbs that concern it, in the order of the list. */
export function noun(name: string, description: string, examples: readonly Example[], verbs: readonly Command[]): Command {
  const command = withExamples(new Command(name).description(description), examples);
  for (const each of verbs) command.addCommand(each);
  return command;
}

function withExamples(command: Command, examples: readonly Example[]): Command {
  const width = Math.max(...examples.map(([line]) => line.length));
  const lines = examples.map(([line, does]) => `  ${line.padEnd(width)}  ${does}`);
  return command.addHelpText("after", `\nExamples:\n${lines.join("\n")}`);
}

/** `--format`. */
export const formatOption = (): Option =>
  new Option("--format <format>", "table for people, jsonl for programs (default: table on a terminal, jsonl in a pipe)").choices(FORMATS);

/** `--config` and `--data`: where configuration and data lie. */
export const placeOptions = (command: Command): Command =>
  command
    .addOption(new Option("--config <file>", "configuration file (default: /etc/portico/portico.toml; in a checkout .portico/portico.toml)"))
    .addOption(new Option("--data <folder>", "data folder (default: /var/lib/portico; in a checkout .portico)"));

/** What a controller takes as somebody's name and as a reason. Source: its control API. */
const BY_CHARS_MAX = 64;
const REASON_CHARS_MAX = 200;

/** `--by`: who asks. @param user  of whoever types */
export const byOption = (user: string): Option => new Option("--by <name>", "who asks").default(user, "you").argParser(charactersOf(1, BY_CHARS_MAX));

/** `--reason`. */
export const reasonOption = (): Option =>
  new Option("--reason <text>", "why; stands in the log").default("", "none").argParser(charactersOf(0, REASON_CHARS_MAX));

function charactersOf(least: number, most: number): (text: string) => string {
  return (text) => {
    if (text.length >= least && text.length <= most) return text;
    throw new InvalidArgumentError(`${least === 0 ? `At most ${most}` : `${least} to ${most}`} characters are wanted.`);
  };
}

/** Reads a whole number of a range. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d+$/.test(text) || value < from || value > to) throw new InvalidArgumentError(`A whole number from ${from} to ${to} is wanted.`);
    return value;
  };
}

const UNIT_S: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };
/** Reads `90s`, `10m`, `2h`, `1d` as seconds. */
export function durationOption(text: string): number {
  const [, count, unit] = /^(\d{1,4})([smhd])$/.exec(text) ?? [];
  const seconds = Number(count) * (UNIT_S[unit ?? ""] ?? NaN);
  if (!(seconds > 0)) throw new InvalidArgumentError("A time such as 90s, 10m, 2h or 1d is wanted.");
  return seconds;
}

/** Reads lower- or upper-case hex digits of an exact number of bytes. */
export function hexBytes(count: number): (text: string) => Uint8Array {
  return (text) => {
    if (text.length !== 2 * count || !/^[0-9a-fA-F]*$/.test(text)) throw new InvalidArgumentError(`${2 * count} hex digits are wanted.`);
    return Uint8Array.from({ length: count }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
  };
}
