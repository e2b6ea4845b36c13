import type { Language } from "@portico/card-protocol";
import { type Command, Option } from "commander";
import type { EventExplanation, EventLine, EventQuery } from "@portico/controller";
import { checkLines } from "./check-text.ts";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { eventChainVerb, eventCopiesVerb, eventListVerb, eventRetentionVerb } from "./event-cloud.ts";
import { EXIT, Failure } from "./failure.ts";
import { floorLines } from "./floor-text.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, writeRows } from "./table.ts";
import { filled, printable } from "./terminal.ts";
import { timeText, zoneText } from "./time-text.ts";
import { formatOption, noun, verb, wholeNumber } from "./verb.ts";

const U32_MAX = 0xffff_ffff;

/** `portico event`: the log of the running controller. */
export function eventNoun(surroundings: Surroundings): Command {
  return noun(
    "event",
    "who was let in, who was not, and why: the controller's log, and what the cloud has of all",
    [
      ["portico event tail --follow", "watch what happens"],
      ["portico event explain 1042", "every check of one decision"],
      ["portico event verify", "prove that nothing was altered or lost"],
      ["portico event list --name DoorForcedOpen", "of all controllers, from the cloud"],
    ],
    [
      tailVerb(surroundings),
      explainVerb(surroundings),
      verifyVerb(surroundings),
      eventListVerb(surroundings),
      eventChainVerb(surroundings),
      eventCopiesVerb(surroundings),
      eventRetentionVerb(surroundings),
    ],
  );
}

interface TailOptions extends ControllerOptions, LanguageOptions {
  readonly format?: Format;
  readonly follow?: true;
  readonly after?: number;
  readonly limit: number;
  readonly name?: string;
  readonly source?: string;
}

function tailVerb(surroundings: Surroundings): Command {
  const command = verb("tail", "show the newest events, oldest first", [
    ["portico event tail", "the last 20"],
    ["portico event tail --follow --name AccessDenied", "every refusal as it happens, until Ctrl-C"],
    ["portico event tail --follow --lang zh", "in Chinese"],
    ["portico event tail --after 1000 --limit 500 | jq .text", "a range, for programs"],
  ])
    .option("-f, --follow", "stay and show each event as it is recorded")
    .addOption(new Option("--after <seq>", "only events behind this number").argParser(wholeNumber(0, U32_MAX)))
    .addOption(new Option("--limit <count>", "at most so many before following").default(20).argParser(wholeNumber(1, 100_000)))
    .addOption(new Option("--name <event>", "only events of this name, e.g. AccessDenied"))
    .addOption(new Option("--source <id>", "only events of this access point, door or device"))
    .addOption(formatOption());
  return controllerOptions(languageOption(command)).action(async (options: TailOptions) => {
    const client = await clientFor(surroundings, options);
    const { terminal } = surroundings;
    const format = chosenFormat(terminal, options.format);
    const language = chosenLanguage(surroundings, options);
    const query = {
      limit: options.limit,
      ...(options.after === undefined ? {} : { after: options.after }),
      ...(options.follow ? { follow: 1 } : {}),
      ...(options.name === undefined ? {} : { name: options.name }),
      ...(options.source === undefined ? {} : { source: options.source }),
    } as EventQuery;
    let isZoneTold = format === "jsonl";
    for await (const event of client.lines("GET /v1/events", { query })) {
      if (!isZoneTold) terminal.err(`${{ en: "times in", zh: "时间按" }[language]} ${zoneText(client.zone, language)}\n`);
      isZoneTold = true;
      terminal.out(format === "jsonl" ? `${JSON.stringify(event)}\n` : `${eventText(event, client.zone, language)}\n`);
    }
  });
}

/** `1042  2026-11-24 08:30:05.120  notice   gate-1-in let credential … in`. Columns of fixed width: the next line may come much later. */
function eventText({ seq, at, ms, severity, text, textZh }: EventLine, zone: string | undefined, language: Language): string {
  const time = at === null ? filled({ en: "clock unknown", zh: "时钟未知" }[language], 23) : `${timeText(at, zone)}.${String(ms).padStart(3, "0")}`;
  const number = String(seq).padStart(7);
  return printable(language === "zh" ? `${number}  ${time}  ${SEVERITY_ZH[severity]}  ${textZh}` : `${number}  ${time}  ${severity.padEnd(7)}  ${text}`);
}

