import type { ConfigurationProblem, ConfigurationReading } from "@portico/controller";
import { grouped } from "./grouped.ts";
import type { PlanBase } from "./plan-base.ts";
import { planProblems } from "./plan-checks.ts";
import { byRow, type PlanProblem } from "./plan-problem.ts";
import { plannedTables } from "./plan-tables.ts";
import { plannedRow, type PlannedRow } from "./planned-row.ts";
import type { SheetColumnName } from "./sheet-columns.ts";
import type { SheetReading } from "./sheet-rows.ts";
import { tomlText } from "./toml-text.ts";

/** What stands on top of each file that is made. */
export const MADE_LINE = "# Made by portico site plan make. Changes belong into the sheet or its base.\n";

/** A controller's `portico.toml`. */
export interface PlannedController {
  readonly controller: string;
  readonly text: string;
}

/** A sheet with its base, row by row; not made yet. */
export interface SitePlan {
  /** Of the sheet and the base themselves. */
  readonly problems: readonly PlanProblem[];
  /** In the order of their ids. */
  readonly controllers: readonly string[];
  /** The controller's file, and what its reader finds wrong with it, in words of the sheet. */
  make(controller: string, read: (text: string) => ConfigurationReading): PlannedController & { readonly problems: readonly PlanProblem[] };
}

/** Plans a site. Nothing is written, and no configuration judged yet: there may be many. */
export function sitePlan(
  sheet: SheetReading,
  { base, problems: baseProblems }: { readonly base: PlanBase; readonly problems: readonly PlanProblem[] },
): SitePlan {
  const problems: PlanProblem[] = [...baseProblems, ...sheet.problems];
  const tables = new Map<string, ReturnType<PlanBase["of"]>>();
  const baseOf = (controller: string): ReturnType<PlanBase["of"]> => {
    const known = tables.get(controller) ?? base.of(controller);
    tables.set(controller, known);
    return known;
  };
  const rows = sheet.rows.map((row) => plannedRow(row, baseOf(row.cell("controller")), (problem) => void problems.push(problem)));
  // A cell that could not be read is not to blame for being empty, in none of its door's rows.
  const doors = new Map(rows.map(({ row, controller, door }) => [row, `${controller} ${door}`]));
  const cellOf = ({ row, column }: PlanProblem): string => JSON.stringify([row === null ? null : doors.get(row), column]);
  const told = new Set(problems.map(cellOf));
  problems.push(...planProblems(rows, base).filter((problem) => problem.row === null || !told.has(cellOf(problem))));
  if (rows.length === 0 && problems.length === 0)
    problems.push({ row: null, column: null, cause: "the sheet has no rows", remedy: "write one for each access point" });
  // What follows from a problem is no second one.
  const spoiled = new Set(problems.map(({ row }) => row));
  const own = grouped(rows.filter(({ controller }) => controller !== ""), (row) => row.controller); // prettier-ignore
  return {
    problems: problems.toSorted(byRow),
    controllers: [...own.keys()].sort(),
    make(controller, read) {
      const mine = own.get(controller) ?? [];
      const { tables: made, origins } = plannedTables(controller, mine, base);
      const text = MADE_LINE + tomlText(made);
      const reading = read(text);
      const isSpoiled = mine.some(({ row }) => spoiled.has(row));
      return { controller, text, problems: reading.ok || isSpoiled ? [] : reading.problems.map((problem) => inSheetWords(problem, mine, origins)) };
    },
  };
}

const COLUMN_OF: Readonly<Record<string, SheetColumnName>> = {
  "access_point.id": "access_point", "access_point.zone": "zone", "access_point.replay_group": "replay_group", "access_point.untrusted_clock": "untrusted_clock",
  "access_point.egress": "egress", "access_point.direction": "direction", "access_point.door": "door", "access_point.turnstile": "door", "door.id": "door",
  "door.strike": "lock", "door.contact": "contact", "door.rex": "exit", "door.fire": "fire_input", "door.fail": "fail_mode", "turnstile.id": "door", "turnstile.gate": "gate",
  "turnstile.entry": "lock", "turnstile.exit": "lock", "turnstile.pass_entry": "contact", "turnstile.pass_exit": "contact", "turnstile.fire": "fire_input", "osdp_pd.address": "address",
  "scanner.card": "card", "scanner.reader": "reader", "wire.tcp": "bus", "wire.serial": "bus", "wire.baud": "bus",
}; // prettier-ignore

/** What a key of a table is called in the sheet: its column, or the key itself, which may be a column too. */
export const columnOf = (table: string, key: string): string => COLUMN_OF[`${table}.${key}`] ?? `${table}.${key}`;

/** Says a mistake in a file that was made with the place in the sheet that it came from. */
function inSheetWords({ path, cause, remedy }: ConfigurationProblem, rows: readonly PlannedRow[], origins: ReadonlyMap<string, number>): PlanProblem {
  const [, table = "", id, key = ""] = /^(\w+)\[([^\]]+)\]\.?(\w*)/.exec(path) ?? [];
  const row = id === undefined ? undefined : origins.get(`${table}[${id}]`);
  if (row === undefined) return { row: null, column: path, cause, remedy };
  // Keys of a door may stand in any of its rows.
  const said = rows.find(({ keys, door, accessPoint }) => (door === id || accessPoint === id) && keys.some((each) => each.table === table && each.key === key));
  return { row: said?.row ?? row, column: key === "" ? null : columnOf(table, key), cause, remedy };
}
