import type { DayEnd, StoryLine } from "@portico/simulator";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";

export interface DayRun {
  readonly seed: number;
  /** How many come to lunch. */
  readonly eaters: number;
  readonly format: "text" | "jsonl";
}

/** Tells a day on campus in virtual time as it happens, then what it came to. @throws Failure where something was not as it had to be */
export async function runDay({ terminal }: Pick<Surroundings, "terminal">, { seed, eaters, format }: DayRun): Promise<void> {
  const isText = format === "text";
  terminal.err(`A day on campus in virtual time, seed ${seed}, ${eaters} people at lunch. The right-hand column names the rules of docs/contract.md.\n`);
  const { liveDay } = await import("@portico/simulator");
  const onLine = (line: StoryLine): void => terminal.out(isText ? storyLine(line) : `${JSON.stringify({ kind: "line", ...line })}\n`);
  const end = await liveDay({ seed, eaters, onLine });
  terminal.out(isText ? `\n${dayLines(end).join("\n")}\n` : `${JSON.stringify({ kind: "day", seed, ...end, lines: end.lines.length })}\n`);
  if (!isGoodDay(end)) throw new Failure(EXIT.refused, "this was not a good day", `seed ${seed}`, `the same day again: portico sim run --day --seed ${seed}`);
}

const TEXT_COLUMNS = 110;

/** `12:05:31  what happened   2.10` */
export const storyLine = ({ time, text, rules }: StoryLine): string =>
  `${time}  ${rules.length === 0 ? text : `${text.padEnd(TEXT_COLUMNS)}  ${rules.join(" ")}`}\n`;

export const isGoodDay = ({ findings, chains }: DayEnd): boolean => findings.length === 0 && chains.every(({ holds }) => holds);

/** What a day came to, for people. */
export function dayLines({ rules, findings, chains }: DayEnd): string[] {
  const broken = chains.filter(({ holds }) => !holds).map(({ controller }) => controller);
  return [
    `rules touched  ${rules.length}: ${rules.join(" ")}`,
    `chains         ${broken.length === 0 ? `${chains.length} controllers, every chain of events holds` : `BROKEN at ${broken.join(", ")}`}`,
    `findings       ${findings.length}`,
    ...findings.map(({ time, what, found, wanted }) => `               ${time} ${what}: ${found}, where it had to be ${wanted}`),
  ];
}
