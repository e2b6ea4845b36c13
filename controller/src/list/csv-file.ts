import { CsvError, parse } from "csv-parse/sync";
import { nearestWord } from "../configuration/nearest-word.ts";
import { readFileText, UnreadableFile } from "./file-text.ts";
import { type ListProblems, type Place } from "./list-problems.ts";

/** A row is not that long: a quotation mark was opened and never closed. */
const ROW_LENGTH_MAX = 1024 * 1024;

/** The columns of one kind of list file. */
export interface CsvLayout {
  readonly file: string;
  /** Must stand in the heading. */
  readonly required: readonly string[];
  /** May be left out: then every cell of it is empty. */
  readonly optional: readonly string[];
}

/** One row below the heading. */
export interface CsvRow {
  /** The cell's text without blanks around it; empty where the column was left out. */
  cell(column: string): string;
  place(column: string | null): Place;
}

/** What csv-parse makes of one row. */
interface Parsed {
  readonly record: string[];
  readonly info: { readonly lines: number };
}

/** The heading of a file, as one may write it. */
export const headingOf = ({ required, optional }: CsvLayout): string => [...required, ...optional].join(",");

/**
 * Reads a file that a person made in a spreadsheet: comma-separated, with a heading, in UTF-8 with or without byte order mark, or in GBK (GB 18030).
 * Every cell is text and nothing but text. A few rows of the file are in memory at a time.
 *
 * @param take  called with each row, from top to bottom
 * @returns     false where the file cannot be read, or not to its end, which is a problem then: what it may still have held is not known
 */
export function readCsvFile(folder: string, layout: CsvLayout, problems: ListProblems, take: (row: CsvRow) => void): boolean {
  const { file } = layout;
  try {
    if (readRows(readFileText(folder, file, headingOf(layout)), layout, problems, take) !== "empty") return true;
    problems.add({ file, row: null, column: null }, "the file is empty", `Begin it with the heading: ${headingOf(layout)}`);
  } catch (error) {
    if (error instanceof UnreadableFile) problems.add({ file, row: null, column: null }, error.message, error.remedy);
    else if (error instanceof UnreadableRow)
      problems.add(
        { file, row: error.row, column: null },
        `the row cannot be read: ${error.message}`,
        'Write a quotation mark inside a cell twice (""), and close each cell that opens with one.',
      );
    else if (!(error instanceof UnusableHeading)) throw error;
  }
  return false;
}

/** @throws UnreadableFile, UnreadableRow; UnusableHeading, which is a problem by then */
function readRows(text: Iterable<string>, layout: CsvLayout, problems: ListProblems, take: (row: CsvRow) => void): "read" | "empty" {
  let heading: { readonly cells: number; readonly columns: ReadonlyMap<string, number> } | undefined;
  for (const { record, info } of parsedRows(text)) {
    if (heading === undefined) {
      heading = { cells: record.length, columns: readHeading(record, layout, problems) };
      continue;
    }
    if (record.every((cell) => cell === "")) continue; // a spreadsheet's empty row
    const row = new Row(layout.file, info.lines, record, heading.columns);
    if (hasFittingLength(row.place(null), record, heading.cells, problems)) take(row);
  }
  return heading === undefined ? "empty" : "read";
}

class UnusableHeading extends Error {}

/** Where no row can be made out. The message is csv-parse's word for it. */
class UnreadableRow extends Error {
  readonly row: number | null;
  constructor(trouble: string, row: number | null) {
    super(trouble);
    this.row = row;
  }
}

class Row implements CsvRow {
  readonly #file: string;
  readonly #line: number;
  readonly #record: readonly string[];
  readonly #columns: ReadonlyMap<string, number>;

  constructor(file: string, line: number, record: readonly string[], columns: ReadonlyMap<string, number>) {
    this.#file = file;
    this.#line = line;
    this.#record = record;
    this.#columns = columns;
  }

  cell(column: string): string {
    return this.#record[this.#columns.get(column) ?? -1] ?? "";
  }

