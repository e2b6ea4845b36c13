import { readFileSync } from "node:fs";
import { bytesToHex } from "@portico/card-protocol";
import { nodeSha256 } from "@portico/card-protocol/node";
import type { CardInterpretation, RouteAnswer } from "@portico/cloud-sync";
import { type Command, Option } from "commander";
import { type ExportRow, readCardExport } from "./card-export-file.ts";
import { interpretationMeant, proposedInterpretation } from "./card-interpretation.ts";
import type { CloudCalls } from "./cloud-client.ts";
import { cloudReason, cloudVerb, type CloudVerbOptions, tellChange, type ValidityOptions, validityOf, validityOptions, withReason } from "./cloud-verb.ts";
import { EXIT, Failure } from "./failure.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, writeFacts, writeRows } from "./table.ts";
import { verb, wholeNumber } from "./verb.ts";
import { typedPath } from "./places.ts";

/** Cards in one request. */
const PORTION = 2_000;

interface ImportOptions extends CloudVerbOptions, ValidityOptions {
  readonly holder?: string;
  readonly number?: string;
  readonly as?: string;
  readonly facility?: number;
  readonly reads?: string;
  readonly reader?: string;
  readonly apply?: string;
  readonly reason?: string;
}

/** What becomes of one row. */
interface RowOutcome {
  readonly row: number;
  readonly outcome: "add" | "there" | "collision" | "taken" | "refused";
  readonly holder: string;
  /** Empty where it is added. Never a digit of a number. */
  readonly why: string;
}

/** `card import`. */
export function importVerb(surroundings: Surroundings): Command {
  const command = validityOptions(
    verb("import <file>", "take over the cards of another system's export: shown first, applied as shown", [
      ["portico card import export.csv --reads reads.txt --reader wiegand-26", "proposes how the numbers are written, then shows the plan"],
      ["portico card import export.csv --as uid-hex:lsb-first --apply 3f9c0d5e7a1b2c4d6e8f00112233aabb", "does what the plan said, or nothing"],
      ["portico card import export.csv --as wiegand-26 --number facility,card --holder mail", "columns by name, facility code and number in two"],
    ])
      .option("--holder <column>", "column of account, phone or person id (default: holder, account, mail, email, phone or person)")
      .option("--number <columns>", "column of the number, or two parted by a comma: facility code and number (default: number, card, uid or the like)")
      .option(
        "--as <interpretation>",
        "how numbers are written: uid-hex, decimal-10, decimal-8, wiegand-26, wiegand-34 or wiegand-37, with :lsb-first or :last-3 behind it",
      )
      .addOption(new Option("--facility <code>", "of numbers that stand alone").argParser(wholeNumber(0, 65_535)))
      .option("--reads <file>", "lines of a reader before which some 20 cards were held; or CSV with the columns export and read; - is standard input")
      .option("--reader <format>", "how that reader writes, as its controller's configuration says: uid-hex, wiegand-26 and so on, with :lsb-first behind it")
      .option("--apply <plan>", "apply the plan of this number, which the same command has printed"),
  ).addOption(cloudReason(false));
  return cloudVerb(surroundings, command, async (calls, options: ImportOptions, given = "") => {
    const file = typedPath(surroundings, given);
    const rows = await readCardExport(file, readFileSync(file), { holder: options.holder, number: options.number });
    if (rows.length === 0) throw new Failure(EXIT.usage, "there is no card in it", file, "export it again");
    const interpretation = await (options.reads === undefined
      ? interpretationMeant(options.as, options.facility, rows)
      : proposedInterpretation(surroundings, rows, options as never));
    const plan = await planOf(calls, file, rows, interpretation, options);
    if (options.apply === undefined) return tellPlan(surroundings, options, file, plan);
    if (options.apply !== plan.id) throw new Failure(EXIT.refused, "the plan is another one now: the file, the options or the campus have changed", `plan ${options.apply}`, "run it without --apply, look at what it says now, then apply that"); // prettier-ignore
    await applyPlan(surroundings, calls, options, plan);
  });
}

interface ImportPlan {
  readonly id: string;
  /** Those of the cloud, each for a portion of the rows. */
  readonly portions: readonly string[];
  readonly outcomes: readonly RowOutcome[];
}

type CardStep = RouteAnswer<"POST /v1/card-plans">["value"]["steps"][number];

