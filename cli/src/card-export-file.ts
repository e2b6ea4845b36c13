import type { CsvRecord } from "@portico/cloud-sync";
import { EXIT, Failure } from "./failure.ts";

/** One row of an export. */
export interface ExportRow {
  /** Line of the file, from 1. */
  readonly row: number;
  /** Whole account, phone number or person's id. */
  readonly holder: string;
  /** What the other system says of the card; never told back. */
  readonly cell: string;
}

/** Which columns an export has them in. */
export interface ExportColumns {
  /** Undefined: the first of {@link HOLDER_COLUMNS} that is there. */
  readonly holder: string | undefined;
  /** One column, or two parted by a comma: facility code and number. Undefined: the first of {@link NUMBER_COLUMNS}. */
  readonly number: string | undefined;
}

/** What other systems call the column of whose card it is, and of its number. */
export const HOLDER_COLUMNS = ["holder", "account", "mail", "email", "phone", "person"] as const;
export const NUMBER_COLUMNS = ["number", "card", "card_number", "cardno", "card_no", "uid", "serial", "卡号"] as const;

/**
 * Reads another system's export: CSV with a heading, parted by commas, semicolons or tabs, in UTF-8 or GBK.
 *
 * @throws Failure 2 where it cannot be read as one
 */
export async function readCardExport(file: string, bytes: Uint8Array, columns: ExportColumns): Promise<ExportRow[]> {
  const records = await csvRecords(file, bytes);
  const [heading, ...body] = records;
  if (heading === undefined) throw new Failure(EXIT.usage, "the file is empty", file, "export it again, with a heading");
  const names = heading.cells.map((cell) => cell.toLowerCase());
  const holder = columnOf(file, names, columns.holder, HOLDER_COLUMNS, "--holder");
  const numbers = (columns.number ?? "").split(",").map((name) => name.trim()).filter((name) => name !== ""); // prettier-ignore
  if (numbers.length > 2)
    throw new Failure(
      EXIT.usage,
      "a number stands in one column or two",
      `--number ${columns.number}`,
      "name one, or facility code and number parted by a comma",
    );
  const indices =
    numbers.length === 0 ? [columnOf(file, names, undefined, NUMBER_COLUMNS, "--number")] : numbers.map((name) => columnOf(file, names, name, [], "--number"));
  return body.map(({ cells, line }) => ({ row: line, holder: cells[holder] ?? "", cell: indices.map((index) => cells[index] ?? "").join(":") }));
}

/** The index of the column that is wanted, or of the first of the presets. @throws Failure 2 where there is none */
export function columnOf(file: string, names: readonly string[], wanted: string | undefined, presets: readonly string[], option: string): number {
  const index = wanted === undefined ? names.findIndex((name) => presets.includes(name)) : names.indexOf(wanted.toLowerCase());
  // The first preset that is there, in the order of the presets.
  const preset = presets.find((each) => names.includes(each));
  if (wanted === undefined && preset !== undefined) return names.indexOf(preset);
  if (index !== -1) return index;
  const what = wanted === undefined ? `no column is called ${presets.slice(0, 4).join(", ")} or the like` : `there is no column ${wanted}`;
  throw new Failure(EXIT.usage, what, file, `name it with ${option}: ${names.join(", ")}`);
}

/** Cards that were held before a reader: lines as they came, or CSV with the columns `export` and `read`. */
export async function readCardReads(file: string, text: string): Promise<{ readonly line: string; readonly exported: string | undefined }[]> {
  const lines = text.split(/\r?\n/);
  const heading = (lines[0] ?? "").toLowerCase().split(/[,;\t]/).map((cell) => cell.trim().replace(/^\ufeff/, "")); // prettier-ignore
  if (!heading.includes("read")) return lines.map((line) => line.trim()).filter((line) => line !== "").map((line) => ({ line, exported: undefined })); // prettier-ignore
  const [, ...body] = await csvRecords(file, Buffer.from(text));
  const [read, exported] = [heading.indexOf("read"), heading.indexOf("export")];
  return body.map(({ cells }) => ({ line: cells[read] ?? "", exported: exported === -1 || cells[exported] === "" ? undefined : cells[exported] }));
}

/** The records of a CSV file. @throws Failure 2 where it is none */
export async function csvRecords(file: string, bytes: Uint8Array): Promise<readonly CsvRecord[]> {
  const { readCsvRecords } = await import("@portico/cloud-sync");
  const reading = readCsvRecords(bytes);
  if (reading.ok) return reading.records;
  throw new Failure(EXIT.usage, reading.cause, reading.line === null ? file : `${file}:${reading.line}`, reading.remedy);
}
