import type { CsvReading } from "@portico/cloud-sync";
import { nearestWord } from "@portico/controller";
import type { PlanProblem } from "./plan-problem.ts";
import { DOTTED_TABLES, type DottedTable, SHEET_COLUMN_NAMES, SHEET_COLUMNS, type SheetColumnName } from "./sheet-columns.ts";

/** One access point of the sheet. */
export interface SheetRow {
  /** Its line, from 1. */
  readonly row: number;
  /** Trimmed; empty where the column is left out. */
  cell(column: SheetColumnName): string;
  /** Keys of `portico.toml` that stand in columns of their own, without the empty ones. */
  readonly keys: readonly { readonly table: DottedTable; readonly key: string; readonly text: string }[];
}

/** A sheet as it was read: every row that is one, and what is wrong with the others. */
export interface SheetReading {
  readonly rows: readonly SheetRow[];
  readonly problems: readonly PlanProblem[];
}

/** What the known keys of a table are, e.g. of `["door", 0]`. */
export type KeysAt = (path: readonly (string | number)[]) => readonly string[];

/** Rows of a CSV sheet. */
export function sheetOfCsv(read: CsvReading, keysAt: KeysAt): SheetReading {
  if (!read.ok) return { rows: [], problems: [{ row: read.line, column: null, cause: read.cause, remedy: read.remedy }] };
  const [heading, ...body] = read.records;
  if (heading === undefined)
    return { rows: [], problems: [{ row: null, column: null, cause: "the sheet is empty", remedy: "begin with the one of portico site plan template" }] };
  const columns = headingOf(heading.cells, heading.line, keysAt);
  const rows: SheetRow[] = [];
  const problems = [...columns.problems];
  for (const { cells, line } of body) {
    if (cells.every((cell) => cell === "")) continue;
    if (cells.length > heading.cells.length)
      problems.push({
        row: line,
        column: null,
        cause: `has ${cells.length} cells, the heading ${heading.cells.length}`,
        remedy: "put quotation marks around a cell that holds a comma",
      });
    else rows.push(rowOf(line, new Map(heading.cells.map((name, at) => [name, cells[at] ?? ""]))));
  }
  return { rows, problems };
}

/** Rows of a sheet as JSON lines: an object of texts and numbers for each, columns as keys. */
export function sheetOfJsonLines(text: string, keysAt: KeysAt): SheetReading {
  const rows: SheetRow[] = [];
  const problems: PlanProblem[] = [];
  const told = new Set<string>();
  text.split("\n").forEach((line, index) => {
    if (line.trim() === "") return;
    const row = index + 1;
    const cells = cellsOf(line);
    if (cells === undefined) return void problems.push({ row, column: null, cause: "no JSON object of texts and numbers", remedy: 'write {"access_point":"library-in", …} on one line' }); // prettier-ignore
    const unknown = headingOf([...cells.keys()], row, keysAt, "no").problems.filter(({ column }) => !told.has(column ?? ""));
    for (const problem of unknown) told.add(problem.column ?? "");
    problems.push(...unknown);
    rows.push(rowOf(row, cells));
  });
  return { rows, problems };
}

function cellsOf(line: string): ReadonlyMap<string, string> | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const entries = Object.entries(value).filter(([, cell]) => cell !== null);
  if (!entries.every(([, cell]) => ["string", "number", "boolean"].includes(typeof cell))) return undefined;
  return new Map(entries.map(([name, cell]) => [name, String(cell).trim()]));
}

const rowOf = (row: number, cells: ReadonlyMap<string, string>): SheetRow => ({
  row,
  cell: (column) => cells.get(column) ?? "",
  keys: [...cells].flatMap(([name, text]) => {
    const dotted = dottedOf(name);
    return dotted === undefined || text === "" ? [] : [{ ...dotted, text }];
  }),
});

function dottedOf(name: string): { readonly table: DottedTable; readonly key: string } | undefined {
  const [, table, key] = /^(\w+)\.(\w+)$/.exec(name) ?? [];
  return DOTTED_TABLES.some((each) => each === table) ? { table: table as DottedTable, key: key! } : undefined;
}

/** What is wrong with the names of columns. */
function headingOf(
  names: readonly string[],
  row: number,
  keysAt: KeysAt,
  mustBeWhole: "whole" | "no" = "whole",
): { readonly problems: readonly PlanProblem[] } {
  const problems: PlanProblem[] = [];
  const known: readonly string[] = SHEET_COLUMN_NAMES;
  names.forEach((name, at) => {
    if (name === "") return;
    if (names.indexOf(name) < at) problems.push({ row, column: name, cause: "stands in the heading twice", remedy: "remove one of the columns" });
    if (known.includes(name)) return;
    const dotted = dottedOf(name);
    const keys = dotted === undefined ? [] : keysAt([dotted.table, 0]);
    if (dotted !== undefined && keys.includes(dotted.key)) return;
    const words = dotted === undefined ? [...known, ...DOTTED_TABLES.map((table) => `${table}.…`)] : keys.map((key) => `${dotted.table}.${key}`);
    const nearest = nearestWord(name, words);
    problems.push({ row, column: name, cause: "no column has this name", remedy: nearest === undefined ? `known: ${words.join(", ")}` : `write ${nearest}` });
  });
  if (mustBeWhole === "whole")
    for (const name of SHEET_COLUMN_NAMES)
      if (SHEET_COLUMNS[name].required && !names.includes(name))
        problems.push({ row, column: name, cause: "this column is missing", remedy: `add it: ${SHEET_COLUMNS[name].meaning}` });
  return { problems };
}
