import { displayWidth, printable, type Terminal } from "./terminal.ts";

/** `table` for people, `jsonl` for programs: one JSON object a line, with more fields than a table has room for. */
export const FORMATS = ["table", "jsonl"] as const;
export type Format = (typeof FORMATS)[number];

/** One column of a table. */
export interface Column<Row> {
  /** In capitals, as headings are. */
  readonly heading: string;
  cell(row: Row): string;
}

/** A table on a terminal, JSON lines in a pipe, unless the option says otherwise. */
export function chosenFormat(terminal: Terminal, option: Format | undefined): Format {
  return option ?? (terminal.isTty ? "table" : "jsonl");
}

/** Writes rows as data. An empty table has its headings all the same. */
export function writeRows<Row>(terminal: Terminal, option: Format | undefined, columns: readonly Column<Row>[], rows: readonly Row[]): void {
  if (chosenFormat(terminal, option) === "jsonl") for (const row of rows) terminal.out(`${JSON.stringify(row)}\n`);
  else for (const line of tableLines(columns, rows)) terminal.out(`${line}\n`);
}

/** The lines of a table, headings first, without blanks at the ends. */
export function tableLines<Row>(columns: readonly Column<Row>[], rows: readonly Row[]): string[] {
  const cells = [columns.map(({ heading }) => heading), ...rows.map((row) => columns.map((column) => printable(column.cell(row))))];
  const widths = columns.map((_, column) => Math.max(...cells.map((line) => displayWidth(line[column]!))));
  return cells.map((line) =>
    line
      .map((cell, column) => cell + " ".repeat(widths[column]! - displayWidth(cell)))
      .join("  ")
      .trimEnd(),
  );
}

/** Facts about one thing: `name  value` lines for people, one JSON object for programs. */
export function writeFacts(terminal: Terminal, option: Format | undefined, facts: readonly (readonly [name: string, value: string])[], fact: object): void {
  if (chosenFormat(terminal, option) === "jsonl") {
    terminal.out(`${JSON.stringify(fact)}\n`);
    return;
  }
  const width = Math.max(...facts.map(([name]) => displayWidth(name)));
  for (const [name, value] of facts) terminal.out(`${name}${" ".repeat(width - displayWidth(name))}  ${printable(value)}`.trimEnd() + "\n");
}

/** What was counted, for a cell: `scans 12, unreadable 1`. */
export const countsText = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(", ");
