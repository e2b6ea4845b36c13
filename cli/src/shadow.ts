import { readFileSync } from "node:fs";
import type { CardFormat, Language } from "@portico/card-protocol";
import type { OldLogTaken, ShadowDecisionRow, ShadowReportRow } from "@portico/controller";
import { type Command, InvalidArgumentError, Option } from "commander";
import { clientFor, type ControllerOptions, controllerOptions } from "./controller-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import { chosenLanguage, languageOption, type LanguageOptions } from "./language.ts";
import { type OldLogLine, readOldLog } from "./old-log-file.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Column, type Format, tableLines, writeFacts, writeRows } from "./table.ts";
import { timeText } from "./time-text.ts";
import { byOption, formatOption, noun, reasonOption, verb, wholeNumber } from "./verb.ts";
import { typedPath } from "./places.ts";

/** Lines in one request. */
const PORTION = 300;

/** `portico shadow`: doors that an old system still drives. */
export function shadowNoun(surroundings: Surroundings): Command {
  return noun(
    "shadow",
    "doors that an old system still drives: what Portico would decide, and where the two differ",
    [
      ["portico shadow report", "today so far: every decision that differs, with what to do about it"],
      ["portico shadow import access.csv --reader 'North door=library-in'", "the old system's own log, for comparing"],
    ],
    [reportVerb(surroundings), importVerb(surroundings)],
  );
}

type DoorCounts = ShadowReportRow["doors"][number];
const COUNT_COLUMNS: readonly Column<DoorCounts>[] = [
  { heading: "DOOR", cell: (row) => row.door },
  { heading: "DRIVEN BY", cell: (row) => (row.inShadow ? "old system" : "Portico") },
  { heading: "BOTH LET IN", cell: (row) => `${row.bothGranted}` },
  { heading: "BOTH REFUSED", cell: (row) => `${row.bothDenied}` },
  { heading: "ONLY PORTICO", cell: (row) => `${row.onlyOurs}` },
  { heading: "ONLY OLD", cell: (row) => `${row.onlyOld}` },
  { heading: "OLD ALONE SAW", cell: (row) => `${row.unseenByUs}` },
  { heading: "PORTICO ALONE SAW", cell: (row) => `${row.unseenByOld}` },
];
/** What a class is called at a desk. */
const CLASS_TEXT: Readonly<Record<ShadowDecisionRow["class"], string>> = {
  bothGranted: "both let in",
  bothDenied: "both refuse",
  onlyOurs: "only Portico lets in",
  onlyOld: "only the old system lets in",
  unseenByUs: "only the old system saw it",
  unseenByOld: "only Portico saw it",
};
const DECISION_COLUMNS = (zone: string | undefined, language: Language): readonly Column<ShadowDecisionRow>[] => [
  { heading: "TIME", cell: (row) => timeText(row.at, zone) },
  { heading: "DOOR", cell: (row) => row.door },
  { heading: "WHAT", cell: (row) => CLASS_TEXT[row.class] },
  { heading: "CREDENTIAL", cell: (row) => row.credential ?? "unknown" },
  { heading: "EVENT", cell: (row) => `${row.seq ?? row.oldSeq ?? ""}` },
  { heading: "WHY", cell: (row) => (row.reason === null ? "" : `${row.reason} (${row.detail})`) },
  { heading: "WHAT TO DO", cell: (row) => (language === "zh" ? row.remedyZh : row.remedy) },
];

interface ReportOptions extends ControllerOptions, LanguageOptions {
  readonly day?: string;
  readonly door?: string;
  readonly all?: true;
  readonly counts?: true;
  readonly format?: Format;
}

function reportVerb(surroundings: Surroundings): Command {
  const command = verb("report", "show how the decisions of a day compare, and each that differs, with why and what to do", [
    ["portico shadow report", "today so far"],
    ["portico shadow report --day 2027-01-11 --door library", "one door on one day"],
    ["portico shadow report --day 2027-01-11 --all --format jsonl", "every decision, for a spreadsheet"],
    ["portico shadow report --counts --format jsonl", "one line for each door"],
  ])
    .addOption(new Option("--day <date>", "a day of the campus (default: today)"))
    .addOption(new Option("--door <id>", "one door, or one way of a turnstile"))
    .option("--all", "decisions on which both agree, too")
    .option("--counts", "the numbers of each door alone")
    .addOption(formatOption());
  return languageOption(controllerOptions(command)).action(async (options: ReportOptions) => {
    const client = await clientFor(surroundings, options);
    const query = { ...(options.day === undefined ? {} : { day: options.day }), ...(options.all ? { all: 1 as const } : {}) };
    const report = await client.ask("GET /v1/shadow/report", { query });
    const isMeant = ({ door }: { readonly door: string }): boolean => options.door === undefined || door === options.door;
    tell(surroundings, options, { ...report, doors: report.doors.filter(isMeant), decisions: report.decisions.filter(isMeant) }, client.zone);
  });
}