  place(column: string | null): Place {
    return { file: this.#file, row: this.#line, column };
  }
}

/** Cuts the text behind whole rows and has each piece read. @throws UnreadableRow */
function* parsedRows(pieces: Iterable<string>): Generator<Parsed> {
  let rest = "";
  let linesBefore = 0;
  let lineEnd: string | undefined;
  for (const piece of pieces) {
    const text = rest + piece;
    lineEnd ??= firstLineEnd(text);
    const end = lineEnd === undefined ? 0 : endOfRows(text, lineEnd);
    yield* parsed(text.slice(0, end), linesBefore, lineEnd);
    const line = lineEnd === "\r" ? "\r" : "\n";
    for (let at = text.indexOf(line); at !== -1 && at < end; at = text.indexOf(line, at + 1)) linesBefore++;
    rest = text.slice(end);
    if (rest.length > ROW_LENGTH_MAX) throw new UnreadableRow("CSV_ROW_TOO_LONG", linesBefore + 1);
  }
  yield* parsed(rest, linesBefore, lineEnd);
}

function* parsed(text: string, linesBefore: number, lineEnd: string | undefined): Generator<Parsed> {
  try {
    // With `info` csv-parse wraps each record, which its types do not say.
    const rows = parse(text, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      trim: true,
      ...(lineEnd === undefined ? {} : { record_delimiter: lineEnd }),
    }) as unknown as Parsed[];
    for (const { record, info } of rows) yield { record, info: { lines: info.lines + linesBefore } };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new UnreadableRow(error.code, typeof error["lines"] === "number" ? error["lines"] + linesBefore : null);
  }
}

/** How the file ends its rows: as it ends the first. Undefined where the text may end within that end. */
function firstLineEnd(text: string): string | undefined {
  const at = unquoted(text).flatMap(([from, to]) => {
    const found = text.slice(from, to).search(/[\r\n]/);
    return found === -1 ? [] : [from + found];
  })[0];
  if (at === undefined || at === text.length - 1) return undefined;
  return text[at] === "\n" ? "\n" : text[at + 1] === "\n" ? "\r\n" : "\r";
}

/** Behind the last end of a row; 0 where there is none. */
function endOfRows(text: string, lineEnd: string): number {
  for (const [from, to] of unquoted(text).reverse()) {
    const found = text.slice(from, to).lastIndexOf(lineEnd);
    if (found !== -1) return from + found + lineEnd.length;
  }
  return 0;
}

/** The stretches of a text outside of quotation marks. */
function unquoted(text: string): (readonly [from: number, to: number])[] {
  const stretches: (readonly [number, number])[] = [];
  for (let from = 0; ;) {
    const open = text.indexOf('"', from);
    if (open === -1) return [...stretches, [from, text.length]];
    stretches.push([from, open]);
    const close = text.indexOf('"', open + 1);
    if (close === -1) return stretches;
    from = close + 1;
  }
}

/** False, with a problem, for a row that is longer or shorter than the heading. */
function hasFittingLength(place: Place, record: readonly string[], cells: number, problems: ListProblems): boolean {
  const cause = `the row has ${record.length} cells, the heading ${cells}`;
  if (record.length > cells && record.slice(cells).some((cell) => cell !== ""))
    problems.add(place, cause, "Put a cell that holds a comma between quotation marks.");
  else if (record.length < cells) problems.add(place, cause, "Complete the row; if it is the last one, the file was cut off: export it again.");
  else return true;
  return false;
}

/** Where each column stands. @throws UnusableHeading when it cannot be told; why, is a problem then */
function readHeading(heading: readonly string[], layout: CsvLayout, problems: ListProblems): ReadonlyMap<string, number> {
  const place = (column: string | null): Place => ({ file: layout.file, row: 1, column });
  const known = [...layout.required, ...layout.optional];
  const columns = new Map<string, number>();
  const before = problems.count;
  if (heading.length === 1 && known.length > 1 && /[;\t]/.test(heading[0]!)) {
    problems.add(place(null), "the cells are not separated by commas", "Save it again as “CSV UTF-8 (comma delimited)”.");
    throw new UnusableHeading();
  }
  for (const [index, cell] of heading.entries()) {
    const column = cell.toLowerCase();
    if (column === "") continue; // a spreadsheet's empty column
    if (!known.includes(column)) {
      const nearest = nearestWord(column, known);
      problems.add(
        place(cell),
        "the column is not known",
        nearest === undefined ? `Rename or remove it; known are: ${known.join(", ")}` : `Call it ${nearest}.`,
      );
    } else if (columns.has(column)) problems.add(place(column), "the column stands twice", "Remove one of them.");
    else columns.set(column, index);
  }
  for (const column of layout.required)
    if (!columns.has(column)) problems.add(place(column), "the column is missing", `Write the heading: ${headingOf(layout)}`);
  if (problems.count > before) throw new UnusableHeading();
  return columns;
}
