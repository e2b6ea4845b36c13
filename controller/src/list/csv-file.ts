import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { CsvError, parse } from "csv-parse/sync";
import { nearestWord } from "../configuration/nearest-word.ts";
import { type ListProblems, type Place } from "./list-problems.ts";

/** A list file of 100,000 people has about 10 MB. */
const BYTES_MAX = 128 * 1024 * 1024;

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

/** The heading of a file, as one may write it. */
export const headingOf = ({ required, optional }: CsvLayout): string => [...required, ...optional].join(",");

/**
 * Reads a file that a person made in a spreadsheet: comma-separated, with a heading, in UTF-8 with or without byte order mark, or in GBK (GB 18030).
 * Every cell is text and nothing but text.
 *
 * @returns its rows, or undefined where the file as a whole cannot be read, which is a problem then
 */
export function readCsvFile(folder: string, layout: CsvLayout, problems: ListProblems): readonly CsvRow[] | undefined {
  const { file } = layout;
  const text = readText(folder, layout, problems);
  if (text === undefined) return undefined;
  let records: { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    // With `info` csv-parse wraps each record, which its types do not say.
    records = parse(text, { info: true, relax_column_count: true, skip_empty_lines: true, trim: true }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const row = typeof error["lines"] === "number" ? error["lines"] : null;
    problems.add(
      { file, row, column: null },
      `the row cannot be read: ${error.code}`,
      'Write a quotation mark inside a cell twice (""), and close each cell that opens with one.',
    );
    return undefined;
  }
  const [heading, ...body] = records;
  if (heading === undefined) {
    problems.add({ file, row: null, column: null }, "the file is empty", `Begin it with the heading: ${headingOf(layout)}`);
    return undefined;
  }
  const columns = readHeading(heading.record, layout, problems);
  if (columns === undefined) return undefined;
  const rows: CsvRow[] = [];
  for (const { record, info } of body) {
    if (record.every((cell) => cell === "")) continue; // a spreadsheet's empty row
    const place = (column: string | null): Place => ({ file, row: info.lines, column });
    if (record.length > heading.record.length && record.slice(heading.record.length).some((cell) => cell !== "")) {
      problems.add(
        place(null),
        `the row has ${record.length} cells, the heading ${heading.record.length}`,
        "Put a cell that holds a comma between quotation marks.",
      );
      continue;
    }
    if (record.length < heading.record.length) {
      problems.add(
        place(null),
        `the row has ${record.length} cells, the heading ${heading.record.length}`,
        "Complete the row; if it is the last one, the file was cut off: export it again.",
      );
      continue;
    }
    rows.push({ place, cell: (column) => record[columns.get(column) ?? -1] ?? "" });
  }
  return rows;
}

function readText(folder: string, layout: CsvLayout, problems: ListProblems): string | undefined {
  const place = { file: layout.file, row: null, column: null };
  const path = join(folder, layout.file);
  let bytes: Uint8Array;
  try {
    if (statSync(path).size > BYTES_MAX) {
      problems.add(place, `the file has more than ${BYTES_MAX / 1024 / 1024} MiB`, "Check that it is the right file.");
      return undefined;
    }
    bytes = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      problems.add(
        place,
        "the file is missing",
        `A list is never shortened by a missing file. If it is to be empty, make it with the one line: ${headingOf(layout)}`,
      );
    else problems.add(place, `the file cannot be read: ${code ?? String(error)}`, "Let the user who runs the controller read it.");
    return undefined;
  }
  for (const encoding of ["utf-8", "gb18030"])
    try {
      return new TextDecoder(encoding, { fatal: true }).decode(bytes);
    } catch {
      continue; // not this encoding
    }
  problems.add(place, "the text is neither UTF-8 nor GBK", "Save it again as “CSV UTF-8”.");
  return undefined;
}

/** Where each column stands, or undefined when the heading cannot be used. */
function readHeading(heading: readonly string[], layout: CsvLayout, problems: ListProblems): ReadonlyMap<string, number> | undefined {
  const place = (column: string | null): Place => ({ file: layout.file, row: 1, column });
  const known = [...layout.required, ...layout.optional];
  const columns = new Map<string, number>();
  const before = problems.count;
  if (heading.length === 1 && known.length > 1 && /[;\t]/.test(heading[0]!)) {
    problems.add(place(null), "the cells are not separated by commas", "Save it again as “CSV UTF-8 (comma delimited)”.");
    return undefined;
  }
  for (const [index, cell] of heading.entries()) {
    const column = cell.toLowerCase();
    if (column === "") continue; // a spreadsheet's empty column
    if (!known.includes(column)) {
      const nearest = nearestWord(column, known);
      problems.add(place(cell), "the column is not known", nearest === undefined ? `Remove it; known are: ${known.join(", ")}` : `Call it ${nearest}.`);
    } else if (columns.has(column)) problems.add(place(column), "the column stands twice", "Remove one of them.");
    else columns.set(column, index);
  }
  for (const column of layout.required)
    if (!columns.has(column)) problems.add(place(column), "the column is missing", `Write the heading: ${headingOf(layout)}`);
  return problems.count === before ? columns : undefined;
}