const SEVERITY_ZH: Readonly<Record<EventLine["severity"], string>> = { notice: "提示", warning: "警告", alarm: "报警" };

function explainVerb(surroundings: Surroundings): Command {
  const command = verb("explain <seq>", "why somebody was let in or not: every check in order", [
    ["portico event explain 1042", "checks, reason in English and Chinese, what to do"],
    ["portico event explain 1042 --lang zh", "all of it in Chinese"],
    ["portico event explain 1042 --format jsonl", "the same in both languages, for programs"],
  ]).addOption(formatOption());
  return controllerOptions(languageOption(command)).action(
    async (typed: string, options: ControllerOptions & LanguageOptions & { readonly format?: Format }) => {
      const seq = readSeq(typed);
      const client = await clientFor(surroundings, options);
      const explanation = await client.ask("GET /v1/events/:seq/explain", { params: { seq } });
      const { terminal } = surroundings;
      if (chosenFormat(terminal, options.format) === "jsonl") {
        terminal.out(`${JSON.stringify(explanation)}\n`);
        return;
      }
      const { event, denial, checks, floors = [], basis, basisZh } = explanation;
      const language = chosenLanguage(surroundings, options);
      terminal.out(`${eventText(event, client.zone, language)}\n\n`);
      for (const line of [...checkLines(checks, language), "", ...outcomeLines(denial, language)]) terminal.out(`${line}\n`);
      for (const line of floorLines(floors, language)) terminal.out(`${printable(line)}\n`);
      // The checks tell times in the campus's zone, whether this computer knows which that is or not.
      terminal.err(`${printable(language === "zh" ? `依据：${basisZh}；${timesZh(client.zone)}` : `judged by ${basis}; ${timesEn(client.zone)}`)}\n`);
    },
  );
}

function outcomeLines(denial: EventExplanation["denial"], language: Language): readonly string[] {
  if (denial === null) return [language === "zh" ? "放行：各项检查均通过。" : "Granted: every check passed."];
  const { reason, en, zh, remedy, remedyZh } = denial;
  return language === "zh" ? [`拒绝：${reason}`, `  ${zh}`, `  处理：${remedyZh}`] : [`Denied: ${reason}`, `  ${en}`, `  ${zh}`, `  What to do: ${remedy}`];
}

const timesEn = (zone: string | undefined): string => `times in ${zoneText(zone)}${zone === undefined ? ", those of the checks in the campus's" : ""}`;
const timesZh = (zone: string | undefined): string => `时间按 ${zoneText(zone, "zh")}${zone === undefined ? "，各项检查中的时间按园区时区" : ""}`;

function verifyVerb(surroundings: Surroundings): Command {
  const command = verb("verify", "recompute the hash chain of all events", [["portico event verify", "exit code 1 where the chain does not hold"]]).addOption(
    formatOption(),
  );
  return controllerOptions(command).action(async (options: ControllerOptions & { readonly format?: Format }) => {
    const client = await clientFor(surroundings, options);
    const verdict = await client.ask("POST /v1/events/verify", {});
    const { terminal } = surroundings;
    if (chosenFormat(terminal, options.format) === "jsonl") terminal.out(`${JSON.stringify(verdict)}\n`);
    else if (verdict.kind === "whole") {
      const uploaded = verdict.uploaded === null ? "" : `; the cloud has it up to event ${verdict.uploaded}`;
      terminal.out(`the chain holds: ${verdict.records} events, last hash ${verdict.lastHash}${uploaded}\n`);
      if (verdict.gaps.length > 0)
        writeRows(
          terminal,
          "table",
          [
            { heading: "GAP FROM", cell: (gap) => String(gap.firstSeq) },
            { heading: "TO", cell: (gap) => String(gap.lastSeq) },
          ],
          verdict.gaps,
        );
    }
    if (verdict.kind === "broken")
      throw new Failure(
        EXIT.refused,
        `the chain breaks: ${verdict.cause}, ${verdict.detail}`,
        `event ${verdict.seq}`,
        "keep the database as evidence: copy the data folder before anything else is done",
      );
  });
}

function readSeq(typed: string): number {
  const seq = Number(typed);
  if (/^\d+$/.test(typed) && seq >= 1 && seq <= U32_MAX) return seq;
  throw new Failure(EXIT.usage, "not the number of an event", typed, "portico event tail shows the numbers");
}