function tell(
  surroundings: Surroundings,
  { counts, format, ...spoken }: ReportOptions,
  { day, isToday, doors, decisions }: ShadowReportRow,
  zone: string | undefined,
): void {
  const { terminal } = surroundings;
  const language = chosenLanguage(surroundings, spoken);
  if (counts === true) return writeRows(terminal, format, COUNT_COLUMNS, doors);
  if (chosenFormat(terminal, format) === "jsonl") return writeRows(terminal, "jsonl", DECISION_COLUMNS(zone, language), decisions);
  const title = `${day}${isToday ? ", so far" : ""}`;
  const none = doors.length === 0 ? "no door was in shadow" : "nothing differs";
  const listed = decisions.length === 0 ? [none] : tableLines(DECISION_COLUMNS(zone, language), decisions);
  for (const line of [title, ...(doors.length === 0 ? [] : tableLines(COUNT_COLUMNS, doors)), "", ...listed]) terminal.out(`${line}\n`);
}

interface ImportOptions extends ControllerOptions {
  readonly reader: readonly (readonly [old: string, accessPoint: string])[];
  readonly time?: string;
  readonly at?: string;
  readonly card?: string;
  readonly outcome?: string;
  readonly granted: readonly string[];
  readonly denied: readonly string[];
  readonly as?: string;
  readonly facility?: number;
  readonly zone?: string;
  readonly shift: number;
  readonly by: string;
  readonly reason: string;
  readonly format?: Format;
}

function importVerb(surroundings: Surroundings): Command {
  const command = verb("import <file>", "take over the old system's own log of decisions (CSV), for comparing; nothing twice, and no card number is kept", [
    ["portico shadow import access.csv --reader 'North door=library-in'", "columns by their usual names"],
    ["portico shadow import log.csv --time 时间 --at 门 --card 卡号 --outcome 结果 --reader '北门=library-in'", "columns by name"],
    ["portico shadow import log.csv --reader 'R1=library-in' --as wiegand-26 --card facility,card --shift -90", "its clock is 90 s fast"],
  ])
    .addOption(
      new Option("--reader <name=access-point>", "what the log calls a reader, and which access point that is; may be repeated")
        .argParser(readerOption)
        .default([], "names are access points"),
    )
    .addOption(new Option("--time <column>", "column of the time (default: time, timestamp, datetime or the like)"))
    .addOption(new Option("--at <column>", "column of the reader (default: reader, door, device or the like)"))
    .addOption(new Option("--card <columns>", "column of the card number, or two parted by a comma: facility code and number"))
    .addOption(new Option("--outcome <column>", "column of what was decided (default: outcome, result, event or the like)"))
    .addOption(
      new Option("--granted <word>", "what the log says where it lets in; may be repeated")
        .argParser(repeated)
        .default([], "granted, ok, yes, 1, 允许 or the like"),
    )
    .addOption(
      new Option("--denied <word>", "what it says where it refuses; may be repeated").argParser(repeated).default([], "denied, no, 0, 拒绝 or the like"),
    )
    .addOption(
      new Option(
        "--as <interpretation>",
        "how the log writes cards: uid-hex, decimal-10, decimal-8, wiegand-26, wiegand-34 or wiegand-37, with :lsb-first behind it (default: as the reader)",
      ),
    )
    .addOption(new Option("--facility <code>", "the only facility code").argParser(wholeNumber(0, 65_535)))
    .addOption(new Option("--zone <name>", "time zone of the log's times (default: the site's)"))
    .addOption(
      new Option("--shift <seconds>", "added to each time: how far the log's clock is behind; negative where it is ahead")
        .argParser(shiftOption)
        .default(0, "0"),
    )
    .addOption(reasonOption())
    .addOption(byOption(surroundings.user))
    .addOption(formatOption());
  return controllerOptions(command).action(async (file: string, options: ImportOptions) => {
    const client = await clientFor(surroundings, options);
    const zone = options.zone ?? client.zone;
    if (zone === undefined)
      throw new Failure(EXIT.usage, "nobody knows in which zone the log tells times", file, "give --zone Asia/Shanghai, or let the configuration be found");
    const format = await formatMeant(options);
    const path = typedPath(surroundings, file);
    const lines = await readOldLog(path, readFileSync(path), { time: options.time, reader: options.at, card: options.card, outcome: options.outcome, granted: options.granted, denied: options.denied, zone, shiftS: options.shift }); // prettier-ignore
    const known = new Set((await client.ask("GET /v1/access-points", {})).map(({ id }) => id));
    const { entries, foreign, undecided } = sorted(lines, options.reader, known, format);
    if (entries.length === 0) throw nothingToTake(path, foreign, undecided, lines.length);
    const taken = { taken: 0, known: 0, unknownCards: 0, days: new Set<string>() };
    for (let from = 0; from < entries.length; from += PORTION) {
      const body = { by: options.by, reason: options.reason, format, entries: entries.slice(from, from + PORTION) };
      const answer: OldLogTaken = await client.ask("POST /v1/shadow/import", { body });
      taken.taken += answer.taken;
      taken.known += answer.known;
      taken.unknownCards += answer.unknownCards;
      for (const day of answer.days) taken.days.add(day);
    }
    const facts = { taken: taken.taken, known: taken.known, unknownCards: taken.unknownCards, otherReaders: [...foreign].map(([reader, count]) => ({ reader, count })), noDecision: undecided, days: [...taken.days].toSorted() }; // prettier-ignore
    writeFacts(surroundings.terminal, options.format, factsText(facts), facts);
    surroundings.terminal.err(`next: portico shadow report${facts.days[0] === undefined ? "" : ` --day ${facts.days[0]}`}\n`);
  });
}

