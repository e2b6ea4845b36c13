import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import type { PlanDifference } from "./core/site-plan/plan-difference.ts";
import { cloudClientFor, type CloudOptions, cloudOptions } from "./cloud-client.ts";
import { EXIT, Failure } from "./failure.ts";
import { DIFFERENCE_COLUMNS, differencesOf } from "./site-plan-difference.ts";
import { againstCloud, pushVerb } from "./site-plan-push.ts";
import { baseOption, madePlan, type MadePlan, mustBeFlawless } from "./site-plan-file.ts";
import type { Surroundings } from "./surroundings.ts";
import { chosenFormat, type Format, writeFacts, writeRows } from "./table.ts";
import { formatOption, noun, verb } from "./verb.ts";
import { typedPath } from "./places.ts";
import { counted } from "./counted.ts";

/** `portico site`: a whole site at once. */
export function siteNoun(surroundings: Surroundings): Command {
  const plan = noun(
    "plan",
    "one sheet of access points that makes, checks, compares and sends the configuration of every controller",
    [
      ["portico site plan template > site.csv", "a sheet to begin with; --base for what it has no columns for"],
      ["portico site plan check site.csv", "every mistake with its row, column and remedy"],
      ["portico site plan make site.csv --out made", "made/<controller>.toml for each controller"],
      ["portico site plan push site.csv", "have each controller take its own from the cloud"],
    ],
    [templateVerb(surroundings), checkVerb(surroundings), makeVerb(surroundings), diffVerb(surroundings), pushVerb(surroundings)],
  );
  return noun("site", "a whole site at once", [["portico site plan check site.csv", "one sheet for all controllers"]], [plan]);
}

function templateVerb(surroundings: Surroundings): Command {
  const command = verb("template", "print a sheet to begin with, of one door with two readers and one lane", [
    ["portico site plan template > site.csv", "columns are explained in docs/commissioning.md"],
    ["portico site plan template --base > base.toml", "what the sheet has no columns for"],
  ]).option("--base", "print the base instead: site, cloud, clock, lines");
  return command.action(async ({ base }: { readonly base?: true }) => {
    const { TEMPLATE_BASE, templateSheet } = await import("./core/site-plan/sheet-columns.ts");
    surroundings.terminal.out(base === true ? TEMPLATE_BASE : templateSheet());
  });
}

interface SheetOptions {
  readonly base?: string;
  readonly format?: Format;
}

function checkVerb(surroundings: Surroundings): Command {
  const command = verb("check <sheet>", "judge a sheet, and every configuration that it makes; exit code 2 with any mistake", [
    ["portico site plan check site.csv", "CSV with a heading, or JSON lines"],
    ["portico site plan check site.csv --format jsonl", "row, column, cause and remedy of each mistake"],
  ])
    .addOption(baseOption())
    .addOption(formatOption());
  return command.action(async (sheet: string, options: SheetOptions) => {
    const { terminal } = surroundings;
    const made = await madePlan(surroundings, sheet, options);
    const isJson = chosenFormat(terminal, options.format) === "jsonl";
    if (isJson) for (const problem of made.problems) terminal.out(`${JSON.stringify(problem)}\n`);
    mustBeFlawless(made, !isJson);
    const summary = { controllers: made.controllers.length, accessPoints: made.accessPoints };
    if (isJson) terminal.out(`${JSON.stringify(summary)}\n`);
    else terminal.out(`${made.sheet} is valid: ${counted(summary.controllers, "controller")}, ${counted(summary.accessPoints, "access point")}\n`);
  });
}

