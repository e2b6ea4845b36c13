import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ConfigurationReading } from "@portico/controller";
import { Option } from "commander";
import type { PlannedController, SitePlan } from "./core/site-plan/site-plan.ts";
import type { PlanProblem } from "./core/site-plan/plan-problem.ts";
import { EXIT, Failure, Interrupted } from "./failure.ts";
import { countedProgress } from "./list-progress.ts";
import { elapsed, type Surroundings } from "./surroundings.ts";
import { typedPath } from "./places.ts";

/** A base beside the sheet that needs no naming. */
export const BASE_FILE = "base.toml";
/** Where a controller keeps its things; paths of the files that are made start from it. */
const CONTROLLER_PLACES = { file: "/etc/portico/portico.toml", dataFolder: "/var/lib/portico", socket: "/run/portico/controller.sock" };
/** So many are made before anything else has its turn. */
const MADE_AT_ONCE = 25;

export const baseOption = (): Option => new Option("--base <file>", `what the sheet has no columns for (default: ${BASE_FILE} beside the sheet)`);

/** A sheet that was read, with every file that it makes. */
export interface MadePlan {
  readonly controllers: readonly PlannedController[];
  readonly accessPoints: number;
  readonly problems: readonly PlanProblem[];
  readonly sheet: string;
  readonly base: string;
}

/** Reads a sheet and its base and makes every file in memory. @throws Failure where one of the two cannot be read at all */
export async function madePlan(surroundings: Surroundings, sheet: string, options: { readonly base?: string }): Promise<MadePlan> {
  const path = typedPath(surroundings, sheet);
  const base = options.base === undefined ? join(dirname(path), BASE_FILE) : typedPath(surroundings, options.base);
  const { plan, accessPoints } = await readPlan(path, base);
  const read = await configurationReader();
  const progress = countedProgress(surroundings, "configurations are made");
  const problems = [...plan.problems];
  const controllers: PlannedController[] = [];
  for (const [nth, controller] of plan.controllers.entries()) {
    if (nth % MADE_AT_ONCE === MADE_AT_ONCE - 1) {
      progress.at(nth, plan.controllers.length);
      if (!(await elapsed(surroundings, 0))) throw new Interrupted();
    }
    const { text, problems: found } = plan.make(controller, read);
    controllers.push({ controller, text });
    problems.push(...found);
  }
  progress.end();
  return { controllers, accessPoints, problems: distinct(problems), sheet: path, base };
}

async function readPlan(path: string, base: string): Promise<{ readonly plan: SitePlan; readonly accessPoints: number }> {
  const [{ readCsvRecords }, { configurationKeysAt, readTomlTree }] = await Promise.all([import("@portico/cloud-sync"), import("@portico/controller")]);
  const [{ sheetOfCsv, sheetOfJsonLines }, { readPlanBase }, { sitePlan }] = await Promise.all([
    import("./core/site-plan/sheet-rows.ts"),
    import("./core/site-plan/plan-base.ts"),
    import("./core/site-plan/site-plan.ts"),
  ]);
  const bytes = readFileSync(path);
  const isJson = /^\s*\{/.test(bytes.subarray(0, 64).toString("utf8"));
  const sheet = isJson ? sheetOfJsonLines(bytes.toString("utf8"), configurationKeysAt) : sheetOfCsv(readCsvRecords(bytes), configurationKeysAt);
  const tree = readTomlTree(baseText(base));
  if (!tree.ok) throw new Failure(EXIT.usage, tree.cause, `${base}:${tree.line}`, "mend this line");
  return { plan: sitePlan(sheet, readPlanBase(tree.tree, configurationKeysAt([]))), accessPoints: sheet.rows.length };
}

function baseText(base: string): string {
  try {
    return readFileSync(base, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new Failure(EXIT.usage, "there is no base beside the sheet", base, "write one: portico site plan template --base; or name it with --base <file>");
  }
}

/** Judges a file as a controller would that has it in its place. */
async function configurationReader(): Promise<(text: string) => ConfigurationReading> {
  const { parseConfiguration } = await import("@portico/controller");
  const { file, ...places } = CONTROLLER_PLACES;
  return (text) => parseConfiguration(new TextEncoder().encode(text), file, places);
}

/** What is wrong with the base is wrong at every controller: it is said once. */
function distinct(problems: readonly PlanProblem[]): PlanProblem[] {
  const told = new Map(problems.map((problem) => [JSON.stringify([problem.row, problem.column, problem.cause]), problem]));
  return [...told.values()].toSorted((a, b) => (a.row ?? 0) - (b.row ?? 0));
}

/** `site.csv:4: fail_mode: nobody says …: write secure …` */
export const problemText = ({ sheet, base }: Pick<MadePlan, "sheet" | "base">, { row, column, cause, remedy }: PlanProblem): string =>
  `${row === null ? base : `${sheet}:${row}`}: ${column === null ? "" : `${column}: `}${cause}: ${remedy}`;

/** @throws Failure with every mistake */
export function mustBeFlawless(made: MadePlan, isTold = true): void {
  const { problems, sheet } = made;
  if (problems.length === 0) return;
  const count = `${problems.length} mistake${problems.length === 1 ? "" : "s"}`;
  throw new Failure(EXIT.usage, `${count} in the plan`, sheet, "mend these cells, then portico site plan check", isTold ? problems.map((problem) => problemText(made, problem)) : []); // prettier-ignore
}
