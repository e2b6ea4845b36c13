import { DENY_REASON, detailInChinese } from "@portico/card-protocol";
import { type Command, InvalidArgumentError, Option } from "commander";
import { controllerOptions } from "./controller-verb.ts";
import { chosenLanguage, languageOption } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat } from "./table.ts";
import { printable } from "./terminal.ts";
import { durationText, timeText, zoneText } from "./time-text.ts";
import { durationOption, formatOption, verb } from "./verb.ts";
import { type RefusalsFound, refusalsOf } from "./why-refusals.ts";
import { type WhyOptions, whomText, answerTo, type Refusal } from "./why-words.ts";

/** `portico why`: answers whoever stands before a door that stays shut and calls. */
export function whyCommand(surroundings: Surroundings): Command {
  const command = verb("why <person-or-door>", "why somebody was refused, what helps, what to tell them, and whom to ask", [
    ["portico why zhang@example.edu", "the last 10 minutes of one person"],
    ["portico why library --last 2h", "of a door, a turnstile or an access point"],
    ["portico why gate-1 --last 1h --lang zh", "in Chinese"],
    ["portico why gate-1 --last 1h --format jsonl", "for programs"],
  ])
    .addOption(new Option("--last <time>", "how far back, such as 90s, 10m, 2h or 1d").default(600, "10m").argParser(durationOption))
    .addOption(new Option("--limit <count>", "at most so many, the newest").default(20).argParser(countOf))
    .addOption(new Option("--cloud <url>", "the cloud's address (default: PORTICO_CLOUD, else operator.json in the data folder)"))
    .addOption(new Option("--key <file>", "your private key for the cloud (default: PORTICO_CLOUD_KEY, else operator.json)"))
    .addOption(formatOption());
  return controllerOptions(languageOption(command)).action(async (text: string, options: WhyOptions) =>
    tell(surroundings, options, await refusalsOf(surroundings, options, text)),
  );
}

function tell(surroundings: Surroundings, options: WhyOptions, found: RefusalsFound): void {
  const { terminal } = surroundings;
  const { format, last, limit } = options;
  const language = chosenLanguage(surroundings, options);
  const { refusals, subject, zone, notes } = found;
  const shown = refusals.slice(-limit);
  if (chosenFormat(terminal, format) === "jsonl") {
    for (const refusal of shown) terminal.out(`${JSON.stringify({ ...refusal, detailZh: detailInChinese(refusal.detail), ...answerTo(refusal.reason) })}\n`);
  } else {
    for (const refusal of shown) for (const line of [...(language === "zh" ? linesZh : linesEn)(refusal, zone), ""]) terminal.out(`${printable(line)}\n`);
    const more = refusals.length - shown.length;
    if (more > 0) terminal.out(`${{ en: `${more} more before these; --limit shows them`, zh: `此前还有 ${more} 条，可用 --limit 显示` }[language]}\n`);
  }
  const none = { en: `${subject} was not refused in the last ${durationText(last)}`, zh: `${subject} 在最近 ${durationText(last)} 内没有被拒绝的记录` }[
    language
  ];
  if (refusals.length === 0) terminal.err(`${printable(none)}\n`);
  for (const note of notes) terminal.err(`${printable(note)}\n`);
  if (chosenFormat(terminal, format) === "table" && shown.length > 0)
    terminal.err(`${{ en: `times in ${zoneText(zone)}`, zh: `时间按 ${zoneText(zone, "zh")}` }[language]}\n`);
}

function linesEn({ at, accessPoint, reason, detail, count, by, help }: Refusal, zone: string | undefined): readonly string[] {
  const { en, zh, remedy } = DENY_REASON[reason];
  return [
    `${timeText(at, zone)}  ${accessPoint}  ${reason}${count === 1 ? "" : `, ${count} times`}${by === "" ? "" : `, ${by}`}`,
    `  ${en}${detail === "" ? "" : ` (${detail})`}`,
    `  read out: ${saidText(zh, help)}`,
    `  what to do: ${remedy}`,
    `  whom to ask: ${whomText(help)}`,
  ];
}

function linesZh({ at, accessPoint, reason, detail, count, by, help }: Refusal, zone: string | undefined): readonly string[] {
  const { zh, remedyZh } = DENY_REASON[reason];
  return [
    `${at === null ? "时钟未知" : timeText(at, zone)}  ${accessPoint}  ${reason}${count === 1 ? "" : `，${count} 次`}${by === "" ? "" : `，${by}`}`,
    `  ${zh.replace(/\u3002$/, "")}${detail === "" ? "" : `：${detailInChinese(detail)}`}`,
    `  告知：${saidText(zh, help)}`,
    `  处理：${remedyZh}`,
    `  联系：${whomText(help, "zh")}`,
  ];
}

/** The cause, and what helps where the cause does not say it already. */
const saidText = (cause: string, { zh }: Refusal["help"]): string => (cause.includes("请") ? cause : `${cause}${zh}`);

function countOf(text: string): number {
  const count = Number(text);
  if (!/^\d+$/.test(text) || count < 1 || count > 1000) throw new InvalidArgumentError("A whole number from 1 to 1000 is wanted.");
  return count;
}