function makeVerb(surroundings: Surroundings): Command {
  const command = verb("make <sheet>", "write the configuration of every controller; the same sheet makes the same bytes", [
    ["portico site plan make site.csv --out made", "made/<controller>.toml; files that are as they should be are not touched"],
  ])
    .addOption(new Option("--out <folder>", "where to write").makeOptionMandatory())
    .option("--force", "replace files that something else has made")
    .addOption(baseOption())
    .addOption(formatOption());
  return command.action(async (sheet: string, { out, force, ...options }: SheetOptions & { readonly out: string; readonly force?: true }) => {
    const made = await madePlan(surroundings, sheet, options);
    mustBeFlawless(made);
    const folder = typedPath(surroundings, out);
    mkdirSync(folder, { recursive: true });
    const { MADE_LINE } = await import("./core/site-plan/site-plan.ts");
    const there = made.controllers.map(({ controller, text }) => ({ path: fileOf(folder, controller), text, before: textAt(fileOf(folder, controller)) }));
    const foreign = there.filter(({ before }) => before !== undefined && !before.startsWith(MADE_LINE));
    if (foreign.length > 0 && force === undefined)
      throw new Failure(EXIT.refused, "something else has made this file; nothing was written", foreign[0]!.path, "name another folder, or replace it with --force", foreign.map(({ path }) => `${path}: not made by portico site plan make`)); // prettier-ignore
    const changed = there.filter(({ before, text }) => before !== text);
    for (const { path, text } of changed) writeFileSync(path, text);
    const facts = { folder, controllers: made.controllers.length, written: changed.length, unchanged: there.length - changed.length };
    writeFacts(surroundings.terminal, options.format, Object.entries(facts).map(([name, value]) => [name, String(value)] as const), facts); // prettier-ignore
    for (const name of strangers(folder, made)) surroundings.terminal.err(`note: ${join(folder, name)}: the sheet has no such controller\n`);
  });
}

const fileOf = (folder: string, controller: string): string => join(folder, `${controller}.toml`);
const textAt = (path: string): string | undefined => (existsSync(path) ? readFileSync(path, "utf8") : undefined);

/** Files of controllers that the sheet does not have. */
function strangers(folder: string, { controllers }: MadePlan): string[] {
  const known = new Set(controllers.map(({ controller }) => `${controller}.toml`));
  return readdirSync(folder).filter((name) => name.endsWith(".toml") && !known.has(name)).sort(); // prettier-ignore
}

function diffVerb(surroundings: Surroundings): Command {
  const command = verb("diff <sheet>", "what would change at each controller, in words of the sheet; exit code 1 where anything would", [
    ["portico site plan diff site.csv --against made", "against files that were made before"],
    ["portico site plan diff site.csv --against cloud", "against what the cloud has them run on"],
  ])
    .addOption(new Option("--against <folder>", "a folder of <controller>.toml, or cloud").makeOptionMandatory())
    .addOption(baseOption())
    .addOption(formatOption());
  return cloudOptions(command).action(async (sheet: string, { against, ...options }: SheetOptions & CloudOptions & { readonly against: string }) => {
    const made = await madePlan(surroundings, sheet, options);
    mustBeFlawless(made);
    if (against === "cloud") {
      const calls = await cloudClientFor(surroundings, options);
      return tellDifferences(surroundings, options.format, await againstCloud(surroundings, calls, made), calls.url);
    }
    const folder = typedPath(surroundings, against);
    const strangersThere = strangers(folder, made).map((name) => name.slice(0, -".toml".length));
    const before = new Map([...made.controllers.map(({ controller }) => controller), ...strangersThere].map((controller) => [controller, textAt(fileOf(folder, controller))] as const)); // prettier-ignore
    const differences = await differencesOf(made.controllers, before, folder);
    tellDifferences(surroundings, options.format, differences, folder);
  });
}

function tellDifferences({ terminal }: Surroundings, format: Format | undefined, differences: readonly PlanDifference[], against: string): void {
  const controllers = new Set(differences.map(({ controller }) => controller)).size;
  if (differences.length === 0) {
    terminal.err(`nothing would change against ${against}\n`);
    return;
  }
  writeRows(terminal, format, DIFFERENCE_COLUMNS, differences);
  throw new Failure(
    EXIT.refused,
    `${counted(differences.length, "change")} at ${counted(controllers, "controller")}`,
    against,
    "portico site plan make, or push, brings them there",
  );
}
