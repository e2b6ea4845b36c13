import { nearestWord, type TomlTree } from "@portico/controller";
import type { PlanProblem } from "./plan-problem.ts";
import { DOTTED_TABLES, type DottedTable } from "./sheet-columns.ts";

/** A table of `portico.toml` as plain values. */
export type Table = Readonly<Record<string, unknown>>;
/** The top of a `portico.toml`: tables and lists of tables. */
export type Tables = Readonly<Record<string, Table | readonly Table[]>>;

/** What the sheet has no columns for. */
export interface PlanBase {
  /** Of every controller, and of one beside them; a table of one controller stands in the place of that of all with the same id. */
  readonly of: (controller: string) => Tables;
  /** Whom it says something of by name. */
  readonly named: readonly string[];
  readonly preset: (table: DottedTable) => Table;
  /** There is a `[cloud]`: access points have zones. */
  readonly hasCloud: boolean;
}

/** Tables of a `portico.toml` that mean one controller's doors. */
const OF_ONE = ["lift", "door_schedule", "lockdown_input", "interlock"];
const OF_THE_SHEET: Readonly<Record<string, string>> = {
  door: "lock", turnstile: "lock", access_point: "access_point", scanner: "reader", osdp_pd: "address",
}; // prettier-ignore

/**
 * Reads a base whose TOML is right; its values are judged with the configurations that are made of it. Beside `for` and `preset` it is a `portico.toml`.
 *
 * @param known  the tables of a `portico.toml`
 */
export function readPlanBase(
  { value }: Pick<TomlTree, "value">,
  known: readonly string[],
): { readonly base: PlanBase; readonly problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const problem = (column: string, cause: string, remedy: string): void => void problems.push({ row: null, column, cause, remedy });
  const all: Record<string, Table | readonly Table[]> = {};
  for (const [name, content] of Object.entries(value)) {
    if (name === "for" || name === "preset") continue;
    const column = OF_THE_SHEET[name];
    if (column !== undefined) problem(name, "comes from the sheet", `write it as column ${column}; what all of them have stands under [preset.${name}]`);
    else if (OF_ONE.includes(name)) problem(name, "belongs to one controller", `write [[for.<controller>.${name}]]`);
    else if (!known.includes(name)) {
      const nearest = nearestWord(name, [...known, "for", "preset"]);
      problem(name, "no table has this name", `write ${nearest ?? [...known, "for", "preset"].join(", ")}`);
    } else if (isTables(content)) all[name] = content;
    else problem(name, "is no table", `write [${name}]`);
  }
  if (tableOf(all["controller"])["id"] !== undefined) problem("controller.id", "comes from the sheet", "remove it");
  if (tableOf(all["cloud"])["zones"] !== undefined) problem("cloud.zones", "come from the sheet", "remove them");
  const preset = tableOf(value["preset"]);
  for (const name of Object.keys(preset))
    if (!DOTTED_TABLES.some((table) => table === name))
      problem(`preset.${name}`, "the sheet makes no such table", `write one of ${DOTTED_TABLES.map((table) => `[preset.${table}]`).join(", ")}`);
  const named = tableOf(value["for"]);
  return {
    problems,
    base: {
      named: Object.keys(named),
      preset: (table) => tableOf(preset[table]),
      hasCloud: all["cloud"] !== undefined,
      of: (controller) => merged(all, tableOf(named[controller])),
    },
  };
}

/** Lists are added up, by id; single tables are laid over one another. */
function merged(all: Tables, own: Table): Tables {
  const made: Record<string, Table | readonly Table[]> = { ...all };
  for (const [name, content] of Object.entries(own)) {
    if (Array.isArray(content)) {
      const added = content as readonly Table[];
      const ids = new Set<unknown>(added.map(({ id }) => id).filter((id) => id !== undefined));
      made[name] = [...listOf(all[name]).filter(({ id }) => !ids.has(id)), ...added];
    } else if (isTable(content)) made[name] = { ...tableOf(all[name]), ...content };
  }
  return made;
}

const isTable = (value: unknown): value is Table => typeof value === "object" && value !== null && !Array.isArray(value);
const isTables = (value: unknown): value is Table | readonly Table[] =>
  isTable(value) || (Array.isArray(value) && (value as readonly unknown[]).every(isTable));
export const tableOf = (value: unknown): Table => (isTable(value) ? value : {});
export const listOf = (value: unknown): readonly Table[] => (Array.isArray(value) ? (value as readonly unknown[]).filter(isTable) : []);