async function planOf(
  calls: CloudCalls,
  file: string,
  rows: readonly ExportRow[],
  interpretation: CardInterpretation,
  options: ImportOptions,
): Promise<ImportPlan> {
  const { readExportedNumber } = await import("@portico/cloud-sync");
  const outcomes = new Map<ExportRow, RowOutcome>();
  const say = (row: ExportRow, outcome: RowOutcome["outcome"], why: string): void => void outcomes.set(row, { row: row.row, outcome, holder: row.holder, why });
  const byNumber = new Map<string, ExportRow[]>();
  for (const row of rows) {
    const read = readExportedNumber(row.cell, interpretation);
    if (row.holder === "") say(row, "refused", "nobody is named");
    else if (!read.ok) say(row, "refused", `the number cannot be read: ${read.detail}`);
    else byNumber.set(bytesToHex(read.value), [...(byNumber.get(bytesToHex(read.value)) ?? []), row]);
  }
  const wanted: { readonly row: ExportRow; readonly number: string }[] = [];
  for (const [number, same] of byNumber) {
    const [first, ...others] = same;
    if (first === undefined) continue;
    const isOnePerson = others.every(({ holder }) => holder === first.holder);
    if (isOnePerson) wanted.push({ row: first, number });
    // Who of them holds the card nobody can tell: neither gets it.
    else for (const row of same) say(row, "collision", `the same number as row ${same.filter((other) => other !== row).map((other) => other.row).join(", ")}`); // prettier-ignore
    if (isOnePerson) for (const row of others) say(row, "there", `stands in row ${first.row} already`);
  }
  const portions: string[] = [];
  for (let at = 0; at < wanted.length; at += PORTION) {
    const portion = wanted.slice(at, at + PORTION);
    const body = { validity: validityOf(options), cards: portion.map(({ row, number }) => ({ holder: row.holder, number })) };
    const { value } = await calls.ask(file, "POST /v1/card-plans", { body }, withReason(options));
    portions.push(value.id);
    for (const [nth, { row }] of portion.entries()) say(row, ...saidOf(value.steps[nth]!, portion));
  }
  const id = portions.length === 1 ? portions[0]! : bytesToHex(nodeSha256(Buffer.from(portions.join(" ")))).slice(0, 32);
  return { id, portions, outcomes: rows.flatMap((row) => outcomes.get(row) ?? []) };
}

function saidOf(step: CardStep, portion: readonly { readonly row: ExportRow }[]): [RowOutcome["outcome"], string] {
  switch (step.act) {
    case "add":
      return ["add", ""];
    case "there":
      return ["there", `credential ${step.credential}`];
    case "taken":
      return ["taken", `person ${step.by} has it: credential ${step.credential}`];
    case "twice":
      return ["collision", `the same number as row ${portion[step.above]!.row.row}`];
    case "unknown":
      return ["refused", "nobody, or more than one, has this account, phone or id"];
  }
}

const countOf = ({ outcomes }: ImportPlan, ...wanted: readonly RowOutcome["outcome"][]): number =>
  outcomes.filter(({ outcome }) => wanted.includes(outcome)).length;

function tellPlan({ terminal }: Surroundings, options: ImportOptions, file: string, plan: ImportPlan): void {
  const isTable = chosenFormat(terminal, options.format) === "table";
  writeRows(
    terminal,
    options.format,
    [
      { heading: "ROW", cell: ({ row }) => String(row) },
      { heading: "OUTCOME", cell: ({ outcome }) => outcome },
      { heading: "HOLDER", cell: ({ holder }) => holder },
      { heading: "WHY", cell: ({ why }) => why },
    ],
    isTable ? plan.outcomes.filter(({ outcome }) => outcome !== "add") : plan.outcomes,
  );
  const counts = `${countOf(plan, "add")} to add, ${countOf(plan, "there")} there already, ${countOf(plan, "collision", "taken")} collisions, ${countOf(plan, "refused")} refused`;
  terminal.err(`${counts}; nothing was changed\n`);
  if (countOf(plan, "add") > 0) terminal.err(`to do this and nothing else: the same command with --apply ${plan.id}\n`);
}

async function applyPlan(surroundings: Surroundings, calls: CloudCalls, options: ImportOptions, plan: ImportPlan): Promise<void> {
  let added = 0;
  let made: RouteAnswer<"POST /v1/card-plans/{id}/apply"> | undefined;
  for (const [nth, id] of plan.portions.entries()) {
    made = await calls.ask(`plan ${id}, cards ${nth * PORTION + 1} and on`, "POST /v1/card-plans/{id}/apply", { params: { id } }, withReason(options));
    added += made.value.added;
  }
  const left = countOf(plan, "collision", "taken", "refused");
  writeFacts(surroundings.terminal, options.format, [["added", String(added)], ["there already", String(countOf(plan, "there"))], ["left out", String(left)]], { added, there: countOf(plan, "there"), leftOut: left }); // prettier-ignore
  if (made !== undefined) await tellChange(surroundings, calls, made);
}
