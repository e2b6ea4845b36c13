import { isLocalDate, startOfDay } from "@portico/card-protocol";
import { CsvError, parse } from "csv-parse/sync";

/** Columns of a CSV list of people. What an empty cell means: null of account, phone and mail; none of the lists; no `qr`. */
export const PUSH_COLUMNS = ["key", "account", "name", "phone", "mail", "audience", "from", "until", "sponsor", "groups", "cards", "qr"] as const;
type Column = (typeof PUSH_COLUMNS)[number];
const REQUIRED: readonly Column[] = ["key", "name", "audience"];

/** A list as it is pushed, and which line of the file each of its rows is. */
export interface PushFile {
  /** JSON lines, each with its line feed. */
  readonly list: Buffer;
  /** Row n of the list is line `lines[n - 1]` of the file, from 1. */
  readonly lines: readonly number[];
}
export type PushFileReading =
  | { readonly ok: true; readonly value: PushFile }
  | { readonly ok: false; readonly line: number | null; readonly cause: string; readonly remedy: string };

/**
 * Reads a list of people from CSV with a heading, or from JSON lines, in UTF-8 with or without byte order mark, CSV in GBK (GB 18030) too. What a cell says is
 * not judged here: the cloud names every wrong field by its row.
 *
 * @param zone  IANA name: a date in `from` and `until` is its midnight there
 */
export function readPushFile(bytes: Uint8Array, format: "csv" | "jsonl", zone: string): PushFileReading {
  const text = decoded(bytes, format === "csv" ? ["utf-8", "gb18030"] : ["utf-8"]);
  if (text === undefined) return refused(null, "it is no text in UTF-8", format === "csv" ? "Save it again as “CSV UTF-8”." : "JSON lines are UTF-8.");
  const rows = format === "csv" ? csvRows(text, zone) : jsonRows(text);
  if ("ok" in rows) return rows;
  if (rows.length === 0) return refused(null, "it has no row", "A list of nobody is not pushed: it would remove everybody.");
  return { ok: true, value: { list: Buffer.from(rows.map(({ row }) => `${row}\n`).join("")), lines: rows.map(({ line }) => line) } };
}

type Rows = readonly { readonly row: string; readonly line: number }[];
const refused = (line: number | null, cause: string, remedy: string) => ({ ok: false, line, cause, remedy }) as const;

function decoded(bytes: Uint8Array, encodings: readonly string[]): string | undefined {
  for (const encoding of encodings)
    try {
      const text = new TextDecoder(encoding, { fatal: true }).decode(bytes);
      if (!text.includes("\0")) return text;
    } catch {
      continue; // not this encoding
    }
  return undefined;
}

/** A line that is no JSON is the cloud's to refuse, by its row; an empty one is none. */
const jsonRows = (text: string): Rows => text.split(/\r?\n/).flatMap((row, nth) => (row.trim() === "" ? [] : [{ row, line: nth + 1 }]));

function csvRows(text: string, zone: string): Rows | ReturnType<typeof refused> {
  let records: readonly { readonly record: readonly string[]; readonly info: { readonly lines: number } }[];
  try {
    // With `info` csv-parse wraps each record, which its types do not say.
    records = parse(text, { info: true, relax_column_count: true, skip_empty_lines: true, trim: true, bom: true }) as unknown as typeof records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    return refused(
      typeof error["lines"] === "number" ? error["lines"] : null,
      `it cannot be read: ${error.code}`,
      'Write a quotation mark inside a cell twice ("").',
    );
  }
  const [heading, ...body] = records;
  const names = heading?.record ?? [];
  const strange = names.find((name) => !PUSH_COLUMNS.includes(name as Column));
  const missing = REQUIRED.find((name) => !names.includes(name));
  if (strange !== undefined) return refused(1, `there is no column ${strange}`, `The columns are ${PUSH_COLUMNS.join(", ")}.`);
  if (missing !== undefined) return refused(1, `the column ${missing} is missing`, `Begin the file with a heading: ${PUSH_COLUMNS.join(",")}`);
  if (new Set(names).size < names.length) return refused(1, "a column stands twice", "Name each column once.");
  const rows: { row: string; line: number }[] = [];
  for (const { record, info } of body) {
    if (record.every((cell) => cell === "")) continue; // a spreadsheet's empty row
    if (record.length !== names.length)
      return refused(
        info.lines,
        `the row has ${record.length} cells, the heading ${names.length}`,
        "A cell that holds a comma stands between quotation marks.",
      );
    rows.push({ row: rowOf((column) => record[names.indexOf(column)] ?? "", zone), line: info.lines });
  }
  return rows;
}

function rowOf(cell: (column: Column) => string, zone: string): string {
  const orNull = (column: Column): string | null => (cell(column) === "" ? null : cell(column));
  const list = (column: Column): string[] => cell(column).split(/[\s;]+/).filter((part) => part !== ""); // prettier-ignore
  const instant = (column: Column): string | null => {
    const given = orNull(column);
    return given !== null && isLocalDate(given) ? new Date(startOfDay(zone, given) * 1000).toISOString() : given;
  };
  const audience = { audience: cell("audience"), validity: { from: instant("from"), until: instant("until") }, sponsor: orNull("sponsor") };
  const said = cell("qr").toLowerCase();
  return JSON.stringify({
    key: cell("key"),
    account: orNull("account"),
    name: cell("name"),
    phone: orNull("phone"),
    mail: orNull("mail"),
    audiences: cell("audience") === "" ? [] : [audience],
    groups: list("groups"),
    cards: list("cards").map((card) => card.toLowerCase()),
    qr: ["yes", "true", "1"].includes(said) ? true : ["", "no", "false", "0"].includes(said) ? false : cell("qr"),
  });
}