interface ImportFacts {
  readonly taken: number;
  readonly known: number;
  readonly unknownCards: number;
  readonly otherReaders: readonly { readonly reader: string; readonly count: number }[];
  readonly noDecision: number;
  readonly days: readonly string[];
}
const factsText = ({ taken, known, unknownCards, otherReaders, noDecision, days }: ImportFacts): readonly (readonly [string, string])[] => [
  ["taken", `${taken}`],
  ["there already", `${known}`],
  ["card not in the list", `${unknownCards}`],
  ["left out, other readers", otherReaders.length === 0 ? "none" : otherReaders.map(({ reader, count }) => `${reader} ${count}`).join(", ")],
  ["left out, no decision", `${noDecision}`],
  ["days reported anew", days.length === 0 ? "none" : days.join(", ")],
];

interface Entry {
  readonly accessPoint: string;
  readonly at: number;
  readonly card: string | null;
  readonly granted: boolean;
}

/** The lines that are decisions at readers that somebody named, and how many others there are. */
function sorted(
  lines: readonly OldLogLine[],
  readers: ImportOptions["reader"],
  known: ReadonlySet<string>,
  format: CardFormat | null,
): { readonly entries: readonly Entry[]; readonly foreign: ReadonlyMap<string, number>; readonly undecided: number } {
  const named = new Map(readers);
  for (const [old, accessPoint] of readers)
    if (!known.has(accessPoint))
      throw new Failure(EXIT.usage, "there is no such access point", `--reader '${old}=${accessPoint}'`, `use one of ${[...known].join(", ")}`);
  const entries: Entry[] = [];
  const foreign = new Map<string, number>();
  let undecided = 0;
  for (const { at, reader, card, granted } of lines) {
    const accessPoint = named.get(reader) ?? (readers.length === 0 && known.has(reader) ? reader : undefined);
    if (accessPoint === undefined) foreign.set(reader, (foreign.get(reader) ?? 0) + 1);
    else if (granted === null) undecided++;
    else entries.push({ accessPoint, at, card: card === null ? null : whole(card, format), granted });
  }
  return { entries, foreign, undecided };
}

/** Spreadsheets take leading zeros away. */
function whole(card: string, format: CardFormat | null): string {
  const digits = format?.format === "decimal-10" ? 10 : format?.format === "decimal-8" ? 8 : 0;
  return /^\d+$/.test(card) ? card.padStart(digits, "0") : card;
}

function nothingToTake(file: string, foreign: ReadonlyMap<string, number>, undecided: number, lines: number): Failure {
  const readers = [...foreign.keys()].slice(0, 8).join(", ");
  if (lines === 0) return new Failure(EXIT.refused, "the log has no line", file, "export it again");
  if (undecided > 0) return new Failure(EXIT.usage, `no line says whether somebody was let in: ${undecided} have other words`, file, "name its words: --granted 'Access Granted' --denied 'Access Denied', or --outcome another column"); // prettier-ignore
  return new Failure(EXIT.usage, "no line is of a reader that was named", file, `name them: --reader '<name>=<access point>'; the log has ${readers}`);
}

async function formatMeant({ as, facility }: ImportOptions): Promise<CardFormat | null> {
  if (as === undefined) return null;
  const { CARD_INTERPRETATIONS, interpretationName, interpretationNamed } = await import("@portico/cloud-sync");
  const meant = interpretationNamed(as);
  if (meant === undefined || meant.keeps !== "all") {
    const names = CARD_INTERPRETATIONS.filter(({ keeps }) => keeps === "all").map(interpretationName);
    throw new Failure(EXIT.usage, "no reader's cards are written so", `--as ${as}`, `choose of ${names.join(", ")}`);
  }
  const { format, byteOrder } = meant;
  return { format, byteOrder, ...(facility === undefined ? {} : { facility }) };
}

const repeated = (word: string, before: readonly string[]): readonly string[] => [...before, word];

function readerOption(text: string, before: ImportOptions["reader"]): ImportOptions["reader"] {
  const at = text.lastIndexOf("=");
  if (at < 1 || at === text.length - 1) throw new InvalidArgumentError("<name>=<access point> is wanted.");
  return [...before, [text.slice(0, at), text.slice(at + 1)]];
}

function shiftOption(text: string): number {
  if (!/^[+-]?\d{1,6}$/.test(text)) throw new InvalidArgumentError("Seconds are wanted, e.g. 90 or -90.");
  return Number(text);
}
