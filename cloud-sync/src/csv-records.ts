import { CsvError, parse } from "csv-parse/sync";

/** One record of a CSV file. */
export interface CsvRecord {
  readonly cells: readonly string[];
  /** Where it ends, from 1. */
  readonly line: number;
}
export type CsvReading =
  | { readonly ok: true; readonly records: readonly CsvRecord[] }
  | { readonly ok: false; readonly line: number | null; readonly cause: string; readonly remedy: string };

/** Lists that people keep by hand or export from another system have no more. */
const BYTES_MAX = 64 * 1024 * 1024;

/**
 * Reads CSV as people and systems write it: parted by commas, semicolons or tabs, CRLF or LF, in UTF-8 with or without byte order mark, or in GBK
 * (GB 18030), as spreadsheets save it. Cells are trimmed, empty lines left out; records may have any number of cells.
 */
export function readCsvRecords(bytes: Uint8Array): CsvReading {
  if (bytes.length > BYTES_MAX)
    return { ok: false, line: null, cause: `it has more than ${BYTES_MAX / 1024 / 1024} MiB`, remedy: "check that it is the right file" };
  const text = decoded(bytes);
  if (text === undefined) return { ok: false, line: null, cause: "it is neither UTF-8 nor GBK text", remedy: "save it again as “CSV UTF-8”" };
  try {
    const options = { bom: true, delimiter: [",", ";", "\t"], info: true, relax_column_count: true, skip_empty_lines: true, trim: true } as const;
    // With `info` csv-parse wraps each record, which its types do not say.
    const parsed = parse(text, options as object) as unknown as readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
    return { ok: true, records: parsed.map(({ record, info }) => ({ cells: record, line: info.lines })) };
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    const line = typeof error["lines"] === "number" ? error["lines"] : null;
    return { ok: false, line, cause: `it cannot be read as CSV: ${error.code}`, remedy: 'write a quotation mark inside a cell twice ("")' };
  }
}

function decoded(bytes: Uint8Array): string | undefined {
  for (const encoding of ["utf-8", "gb18030"])
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      // Nothing that people write holds NUL: UTF-16 and spreadsheets' own formats do, and either may pass for GBK.
      if (!text.includes("\0")) return text;
    } catch {
      continue; // not this encoding
    }
  return undefined;
}
